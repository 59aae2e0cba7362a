/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page-table entries: what differs between kernels and architectures.
 *
 * Entries are read with READ_ONCE() by the walker; here they are only taken
 * apart. Never through pfn_swap_entry_to_page() and its kin: those BUG on a
 * page that is not locked (up to 6.12).
 */
#ifndef MMLENS_COMPAT_PGTABLE_H
#define MMLENS_COMPAT_PGTABLE_H

#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/swap.h>
#include <linux/swapops.h>

#include <linux/mmlens.h>

#ifdef CONFIG_X86_64

/* Write-protected entries may keep their dirty bit elsewhere. */
#ifdef _PAGE_DIRTY_BITS		/* since 6.6 */
#define MML_DIRTY_BITS _PAGE_DIRTY_BITS
#else
#define MML_DIRTY_BITS _PAGE_DIRTY
#endif
#ifdef _PAGE_DEVMAP		/* until 6.16 */
#define MML_DEVMAP _PAGE_DEVMAP
#else
#define MML_DEVMAP 0ULL
#endif

#define MML_ENTRY_BITS							\
	(MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_WRITE | MMLENS_ENTRY_USER |	\
	 MMLENS_ENTRY_ACCESSED | MMLENS_ENTRY_DIRTY | MMLENS_ENTRY_EXEC |	\
	 MMLENS_ENTRY_LEAF | MMLENS_ENTRY_GLOBAL |			\
	 MMLENS_ENTRY_WRITE_THROUGH | MMLENS_ENTRY_CACHE_DISABLE |	\
	 MMLENS_ENTRY_PAT | MMLENS_ENTRY_SPECIAL | MMLENS_ENTRY_PROTNONE | \
	 (_PAGE_SOFT_DIRTY ? MMLENS_ENTRY_SOFT_DIRTY : 0) |		\
	 (_PAGE_UFFD_WP ? MMLENS_ENTRY_UFFD_WP : 0) |			\
	 (MML_DEVMAP ? MMLENS_ENTRY_DEVMAP : 0) |			\
	 MMLENS_ENTRY_PKEY_MASK | MML_ENTRY_EXCLUSIVE)

#ifdef MML_HAVE_SWP_EXCLUSIVE	/* since 5.19 */
#define MML_ENTRY_EXCLUSIVE		MMLENS_ENTRY_EXCLUSIVE
#else
#define MML_ENTRY_EXCLUSIVE		0
#endif

/**
 * mml_protnone() - is this present entry closed to the hardware?
 * @raw: entry for which pte_present() or its kin holds
 *
 * pte_protnone() is constant false without CONFIG_NUMA_BALANCING, and such
 * entries exist without it.
 */
static inline bool mml_protnone(u64 raw)
{
	return (raw & (_PAGE_PRESENT | _PAGE_PROTNONE)) == _PAGE_PROTNONE;
}

/* Two entries that the hardware may use and that differ in their frame only. */
static inline bool mml_same_bits(u64 a, u64 b)
{
	return (a & b & _PAGE_PRESENT) && !((a ^ b) & ~(u64)PTE_PFN_MASK);
}

/* An entry that the hardware may use, with the next frame and the same bits. */
static inline u64 mml_next_frame(u64 raw)
{
	return raw + PAGE_SIZE;
}

/**
 * mml_entry_bits() - the bits of an entry that the hardware may use
 * @raw: the entry; its frame is not looked at, so it may be stored inverted
 * @level: where it stands
 *
 * The bits have the same places on all levels, but for PSE and PAT (Intel
 * SDM vol. 3, 4.5), and those from 58 on mean nothing in a table entry.
 *
 * Return: MMLENS_ENTRY_* mask
 */
