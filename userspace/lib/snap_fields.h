/* SPDX-License-Identifier: GPL-2.0 */
/* Inside the library: what the lines of a snapshot stand for. */
#ifndef MML_SNAP_FIELDS_H
#define MML_SNAP_FIELDS_H

#include "lib/snap.h"
#include "lib/snap_line.h"

/* The first line. */
struct snap_head {
	uint64_t format;
	struct mml_snap_info info;
	char columns[1024];
};

/* The last line. */
struct snap_end {
	uint64_t lines;		/* before this one */
	uint64_t crc32;
};

extern const struct snap_field snap_head_fields[];
extern const struct snap_field snap_end_fields[];
extern const struct snap_field snap_info_fields[];
extern const struct snap_field snap_mm_fields[];
extern const struct snap_field snap_dump_fields[];

const struct snap_field *snap_vma_fields(void);
/* The column of that name, or a field without key. */
struct snap_field snap_column(const char *name);

#endif /* MML_SNAP_FIELDS_H */
