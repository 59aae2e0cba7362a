/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The walker: the only place that descends page tables.
 *
 * A walk covers one range of one mm under one hold of its mmap lock, calls
 * its visitor for what it meets there, and ends early when the visitor, the
 * clock or somebody who waits for the lock asks for it. It then says where
 * to go on; nothing but that address survives the lock.
 */
#ifndef MMLENS_WALK_H
#define MMLENS_WALK_H

#include <linux/mm.h>

#include <linux/mmlens.h>

struct mmlens_walk;

/**
 * struct mmlens_visitor - what is done with the entries of a walk
 * @vma: before the first entry of a VMA (optional)
 * @table: an entry of any level on the way down but PTE, lock-free: @raw was
 *	read once. Once more for an entry that changes meanwhile. (optional)
 * @ptes: a run of entries of one PTE table, its lock held
 * @huge: an entry at PMD or PUD level that is no table: a leaf, or not
 *	present (migration, hwpoison, ...), its lock held. [addr, end) lies
 *	within what it maps.
 *
 * They run under the mmap lock and mostly a spinlock: no sleep, no
 * allocation. Return 0 to go on; 1 to stop, with walk->next set to the first
 * address that was not dealt with.
 */
struct mmlens_visitor {
	void (*vma)(struct mmlens_walk *walk);
	int (*table)(struct mmlens_walk *walk, enum mmlens_level level,
		     const void *entry, u64 raw, unsigned long addr);
	int (*ptes)(struct mmlens_walk *walk, pte_t *pte, unsigned long addr,
		    unsigned long end);
	int (*huge)(struct mmlens_walk *walk, enum mmlens_level level,
		    const void *entry, u64 raw, unsigned long addr,
		    unsigned long end);
};

/**
 * struct mmlens_walk - one walk
 * @mm: its mmap lock is held for reading
 * @visitor: whom to call
 * @private: the visitor's
 * @vma: the VMA being walked
 * @next: where the walk goes on, once it has stopped
 * @bytes: address space of VMAs walked so far; the caller clears it
 * @deadline: when the walk should give up the lock
 */
struct mmlens_walk {
	struct mm_struct *mm;
	const struct mmlens_visitor *visitor;
	void *private;
	struct vm_area_struct *vma;
	unsigned long next;
	u64 bytes;
	struct mmlens_deadline *deadline;
};

int mmlens_walk_range(struct mmlens_walk *walk, unsigned long start,
		      unsigned long end);
u64 mmlens_walk_peek(struct mm_struct *mm, unsigned long addr,
		     enum mmlens_level *level);

#endif /* MMLENS_WALK_H */
