/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where runs begin and end, for sweeps over all of them in the order of frames
 * or places. There are as many as twice the runs, and sorting them is most of
 * what a sweep does: so they are small, and sorted digit by digit, in time in
 * proportion to their number.
 */
#ifndef MML_BORDER_H
#define MML_BORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MML_BORDER_WHOLE UINT32_MAX	/* for a run: what it is in begins or ends */

struct mml_border {
	uint64_t key;		/* where << 1; 1 more: something begins, it does not end */
	uint32_t in;		/* a process, or a stretch of one */
	uint32_t run;		/* number of the run there */
};

struct mml_borders {
	struct mml_border *v;
	size_t n;
	struct mml_border *spare;
};

/* Room for so many, and as many again to sort them. 0 or -ENOMEM. */
int mml_borders_init(struct mml_borders *borders, size_t room);
void mml_borders_free(struct mml_borders *borders);
/* By key; those of equal keys stay in the order in which they were pushed. */
void mml_borders_sort(struct mml_borders *borders);

static inline uint64_t mml_border_at(const struct mml_border *border)
{
	return border->key >> 1;
}

static inline bool mml_border_begins(const struct mml_border *border)
{
	return border->key & 1;
}

/* Both borders of what lies at [@at, @at + @length). There must be room. */
static inline void mml_borders_push(struct mml_borders *borders, uint64_t at,
				    uint64_t length, uint32_t in, uint32_t run)
{
	struct mml_border *next = borders->v + borders->n;

	next[0] = (struct mml_border){ at << 1 | 1, in, run };
	next[1] = (struct mml_border){ (at + length) << 1, in, run };
	borders->n += 2;
}

#endif /* MML_BORDER_H */
