/* SPDX-License-Identifier: GPL-2.0 */
/* Inside the library: a snapshot in memory. */
#ifndef MML_SNAP_READ_H
#define MML_SNAP_READ_H

#include "lib/snap_fields.h"

struct mml_snap {
	char *path;
	struct mml_snap_info about;
	struct mml_info info;
	uint32_t *pids;
	struct mml_picture *pictures;	/* of each, in the same order */
};

int mml_snap_read(const char *path, int fd, struct mml_snap **snap,
		  struct mml_error *err);
void mml_snap_free(struct mml_snap *snap);
struct mml_client *mml_snap_client(struct mml_snap *snap, struct mml_error *err);

#endif /* MML_SNAP_READ_H */
