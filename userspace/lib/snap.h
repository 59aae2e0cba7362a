/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Snapshots: what the kernel answered about some processes, in a file, and a
 * client that answers from such a file as the kernel did. Whoever asks through
 * mml_mm(), mml_vmas(), mml_vma_at() and mml_pages() need not know which of the
 * two it is; what a file does not hold (the way through the page tables, other
 * processes) is refused.
 *
 * The file is lines of JSON (lib/snap_line.h), as a rule compressed by zstd:
 *
 *	{"line":"snapshot","format":1,...,"columns":"start pages ..."}
 *	{"line":"info",...}			struct mml_info
 *	{"line":"process","pid":4100,...}	struct mml_mm; for each process, then:
 *	{"line":"vma",...}			struct mml_vma, in order
 *	{"line":"vmas-end",...}			struct mml_dump of those
 *	["0x55d0c8a00000",12,1,...]		struct mml_extent, by the columns
 *	{"line":"pages-end",...}		struct mml_dump of those
 *	{"line":"end","lines":N,"crc32":"0x..."}
 *
 * Numbers are those of <linux/mmlens.h>. A newer version may add keys and
 * columns, which an older one skips; it raises the format if that will not do.
 */
#ifndef MML_SNAP_H
#define MML_SNAP_H

#include <stdio.h>

#include "lib/mmlens.h"

#define MML_SNAP_FORMAT 1

/* One process, all that is kept of it. */
struct mml_picture {
	struct mml_mm mm;
	struct mml_vmas vmas;		/* with all counts, if they were asked for */
	struct mml_extent *extents;	/* by address, with all columns */
	size_t n, room;
	struct mml_dump dump;		/* of the pages */
};

/*
 * Asks for all of a process, with all columns that the kernel has; again, if
 * it has changed meanwhile, but not for ever: @picture->dump.torn. A
 * process that vanishes is an error. mml_picture_free() after a failure too.
 */
int mml_picture_read(struct mml_client *client, uint32_t pid,
		     struct mml_picture *picture, struct mml_error *err);
void mml_picture_free(struct mml_picture *picture);
/* An mml_extent_fn; @picture is the mml_picture. */
int mml_picture_add(const struct mml_extent *extent, void *picture);

struct mml_snap_writer;
struct mml_snap_info;

/*
 * Begins a file that only its owner can read, beside @path until it is
 * complete; or, for "-", text that goes to @out. @copied: about the snapshot that is
 * the source, or NULL if it is the kernel.
 */
int mml_snap_create(const char *path, FILE *out, const struct mml_info *info,
		    const struct mml_snap_info *copied,
		    struct mml_snap_writer **writer, struct mml_error *err);
int mml_snap_add(struct mml_snap_writer *writer,
		 const struct mml_picture *picture, struct mml_error *err);
/* Completes the file and puts it in its place, or, if not @keep, removes it. */
int mml_snap_close(struct mml_snap_writer *writer, bool keep,
		   struct mml_error *err);
/* What is to be unlinked if we are killed; "" for "-". */
const char *mml_snap_unfinished(const struct mml_snap_writer *writer);

/* A client that answers from a file. */
int mml_snap_open(const char *path, struct mml_client **client,
		  struct mml_error *err);

struct mml_snap_info {
	char boot_id[64];	/* of the machine; frames of other boots are others */
	uint64_t taken;		/* seconds since 1970 */
	const uint32_t *pids;
	size_t nr_pids;
};

/* The boot_id of this machine, now. */
void mml_boot_id(char *id, size_t size);

/* Of a client from mml_snap_open(); NULL if it asks the kernel. */
const struct mml_snap_info *mml_snap_info(const struct mml_client *client);

#endif /* MML_SNAP_H */
