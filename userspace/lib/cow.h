/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copy on write between processes: which pages are still shared, which were
 * copied, and who took the new frame. Pure judgement: neither asks the kernel
 * nor prints.
 *
 * A process is kept as *runs*: pages that follow each other in addresses and
 * in frames (or swap slots), with equal facts. lib/area.h says which part of
 * one process is which part of another; inside a part the runs of all its
 * processes are merged like sorted lists, cut at each other's borders. That
 * gives *segments*, in each of which one verdict holds for every page. So a
 * huge page in one process is compared with small ones in the other page by
 * page, and both time and memory are in proportion to the runs, not the pages.
 *
 * What a verdict follows from
 *
 * fork lets both processes map the same frame, read-only, and clears the
 * page's AnonExclusive (page_try_dup_anon_rmap(), include/linux/rmap.h; called
 * from copy_present_pte(), mm/memory.c). The next write, by either, takes a
 * new frame, which is born exclusive (wp_page_copy() and
 * page_add_new_anon_rmap()); the other side keeps the old frame, its bit still
 * clear. A write to the old frame when nobody else has it keeps the frame and
 * sets the bit (do_wp_page(), page_move_anon_rmap()). Therefore, for one page of
 * a common ancestor (mml_part.inherited) that has two frames now:
 *
 *   one exclusive, one not   COPIED by the owner of the exclusive one: the
 *			      other frame has gone through a fork, this has not
 *   neither is exclusive     both have gone through a fork. COPIED; a frame's
 *			      anon_vma is that of the VMA which took it: one that
 *			      the other's anon_vma took was inherited, and the
 *			      other has a new one since; if each took its own, the
 *			      root's is the older. Where the anon_vma is not known:
 *			      by the one whose frame nobody else maps, if others
 *			      still map the other's; else by either
 *   both are exclusive	      DIFFERENT. Both have written since the fork, and the
 *			      second to write took the old frame for itself; or
 *			      both have touched the page for the first time since
 *			      the fork, and neither is a copy of the other. That
 *			      leaves no trace in either page, page table or anon_vma.
 *
 * A clear bit proves a fork, not *this* fork: if a process forks again, the
 * frames that it has taken look old from then on; their anon_vma tells.
 *
 * Where the kernel does not keep AnonExclusive (before 5.19), a writable entry
 * says nearly as much: fork takes the write bit off both.
 *
 * In a private mapping of a file, an anonymous page beside the file's own page
 * is COPIED by its owner, related or not: it can have come from nowhere else
 * (do_cow_fault(), wp_page_copy()). Two anonymous pages there follow the rules above,
 * and between strangers are DIFFERENT. So is a page that KSM has merged, if
 * its frame is not the other's.
 *
 * The page of zeroes is no memory: it counts as nothing there.
 */
#ifndef MML_COW_H
#define MML_COW_H

#include "lib/area.h"

#define MML_COW_PROCESSES MML_AREA_PROCESSES

/* What is known of the pages of a run. */
enum mml_cow_fact {
	MML_COW_SWAPPED		= 1 << 0,	/* where is a swap entry, not a frame */
	MML_COW_ZERO		= 1 << 1,	/* the page of zeroes */
	MML_COW_PRIVATE		= 1 << 2,	/* anonymous: no file's, no shmem's page */
	MML_COW_EXCLUSIVE	= 1 << 3,	/* not gone through a fork since it was taken */
	MML_COW_KSM		= 1 << 4,
	MML_COW_BARE		= 1 << 5,	/* shows no struct page: a device's, [vvar] */
	MML_COW_HUGETLB		= 1 << 6,
	MML_COW_AVERAGE		= 1 << 7,	/* mapcount is the folio's average */
};

struct mml_cow_run {
	uint64_t start;		/* address */
	uint64_t where;		/* frame or swap entry of the first page */
	uint32_t pages;
	uint32_t facts;		/* enum mml_cow_fact */
	uint32_t mapcount;	/* MMLENS_UNKNOWN32 if not known; see MML_COW_AVERAGE */
	uint64_t anon_id;	/* who took the frame: see MMLENS_COL_ANON_ID */
};

/* One process, as it was read. */
struct mml_cow_process {
	uint32_t pid;
	uint64_t start_time;	/* ns since boot: a child's is later */
	uint64_t page_size;
	uint64_t can;		/* MMLENS_CAN_* */
	const struct mml_vmas *vmas;
	uint64_t end;		/* it vanished before this address was read; else ~0 */

	struct mml_cow_run *runs;	/* by address */
	size_t nr_runs, room;
	uint64_t resident;	/* pages that are in memory */
	bool stray;		/* a page lay in no VMA: they have changed since */
};

