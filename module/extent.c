// SPDX-License-Identifier: GPL-2.0
/*
 * Extents: runs of pages that differ in nothing that was asked.
 *
 * The batch is as long as the message that it will become, so a walk stops
 * exactly where the message is full, and nothing is ever walked twice. Pages
 * are joined as they come, under the page-table lock: a comparison of some
 * cached words costs less than keeping 512 of them for later.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "extent.h"

/* 1024 extents: about 100 KiB a dump, and 53 KiB of default columns. */
#define BATCH_CAPACITY 1024

/**
 * mmlens_batch_init() - allocate a batch
 * @batch: to be set up
 *
 * Return: 0 or -ENOMEM
 */
int mmlens_batch_init(struct mmlens_batch *batch)
{
	*batch = (struct mmlens_batch) { .capacity = BATCH_CAPACITY };
	batch->extents = kvmalloc_array(batch->capacity,
					sizeof(*batch->extents),
					GFP_KERNEL_ACCOUNT);
	return batch->extents ? 0 : -ENOMEM;
}

/**
 * mmlens_batch_free() - undo mmlens_batch_init()
 * @batch: may be all zeroes
 */
void mmlens_batch_free(struct mmlens_batch *batch)
{
	kvfree(batch->extents);
	batch->extents = NULL;
}

/**
 * mmlens_batch_reset() - begin a new message
 * @batch: emptied
 * @limit: how many extents the message can hold
 */
void mmlens_batch_reset(struct mmlens_batch *batch, u32 limit)
{
	batch->count = 0;
	batch->pages = 0;
	batch->open = false;
	batch->limit = min(limit, batch->capacity);
}

static bool follows(u64 value, u64 first, u64 step)
{
	return first == MMLENS_UNKNOWN ? value == first : value == first + step;
}

/* Frames count up, but for the page of zeroes: it is everywhere the same. */
static bool frame_follows(const struct mmlens_extent *last, u64 frame, u64 first)
{
	return follows(frame, first, last->zero ? 0 : last->pages);
}

/* Pages of one folio share their head; those of order 0 are their own. */
static bool head_follows(const struct mmlens_facts *facts,
			 const struct mmlens_extent *last)
{
	if (facts->order)
		return facts->head == last->facts.head;
	return frame_follows(last, facts->head, last->facts.head);
}

static bool joins(const struct mmlens_extent *last, u64 addr,
		  const struct mmlens_facts *facts)
{
	const struct mmlens_facts *a = &last->facts;

	return last->start + ((u64)last->pages << PAGE_SHIFT) == addr &&
	       frame_follows(last, facts->frame, a->frame) &&
	       facts->entry == a->entry && facts->flags == a->flags &&
	       facts->state == a->state && facts->mapcount == a->mapcount &&
	       follows(facts->swap, a->swap,
		       (u64)last->pages << MMLENS_SWAP_SHIFT) &&
	       facts->level == a->level && facts->mapkind == a->mapkind &&
	       facts->refcount == a->refcount && facts->order == a->order &&
	       facts->folio_mapcount == a->folio_mapcount &&
	       facts->folio_shared == a->folio_shared &&
	       facts->anon_id == a->anon_id && facts->node == a->node &&
	       facts->zone == a->zone &&
	       head_follows(facts, last);
}

/**
 * mmlens_batch_add() - add pages that follow each other
 * @batch: as reset
 * @addr: address of the first page
 * @pages: how many
 * @zero: they are all the one page of zeroes; otherwise their frames count up
 * @facts: of the first page; only granted columns may differ from unknown
 *
 * Return: false when the message is full: nothing was added
 */
bool mmlens_batch_add(struct mmlens_batch *batch, u64 addr, u32 pages,
		      bool zero, const struct mmlens_facts *facts)
{
	struct mmlens_extent *last = batch->open ?
		&batch->extents[batch->count - 1] : NULL;

	batch->pages += pages;
	if (last && last->zero == zero && joins(last, addr, facts) &&
	    last->pages + pages > last->pages) {
		last->pages += pages;
		return true;
	}
	if (batch->count == batch->limit) {
		batch->pages -= pages;
		return false;
	}
	batch->extents[batch->count++] = (struct mmlens_extent) {
		.start = addr,
		.pages = pages,
		.zero = zero,
		.facts = *facts,
	};
	batch->open = true;
	return true;
}
