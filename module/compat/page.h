/* SPDX-License-Identifier: GPL-2.0 */
/*
 * struct page: what differs between kernels.
 *
 * @page is any page, @head the first page of its folio (compound_head()). All
 * of it is plain reads of memory that the caller keeps in place by holding
 * the page-table lock over a present entry (see frame.c).
 */
#ifndef MMLENS_COMPAT_PAGE_H
#define MMLENS_COMPAT_PAGE_H

#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/ksm.h>

#include <linux/mmlens.h>

static inline unsigned long mml_raw_flags(const struct page *page)
{
#ifdef MML_HAVE_MEMDESC_FLAGS	/* since 6.18 */
	return READ_ONCE(page->flags.f);
#else
	return READ_ONCE(page->flags);
#endif
}

/*
 * The flags to translate, as X(kernel's PG_ bit, our bit). What a kernel has
 * no flag for is left out, so that MMLENS_A_PAGE_FLAGS never claims it.
 */
#ifdef MML_HAVE_PG_ERROR	/* until 6.11 */
#define MML_PG_ERROR(X) X(PG_error, MMLENS_PAGE_ERROR)
#else
#define MML_PG_ERROR(X)
#endif
#ifdef MML_HAVE_PG_SLAB		/* until 6.9: then a page type */
#define MML_PG_SLAB(X) X(PG_slab, MMLENS_PAGE_SLAB)
#else
#define MML_PG_SLAB(X)
#endif
#if defined(CONFIG_PAGE_IDLE_FLAG) && defined(CONFIG_64BIT)
#define MML_PG_IDLE(X) X(PG_idle, MMLENS_PAGE_IDLE) X(PG_young, MMLENS_PAGE_YOUNG)
#else
#define MML_PG_IDLE(X)
#endif

#define MML_PG_FLAGS(X)					\
	X(PG_locked, MMLENS_PAGE_LOCKED)		\
	X(PG_referenced, MMLENS_PAGE_REFERENCED)	\
	X(PG_uptodate, MMLENS_PAGE_UPTODATE)		\
	X(PG_dirty, MMLENS_PAGE_DIRTY)			\
	X(PG_lru, MMLENS_PAGE_LRU)			\
	X(PG_active, MMLENS_PAGE_ACTIVE)		\
	X(PG_writeback, MMLENS_PAGE_WRITEBACK)		\
	X(PG_reclaim, MMLENS_PAGE_RECLAIM)		\
	X(PG_swapbacked, MMLENS_PAGE_SWAPBACKED)	\
	X(PG_unevictable, MMLENS_PAGE_UNEVICTABLE)	\
	X(PG_mlocked, MMLENS_PAGE_MLOCKED)		\
	X(PG_reserved, MMLENS_PAGE_RESERVED)		\
	X(PG_workingset, MMLENS_PAGE_WORKINGSET)	\
	X(PG_private, MMLENS_PAGE_PRIVATE)		\
	MML_PG_ERROR(X)					\
	MML_PG_SLAB(X)					\
	MML_PG_IDLE(X)

/* Does an anonymous page know that it is one process's own? */
#ifdef MML_HAVE_ANON_EXCLUSIVE	/* since 5.19 */
#define MML_CAN_EXCLUSIVE MMLENS_CAN_EXCLUSIVE
/* Only valid for an anonymous page; for hugetlb, only for the head. */
static inline bool mml_anon_exclusive(const struct page *page)
{
	return mml_raw_flags(page) & BIT(PG_anon_exclusive);
}
#else
#define MML_CAN_EXCLUSIVE 0
static inline bool mml_anon_exclusive(const struct page *page)
{
	return false;
}
#endif

/* Anonymous and shmem pages only: PG_swapcache is other people's bit elsewhere. */
static inline bool mml_page_swapcache(const struct page *head)
{
	unsigned long both = BIT(PG_swapcache) | BIT(PG_swapbacked);

	return (mml_raw_flags(head) & both) == both;
}

