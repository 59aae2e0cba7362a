// SPDX-License-Identifier: GPL-2.0
/*
 * Descending pgd -> p4d -> pud -> pmd -> pte.
 *
 * Only addresses that a VMA covers are walked, and only under the mmap lock
 * under which that VMA was found: munmap() downgrades its write lock and frees
 * the tables of holes under a read lock (mm/mmap.c, free_pgtables()), so a
 * hole must not be looked into. Below a VMA, PUD and PMD tables stay while the
 * mmap lock is held; a PTE table may go under it since 6.x (file THP
 * collapse; MADV_DONTNEED on 7.x), freed by RCU: hence the RCU section, the
 * table's lock, and the second look at the PMD. Each entry is read once and
 * the descent goes on from that copy. hugetlb's PMD tables may be shared and
 * unshared under the mmap read lock; holding i_mmap_rwsem for reading
 * prevents it (mm/hugetlb.c, huge_pmd_unshare()).
 */
#include <linux/hugetlb.h>
#include <linux/rcupdate.h>

#include "compat/pgtable.h"
#include "target.h"
#include "walk.h"

/* What else than a table takes, in entries of one. */
#define HUGE_WORK	16
#define TABLE_WORK	64	/* a table most of which is empty */

/* After something was dealt with up to @addr: go on, or stop there? */
static int walk_pause(struct mmlens_walk *walk, unsigned long addr, u32 work)
{
	if (!mmlens_lock_overdue(walk->mm, walk->deadline, work))
		return 0;
	walk->next = addr;
	return 1;
}

static int show_table(struct mmlens_walk *walk, enum mmlens_level level,
		      const void *entry, u64 raw, unsigned long addr)
{
	const struct mmlens_visitor *visitor = walk->visitor;

	return visitor->table ? visitor->table(walk, level, entry, raw, addr) : 0;
}

/*
 * @pmdp was seen to hold @pmd, which points to a PTE table. RCU keeps that page
 * for long enough to take its lock; if the PMD is still the same then, the
 * table is in use and stays so until the lock is given back. -EAGAIN: it is not
 */
static int walk_pte_table(struct mmlens_walk *walk, pmd_t *pmdp, pmd_t pmd,
			  unsigned long addr, unsigned long end)
{
	int ret = -EAGAIN;
	spinlock_t *ptl;	/* covers the table's entries */

	rcu_read_lock();
	if (pmd_same(pmd, READ_ONCE(*pmdp))) {
		ptl = pte_lockptr(walk->mm, &pmd);
		spin_lock(ptl);
		if (pmd_same(pmd, READ_ONCE(*pmdp)))
			ret = walk->visitor->ptes(walk,
						  pte_offset_kernel(&pmd, addr),
						  addr, end);
		spin_unlock(ptl);
	}
	rcu_read_unlock();
	return ret;
}

static int walk_huge_pmd(struct mmlens_walk *walk, pmd_t *pmdp, pmd_t pmd,
			 unsigned long addr, unsigned long end)
{
	spinlock_t *ptl = pmd_lock(walk->mm, pmdp);
	int ret = -EAGAIN;

	if (pmd_same(pmd, READ_ONCE(*pmdp)))
		ret = walk->visitor->huge(walk, MMLENS_LEVEL_PMD, pmdp,
					  pmd_val(pmd), addr, end);
	spin_unlock(ptl);
	return ret;
}

/* Hardware sets A and D at any time, so try again; but not for ever. */
#define PMD_TRIES 64

static int walk_pmd(struct mmlens_walk *walk, pmd_t *pmdp, unsigned long addr,
		    unsigned long end)
{
	int tries, ret;

	for (tries = 0; tries < PMD_TRIES; tries++) {
		pmd_t pmd = READ_ONCE(*pmdp);

		ret = show_table(walk, MMLENS_LEVEL_PMD, pmdp, pmd_val(pmd),
				 addr);
		if (ret || pmd_none(pmd))
			return ret;
		if (mml_huge_leaf(pmd_val(pmd)) || !pmd_present(pmd) ||
		    pmd_bad(pmd))
			ret = walk_huge_pmd(walk, pmdp, pmd, addr, end);
		else
			ret = walk_pte_table(walk, pmdp, pmd, addr, end);
		if (ret != -EAGAIN)
			return ret;
		cpu_relax();
	}
	walk->next = addr;
	return 1;
}