static inline u64 mml_entry_bits(u64 raw, enum mmlens_level level)
{
	bool leaf = level == MMLENS_LEVEL_PTE || (raw & _PAGE_PSE);
	u64 bits = 0;

	bits |= raw & _PAGE_RW ? MMLENS_ENTRY_WRITE : 0;
	bits |= raw & _PAGE_USER ? MMLENS_ENTRY_USER : 0;
	bits |= raw & _PAGE_ACCESSED ? MMLENS_ENTRY_ACCESSED : 0;
	bits |= raw & _PAGE_PWT ? MMLENS_ENTRY_WRITE_THROUGH : 0;
	bits |= raw & _PAGE_PCD ? MMLENS_ENTRY_CACHE_DISABLE : 0;
	if (mml_protnone(raw))
		bits |= MMLENS_ENTRY_PROTNONE;
	else if (!(raw & _PAGE_NX))
		bits |= MMLENS_ENTRY_EXEC;
	if (raw & _PAGE_PRESENT)
		bits |= MMLENS_ENTRY_PRESENT;
	if (!leaf)
		return bits | (raw & _PAGE_DIRTY ? MMLENS_ENTRY_DIRTY : 0);

	bits |= MMLENS_ENTRY_LEAF;
	bits |= raw & MML_DIRTY_BITS ? MMLENS_ENTRY_DIRTY : 0;
	if ((raw & _PAGE_PRESENT) && (raw & _PAGE_GLOBAL))
		bits |= MMLENS_ENTRY_GLOBAL;
	/* PAT_LARGE is in what hugetlb inverts when it closes an entry */
	if (!mml_protnone(raw) &&
	    (raw & (level == MMLENS_LEVEL_PTE ? _PAGE_PAT : _PAGE_PAT_LARGE)))
		bits |= MMLENS_ENTRY_PAT;
	bits |= raw & _PAGE_SOFT_DIRTY ? MMLENS_ENTRY_SOFT_DIRTY : 0;
	bits |= raw & _PAGE_UFFD_WP ? MMLENS_ENTRY_UFFD_WP : 0;
	bits |= raw & _PAGE_SPECIAL ? MMLENS_ENTRY_SPECIAL : 0;
	bits |= raw & MML_DEVMAP ? MMLENS_ENTRY_DEVMAP : 0;
	bits |= ((raw >> _PAGE_BIT_PKEY_BIT0) & 0xf) << MMLENS_ENTRY_PKEY_SHIFT;
	return bits;
}

#define MML_HAVE_TLB_GEN true

static inline u64 mml_tlb_gen(struct mm_struct *mm)
{
	return atomic64_read(&mm->context.tlb_gen);
}

#endif /* CONFIG_X86_64 */

/* As pte_none() and its kin: some Knights Landing CPUs leave A and D behind. */
static inline bool mml_entry_none(u64 raw)
{
	return !(raw & ~(u64)_PAGE_KNL_ERRATUM_MASK);
}

static inline bool mml_p4d_folded(struct mm_struct *mm)
{
	return mm_p4d_folded(mm);
}

/* Does a swap entry keep the exclusivity of its page? */
#ifdef MML_HAVE_SWP_EXCLUSIVE	/* since 5.19 */
#define mml_swp_exclusive(pte)		pte_swp_exclusive(pte)
#else
#define mml_swp_exclusive(pte)		((void)(pte), false)
#endif

#ifdef MML_HAVE_LEAFOPS		/* since 6.19: a swp_entry_t still, by another name */
#include <linux/leafops.h>
#define mml_pte_to_swp(pte)		softleaf_from_pte(pte)
#else
#define mml_pte_to_swp(pte)		pte_to_swp_entry(pte)
#endif

/* A migration entry's offset is the frame, or the frame with A and D above. */
#ifdef SWP_PFN_MASK		/* since 6.1 */
#define mml_swp_pfn(entry)		((u64)swp_offset(entry) & SWP_PFN_MASK)
#else
#define mml_swp_pfn(entry)		((u64)swp_offset(entry))
#endif

/*
 * is_migration_entry_young() asks an unexported variable whether there is room
 * above the frame for A and D; where there is none, they are 0.
 */