/* The frame, or swap entry, of a run's @page'th page. */
static inline uint64_t mml_cow_run_where(const struct mml_cow_run *run,
					 uint64_t page)
{
	if (run->where == MMLENS_UNKNOWN)
		return MMLENS_UNKNOWN;
	return run->where + page * (run->facts & MML_COW_SWAPPED ?
				    MMLENS_SWAP(0, 1ULL) : 1);
}

static inline uint64_t mml_cow_run_end(const struct mml_cow_run *run,
				       uint64_t page_size)
{
	return run->start + run->pages * page_size;
}

/* Whether it is memory that a struct page stands for. */
static inline bool mml_cow_run_has_frame(const struct mml_cow_run *run)
{
	return !(run->facts & (MML_COW_SWAPPED | MML_COW_ZERO | MML_COW_BARE)) &&
	       run->where != MMLENS_UNKNOWN;
}

/* The first run that ends after an address. */
const struct mml_cow_run *mml_cow_run_at(const struct mml_cow_process *process,
					 uint64_t addr);

/*
 * The columns that mml_cow_add() needs of PAGE_GET, of the @i'th of @n
 * processes, from a module that has @known.
 */
uint64_t mml_cow_columns(uint32_t n, uint32_t i, uint64_t known);

/* An mml_extent_fn for mml_pages(): @arg is the mml_cow_process. */
int mml_cow_add(const struct mml_extent *extent, void *arg);
void mml_cow_process_free(struct mml_cow_process *process);

enum mml_cow_class {
	MML_COW_NONE,		/* no process has it */
	MML_COW_SHARED,		/* the same frame, or swap slot, in both */
	MML_COW_COPIED,		/* two frames; @who took the new one */
	MML_COW_DIFFERENT,	/* two frames, and no proof that one is a copy */
	MML_COW_OWN,		/* only @who has it: a private page */
	MML_COW_UNFAULTED,	/* @who has not touched it: would map the other's frame */
	MML_COW_ALONE,		/* a file's page that only @who maps at all */
};

#define MML_COW_EITHER MML_COW_PROCESSES	/* @who took the new frame is not known */

struct mml_cow_verdict {
	enum mml_cow_class class;
	unsigned int who;	/* a process, or MML_COW_EITHER */
};

/* One page in one process: @run is NULL when there is none. */
struct mml_cow_page {
	const struct mml_cow_run *run;
	uint64_t where;
};

struct mml_cow_verdict mml_cow_judge(const struct mml_part *part,
				     const struct mml_cow_page page[MML_COW_PROCESSES]);

/* Pages of one part, next to each other, of one verdict. */
struct mml_cow_segment {
	uint64_t page;		/* first, counted from the start of the part */
	uint64_t pages;
	struct mml_cow_verdict verdict;
	struct mml_cow_page in[MML_COW_PROCESSES];
};

typedef void (*mml_cow_segment_fn)(const struct mml_part *part,
				   const struct mml_cow_segment *segment,
				   void *arg);

/* In base pages, but where it says otherwise. */
struct mml_cow_counts {
	uint64_t shared;
	uint64_t copied;
	uint64_t copied_by[MML_COW_PROCESSES + 1];	/* the last one: by either */
	uint64_t different;
	uint64_t own[MML_COW_PROCESSES];
	uint64_t unfaulted[MML_COW_PROCESSES];	/* by whom */
	uint64_t alone[MML_COW_PROCESSES];
	uint64_t zero[MML_COW_PROCESSES];
	uint64_t swapped;		/* on one side at least; counted above too */
	uint64_t private_shared;	/* of shared, those that are private memory */
	uint64_t next;			/* of shared, those that a write would copy */
	uint64_t outside;		/* frames of shared that others map as well */
};

/* Frames that have a struct page, each counted once however often it is mapped. */
struct mml_cow_frames {
	uint64_t in[MML_COW_PROCESSES];		/* mapped by that process */
	uint64_t both;
	uint64_t outside;	/* of both: mapped by others too, or more often than we see */
	uint64_t untold;	/* of both: the kernel keeps no precise mapcount */
};

struct mml_cow {
	const struct mml_cow_process *process[MML_COW_PROCESSES];
	struct mml_areas areas;
	struct mml_cow_counts *counts;		/* of each area */
	struct mml_cow_counts total;
	struct mml_cow_frames frames;
};

int mml_cow_compare(struct mml_cow *cow,
		    const struct mml_cow_process *const process[MML_COW_PROCESSES]);
void mml_cow_free(struct mml_cow *cow);

/* Calls @fn for the segments of a part, in order; pages of none are left out. */
void mml_cow_segments(const struct mml_cow *cow, const struct mml_part *part,
		      mml_cow_segment_fn fn, void *arg);

/* Whether there is anything in an area at all. */
bool mml_cow_is_empty(const struct mml_cow_counts *counts);
void mml_cow_sum(struct mml_cow_counts *sum, const struct mml_cow_counts *counts);

#endif /* MML_COW_H */
