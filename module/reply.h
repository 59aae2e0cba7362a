/* SPDX-License-Identifier: GPL-2.0 */
/* Replies: facts -> netlink attributes. */
#ifndef MMLENS_REPLY_H
#define MMLENS_REPLY_H

#include <net/netlink.h>

#include <linux/mmlens.h>

struct genl_info;
struct mmlens_batch;
struct mmlens_target;

/* PAD has the same number in every set of attributes. */
static inline int mmlens_put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, MMLENS_A_PAD);
}

struct sk_buff *mmlens_reply_new(struct genl_info *info, size_t size,
				 void **header);
int mmlens_reply_send(struct sk_buff *reply, void *header,
		      struct genl_info *info, int err);

int mmlens_put_envelope(struct sk_buff *skb, const struct mmlens_target *target,
			u64 columns);
int mmlens_put_extents(struct sk_buff *skb, const struct mmlens_batch *batch);
u32 mmlens_extents_fit(size_t room, u64 columns);

#endif /* MMLENS_REPLY_H */
