/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who maps a frame?
 *
 * The kernel's own way from a page to its mappers (rmap) is closed to modules,
 * and does not know all of them. So every address space is searched: each
 * process of /proc is asked for the entries that hold the frame, by a filter
 * that the kernel applies; processes that share an address space, once.
 */
#ifndef MML_WHO_H
#define MML_WHO_H

#include "lib/mmlens.h"

/* Pages of one process that map the frame: more than one only of zeroes. */
struct mml_mapper {
	uint32_t pid;		/* the first by number of those that share the mm */
	const uint32_t *also;	/* the others */
	size_t nr_also;
	const char *comm;
	const struct mml_extent *extent;
	const struct mml_vma *vma;	/* or NULL: it has gone since */
};

/* Lists the processes: "/proc", but in tests. */
extern const char *mml_proc;

struct mml_who {
	uint64_t found;		/* entries that a mapcount counts */
	uint64_t uncounted;	/* others: of zero pages, without struct page, migration */
	uint64_t processes;	/* that were searched */
	uint64_t spaces;	/* address spaces that these have */
	uint64_t vanished;	/* processes that went away, or called exec, meanwhile */
	uint64_t locked;	/* address spaces whose mmap lock could not be had */
};

/* May end the search by returning non-zero, which mml_who() then returns. */
typedef int (*mml_mapper_fn)(const struct mml_mapper *mapper, void *arg);

/*
 * Of this PID namespace. Returns 0 or a negative errno, with a sentence in
 * @err. What could not be searched is counted in @who, and is no failure.
 */
int mml_who(struct mml_client *client, uint64_t frame, mml_mapper_fn mapper,
	    void *arg, struct mml_who *who, struct mml_error *err);

#endif /* MML_WHO_H */