static inline u64 mml_migration_bits(swp_entry_t entry, u64 bits)
{
#ifdef SWP_MIG_YOUNG		/* since 6.1 */
	if (swp_offset(entry) & SWP_MIG_YOUNG)
		bits |= MMLENS_ENTRY_ACCESSED;
	if (swp_offset(entry) & SWP_MIG_DIRTY)
		bits |= MMLENS_ENTRY_DIRTY;
#endif
	return bits;
}

/* A page whose content is lost. */
#if defined(PTE_MARKER_POISONED)	/* since 6.6 */
#define MML_MARKER_POISONED PTE_MARKER_POISONED
#elif defined(PTE_MARKER_SWAPIN_ERROR)	/* since 6.2, until 6.5 */
#define MML_MARKER_POISONED PTE_MARKER_SWAPIN_ERROR
#endif

#ifdef SWP_PTE_MARKER		/* since 5.19 */
static inline enum mmlens_state mml_marker_state(swp_entry_t entry)
{
	unsigned long marker = swp_offset(entry) & PTE_MARKER_MASK;

#ifdef PTE_MARKER_GUARD		/* since 6.13 */
	if (marker & PTE_MARKER_GUARD)
		return MMLENS_STATE_MARKER_GUARD;
#endif
#ifdef MML_MARKER_POISONED		/* since 6.2 */
	if (marker & MML_MARKER_POISONED)
		return MMLENS_STATE_MARKER_POISON;
#endif
	return marker & PTE_MARKER_UFFD_WP ? MMLENS_STATE_MARKER_UFFD_WP :
					     MMLENS_STATE_BAD;
}
#endif

/**
 * mml_swap_state() - what an entry is that is not present
 * @entry: by mml_pte_to_swp()
 * @bits: result: its MMLENS_ENTRY_* bits, for those states that have some
 *
 * By the type's number and not by is_migration_entry() and its kin, whose
 * names change with every other kernel. What a kernel lacks has no SWP_ macro,
 * nor has what its configuration lacks.
 *
 * Return: the state; all but SWAP and the markers have a frame, mml_swp_pfn()
 */
static inline enum mmlens_state mml_swap_state(swp_entry_t entry, u64 *bits)
{
	*bits = 0;
	if (swp_type(entry) < MAX_SWAPFILES)
		return MMLENS_STATE_SWAP;
	switch (swp_type(entry)) {
#ifdef SWP_MIGRATION_READ	/* CONFIG_MIGRATION */
	case SWP_MIGRATION_WRITE:
		*bits = mml_migration_bits(entry, MMLENS_ENTRY_WRITE);
		return MMLENS_STATE_MIGRATION;
	case SWP_MIGRATION_READ:
		*bits = mml_migration_bits(entry, 0);
		return MMLENS_STATE_MIGRATION;
#endif
#ifdef SWP_MIGRATION_READ_EXCLUSIVE	/* since 5.19 */
	case SWP_MIGRATION_READ_EXCLUSIVE:
		*bits = mml_migration_bits(entry, MMLENS_ENTRY_EXCLUSIVE);
		return MMLENS_STATE_MIGRATION;
#endif
#ifdef SWP_HWPOISON		/* CONFIG_MEMORY_FAILURE */
	case SWP_HWPOISON:
		return MMLENS_STATE_HWPOISON;
#endif
#ifdef SWP_DEVICE_READ		/* CONFIG_DEVICE_PRIVATE */
	case SWP_DEVICE_WRITE:
		*bits = MMLENS_ENTRY_WRITE;
		return MMLENS_STATE_DEVICE_PRIVATE;
	case SWP_DEVICE_READ:
		return MMLENS_STATE_DEVICE_PRIVATE;
#endif
#ifdef SWP_DEVICE_EXCLUSIVE_READ	/* since 5.14, until 6.14 */
	case SWP_DEVICE_EXCLUSIVE_WRITE:
		*bits = MMLENS_ENTRY_WRITE;
		return MMLENS_STATE_DEVICE_EXCLUSIVE;
	case SWP_DEVICE_EXCLUSIVE_READ:
		return MMLENS_STATE_DEVICE_EXCLUSIVE;
#endif
#ifdef SWP_DEVICE_EXCLUSIVE	/* since 6.15: always writable */
	case SWP_DEVICE_EXCLUSIVE:
		return MMLENS_STATE_DEVICE_EXCLUSIVE;
#endif
#ifdef SWP_SWAPIN_ERROR		/* since 5.19, until 6.1: then a marker */
	case SWP_SWAPIN_ERROR:
		return MMLENS_STATE_MARKER_POISON;
#endif
#ifdef SWP_PTE_MARKER		/* since 5.19 */
	case SWP_PTE_MARKER:
		return mml_marker_state(entry);
#endif
	default:
		return MMLENS_STATE_BAD;
	}
}

