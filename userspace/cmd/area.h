/* SPDX-License-Identifier: GPL-2.0 */
/* Areas and holes, as vma and walk print them. */
#ifndef CMD_AREA_H
#define CMD_AREA_H

#include "cmd/cmd.h"

/* An area, or in a list with --gaps what lies between two of them. */
struct area_row {
	struct mml_vma vma;	/* first: a column of areas takes either */
	bool hole;
	const struct mml_vma *below, *above;	/* of a hole, or NULL */
};

/* Of struct mml_vma, but for BELOW and ABOVE: those are of struct area_row. */
extern const struct show_column area_columns[];

/* The default columns as one object; NULL is null. JSON only. */
void area_json(struct show *show, const char *key, const struct mml_vma *vma);

/*
 * An address in no area: what is below and above it, and how far. In JSON
 * the members vma (null), prev and next.
 */
void hole_show(struct show *show, const struct mml_walk *walk);

/* "libc.so.6", safe for a terminal. */
const char *area_label(const struct mml_vma *vma, char *buf, size_t size);

#endif /* CMD_AREA_H */