/* Low bits of page->mapping. */
#ifdef FOLIO_MAPPING_ANON	/* since 6.17 */
#define MML_MAPPING_ANON	FOLIO_MAPPING_ANON
#define MML_MAPPING_KSM		FOLIO_MAPPING_KSM
#else
#define MML_MAPPING_ANON	PAGE_MAPPING_ANON
#define MML_MAPPING_KSM		PAGE_MAPPING_KSM
#endif

static inline bool mml_page_anon(const struct page *head)
{
	return (unsigned long)READ_ONCE(head->mapping) & MML_MAPPING_ANON;
}

static inline bool mml_page_ksm(const struct page *head)
{
	unsigned long mapping = (unsigned long)READ_ONCE(head->mapping);

	return (mapping & MML_MAPPING_KSM) == MML_MAPPING_KSM;
}

/* The anon_vma of an anonymous page, or NULL; only to be compared. */
static inline const void *mml_page_anon_vma(const struct page *head)
{
	unsigned long mapping = (unsigned long)READ_ONCE(head->mapping);

	if ((mapping & MML_MAPPING_KSM) != MML_MAPPING_ANON)
		return NULL;
	return (const void *)(mapping - MML_MAPPING_ANON);
}

/* Whose mapping is not one of those with low bits: a page cache's. */
static inline bool mml_page_in_file(const struct page *head)
{
	unsigned long mapping = (unsigned long)READ_ONCE(head->mapping);

	return mapping && !(mapping & MML_MAPPING_KSM);
}

/* PMDs and PUDs that map the whole of a large folio. */
static inline int mml_entire_mapcount(struct page *head)
{
#ifdef MML_HAVE_FOLIO_ENTIRE_MAPCOUNT	/* since 5.18 */
	return folio_entire_mapcount((struct folio *)head);
#else
	return compound_mapcount(head);
#endif
}

#ifdef CONFIG_NO_PAGE_MAPCOUNT
#define MML_CAN_MAPCOUNT 0
#else
#define MML_CAN_MAPCOUNT MMLENS_CAN_MAPCOUNT
#endif

#ifdef CONFIG_NO_PAGE_MAPCOUNT
/* As folio_average_page_mapcount() of fs/proc/internal.h. */
static inline int mml_average_mapcount(struct page *head)
{
	int entire = mml_entire_mapcount(head);
	int rest = folio_large_mapcount((struct folio *)head) - entire;
	unsigned int order = compound_order(head);

	if (rest <= 0)
		return entire;
	return max(1, entire + (int)((rest + (1U << order) / 2) >> order));
}
#endif

/**
 * mml_page_mapcount() - page-table entries that map a page
 * @page: a mapped page, so that _mapcount holds a count and not a page type
 * @head: its folio's first page
 * @kind: result: whether that is this very page's count
 *
 * Where there is no page_mapcount() this is what folio_precise_page_mapcount()
 * of fs/proc/internal.h does.
 */
static inline int mml_page_mapcount(struct page *page, struct page *head,
				    u32 *kind)
{
	*kind = MMLENS_MAPKIND_PRECISE;
#ifdef MML_HAVE_PAGE_MAPCOUNT	/* until 6.10 */
	return page_mapcount(page);
#else
	if (!PageHead(head))
		return atomic_read(&page->_mapcount) + 1;
#ifdef CONFIG_NO_PAGE_MAPCOUNT
	*kind = MMLENS_MAPKIND_AVERAGE;
	return mml_average_mapcount(head);
#else
	/* a hugetlb head's _mapcount is a page type: below 0 */
	return max(atomic_read(&page->_mapcount) + 1, 0) +
	       mml_entire_mapcount(head);
#endif
#endif
}

/**
 * mml_folio_mapcount() - entries that map any page of a folio
 * @head: its first page
 *
 * Where a folio has no count of its own, this is what its folio_mapcount(),
 * which is not exported, does.
 */
