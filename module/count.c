// SPDX-License-Identifier: GPL-2.0
/*
 * Counting the pages of a VMA by kind, as smaps does (fs/proc/task_mmu.c,
 * smaps_account()), in one pass.
 */
#include <net/netlink.h>

#include "compat/pgtable.h"
#include "count.h"
#include "frame.h"
#include "reply.h"
#include "walk.h"

#define COL(name) MMLENS_COL_BIT(MMLENS_COL_##name)

struct counting {
	struct mmlens_counts *counts;
	struct mmlens_reader reader;
};

static void count(struct counting *counting, enum mmlens_vma_col column,
		  u32 pages)
{
	counting->counts->of[column] += pages;
}

static void count_page(struct counting *c, const struct mmlens_facts *facts,
		       u32 pages)
{
	u64 flags = facts->flags, bits = facts->entry;

	count(c, MMLENS_VMA_COL_RSS, pages);
	if (!(flags & MMLENS_PAGE_ANON)) {
		count(c, flags & MMLENS_PAGE_SWAPBACKED ? MMLENS_VMA_COL_SHMEM :
							  MMLENS_VMA_COL_FILE,
		      pages);
	} else {
		count(c, MMLENS_VMA_COL_ANON, pages);
		if (flags & MMLENS_PAGE_KSM)
			count(c, MMLENS_VMA_COL_KSM, pages);
		if (!(flags & (MMLENS_PAGE_SWAPBACKED | MMLENS_PAGE_DIRTY)) &&
		    !(bits & MMLENS_ENTRY_DIRTY))
			count(c, MMLENS_VMA_COL_LAZYFREE, pages);
	}
	count(c, facts->mapcount > 1 ? MMLENS_VMA_COL_SHARED :
				       MMLENS_VMA_COL_EXCLUSIVE, pages);
	if ((flags & MMLENS_PAGE_DIRTY) || (bits & MMLENS_ENTRY_DIRTY))
		count(c, MMLENS_VMA_COL_DIRTY, pages);
	if ((flags & (MMLENS_PAGE_REFERENCED | MMLENS_PAGE_YOUNG)) ||
	    (bits & MMLENS_ENTRY_ACCESSED))
		count(c, MMLENS_VMA_COL_REFERENCED, pages);
	if (facts->level != MMLENS_LEVEL_PTE)
		count(c, MMLENS_VMA_COL_HUGE, pages);
}

/*
 * Its page is still this process's, in the kernel's own counters and in smaps,
 * while it is moved, or lent to a device. But nothing keeps it from changing
 * hands: it is not looked at.
 */
static bool is_away(enum mmlens_state state)
{
	return state == MMLENS_STATE_MIGRATION ||
	       state == MMLENS_STATE_DEVICE_PRIVATE ||
	       state == MMLENS_STATE_DEVICE_EXCLUSIVE;
}

static void count_entry(struct counting *c, const struct mmlens_facts *facts,
			u32 pages)
{
	if (is_away(facts->state) && (c->reader.vma->vm_flags & VM_HUGETLB)) {
		count(c, MMLENS_VMA_COL_HUGETLB, pages);
		return;
	}
	if (is_away(facts->state))
		count(c, MMLENS_VMA_COL_RSS, pages);
	if (facts->state == MMLENS_STATE_SWAP)
		count(c, MMLENS_VMA_COL_SWAP, pages);
	else if (facts->flags == MMLENS_UNKNOWN)
		count(c, MMLENS_VMA_COL_OTHER, pages);
	else if (facts->flags & MMLENS_PAGE_ZERO_PAGE)
		count(c, MMLENS_VMA_COL_ZERO, pages);
	else if (facts->flags & MMLENS_PAGE_HUGE)
		count(c, MMLENS_VMA_COL_HUGETLB, pages);
	else
		count_page(c, facts, pages);
}

static bool is_leaf(const struct mmlens_facts *facts)
{
	return facts->entry & (MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_PROTNONE);
}

