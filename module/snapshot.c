// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots of struct pages that nothing holds in place.
 *
 * A frame that is only named by its number may be freed, merged, split or
 * handed out again while it is looked at. Its struct page stays where it is
 * (the section is online, under RCU: see frames.c), but what is in it may be
 * one half of one life and one half of the next. So nothing is followed that
 * was not checked: words are copied once, a tail's head is accepted only if it
 * says itself that it is one, and is large enough, and the words that say what
 * the others mean are the same before and after. What the copies hold is then
 * taken apart at leisure; the kernel's own helpers may look at a copy, since it
 * holds still.
 */
#include "snapshot.h"

/* Looks at a frame until two agree. */
#define TRIES 4

/* No folio is larger than what one PUD maps. */
#define ORDER_MAX (PUD_SHIFT - PAGE_SHIFT)

/* All ones: never set up, or made to look so, as debugging kernels do. */
#define NEVER_SET_UP (~0UL)

static void copy_page_struct(struct page *to, const struct page *from)
{
	const unsigned long *source = (const unsigned long *)from;
	unsigned long *target = (unsigned long *)to;
	size_t i;

	BUILD_BUG_ON(sizeof(struct page) % sizeof(long));
	for (i = 0; i < sizeof(struct page) / sizeof(long); i++)
		target[i] = READ_ONCE(source[i]);
}

/* A mapcount may move on; what is, or becomes, a type must stay. */
static bool same_type(unsigned int a, unsigned int b)
{
	const int not_mapped_that_often = -128;

	return a == b || ((int)a >= not_mapped_that_often &&
			  (int)b >= not_mapped_that_often);
}

/* What decides how the rest is read; of a tail, only where its head is. */
static bool same_meaning(const struct page *copy, const struct page *page)
{
	unsigned long word = mml_compound_word(copy);

	if (word != mml_compound_word(page) ||
	    ((mml_raw_flags(copy) ^ mml_raw_flags(page)) & BIT(PG_head)))
		return false;
	return (word & 1) ||
	       (same_type(copy->page_type, READ_ONCE(page->page_type)) &&
		copy->mapping == READ_ONCE(page->mapping) &&
		copy->private == READ_ONCE(page->private));
}

static bool is_head(const struct page *copy)
{
	return mml_raw_flags(copy) != NEVER_SET_UP &&
	       (mml_raw_flags(copy) & BIT(PG_head)) &&
	       !(mml_compound_word(copy) & 1);
}

/*
 * The head that a page's words lead to; 0 for none. Up to 7.0, hugetlb maps
 * the struct pages of a huge page's tails to where those of its head are: they
 * look like its head, too, as often as there is a page of them. The one behind
 * tells.
 */
static unsigned long head_address(const struct page *copy,
				  const struct page *page)
{
	unsigned long word = mml_compound_word(copy);

	if (!(word & 1) && is_head(copy) && IS_ALIGNED((unsigned long)page, PAGE_SIZE)) {
		word = mml_compound_word(page + 1);
		if (!(word & 1))
			return 0;
		return mml_compound_word_head(page + 1, word);
	}
	return word & 1 ? mml_compound_word_head(page, word) : 0;
}

/* Copies of the head's struct pages; false when it is none, or too small. */
static bool copy_head(struct mmlens_snapshot *shot, const struct page *head,
		      unsigned long offset)
{
	unsigned int i;

	copy_page_struct(&shot->head[0], head);
	if (!is_head(&shot->head[0]))
		return false;
	copy_page_struct(&shot->head[1], head + 1);
	shot->order = mml_copy_order(shot->head);
	if (!shot->order || shot->order > ORDER_MAX ||
	    offset >> shot->order || shot->head_pfn & (BIT(shot->order) - 1))
		return false;
	for (i = 2; i < MML_HEAD_PAGES && i >> shot->order == 0; i++)
		copy_page_struct(&shot->head[i], head + i);
	return same_meaning(&shot->head[0], head);
}