static u32 pmd_work(pmd_t pmd, unsigned long addr, unsigned long end)
{
	return mml_huge_leaf(pmd_val(pmd)) ? HUGE_WORK :
					     (end - addr) >> PAGE_SHIFT;
}

static int walk_pmds(struct mmlens_walk *walk, pud_t *pudp, pud_t pud,
		     unsigned long addr, unsigned long end)
{
	pmd_t *pmdp = pmd_offset_lockless(pudp, pud, addr);
	unsigned long next;
	int ret;

	for (; addr != end; pmdp++, addr = next) {
		pmd_t pmd = READ_ONCE(*pmdp);

		next = pmd_addr_end(addr, end);
		if (pmd_none(pmd) && !walk->visitor->table)
			continue;
		ret = walk_pmd(walk, pmdp, addr, next);
		if (!ret && next != end)
			ret = walk_pause(walk, next, pmd_work(pmd, addr, next));
		if (ret)
			return ret;
	}
	return 0;
}

static int walk_huge_pud(struct mmlens_walk *walk, pud_t *pudp, pud_t pud,
			 unsigned long addr, unsigned long end)
{
	spinlock_t *ptl = pud_lock(walk->mm, pudp);
	int ret;

	if (pud_val(pud) == pud_val(READ_ONCE(*pudp))) {
		ret = walk->visitor->huge(walk, MMLENS_LEVEL_PUD, pudp,
					  pud_val(pud), addr, end);
	} else {
		walk->next = addr;
		ret = 1;
	}
	spin_unlock(ptl);
	return ret;
}

static int walk_puds(struct mmlens_walk *walk, p4d_t *p4dp, p4d_t p4d,
		     unsigned long addr, unsigned long end)
{
	pud_t *pudp = pud_offset_lockless(p4dp, p4d, addr);
	unsigned long next;
	int ret;

	for (; addr != end; pudp++, addr = next) {
		pud_t pud = READ_ONCE(*pudp);

		next = pud_addr_end(addr, end);
		ret = show_table(walk, MMLENS_LEVEL_PUD, pudp, pud_val(pud),
				 addr);
		if (ret)
			return ret;
		if (pud_none(pud))
			continue;
		if (mml_huge_leaf(pud_val(pud)) || !pud_present(pud) ||
		    pud_bad(pud))
			ret = walk_huge_pud(walk, pudp, pud, addr, next);
		else
			ret = walk_pmds(walk, pudp, pud, addr, next);
		if (!ret && next != end)
			ret = walk_pause(walk, next, TABLE_WORK);
		if (ret)
			return ret;
	}
	return 0;
}

static int walk_p4ds(struct mmlens_walk *walk, pgd_t *pgdp, pgd_t pgd,
		     unsigned long addr, unsigned long end)
{
	p4d_t *p4dp = p4d_offset_lockless(pgdp, pgd, addr);
	unsigned long next;
	int ret;

	for (; addr != end; p4dp++, addr = next) {
		p4d_t p4d = READ_ONCE(*p4dp);

		next = p4d_addr_end(addr, end);
		ret = mml_p4d_folded(walk->mm) ? 0 :
			show_table(walk, MMLENS_LEVEL_P4D, p4dp, p4d_val(p4d),
				   addr);
		if (ret)
			return ret;
		if (p4d_none(p4d) || p4d_bad(p4d))
			continue;
		ret = walk_puds(walk, p4dp, p4d, addr, next);
		if (ret)
			return ret;
	}
	return 0;
}

static int walk_pgds(struct mmlens_walk *walk, unsigned long addr,
		     unsigned long end)
{
	pgd_t *pgdp = pgd_offset(walk->mm, addr);
	unsigned long next;
	int ret;

	for (; addr != end; pgdp++, addr = next) {
		pgd_t pgd = READ_ONCE(*pgdp);

		next = pgd_addr_end(addr, end);
		ret = show_table(walk, MMLENS_LEVEL_PGD, pgdp, pgd_val(pgd),
				 addr);
		if (ret)
			return ret;
		if (pgd_none(pgd) || pgd_bad(pgd))
			continue;
		ret = walk_p4ds(walk, pgdp, pgd, addr, next);
		if (ret)
			return ret;
	}
	return 0;
}

/* -EAGAIN when hugetlb's table lock is not to be had at once */
static int walk_vma(struct mmlens_walk *walk, unsigned long addr,
		    unsigned long end)
{
	struct rw_semaphore *shared = NULL;
	int ret;

	if (is_vm_hugetlb_page(walk->vma)) {
		shared = &walk->vma->vm_file->f_mapping->i_mmap_rwsem;
		if (!down_read_trylock(shared))
			return -EAGAIN;
	}
	if (walk->visitor->vma)
		walk->visitor->vma(walk);
	ret = walk_pgds(walk, addr, end);
	if (shared)
		up_read(shared);
	return ret;
}

