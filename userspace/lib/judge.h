/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What follows from the facts. Pure functions: no kernel is asked, so every
 * case can be tested from a table.
 */
#ifndef MML_JUDGE_H
#define MML_JUDGE_H

#include "lib/mmlens.h"
#include "lib/names.h"

/* What a write to a page would lead to, in one word. */
enum mml_class {
	MML_CLASS_NONE,		/* nothing is there yet */
	MML_CLASS_EXCLUSIVE,	/* this process's own page: the write stays in it */
	MML_CLASS_WRITE_COPIES,	/* copy on write */
	MML_CLASS_WRITE_MAY_COPY, /* copied or taken: references decide at that moment */
	MML_CLASS_WRITE_FILLS,	/* the page of zeroes gives way to a fresh one */
	MML_CLASS_SHARED,	/* a shared mapping: the write goes to the same page */
	MML_CLASS_READ_ONLY,	/* the area lets nobody write */
	MML_CLASS_NO_ACCESS,	/* PROT_NONE */
	MML_CLASS_SWAPPED,
	MML_CLASS_MOVING,	/* migration: the access waits */
	MML_CLASS_DEVICE,	/* device memory, or a frame without struct page */
	MML_CLASS_TRAP,		/* the touch is a signal, or goes to userfaultfd */
	MML_CLASS_UNKNOWN,
};

extern const struct mml_name mml_class_names[];

/*
 * What is known when a page is judged. A column that was not asked for leaves
 * the judgement less certain: FLAGS and MAPCOUNT decide most, REFCOUNT the rest.
 */
struct mml_judge {
	const struct mml_vma *vma;		/* or NULL */
	uint64_t page_size;
	const struct mml_extent *extent;	/* any state, NONE too */
	uint64_t can;				/* MMLENS_CAN_* of this kernel */
	unsigned int kernel;			/* MML_KERNEL(6, 1), 0: unknown */
};

#define MML_KERNEL(major, minor) ((major) << 8 | (minor))

/* From a release string such as "6.1.0-31-amd64"; 0 when it is none. */
unsigned int mml_kernel(const char *release);

enum mml_class mml_judge_class(const struct mml_judge *facts);

/* One sentence: what a touch of this page would lead to, and why. */
const char *mml_judge_say(const struct mml_judge *facts, char *buf, size_t size);

#endif /* MML_JUDGE_H */