#if defined(SWP_SWAPIN_ERROR) || defined(MML_MARKER_POISONED)	/* since 5.19 */
#define MML_HAVE_POISON 1
#else
#define MML_HAVE_POISON 0
#endif
#ifdef SWP_PTE_MARKER		/* since 5.19 */
#define MML_HAVE_MARKER 1
#else
#define MML_HAVE_MARKER 0
#endif
#ifdef PTE_MARKER_GUARD		/* since 6.13 */
#define MML_HAVE_GUARD 1
#else
#define MML_HAVE_GUARD 0
#endif
#if defined(SWP_DEVICE_EXCLUSIVE_READ) || defined(SWP_DEVICE_EXCLUSIVE)	/* since 5.14 */
#define MML_HAVE_DEVICE_EXCLUSIVE 1
#else
#define MML_HAVE_DEVICE_EXCLUSIVE 0
#endif

#define MML_STATE_IF(condition, name)					\
	((condition) ? BIT_ULL(MMLENS_STATE_##name) : 0)

/* The states that only some kernels and configurations have. */
#define MML_STATES							\
	(MML_STATE_IF(IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE), HUGE_ZERO) | \
	 MML_STATE_IF(IS_ENABLED(CONFIG_NUMA_BALANCING), NUMA_HINT) |	\
	 MML_STATE_IF(IS_ENABLED(CONFIG_SWAP), SWAP) |			\
	 MML_STATE_IF(IS_ENABLED(CONFIG_MIGRATION), MIGRATION) |	\
	 MML_STATE_IF(IS_ENABLED(CONFIG_MEMORY_FAILURE), HWPOISON) |	\
	 MML_STATE_IF(IS_ENABLED(CONFIG_DEVICE_PRIVATE), DEVICE_PRIVATE) | \
	 MML_STATE_IF(IS_ENABLED(CONFIG_DEVICE_PRIVATE) &&		\
		      MML_HAVE_DEVICE_EXCLUSIVE, DEVICE_EXCLUSIVE) |	\
	 MML_STATE_IF(MML_HAVE_MARKER, MARKER_UFFD_WP) |		\
	 MML_STATE_IF(MML_HAVE_POISON, MARKER_POISON) |			\
	 MML_STATE_IF(MML_HAVE_GUARD, MARKER_GUARD))

/*
 * Is a PMD or PUD present, and a leaf? By the bits, since pud_present() does
 * not know the PUDs that hugetlb closes with PROT_NONE, as if they were PTEs.
 * Swap entries have neither bit.
 */
static inline bool mml_huge_present(u64 raw)
{
	return raw & (_PAGE_PRESENT | _PAGE_PROTNONE | _PAGE_PSE);
}

static inline bool mml_huge_leaf(u64 raw)
{
	return raw & _PAGE_PSE;
}

/* A leaf that drivers put in a VM_PFNMAP area; kernels before 6.12 have no such. */
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
#define mml_pmd_special(pmd)		pmd_special(pmd)
#else
#define mml_pmd_special(pmd)		((void)(pmd), false)
#endif
#ifdef CONFIG_ARCH_SUPPORTS_PUD_PFNMAP
#define mml_pud_special(pud)		pud_special(pud)
#else
#define mml_pud_special(pud)		((void)(pud), false)
#endif

#endif /* MMLENS_COMPAT_PGTABLE_H */
