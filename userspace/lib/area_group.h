/* SPDX-License-Identifier: GPL-2.0 */
/* Inside of lib/area.h: from parts to areas. */
#ifndef MML_AREA_GROUP_H
#define MML_AREA_GROUP_H

#include "lib/area.h"

static inline bool mml_vma_has_root(const struct mml_vma *vma)
{
	return vma->anon_root != MMLENS_UNKNOWN;
}

static inline bool mml_vma_has_file(const struct mml_vma *vma)
{
	return vma->path && vma->inode != MMLENS_UNKNOWN;
}

static inline uint64_t mml_vma_device(const struct mml_vma *vma)
{
	return (uint64_t)vma->major << 32 | vma->minor;
}

/* Fills in areas and ranges; parts are there, and are sorted. 0 or -ENOMEM. */
int mml_areas_group(struct mml_areas *areas, const struct mml_vmas *const *vmas);

#endif /* MML_AREA_GROUP_H */
