/* SPDX-License-Identifier: GPL-2.0 */
/* Extents: neighbouring pages whose facts are equal. */
#ifndef MMLENS_EXTENT_H
#define MMLENS_EXTENT_H

#include "dump.h"
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

int mmlens_batch_request(struct mmlens_batch *batch, struct mmlens_dump *dump,
			 const struct nlattr *asked, u64 standard, u64 known,
			 struct netlink_ext_ack *extack);
void mmlens_batch_free(struct mmlens_batch *batch);
void mmlens_batch_begin(struct mmlens_batch *batch,
			const struct mmlens_dump *dump, size_t room);
int mmlens_batch_put(const struct mmlens_batch *batch, struct mmlens_dump *dump,
		     struct sk_buff *skb);
bool mmlens_batch_add(struct mmlens_batch *batch, u64 addr, u32 pages,
		      bool zero, const struct mmlens_facts *facts);

#endif /* MMLENS_EXTENT_H */
