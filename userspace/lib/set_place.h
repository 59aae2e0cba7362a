/* SPDX-License-Identifier: GPL-2.0 */
/* Inside of lib/set.h: where the areas of many processes meet. */
#ifndef MML_SET_PLACE_H
#define MML_SET_PLACE_H

#include "lib/set.h"

enum mml_set_space {
	MML_SPACE_FILE,		/* device, inode, shared or not; pages of the file */
	MML_SPACE_SPECIAL,	/* name; pages of the mapping */
	MML_SPACE_ROOT,		/* anon_vma root that several have; index there */
	MML_SPACE_ADDRESS,	/* family; address */
};

/* One VMA of one process, and its place in a space. */
struct mml_set_stretch {
	enum mml_set_space space;
	uint64_t key[3];	/* names the space */
	uint32_t layer;		/* tells a process's own mappings of one place apart */
	uint32_t process;
	uint32_t area;
	uint64_t from;		/* place of the first page */
	uint64_t pages;
	const struct mml_vma *vma;
};

/*
 * Fills in @set's stretches (sorted by area, space, layer and place), areas
 * and ranges. 0 or -ENOMEM.
 */
int mml_set_place(struct mml_set *set);

/* Whether two stretches lie in one space and layer. */
bool mml_set_meets(const struct mml_set_stretch *a, const struct mml_set_stretch *b);

#endif /* MML_SET_PLACE_H */
