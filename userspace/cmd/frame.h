/* SPDX-License-Identifier: GPL-2.0 */
/* Frames, and who maps them, as frame and walk print it. */
#ifndef CMD_FRAME_H
#define CMD_FRAME_H

#include "cmd/cmd.h"

struct frame_row {
	struct mml_extent extent;	/* of mml_frames() */
	uint64_t pages;		/* a gap may have more than 32 bits hold */
};

/* All that FRAME_GET can tell of one frame; state none where nothing is. */
int frame_read(struct mml_ctx *ctx, uint64_t frame, struct frame_row *row);

/*
 * Searches all processes for a frame and prints who maps it; in JSON, the
 * members mappers, found and so on of the open object. Returns 0, or an exit
 * code: the error is printed.
 */
int who_show(struct mml_ctx *ctx, const struct frame_row *row);

#endif /* CMD_FRAME_H */
