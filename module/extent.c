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
#include "reply.h"

/* 1024 extents: about 100 KiB a dump, and 53 KiB of default columns. */
#define BATCH_CAPACITY 1024

static int batch_init(struct mmlens_batch *batch)
{
	*batch = (struct mmlens_batch) { .capacity = BATCH_CAPACITY };
	batch->extents = kvmalloc_array(batch->capacity,
					sizeof(*batch->extents),
					GFP_KERNEL_ACCOUNT);
	return batch->extents ? 0 : -ENOMEM;
}

/**
 * mmlens_batch_request() - grant the columns of a request for extents
 * @batch: allocated for them
 * @dump: its columns are set
 * @asked: COLUMNS, or NULL
 * @standard: the columns of who does not ask
 * @known: what there is
 * @extack: for the reason of a refusal
 *
 * Return: 0 or an errno
 */
int mmlens_batch_request(struct mmlens_batch *batch, struct mmlens_dump *dump,
			 const struct nlattr *asked, u64 standard, u64 known,
			 struct netlink_ext_ack *extack)
{
	u64 columns = standard;
	int err = asked ? mmlens_columns_get(asked, known, &columns, extack) : 0;

	if (err)
		return err;
	if (!columns) {
		NL_SET_ERR_MSG_ATTR(extack, asked, "COLUMNS is empty");
		return -EINVAL;
	}
	/* whether it counts up depends on that */
	if (columns & MMLENS_COL_BIT(MMLENS_COL_HEAD))
		columns |= MMLENS_COL_BIT(MMLENS_COL_ORDER);
	dump->columns = columns;
	return batch_init(batch);
}

/**
 * mmlens_batch_free() - undo mmlens_batch_request()
 * @batch: may be all zeroes
 */
void mmlens_batch_free(struct mmlens_batch *batch)
{
	kvfree(batch->extents);
	batch->extents = NULL;
}

/**
 * mmlens_batch_begin() - begin a new message
 * @batch: emptied
 * @dump: what will be in a row
 * @room: bytes for rows
 */
void mmlens_batch_begin(struct mmlens_batch *batch,
			const struct mmlens_dump *dump, size_t room)
{
	batch->count = 0;
	batch->pages = 0;
	batch->open = false;
	batch->limit = min(mmlens_rows_fit(&mmlens_extent_rows, room,
					   dump->columns), batch->capacity);
}

/**
 * mmlens_batch_put() - EXTENTS, if there are some
 * @batch: full, or at an end
 * @dump: its totals grow
 * @skb: a message begun
 *
 * Return: 0 or -EMSGSIZE
 */
int mmlens_batch_put(const struct mmlens_batch *batch, struct mmlens_dump *dump,
		     struct sk_buff *skb)
{
	if (!batch->count)
		return 0;
	dump->records += batch->count;
	dump->pages += batch->pages;
	return mmlens_put_rows(skb, &mmlens_extent_rows, batch->extents,
			       batch->count, dump->columns);
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
 * @batch: of a message begun
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
