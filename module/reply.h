/* SPDX-License-Identifier: GPL-2.0 */
/* Replies: facts -> netlink attributes. */
#ifndef MMLENS_REPLY_H
#define MMLENS_REPLY_H

#include <net/netlink.h>

#include <linux/mmlens.h>

struct genl_info;
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
/**
 * struct mmlens_column - where a column's values are in a row
 * @offset: in the row's struct
 * @size: 4 or 8
 */
struct mmlens_column {
	u16 offset;
	u16 size;
};

#define MMLENS_COLUMN(number, type, member)				\
	[number] = { offsetof(type, member), sizeof_field(type, member) }

/**
 * struct mmlens_rows - rows to be sent as columns
 * @attr: the nest that holds them
 * @max: highest column number
 * @columns: by number; those without a size are not there
 * @row: size of a row
 */
struct mmlens_rows {
	int attr;
	unsigned int max;
	const struct mmlens_column *columns;
	size_t row;
};

extern const struct mmlens_rows mmlens_extent_rows;

u32 mmlens_rows_fit(const struct mmlens_rows *rows, size_t room, u64 granted);
int mmlens_put_rows(struct sk_buff *skb, const struct mmlens_rows *rows,
		    const void *first, u32 count, u64 granted);

#endif /* MMLENS_REPLY_H */
