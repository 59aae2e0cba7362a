/* SPDX-License-Identifier: GPL-2.0 */
/* Snapshots: copies of struct pages that nothing holds in place. */
#ifndef MMLENS_SNAPSHOT_H
#define MMLENS_SNAPSHOT_H

#include "compat/raw.h"

/**
 * struct mmlens_snapshot - a page and what its folio says of it
 * @buffer: room for the copies
 * @page: copy of the page; @head itself if it is the first of its folio
 * @head: copies of the first struct pages of its folio: MML_HEAD_PAGES of
 *	them, or all there are; @page itself if it is no compound page
 * @pfn: the page's number
 * @head_pfn: number of the folio's first page
 * @order: the folio has 1 << @order pages
 */
struct mmlens_snapshot {
	struct page buffer[1 + MML_HEAD_PAGES + 1];
	struct page *page;
	struct page *head;
	u64 pfn;
	u64 head_pfn;
	unsigned int order;
};

bool mmlens_snapshot(struct mmlens_snapshot *shot, u64 pfn);
u64 mmlens_snapshot_type(const struct mmlens_snapshot *shot);
unsigned int mmlens_free_block(struct mmlens_snapshot *shot, u64 *first);

#endif /* MMLENS_SNAPSHOT_H */
