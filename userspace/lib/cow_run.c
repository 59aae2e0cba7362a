// SPDX-License-Identifier: GPL-2.0
/* From the extents of a process to its runs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cow.h"

static bool follows(const struct mml_cow_run *a, const struct mml_cow_run *b,
		    uint64_t page_size)
{
	return mml_cow_run_end(a, page_size) == b->start && a->facts == b->facts &&
	       a->mapcount == b->mapcount && a->anon_id == b->anon_id &&
	       a->pages + b->pages > a->pages &&
	       (a->facts & MML_COW_ZERO || mml_cow_run_where(a, a->pages) == b->where);
}

/* What stands for a page of memory, and says which. */
static bool is_mapped(uint32_t state)
{
	switch (state) {
	case MMLENS_STATE_PRESENT:
	case MMLENS_STATE_PFNMAP:
	case MMLENS_STATE_PROTNONE:
	case MMLENS_STATE_NUMA_HINT:
	case MMLENS_STATE_MIGRATION:
	case MMLENS_STATE_DEVICE_PRIVATE:
	case MMLENS_STATE_DEVICE_EXCLUSIVE:
		return true;
	default:
		return false;
	}
}

static bool is_zero(uint32_t state)
{
	return state == MMLENS_STATE_ZERO || state == MMLENS_STATE_HUGE_ZERO;
}

/* Of an entry that shows no struct page only the area can tell. */
static bool is_private(const struct mml_extent *extent, const struct mml_vma *vma)
{
	if (extent->flags != MMLENS_UNKNOWN)
		return extent->flags & MMLENS_PAGE_ANON;
	return vma->kind == MMLENS_VMA_KIND_ANON;
}

static bool is_exclusive(const struct mml_extent *extent, uint64_t can)
{
	if (!(can & MMLENS_CAN_EXCLUSIVE))
		return extent->entry & MMLENS_ENTRY_WRITE;
	if (extent->flags != MMLENS_UNKNOWN)
		return extent->flags & MMLENS_PAGE_ANON_EXCLUSIVE;
	return extent->entry & MMLENS_ENTRY_EXCLUSIVE;
}

static uint32_t facts_of(const struct mml_extent *extent,
			 const struct mml_vma *vma, uint64_t can)
{
	uint32_t facts = 0;

	if (is_zero(extent->state))
		return MML_COW_ZERO;
	if (extent->state == MMLENS_STATE_SWAP)
		facts |= MML_COW_SWAPPED | MML_COW_PRIVATE;
	else if (is_private(extent, vma))
		facts |= MML_COW_PRIVATE;
	if (facts & MML_COW_PRIVATE && is_exclusive(extent, can))
		facts |= MML_COW_EXCLUSIVE;
	if (extent->flags != MMLENS_UNKNOWN && extent->flags & MMLENS_PAGE_KSM)
		facts |= MML_COW_KSM;
	if (extent->flags != MMLENS_UNKNOWN && extent->flags & MMLENS_PAGE_HUGE)
		facts |= MML_COW_HUGETLB;
	if (extent->state == MMLENS_STATE_PFNMAP)
		facts |= MML_COW_BARE;
	return facts;
}

static bool is_resident(uint32_t state)
{
	return state == MMLENS_STATE_PRESENT || state == MMLENS_STATE_PROTNONE ||
	       state == MMLENS_STATE_NUMA_HINT;
}

static int push_run(struct mml_cow_process *process,
		    const struct mml_cow_run *run)
{
	size_t more = process->room ? process->room * 2 : 256;
	struct mml_cow_run *last;
	void *grown;

	if (process->nr_runs) {
		last = &process->runs[process->nr_runs - 1];
		if (follows(last, run, process->page_size)) {
			last->pages += run->pages;
			return 0;
		}
	}
	if (process->nr_runs == process->room) {
		grown = reallocarray(process->runs, more, sizeof(*run));
		if (!grown)
			return -ENOMEM;
		process->runs = grown;
		process->room = more;
	}
	process->runs[process->nr_runs++] = *run;
	return 0;
}

