/* SPDX-License-Identifier: GPL-2.0 */
/* Inside of lib/set.h: the sweep by place. */
#ifndef MML_SET_SWEEP_H
#define MML_SET_SWEEP_H

#include "lib/set_place.h"

/* Whose anon_vma is it? */
struct mml_set_taker {
	uint64_t anon_id;
	uint32_t process;
};

int mml_set_takers(struct mml_set *set);

/* What is found in an area, before it is in @set. */
struct mml_set_tally {
	struct mml_set_counts counts;
	uint64_t *shared_by;	/* [k] */
	uint64_t *copied_by;	/* [process]; [n] by nobody knows whom */
};

/*
 * Sweeps @n stretches that lie in one space and layer of one area. Adds to
 * @tally, and calls @fn, if there is one, for each piece. Returns 0, -ENOMEM,
 * or what @fn returned.
 */
int mml_set_sweep(const struct mml_set *set, const struct mml_set_stretch *stretch,
		  size_t n, struct mml_set_tally *tally, size_t *borders,
		  mml_set_piece_fn fn, void *arg);

#endif /* MML_SET_SWEEP_H */
