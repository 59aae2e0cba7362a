/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows that come as columns: one binary attribute for each field, each an
 * array with one element a row.
 */
#ifndef MML_COLUMNS_H
#define MML_COLUMNS_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

/* Where the column of that number goes in a row's struct; size 4 or 8; 0: it is none. */
struct mml_column {
	uint16_t offset;
	uint16_t size;
};

#define MML_COLUMN(number, structure, member)				\
	[number] = {							\
		offsetof(structure, member),				\
		sizeof(((structure *)0)->member),			\
	}

#define MML_COLUMNS_MAX 64	/* a mask names them */

int mml_columns_find(const struct nlattr *nest, const struct mml_column *columns,
		     unsigned int max, uint64_t must, uint32_t count,
		     const char **found);
void mml_columns_read(const struct mml_column *columns, unsigned int max,
		      const char *const *found, uint32_t first, uint32_t n,
		      void *rows, size_t stride);

#endif /* MML_COLUMNS_H */
