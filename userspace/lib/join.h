/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Joins extents that the end of a message has cut, by the kernel's own rule:
 * neighbours in address, frames and swap slots that follow each other, all
 * else equal. Holds one extent back.
 */
#ifndef MML_JOIN_H
#define MML_JOIN_H

#include "lib/mmlens.h"

/* Do they differ in nothing but where they are, addresses, frames, slots? */
bool mml_extents_alike(const struct mml_extent *a, const struct mml_extent *b);

struct mml_join {
	uint64_t page_size;
	const struct mml_vmas *vmas;	/* extents do not cross these, or NULL */
	mml_extent_fn extent;
	void *arg;

	struct mml_extent *held;	/* or NULL */
	struct mml_extent kept;
};

/*
 * Takes the next extent, which must stay in place until mml_join_keep(); 0, or
 * what @join->extent returned.
 */
int mml_join(struct mml_join *join, struct mml_extent *extent);
/* What was taken may go now. */
void mml_join_keep(struct mml_join *join);
/* Hands over what is held. */
int mml_join_flush(struct mml_join *join);

#endif /* MML_JOIN_H */