static int count_ptes(struct mmlens_walk *walk, pte_t *ptep, unsigned long addr,
		      unsigned long end)
{
	struct counting *c = walk->private;
	struct mmlens_facts facts;
	bool any = false;
	u32 n;

	mmlens_reader_forget(&c->reader);
	for (; addr != end; ptep += n, addr += n * PAGE_SIZE) {
		n = 1;
		if (pte_none(ptep_get(ptep)))
			continue;
		any = true;
		n = mmlens_read_ptes(&c->reader, &facts, ptep,
				     (end - addr) >> PAGE_SHIFT);
		count_entry(c, &facts, n);
		if (is_leaf(&facts))
			count(c, MMLENS_VMA_COL_LEAVES_PTE, n);
	}
	if (any)
		count(c, MMLENS_VMA_COL_TABLES, 1);
	return 0;
}

static int count_huge(struct mmlens_walk *walk, enum mmlens_level level,
		      const void *entry, u64 raw, unsigned long addr,
		      unsigned long end)
{
	struct counting *c = walk->private;
	u32 pages = (end - addr) >> PAGE_SHIFT, i;
	struct mmlens_facts facts;
	bool even;

	mmlens_reader_forget(&c->reader);
	even = mmlens_read_huge(&c->reader, &facts, level, entry, raw, addr);
	if (is_leaf(&facts))
		count(c, level == MMLENS_LEVEL_PMD ? MMLENS_VMA_COL_LEAVES_PMD :
						     MMLENS_VMA_COL_LEAVES_PUD,
		      1);
	if (even) {
		count_entry(c, &facts, pages);
		return 0;
	}
	for (i = 0; i < pages; i++) {
		facts.mapcount = mmlens_read_mapcount(facts.frame + i);
		count_entry(c, &facts, 1);
	}
	return 0;
}

static void count_vma(struct mmlens_walk *walk)
{
	struct counting *c = walk->private;

	c->reader.vma = walk->vma;
}

static const struct mmlens_visitor count_visitor = {
	.vma = count_vma,
	.ptes = count_ptes,
	.huge = count_huge,
};

/* What the tables say; the others need struct page, which costs most. */
#define TABLE_COLUMNS							\
	(MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_TABLES) |			\
	 MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_LEAVES_PTE) |		\
	 MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_LEAVES_PMD) |		\
	 MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_LEAVES_PUD) |		\
	 MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_DEPTH))

/**
 * mmlens_count_range() - count on
 * @counts: added to
 * @dump: what is asked, of whom, from where on; its mmap lock is held. Result:
 *	how far it went
 * @end: where to end
 * @deadline: when to stop
 *
 * Return: 0 or -EAGAIN, as mmlens_walk_range()
 */
int mmlens_count_range(struct mmlens_counts *counts, struct mmlens_dump *dump,
		       unsigned long end, struct mmlens_deadline *deadline)
{
	struct counting counting = {
		.counts = counts,
		.reader.need = dump->columns & ~TABLE_COLUMNS ?
			COL(FLAGS) | COL(MAPCOUNT) : 0,
	};
	struct mmlens_walk walk = {
		.mm = dump->target.mm,
		.visitor = &count_visitor,
		.private = &counting,
		.deadline = deadline,
	};
	int err = mmlens_walk_range(&walk, dump->pos, end);

	dump->pos = walk.next;
	dump->bytes += walk.bytes;
	return err;
}

/**
 * mmlens_put_counts() - COUNTS
 * @skb: a message begun
 * @attr: MMLENS_VMA_COUNTS or MMLENS_TRAILER_COUNTS
 * @counts: of one VMA, or of all
 * @granted: MMLENS_VMA_COL_BIT() mask
 *
 * Return: 0 or -EMSGSIZE
 */
int mmlens_put_counts(struct sk_buff *skb, int attr,
		      const struct mmlens_counts *counts, u64 granted)
{
	struct nlattr *nest = nla_nest_start(skb, attr);
	unsigned int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = MMLENS_VMA_COL_RSS; i <= MMLENS_VMA_COL_MAX; i++)
		if ((granted & MMLENS_VMA_COL_BIT(i)) &&
		    mmlens_put_u64(skb, i, counts->of[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
