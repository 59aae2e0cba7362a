// SPDX-License-Identifier: GPL-2.0
/*
 * What a page-table entry says by itself.
 *
 * Three families. Present entries point to a frame; they may be closed to the
 * hardware (PROT_NONE, NUMA hint) and then be stored with inverted address
 * bits (L1TF), so frames are taken out by pte_pfn() and its kin only. Special
 * ones have a frame whose struct page is missing or not to be looked at.
 * Entries that are not present hold a swap-like value.
 */
#include <linux/hugetlb.h>
#include <linux/pfn.h>

#include "compat/pgtable.h"
#include "entry.h"

/* As vma_is_accessible(). */
static enum mmlens_state closed_state(unsigned long vm_flags)
{
	return vm_flags & VM_ACCESS_FLAGS ? MMLENS_STATE_NUMA_HINT :
					    MMLENS_STATE_PROTNONE;
}

/* @pte: not none, not present; at any level, since they are laid out alike */
static void entry_swap(struct mmlens_entry *entry, pte_t pte)
{
	swp_entry_t swp = mml_pte_to_swp(pte);

	entry->state = mml_swap_state(swp, &entry->bits);
	switch (entry->state) {
	case MMLENS_STATE_SWAP:
		entry->swap = MMLENS_SWAP(swp_type(swp), (u64)swp_offset(swp));
		if (mml_swp_exclusive(pte))
			entry->bits |= MMLENS_ENTRY_EXCLUSIVE;
		break;
	case MMLENS_STATE_MIGRATION:
	case MMLENS_STATE_HWPOISON:
	case MMLENS_STATE_DEVICE_PRIVATE:
	case MMLENS_STATE_DEVICE_EXCLUSIVE:
		entry->frame = mml_swp_pfn(swp);
		break;
	default:
		break;
	}
	if (pte_swp_soft_dirty(pte))
		entry->bits |= MMLENS_ENTRY_SOFT_DIRTY;
	if (pte_swp_uffd_wp(pte))
		entry->bits |= MMLENS_ENTRY_UFFD_WP;
}

static void entry_clear(struct mmlens_entry *entry)
{
	*entry = (struct mmlens_entry) {
		.state = MMLENS_STATE_NONE,
		.frame = MMLENS_UNKNOWN,
		.swap = MMLENS_UNKNOWN,
	};
}

/**
 * mmlens_entry_pte() - take a PTE apart
 * @entry: result
 * @vm_flags: of the VMA it serves
 * @pte: read once, under its table's lock if @entry->has_page is to hold
 */
void mmlens_entry_pte(struct mmlens_entry *entry, unsigned long vm_flags,
		      pte_t pte)
{
	entry_clear(entry);
	if (pte_none(pte))
		return;
	if (!pte_present(pte)) {
		entry_swap(entry, pte);
		return;
	}
	entry->bits = mml_entry_bits(pte_val(pte), MMLENS_LEVEL_PTE);
	entry->frame = pte_pfn(pte);
	if (is_zero_pfn(entry->frame)) {
		entry->state = MMLENS_STATE_ZERO;
		entry->zero = true;
		entry->has_page = true;	/* never goes away */
	} else if (pte_special(pte) || !pfn_valid(entry->frame)) {
		entry->state = MMLENS_STATE_PFNMAP;
	} else {
		entry->state = MMLENS_STATE_PRESENT;
		entry->has_page = true;
	}
	if (entry->bits & MMLENS_ENTRY_PROTNONE)
		entry->state = closed_state(vm_flags);
}

/* Frame of a present leaf, and whether it may have no struct page. */
static u64 huge_frame(enum mmlens_level level, u64 raw, unsigned long addr,
		      bool *special)
{
	pud_t pud;

	if (level == MMLENS_LEVEL_PMD) {
		pmd_t pmd = __pmd(raw);

		*special = mml_pmd_special(pmd);
		return pmd_pfn(pmd) + ((addr & ~PMD_MASK) >> PAGE_SHIFT);
	}
	pud = __pud(raw);
	*special = mml_pud_special(pud);
	return pud_pfn(pud) + ((addr & ~PUD_MASK) >> PAGE_SHIFT);
}

/**
 * mmlens_entry_huge() - take a PMD or PUD entry apart that is no table
 * @entry: result
 * @vm_flags: of the VMA it serves
 * @level: where it stands
 * @raw: the entry, read once under its lock
 * @addr: the address asked for; @entry->frame is this address's frame
 *
 * Up to 6.11 a driver's huge mapping of bare frames (VM_PFNMAP, VM_MIXEDMAP,
 * DAX) has no mark of its own that is kept for all of them, so in such VMAs
 * struct page is left alone (vm_normal_page_pmd() does the same, mostly).
 */
void mmlens_entry_huge(struct mmlens_entry *entry, unsigned long vm_flags,
		       enum mmlens_level level, u64 raw, unsigned long addr)
{
	bool special;

	entry_clear(entry);
	if (!mml_huge_present(raw)) {
		entry_swap(entry, __pte(raw));
		if (entry->frame != MMLENS_UNKNOWN)
			entry->frame += (addr & (level == MMLENS_LEVEL_PMD ?
					 ~PMD_MASK : ~PUD_MASK)) >> PAGE_SHIFT;
		return;
	}
	entry->bits = mml_entry_bits(raw, level);
	if (!mml_huge_leaf(raw)) {
		entry->state = MMLENS_STATE_BAD;
		return;
	}
	entry->frame = huge_frame(level, raw, addr, &special);
	if (special || (entry->bits & MMLENS_ENTRY_DEVMAP) ||
	    (vm_flags & (VM_PFNMAP | VM_MIXEDMAP)) ||
	    !pfn_valid(entry->frame)) {
		entry->state = MMLENS_STATE_PFNMAP;
	} else {
		entry->state = MMLENS_STATE_PRESENT;
		entry->has_page = true;
	}
	if (entry->bits & MMLENS_ENTRY_PROTNONE)
		entry->state = closed_state(vm_flags);
}
