/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which part of one process is which part of another?
 *
 * A *part* is a stretch of pages that processes have in common: for each one
 * that has it, where it lies there. A page is found at the same distance from
 * the start of the part in all of them. What only one process has is a part
 * too, of one. Parts do not overlap, and together they hold every page of
 * every VMA once.
 *
 * An *area* is what people call one thing (the heap, a file, a range of
 * anonymous memory): all the parts of VMAs that belong together, by having
 * been matched, by being the same file, or by being neighbours of one name.
 *
 * Parts are matched by these rules, an earlier one before any later, and at
 * each the place that lies at the same address first:
 *
 *   1. The same root anon_vma, at the same place in it. A page that fork
 *	duplicates keeps its rmap index (folio->index), and every VMA that maps
 *	it has a vm_pgoff that leads there: fork copies vm_pgoff, and mremap()
 *	keeps it once the VMA has an anon_vma (copy_vma(), mm/mmap.c), so a
 *	moved area is found wherever it went. fork gives the child an anon_vma
 *	of its own, or one that its ancestors have left empty, but always under
 *	the root of the parent's (anon_vma_fork() and anon_vma_clone(),
 *	mm/rmap.c), and nothing else spreads a root to another mm: equal roots
 *	prove a common ancestor. The same holds for the pages that were copied
 *	from a private file mapping; their index is the offset in the file.
 *   2. The same file (device and inode) at the same offset, of equal
 *	protection before any other: an exec'd child's libc.
 *   3. The same special mapping, by name: [vdso].
 *   4. The same address, for anonymous memory, only if rule 1 has matched
 *	something: an area that nobody had touched at the fork has no anon_vma
 *	to prove it. Between strangers equal addresses mean nothing.
 */
#ifndef MML_AREA_H
#define MML_AREA_H

#include "lib/mmlens.h"

#define MML_AREA_PROCESSES 2	/* that can be matched with one another */

/* Where a part lies in one process. */
struct mml_place {
	const struct mml_vma *vma;	/* NULL: the process does not have it */
	uint64_t start;
};

struct mml_part {
	uint64_t pages;
	uint32_t area;
	bool inherited;		/* by rule 1: the same page of a common ancestor */
	struct mml_place in[MML_AREA_PROCESSES];
};

struct mml_area_range {
	unsigned int process;
	uint64_t start, end;
};

struct mml_area {
	const struct mml_vma *vma;	/* the first: gives name and kind */
	const struct mml_part *parts;	/* by address */
	size_t nr_parts;
	const struct mml_area_range *ranges;	/* by process, then address */
	size_t nr_ranges;
	bool copied_on_write;	/* a private mapping that has an anon_vma */
};

struct mml_areas {
	struct mml_area *v;	/* in the first process's order, then the next's */
	size_t n;
	struct mml_part *parts;	/* by area */
	size_t nr_parts;
	struct mml_area_range *ranges;
	size_t nr_ranges;
};

int mml_areas_match(struct mml_areas *areas,
		    const struct mml_vmas *const vmas[MML_AREA_PROCESSES],
		    uint64_t page_size);
void mml_areas_free(struct mml_areas *areas);

#endif /* MML_AREA_H */
