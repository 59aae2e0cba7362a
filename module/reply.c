// SPDX-License-Identifier: GPL-2.0
/*
 * Replies.
 *
 * Rows travel as columns: one attribute per field, holding an array with
 * one element per row. That keeps four bytes of header per field and
 * message instead of per row, and lets an old client skip a new field.
 */
#include <linux/kernel.h>

#include "extent.h"
#include "netlink.h"
#include "reply.h"
#include "target.h"

#define EXTENT(name, member)						\
	MMLENS_COLUMN(MMLENS_COL_##name, struct mmlens_extent, member)

static const struct mmlens_column extent_columns[] = {
	EXTENT(START, start),
	EXTENT(PAGES, pages),
	EXTENT(STATE, facts.state),
	EXTENT(LEVEL, facts.level),
	EXTENT(FRAME, facts.frame),
	EXTENT(SWAP, facts.swap),
	EXTENT(ENTRY, facts.entry),
	EXTENT(FLAGS, facts.flags),
	EXTENT(MAPCOUNT, facts.mapcount),
	EXTENT(MAPKIND, facts.mapkind),
	EXTENT(REFCOUNT, facts.refcount),
	EXTENT(HEAD, facts.head),
	EXTENT(ORDER, facts.order),
	EXTENT(FOLIO_MAPCOUNT, facts.folio_mapcount),
	EXTENT(FOLIO_SHARED, facts.folio_shared),
	EXTENT(NODE, facts.node),
	EXTENT(ZONE, facts.zone),
	EXTENT(ANON_ID, facts.anon_id),
};

const struct mmlens_rows mmlens_extent_rows = {
	.attr = MMLENS_A_EXTENTS,
	.max = MMLENS_COL_MAX,
	.columns = extent_columns,
	.row = sizeof(struct mmlens_extent),
};

/**
 * mmlens_reply_new() - begin the one message that answers a .doit
 * @info: the request
 * @size: bytes of attributes
 * @header: result
 *
 * Return: the message, or NULL without memory
 */
struct sk_buff *mmlens_reply_new(struct genl_info *info, size_t size,
				 void **header)
{
	struct sk_buff *reply = genlmsg_new(size, GFP_KERNEL);

	if (!reply)
		return NULL;
	*header = genlmsg_put_reply(reply, info, &mmlens_family, 0,
				    info->genlhdr->cmd);
	if (*header)
		return reply;
	nlmsg_free(reply);
	return NULL;
}

/**
 * mmlens_reply_send() - send it, or not
 * @reply: as begun; no longer the caller's
 * @header: as begun
 * @info: the request
 * @err: 0, or why it is not to be sent
 *
 * Return: @err, or what sending returned
 */
int mmlens_reply_send(struct sk_buff *reply, void *header,
		      struct genl_info *info, int err)
{
	if (WARN_ON_ONCE(err == -EMSGSIZE) || err) {
		nlmsg_free(reply);
		return err;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

static int put_target(struct sk_buff *skb, const struct mmlens_target *target)
{
	if (target->mm && mmlens_put_u64(skb, MMLENS_ENVELOPE_MM_ID,
					 mmlens_opaque(target->mm)))
		return -EMSGSIZE;
	return nla_put_u32(skb, MMLENS_ENVELOPE_PID, target->nr) ?:
	       nla_put_u32(skb, MMLENS_ENVELOPE_TGID, target->tgid) ?:
	       mmlens_put_u64(skb, MMLENS_ENVELOPE_EXEC_ID, target->exec_id) ?:
	       mmlens_put_u64(skb, MMLENS_ENVELOPE_START_TIME,
			      target->start_time);
}

/**
 * mmlens_put_envelope() - who answers
 * @skb: a message begun
 * @target: the process, or NULL: nobody's answer
 * @columns: granted columns
 *
 * Return: 0 or -EMSGSIZE
 */
int mmlens_put_envelope(struct sk_buff *skb, const struct mmlens_target *target,
			u64 columns)
{
	struct nlattr *nest = nla_nest_start(skb, MMLENS_A_ENVELOPE);

	if (!nest || mmlens_put_u64(skb, MMLENS_ENVELOPE_COLUMNS, columns))
		return -EMSGSIZE;
	if (target && put_target(skb, target))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Column numbers are bits of the mask of granted columns, on the wire too. */
static bool row_has(u64 granted, unsigned int column)
{
	return granted & MMLENS_COL_BIT(column);
}

/**
 * mmlens_rows_fit() - how many rows a message can hold
 * @rows: what is sent
 * @room: bytes for COUNT and the columns
 * @granted: MMLENS_COL_BIT() mask of the columns to be sent
 */
u32 mmlens_rows_fit(const struct mmlens_rows *rows, size_t room, u64 granted)
{
	size_t fixed = nla_total_size(sizeof(u32)) + nla_total_size(0);
	size_t each = 0;
	unsigned int i;

	for (i = 1; i <= rows->max; i++) {
		if (!row_has(granted, i))
			continue;
		fixed += NLA_HDRLEN + NLA_ALIGNTO;
		each += rows->columns[i].size;
	}
	/* a nest's length has 16 bits */
	room = min_t(size_t, room, U16_MAX);
	return each && room > fixed ? (room - fixed) / each : 0;
}

/* One loop for each size: a copy of unknown length costs more than the value. */
#define GATHER(type, to, from, stride, count)				\
	do {								\
		u32 i_;							\
									\
		_Pragma("GCC unroll 8")					\
		for (i_ = 0; i_ < (count); i_++)			\
			memcpy((to) + i_ * sizeof(type),		\
			       (from) + i_ * (stride), sizeof(type));	\
	} while (0)

static int put_column(struct sk_buff *skb, const struct mmlens_rows *rows,
		      unsigned int number, const void *first, u32 count)
{
	size_t size = rows->columns[number].size;
	struct nlattr *attr = nla_reserve(skb, number, count * size);
	const void *from = first + rows->columns[number].offset;
	void *to;

	if (!attr)
		return -EMSGSIZE;
	to = nla_data(attr);
	if (size == sizeof(u64))
		GATHER(u64, to, from, rows->row, count);
	else
		GATHER(u32, to, from, rows->row, count);
	return 0;
}

/**
 * mmlens_put_rows() - COUNT and the columns
 * @skb: a message begun, with room for as much as mmlens_rows_fit() said
 * @rows: what is sent
 * @first: the first row
 * @count: how many
 * @granted: MMLENS_COL_BIT() mask of the columns to be sent
 *
 * Return: 0 or -EMSGSIZE
 */
int mmlens_put_rows(struct sk_buff *skb, const struct mmlens_rows *rows,
		    const void *first, u32 count, u64 granted)
{
	struct nlattr *nest;
	unsigned int i;

	if (nla_put_u32(skb, MMLENS_A_COUNT, count))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, rows->attr);
	if (!nest)
		return -EMSGSIZE;
	for (i = 1; i <= rows->max; i++)
		if (row_has(granted, i) &&
		    put_column(skb, rows, i, first, count))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
