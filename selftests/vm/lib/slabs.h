/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel has in use: objects in slabs, and other memory of its own. A
 * thing that is leaked each time is seen when it has been done often enough.
 */
#ifndef SELFTESTS_SLABS_H
#define SELFTESTS_SLABS_H

#include <stdbool.h>

#define NR_SLABS	22
#define NR_SLABS_NAMED	5	/* the first ones: each holds one kind of thing */

struct slabs {
	long objects[NR_SLABS];	/* in use; -1 where there is no such slab */
	long unreclaimable;	/* KiB, large allocations included */
	long vmalloc;		/* KiB */
};

/* Makes the counts mean something: no partial slabs are put by for processors. */
void slabs_steady(void);
void slabs_restore(void);

void slabs_take(struct slabs *slabs);

/*
 * Is all back where it was, but for less than one object for each of @rounds?
 * Waits five seconds for it, says what is not.
 */
bool slabs_back(const struct slabs *before, int rounds);

/* The same of the named ones alone, after all kinds of things were going on. */
bool slabs_named_back(const struct slabs *before, int rounds);

#endif /* SELFTESTS_SLABS_H */