static void take_mapcount(struct mml_cow_run *run,
			  const struct mml_extent *extent)
{
	/* not asked for: what nobody shares is mapped once */
	if (extent->mapkind == MMLENS_UNKNOWN32 && run->facts & MML_COW_EXCLUSIVE)
		run->mapcount = 1;
	if (extent->mapkind != MMLENS_MAPKIND_PRECISE &&
	    extent->mapkind != MMLENS_MAPKIND_AVERAGE)
		return;
	run->mapcount = extent->mapcount;
	if (extent->mapkind == MMLENS_MAPKIND_AVERAGE)
		run->facts |= MML_COW_AVERAGE;
}

#define MUST								\
	(MMLENS_COL_BIT(MMLENS_COL_START) |				\
	 MMLENS_COL_BIT(MMLENS_COL_PAGES) |				\
	 MMLENS_COL_BIT(MMLENS_COL_STATE) |				\
	 MMLENS_COL_BIT(MMLENS_COL_FRAME) |				\
	 MMLENS_COL_BIT(MMLENS_COL_SWAP) |				\
	 MMLENS_COL_BIT(MMLENS_COL_ENTRY) |				\
	 MMLENS_COL_BIT(MMLENS_COL_FLAGS))

#define MAPPERS								\
	(MMLENS_COL_BIT(MMLENS_COL_MAPCOUNT) |				\
	 MMLENS_COL_BIT(MMLENS_COL_MAPKIND))

#define FEW 16	/* processes */

/**
 * mml_cow_columns() - what to ask for
 * @n: how many processes are compared
 * @i: which of them it is
 * @known: the columns that the module has
 *
 * In a large family nearly every page that somebody has copied has another
 * mapcount than its neighbours, so that each process would be read in as many
 * extents as all have made copies. A frame's mapcount is the same in all: it
 * is asked for in the first one only, and what that does not map is untold.
 *
 * Return: a mask of columns
 */
uint64_t mml_cow_columns(uint32_t n, uint32_t i, uint64_t known)
{
	/* wanted, if there is one: tells who took the frames */
	uint64_t columns = MUST | (MMLENS_COL_BIT(MMLENS_COL_ANON_ID) & known);

	return n <= FEW || !i ? columns | MAPPERS : columns;
}

/**
 * mml_cow_add() - take the next extent of a process
 * @extent: with mml_cow_columns(), in ascending order
 * @arg: the struct mml_cow_process, its VMAs already read
 *
 * Return: 0 or -ENOMEM
 */
int mml_cow_add(const struct mml_extent *extent, void *arg)
{
	struct mml_cow_process *process = arg;
	const struct mml_vma *vma = mml_vmas_find(process->vmas, extent->start);
	struct mml_cow_run run = {
		.start = extent->start,
		.pages = extent->pages,
		.mapcount = MMLENS_UNKNOWN32, .anon_id = MMLENS_UNKNOWN,
	};

	if (!vma || mml_cow_run_end(&run, process->page_size) > vma->end) {
		process->stray = true;
		return 0;
	}
	if (is_resident(extent->state))
		process->resident += extent->pages;
	if (extent->state == MMLENS_STATE_SWAP)
		run.where = extent->swap;
	else if (is_mapped(extent->state))
		run.where = extent->frame;
	else if (!is_zero(extent->state))
		return 0;
	run.facts = facts_of(extent, vma, process->can);
	if (!is_zero(extent->state)) {
		take_mapcount(&run, extent);
		run.anon_id = extent->anon_id;
	}
	return push_run(process, &run);
}

/**
 * mml_cow_run_at() - where to begin to look
 * @process: its runs are complete
 * @addr: an address
 *
 * Return: the first run that ends after it, which may begin after it too; the
 * end of the runs if there is none
 */
const struct mml_cow_run *mml_cow_run_at(const struct mml_cow_process *process,
					 uint64_t addr)
{
	size_t low = 0, high = process->nr_runs, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (mml_cow_run_end(&process->runs[middle],
				    process->page_size) <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return process->runs + low;
}

/**
 * mml_cow_process_free() - free what mml_cow_add() has gathered
 * @process: the process; its VMAs are the caller's
 */
void mml_cow_process_free(struct mml_cow_process *process)
{
	free(process->runs);
	memset(process, 0, sizeof(*process));
}
