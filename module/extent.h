/* SPDX-License-Identifier: GPL-2.0 */
/* Extents: neighbouring pages whose facts are equal. */
#ifndef MMLENS_EXTENT_H
#define MMLENS_EXTENT_H

#include "frame.h"

struct mmlens_extent {
	u64 start;
	u32 pages;
	bool zero;
	struct mmlens_facts facts;
};

/**
 * struct mmlens_batch - the extents of one message
 * @extents: room for @capacity
 * @count: extents in use
 * @limit: extents that fit the message being filled
 * @open: the last extent may still grow; cleared where one must end
 * @pages: base pages in all extents
 */
struct mmlens_batch {
	struct mmlens_extent *extents;
	u32 capacity;
	u32 count;
	u32 limit;
	bool open;
	u64 pages;
};

int mmlens_batch_init(struct mmlens_batch *batch);
void mmlens_batch_free(struct mmlens_batch *batch);
void mmlens_batch_reset(struct mmlens_batch *batch, u32 limit);
bool mmlens_batch_add(struct mmlens_batch *batch, u64 addr, u32 pages,
		      bool zero, const struct mmlens_facts *facts);

#endif /* MMLENS_EXTENT_H */
