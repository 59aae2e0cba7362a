/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What follows from the facts. Pure functions: no kernel is asked, so every
 * case can be tested from a table.
 */
#ifndef MML_JUDGE_H
#define MML_JUDGE_H

#include "lib/mmlens.h"
#include "lib/names.h"

/*
 * What a page is to copy-on-write, in one word, each with one outcome of a
 * write. Where two words fit, the one that decides the outcome is taken: a
 * copied page of a file that was shared by fork afterwards is WRITE_COPIES.
 */
enum mml_class {
	MML_CLASS_NONE,		/* nothing is there yet */
	MML_CLASS_EXCLUSIVE,	/* this process's own, entry writable: no fault, the same page */
	MML_CLASS_WRITE_REUSES,	/* a fault, then the same page */
	MML_CLASS_WRITE_COPIES,	/* shared: the write takes a new page */
	MML_CLASS_FILE_UNCOPIED, /* the file's page in a private area: a new page */
	MML_CLASS_FILE_COPIED,	/* as EXCLUSIVE, in a private area of a file */
	MML_CLASS_ZERO,		/* the page of zeroes: a new page */
	MML_CLASS_KSM,		/* merged by KSM: a new page */
	MML_CLASS_PINNED,	/* pinned for I/O, this process's own: the same page */
	MML_CLASS_SHARED,	/* a shared area, no copy-on-write: the same page */
	MML_CLASS_SWAP_EXCLUSIVE, /* read back, then the same page */
	MML_CLASS_SWAP_SHARED,	/* read back, then a new page if others still have it */
	MML_CLASS_SWAPPED,	/* read back; this kernel does not say whether shared */
	MML_CLASS_READ_ONLY,	/* the area lets nobody write */
	MML_CLASS_NO_ACCESS,	/* PROT_NONE */
	MML_CLASS_MOVING,	/* migration: the access waits */
	MML_CLASS_DEVICE,	/* device memory, or a frame without struct page */
	MML_CLASS_TRAP,		/* the touch is a signal, or goes to userfaultfd */
	MML_CLASS_CANNOT_TELL,	/* references decide at that moment; or not enough is known */
	MML_CLASS_BEYOND_FILE,	/* past the end of the mapped file: a touch is SIGBUS */
};

extern const struct mml_name mml_class_names[];

/* How a folio of several pages is mapped, as far as one entry of it tells. */
enum mml_folio {
	MML_FOLIO_SINGLE,	/* it has one page only */
	MML_FOLIO_PMD,		/* whole, by one entry */
	MML_FOLIO_PUD,
	MML_FOLIO_PTES,		/* page by page */
	MML_FOLIO_PARTLY,	/* page by page, and some of it by nobody */
	MML_FOLIO_UNKNOWN,
};

extern const struct mml_name mml_folio_names[];

/*
 * What is known when a page is judged. A column that was not asked for, and is
 * MMLENS_UNKNOWN, leaves the judgement less certain; MML_JUDGE_COLUMNS are all
 * that matter. FLAGS and MAPCOUNT decide most, REFCOUNT and the folio the rest.
 */
#define MML_JUDGE_COLUMNS						\
	(MMLENS_COL_BIT(MMLENS_COL_STATE) |				\
	 MMLENS_COL_BIT(MMLENS_COL_LEVEL) |				\
	 MMLENS_COL_BIT(MMLENS_COL_ENTRY) |				\
	 MMLENS_COL_BIT(MMLENS_COL_FLAGS) |				\
	 MMLENS_COL_BIT(MMLENS_COL_MAPCOUNT) |				\
	 MMLENS_COL_BIT(MMLENS_COL_MAPKIND) |				\
	 MMLENS_COL_BIT(MMLENS_COL_REFCOUNT) |				\
	 MMLENS_COL_BIT(MMLENS_COL_ORDER) |				\
	 MMLENS_COL_BIT(MMLENS_COL_FOLIO_MAPCOUNT) |			\
	 MMLENS_COL_BIT(MMLENS_COL_FOLIO_SHARED))

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

/* @predicted, or NULL: is it for references that come and go to change? */
enum mml_class mml_judge(const struct mml_judge *facts, bool *predicted);

/*
 * "anon", "file", "shmem", ...: what a page is, which need not be what backs its
 * area: a private file mapping has anonymous pages once they were written to.
 * NULL when its flags are unknown.
 */
const char *mml_judge_kind(const struct mml_judge *facts);

enum mml_folio mml_judge_folio(const struct mml_extent *extent);

/* First address in @vma that the file behind it does not reach; its end if it does. */
uint64_t mml_judge_file_end(const struct mml_vma *vma, uint64_t page_size);

/* One sentence: what a touch of this page would lead to, and why. */
const char *mml_judge_say(const struct mml_judge *facts, char *buf, size_t size);

/* Which of the kernel's tests settles it, and what it sees: "mapcount 2"; or "". */
const char *mml_judge_test(const struct mml_judge *facts, char *buf, size_t size);

#endif /* MML_JUDGE_H */
