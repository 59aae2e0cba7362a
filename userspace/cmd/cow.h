/* SPDX-License-Identifier: GPL-2.0 */
/* Reading two processes for comparison, and drawing what came of it. */
#ifndef CMD_COW_H
#define CMD_COW_H

#include "cmd/cmd.h"
#include "lib/cow.h"

/* Processes as they were read; lib/cow.h judges them. */
struct cow_reading {
	struct mml_vmas vmas[MML_COW_PROCESSES];
	struct mml_cow_process process[MML_COW_PROCESSES];
	struct mml_dump dump;	/* how it ended, for all together */
};

/*
 * Reads them, again if they changed meanwhile. Returns 0 also when they still
 * were torn, or one vanished midway: @reading->dump says so. Else an exit
 * code: the error is printed. cow_reading_free() in any case.
 */
int cow_read(struct mml_ctx *ctx, const uint32_t *pids, unsigned int n,
	     struct cow_reading *reading);
void cow_reading_free(struct cow_reading *reading);

/* One area as a picture; the legend is of all that were drawn. */
struct cow_map {
	struct show *show;
	uint32_t pids[MML_COW_PROCESSES];
	unsigned int width;		/* characters in a line */
	uint32_t seen;			/* marks that the legend has to explain */
	bool blocks;			/* some characters are more than a page */
};

void cow_map_begin(struct cow_map *map, struct show *show,
		   const uint32_t pids[MML_COW_PROCESSES]);
int cow_map_area(struct cow_map *map, const struct mml_cow *cow, size_t index,
		 const char *name);
void cow_map_legend(struct cow_map *map);

#endif /* CMD_COW_H */
