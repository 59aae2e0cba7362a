// SPDX-License-Identifier: GPL-2.0
/*
 * Seeing that a dump was torn, at no cost to the target.
 *
 * x86 counts the TLB flushes of an mm in mm->context.tlb_gen. An accessible
 * present entry cannot change its frame or lose a permission without one: COW
 * and migration flush within the page-table lock; zap and mprotect raise
 * tlb_flush_pending before they touch an entry and count their flush before
 * they lower it; reclaim's batches count theirs under the page-table lock. So
 * if the counter stands still between two looks, and no flush is pending at
 * the second, all such entries read in between were true together.
 *
 * What it does not see: pages that appear; entries closed to the hardware,
 * which are changed without a flush. The latter are counted as unwatched.
 */
#include <linux/mm.h>
#include <linux/mm_inline.h>

#include "epoch.h"

/**
 * mmlens_epoch_sample() - look at the flush counter
 * @mm: its mmap lock is held: fork() write-protects under the write lock and
 *	flushes without announcing it
 */
struct mmlens_epoch mmlens_epoch_sample(struct mm_struct *mm)
{
	struct mmlens_epoch epoch;

	epoch.pending = mm_tlb_flush_pending(mm);
	/* a flush that is no longer pending must be seen in the counter */
	smp_rmb();
	epoch.gen = mml_tlb_gen(mm);
	return epoch;
}

/**
 * mmlens_epoch_torn() - may something reported have changed meanwhile?
 * @first: sampled before the first entry was read
 * @last: sampled after the last
 */
bool mmlens_epoch_torn(const struct mmlens_epoch *first,
		       const struct mmlens_epoch *last)
{
	return mmlens_epoch_supported() &&
	       (last->pending || last->gen != first->gen);
}