/**
 * mmlens_walk_range() - walk what VMAs cover of a range
 * @walk: @mm, @visitor, @private and @deadline set; the mmap lock held for
 *	reading, and mm_users
 * @start: first address, page-aligned
 * @end: first address after the range, page-aligned, in the user half
 *
 * Leaves walk->next at the address from which to go on: @end when all is done.
 * Unless an entry keeps changing under it, at least one table is walked, so
 * that repeated calls come to an end.
 *
 * Return: 0, or -EAGAIN when not even a beginning could be made because a
 * lock of hugetlb was taken
 */
int mmlens_walk_range(struct mmlens_walk *walk, unsigned long start,
		      unsigned long end)
{
	unsigned long from, to;
	int ret;

	walk->next = start;
	for (;;) {
		walk->vma = find_vma(walk->mm, walk->next);
		if (!walk->vma || walk->vma->vm_start >= end)
			break;
		from = max(walk->next, walk->vma->vm_start);
		to = min(end, walk->vma->vm_end);
		ret = walk_vma(walk, from, to);
		if (ret == -EAGAIN)
			return walk->next == start ? -EAGAIN : 0;
		if (ret) {
			walk->bytes += walk->next - from;
			return 0;
		}
		walk->bytes += to - from;
		walk->next = to;
		if (to == end || mmlens_lock_overdue(walk->mm, walk->deadline,
						     MMLENS_VMA_WORK))
			return 0;
	}
	walk->next = end;
	return 0;
}

static u64 peek_pmd(pud_t *pudp, pud_t pud, unsigned long addr,
		    enum mmlens_level *level)
{
	pmd_t pmd = READ_ONCE(*pmd_offset_lockless(pudp, pud, addr));

	*level = MMLENS_LEVEL_PMD;
	if (pmd_none(pmd) || mml_huge_leaf(pmd_val(pmd)) || !pmd_present(pmd) ||
	    pmd_bad(pmd))
		return pmd_val(pmd);
	*level = MMLENS_LEVEL_PTE;
	return pte_val(READ_ONCE(*pte_offset_kernel(&pmd, addr)));
}

static u64 peek_pud(p4d_t *p4dp, p4d_t p4d, unsigned long addr,
		    enum mmlens_level *level)
{
	pud_t *pudp = pud_offset_lockless(p4dp, p4d, addr);
	pud_t pud = READ_ONCE(*pudp);

	*level = MMLENS_LEVEL_PUD;
	if (pud_none(pud) || mml_huge_leaf(pud_val(pud)) || !pud_present(pud) ||
	    pud_bad(pud))
		return pud_val(pud);
	return peek_pmd(pudp, pud, addr, level);
}

/**
 * mmlens_walk_peek() - the entry for an address, without any lock
 * @mm: current->mm and no other
 * @addr: any address of the user half
 * @level: result: where the entry stands
 *
 * As get_user_pages_fast(): with interrupts off no table can be freed that this
 * CPU may be walking, whoever unmaps what, since freeing waits either for the
 * IPI that flushes this CPU's TLB or for RCU. The first is sent only to CPUs
 * that run the mm; hence current->mm only. Its struct page must not be read.
 *
 * Return: the raw entry; 0 where nothing stands. Does not sleep
 */
u64 mmlens_walk_peek(struct mm_struct *mm, unsigned long addr,
		     enum mmlens_level *level)
{
	unsigned long irqs;
	pgd_t *pgdp, pgd;
	p4d_t *p4dp, p4d;
	u64 raw = 0;

	local_irq_save(irqs);
	*level = MMLENS_LEVEL_PGD;
	pgdp = pgd_offset(mm, addr);
	pgd = READ_ONCE(*pgdp);
	if (!pgd_none(pgd) && !pgd_bad(pgd)) {
		*level = MMLENS_LEVEL_P4D;
		p4dp = p4d_offset_lockless(pgdp, pgd, addr);
		p4d = READ_ONCE(*p4dp);
		if (!p4d_none(p4d) && !p4d_bad(p4d))
			raw = peek_pud(p4dp, p4d, addr, level);
	}
	local_irq_restore(irqs);
	return raw;
}