static bool copy_compound(struct mmlens_snapshot *shot, const struct page *page,
			  unsigned long head)
{
	unsigned long bytes = (unsigned long)page - head;
	unsigned long offset = bytes / sizeof(*page);

	/* also when the head lies behind: that is a large offset */
	if (bytes % sizeof(*page) || offset >> ORDER_MAX || offset > shot->pfn)
		return false;
	shot->head_pfn = shot->pfn - offset;
	if ((unsigned long)pfn_to_online_page(shot->head_pfn) != head ||
	    !copy_head(shot, (struct page *)head, offset) ||
	    !same_meaning(shot->page, page))
		return false;
	/* what is read of a head lies behind it: of the copy, too */
	if (offset)
		mml_copy_join(shot->page, shot->head);
	else
		shot->page = shot->head;
	return true;
}

static bool snapshot_once(struct mmlens_snapshot *shot, const struct page *page)
{
	unsigned long head;

	copy_page_struct(shot->page, page);
	if (mml_raw_flags(shot->page) == NEVER_SET_UP)
		return false;
	head = head_address(shot->page, page);
	if (!head && is_head(shot->page))
		head = (unsigned long)page;
	if (!head) {
		shot->head = shot->page;
		shot->head_pfn = shot->pfn;
		shot->order = 0;
		return same_meaning(shot->page, page);
	}
	return copy_compound(shot, page, head);
}

/**
 * mmlens_snapshot() - copy the struct page of a frame, and of its folio
 * @shot: result
 * @pfn: a frame that is online, and no device's, under RCU
 *
 * Return: false when it could not be made sense of, at several looks
 */
bool mmlens_snapshot(struct mmlens_snapshot *shot, u64 pfn)
{
	const struct page *page = pfn_to_page(pfn);
	struct page *head = shot->buffer + 1;
	unsigned int tries;

	/* at a page's start the kernel would suspect a tail: see head_address() */
	if (IS_ALIGNED((unsigned long)head, PAGE_SIZE))
		head++;
	shot->pfn = pfn;
	for (tries = 0; tries < TRIES; tries++) {
		shot->page = shot->buffer;
		shot->head = head;
		if (snapshot_once(shot, page))
			return true;
		cpu_relax();
	}
	return false;
}

/**
 * mmlens_snapshot_type() - what a page keeps in place of a mapcount
 * @shot: the page
 *
 * Return: an MMLENS_PAGE_* bit; 0 for a mapcount
 */
u64 mmlens_snapshot_type(const struct mmlens_snapshot *shot)
{
	u64 type = mml_copy_type(shot->head);

	return type ?: mml_copy_type(shot->page);
}

/* The order of the free block that begins at a frame, if one does. */
static bool begins_block(u64 pfn, unsigned int *order)
{
	struct page *page = pfn_to_online_page(pfn);
	unsigned long private;
	struct page copy;

	if (!page)
		return false;
	copy_page_struct(&copy, page);
	private = copy.private;
	if (mml_copy_type(&copy) != MMLENS_PAGE_BUDDY || private > ORDER_MAX ||
	    pfn & (BIT(private) - 1) || !same_meaning(&copy, page))
		return false;
	*order = private;
	return true;
}

/**
 * mmlens_free_block() - the buddy allocator's free block around a frame
 * @shot: the frame
 * @first: result: the block's first frame
 *
 * Only that frame is marked. Return: the block's order + 1, or 0 when there is
 * none
 */
unsigned int mmlens_free_block(struct mmlens_snapshot *shot, u64 *first)
{
	unsigned int order, found;

	if (shot->order || page_ref_count(shot->page))
		return 0;
	for (order = 0; order < PFN_SECTION_SHIFT; order++) {
		*first = shot->pfn & ~(BIT_ULL(order) - 1);
		/* an odd start is that of the block before */
		if (order && *first == (shot->pfn & ~(BIT_ULL(order - 1) - 1)))
			continue;
		if (begins_block(*first, &found) && found >= order)
			return found + 1;
	}
	return 0;
}
