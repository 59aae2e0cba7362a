// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/border.h"

#define DIGIT_BITS	8
#define DIGITS		(1U << DIGIT_BITS)

/**
 * mml_borders_init() - make room
 * @borders: where
 * @room: for so many
 *
 * Return: 0 or -ENOMEM; mml_borders_free() in any case
 */
int mml_borders_init(struct mml_borders *borders, size_t room)
{
	borders->n = 0;
	borders->v = malloc((room + 1) * sizeof(*borders->v));
	borders->spare = malloc((room + 1) * sizeof(*borders->spare));
	return borders->v && borders->spare ? 0 : -ENOMEM;
}

/**
 * mml_borders_free() - free it
 * @borders: from mml_borders_init()
 */
void mml_borders_free(struct mml_borders *borders)
{
	free(borders->v);
	free(borders->spare);
}

/* The bits in which keys differ; 0 also if they are in order already. */
static uint64_t differing(const struct mml_borders *borders)
{
	uint64_t bits = 0;
	bool sorted = true;

	for (size_t i = 1; i < borders->n; i++) {
		uint64_t last = borders->v[i - 1].key, key = borders->v[i].key;

		bits |= last ^ key;
		sorted &= last <= key;
	}
	return sorted ? 0 : bits;
}

/* Moves all to where their digit at @shift belongs. */
static void sort_digit(struct mml_borders *borders, unsigned int shift)
{
	struct mml_border *from = borders->v, *to = borders->spare;
	size_t place[DIGITS + 1] = { 0 };

	for (size_t i = 0; i < borders->n; i++)
		place[(from[i].key >> shift) % DIGITS + 1]++;
	for (size_t i = 0; i < DIGITS; i++)
		place[i + 1] += place[i];
	for (size_t i = 0; i < borders->n; i++)
		to[place[(from[i].key >> shift) % DIGITS]++] = from[i];
	borders->v = to;
	borders->spare = from;
}

/**
 * mml_borders_sort() - sort by key
 * @borders: they; what was pushed first stays first among equals
 */
void mml_borders_sort(struct mml_borders *borders)
{
	uint64_t bits = differing(borders);

	for (unsigned int shift = 0; shift < 64; shift += DIGIT_BITS) {
		if ((bits >> shift) % DIGITS)
			sort_digit(borders, shift);
	}
}