static inline int mml_folio_mapcount(struct page *head)
{
#ifdef MML_HAVE_PAGE_MAPCOUNT	/* until 6.10 */
	int entire, sum, nr, i;

	if (!PageHead(head))
		return atomic_read(&head->_mapcount) + 1;
	entire = mml_entire_mapcount(head);
	if (PageHuge(head))
		return entire;
	nr = compound_nr(head);
	for (i = 0, sum = entire; i < nr; i++)
		sum += atomic_read(&head[i]._mapcount) + 1;
#ifdef MML_HAVE_DOUBLE_MAP		/* until 6.1 */
	/* a file folio's _mapcount has its PMD mappings in it */
	if (!mml_page_anon(head))
		sum -= entire * nr;
	else if (PageDoubleMap(head))
		sum -= nr;
#endif
	/* read one by one, while others come and go */
	return max(sum, 0);
#else
	return folio_mapcount((struct folio *)head);
#endif
}

/**
 * mml_mapcount_uniform() - have all pages of the folio one mapcount?
 * @head: first page of a large folio
 */
static inline bool mml_mapcount_uniform(struct page *head)
{
	if (PageHuge(head) || !MML_CAN_MAPCOUNT)
		return true;
#ifdef MML_HAVE_DOUBLE_MAP		/* until 6.1 */
	return !PageDoubleMap(head);
#else
	return mml_folio_mapcount(head) == mml_entire_mapcount(head);
#endif
}

/**
 * mml_hugetlb_table_shared() - do several processes have this table of hugetlb?
 * @pmd: an entry of it, its lock held
 */
static inline bool mml_hugetlb_table_shared(const void *pmd)
{
	return hugetlb_pmd_shared((pte_t *)pmd);
}

/* Does a large folio know whether it was ever mapped by a second mm? */
static inline u32 mml_folio_shared(struct page *head, int mapcount)
{
#ifdef MML_HAVE_FOLIO_MAYBE_MAPPED_SHARED	/* since 6.15 */
	bool shared = folio_maybe_mapped_shared((struct folio *)head);
#else
	bool shared = mapcount > 1;
#endif

	return shared ? MMLENS_SHARED_MAYBE : MMLENS_SHARED_NO;
}

#ifdef MML_HAVE_FOLIO_MAYBE_MAPPED_SHARED	/* since 6.15 */
#define MML_CAN_FOLIO_SHARED MMLENS_CAN_FOLIO_SHARED
#else
#define MML_CAN_FOLIO_SHARED 0
#endif

static inline bool mml_page_pinned(struct page *head)
{
#ifdef MML_HAVE_FOLIO_MAYBE_DMA_PINNED	/* since 5.18 */
	return folio_maybe_dma_pinned((struct folio *)head);
#else
	return page_maybe_dma_pinned(head);
#endif
}

/* Which zones there are is the configuration's choice, and so are their numbers. */
static inline u32 mml_zone(const struct page *page)
{
	switch (page_zonenum(page)) {
#ifdef CONFIG_ZONE_DMA
	case ZONE_DMA:
		return MMLENS_ZONE_DMA;
#endif
#ifdef CONFIG_ZONE_DMA32
	case ZONE_DMA32:
		return MMLENS_ZONE_DMA32;
#endif
	case ZONE_NORMAL:
		return MMLENS_ZONE_NORMAL;
	case ZONE_MOVABLE:
		return MMLENS_ZONE_MOVABLE;
#ifdef CONFIG_ZONE_DEVICE
	case ZONE_DEVICE:
		return MMLENS_ZONE_DEVICE;
#endif
	default:
		return MMLENS_UNKNOWN32;
	}
}

/* What frame.c derives without a table. */
#define MML_PAGE_FLAG_BITS						\
	(MMLENS_PAGE_MMAP | MMLENS_PAGE_ANON | MMLENS_PAGE_SWAPCACHE |	\
	 MMLENS_PAGE_HUGE | MMLENS_PAGE_HWPOISON | MMLENS_PAGE_KSM |	\
	 MMLENS_PAGE_THP | MMLENS_PAGE_ZERO_PAGE | MMLENS_PAGE_PINNED |	\
	 MMLENS_PAGE_DEVICE | MMLENS_PAGE_FILE |				\
	 (MML_CAN_EXCLUSIVE ? MMLENS_PAGE_ANON_EXCLUSIVE : 0))

#endif /* MMLENS_COMPAT_PAGE_H */
