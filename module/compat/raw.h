/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames that nothing holds: what differs between kernels.
 *
 * Sections, as SPARSEMEM keeps them; and the words of struct page that say
 * what the rest of it means. A page here is a copy, made by snapshot.c, or
 * is only read word by word.
 */
#ifndef MMLENS_COMPAT_RAW_H
#define MMLENS_COMPAT_RAW_H

#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#include <linux/mmlens.h>

#include "page.h"

/* Struct pages at the start of a compound page that hold something of it. */
#define MML_HEAD_PAGES 4

/* Frames that have a struct page, or have none, together. */
#define MML_BLOCK_FRAMES ((unsigned long)PAGES_PER_SUBSECTION)

/**
 * mml_skip_absent() - the next frame that may have a struct page
 * @pfn: where to begin
 * @end: where to end
 *
 * Looks at so many roots of sections (32 GiB of frames each, on x86) that it
 * takes some microseconds.
 *
 * Return: @pfn, or a frame up to which there are none
 */
static inline unsigned long mml_skip_absent(unsigned long pfn, unsigned long end)
{
#ifdef CONFIG_SPARSEMEM_EXTREME
	unsigned int budget = 4096;

	while (pfn < end && budget--) {
		unsigned long nr = pfn_to_section_nr(pfn);

		if (nr >= NR_MEM_SECTIONS)
			return end;
		if (mem_section && mem_section[SECTION_NR_TO_ROOT(nr)])
			break;
		nr = (SECTION_NR_TO_ROOT(nr) + 1) * SECTIONS_PER_ROOT;
		pfn = nr >= NR_MEM_SECTIONS ? end : section_nr_to_pfn(nr);
	}
#endif
	return min(pfn, end);
}

/* Is a frame that is not online a device's? */
static inline bool mml_frame_of_device(unsigned long pfn)
{
#ifdef MML_HAVE_DEV_PAGEMAP_ONE_ARG	/* since 6.18 */
	struct dev_pagemap *map = get_dev_pagemap(pfn);
#else
	struct dev_pagemap *map = get_dev_pagemap(pfn, NULL);
#endif

	put_dev_pagemap(map);
	return map;
}

/* The word whose bit 0 says that a page is the tail of a compound page. */
static inline unsigned long mml_compound_word(const struct page *page)
{
#ifdef MML_HAVE_COMPOUND_INFO	/* since 7.1 */
	return READ_ONCE(page->compound_info);
#else
	return READ_ONCE(page->compound_head);
#endif
}

/**
 * mml_compound_word_head() - where a tail's word leads
 * @page: the tail, in place
 * @word: with bit 0 set
 *
 * Return: the address of its head, or of anything if the word was torn
 */
static inline unsigned long mml_compound_word_head(const struct page *page,
						   unsigned long word)
{
#ifdef MML_HAVE_COMPOUND_INFO	/* since 7.1 */
	if (compound_info_has_mask())
		return (unsigned long)page & word;
#endif
	return word - 1;
}

/* Let a copied tail lead to the copied head: page_mapcount() follows it. */
static inline void mml_copy_join(struct page *tail, const struct page *head)
{
#ifndef MML_HAVE_COMPOUND_INFO	/* until 7.0 */
	tail->compound_head = (unsigned long)head | 1;
#endif
}

/* @head: copies of the first two struct pages of a compound page, at least */
static inline unsigned int mml_copy_order(const struct page *head)
{
#ifdef MML_HAVE_COMPOUND_ORDER	/* until 6.2 */
	return head[1].compound_order;
#else
	return mml_raw_flags(&head[1]) & 0xff;
#endif
}

/**
 * mml_copy_type() - what a page keeps in place of a mapcount
 * @page: a copy
 *
 * SLAB is a type since 6.10. Hugetlb is one too, but only of the first page,
 * which has a mapcount elsewhere: it does not count.
 *
 * Return: an MMLENS_PAGE_* bit; 0 for a mapcount
 */
#ifdef MML_HAVE_PAGE_TYPE_NUMBERS	/* since 6.12 */
static inline u64 mml_copy_type(const struct page *page)
{
	unsigned int type = page->page_type;

	if ((int)type >= (int)(0xffU << 24))
		return 0;
	switch (type >> 24) {
	case PGTY_buddy:
		return MMLENS_PAGE_BUDDY;
	case PGTY_offline:
		return MMLENS_PAGE_OFFLINE;
	case PGTY_table:
		return MMLENS_PAGE_PGTABLE;
	case PGTY_guard:
		return MMLENS_PAGE_GUARD;
	case PGTY_hugetlb:
		return 0;
	case PGTY_slab:
		return MMLENS_PAGE_SLAB;
	case PGTY_zsmalloc:
		return MMLENS_PAGE_ZSMALLOC;
	case PGTY_unaccepted:
		return MMLENS_PAGE_UNACCEPTED;
#ifdef MML_HAVE_PAGE_TYPE_KMALLOC	/* since 6.14 */
	case PGTY_large_kmalloc:
		return MMLENS_PAGE_KMALLOC;
#endif
	default:
		return MMLENS_PAGE_TYPED;
	}
}

#ifdef MML_HAVE_PAGE_TYPE_KMALLOC	/* since 6.14 */
#define MML_TYPE_KMALLOC_BIT	MMLENS_PAGE_KMALLOC
#else
#define MML_TYPE_KMALLOC_BIT	0
#endif

#define MML_TYPE_FLAG_BITS						\
	(MMLENS_PAGE_BUDDY | MMLENS_PAGE_OFFLINE | MMLENS_PAGE_PGTABLE | \
	 MMLENS_PAGE_GUARD | MMLENS_PAGE_TYPED | MMLENS_PAGE_SLAB |	\
	 MMLENS_PAGE_ZSMALLOC | MMLENS_PAGE_UNACCEPTED | MML_TYPE_KMALLOC_BIT)

#else
static inline u64 mml_copy_type(const struct page *page)
{
	static const struct {
		unsigned int kernel;
		u64 ours;
	} types[] = {
		{ PG_buddy, MMLENS_PAGE_BUDDY },
		{ PG_offline, MMLENS_PAGE_OFFLINE },
		{ PG_table, MMLENS_PAGE_PGTABLE },
		{ PG_guard, MMLENS_PAGE_GUARD },
	};
	unsigned int type = page->page_type;
	size_t i;

	if ((int)type >= PAGE_MAPCOUNT_RESERVE)
		return 0;
	for (i = 0; i < ARRAY_SIZE(types); i++)
		if ((type & (PAGE_TYPE_BASE | types[i].kernel)) == PAGE_TYPE_BASE)
			return types[i].ours;
	return MMLENS_PAGE_TYPED;
}

#define MML_TYPE_FLAG_BITS						\
	(MMLENS_PAGE_BUDDY | MMLENS_PAGE_OFFLINE | MMLENS_PAGE_PGTABLE |	\
	 MMLENS_PAGE_GUARD | MMLENS_PAGE_TYPED)
#endif

/**
 * mml_copy_mapped() - does an entry map the page, or its folio?
 * @head: copy of its first page
 * @mapcount: the page's own
 *
 * As fs/proc/page.c has it: of the folio since 6.10. Before, that takes a look
 * at every page of the folio, and it is the page's own.
 */
static inline bool mml_copy_mapped(struct page *head, int mapcount)
{
#ifdef MML_HAVE_PAGE_MAPCOUNT	/* until 6.9 */
	return mapcount > 0;
#else
	return mapcount > 0 || mml_folio_mapcount(head) > 0;
#endif
}

#endif /* MMLENS_COMPAT_RAW_H */
