/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bytes of a snapshot: lines, compressed by zstd or as they are. The
 * last line holds a checksum of all before it.
 */
#ifndef MML_SNAP_FILE_H
#define MML_SNAP_FILE_H

#include <stdio.h>

#include "lib/mmlens.h"

#define SNAP_LINE_MAX (64 * 1024)	/* bytes of a line: a path, every byte escaped */

struct snap_file;

/* Both take @fd over, also when they fail; NULL with errno set. */
struct snap_file *snap_file_write(int fd, bool compress);
struct snap_file *snap_file_read(int fd);
/* 0 or a negative errno: what was written may not have gone out before. */
int snap_file_close(struct snap_file *file);

/* For a writer: where lines go. */
FILE *snap_file_out(struct snap_file *file);
/* For a reader: the next line; 0 at the end, -EBADMSG, -EPIPE: it is cut off. */
int snap_file_line(struct snap_file *file, char line[SNAP_LINE_MAX]);
/* CRC-32 of what was written, or of all lines but the latest. */
uint32_t snap_file_checksum(struct snap_file *file);

#endif /* MML_SNAP_FILE_H */
