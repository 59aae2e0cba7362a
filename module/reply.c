// SPDX-License-Identifier: GPL-2.0
/*
 * Replies.
 *
 * Extents travel as columns: one attribute per field, holding an array with
 * one element per extent. That keeps four bytes of header per field and
 * message instead of per extent, and lets an old client skip a new field.
 */
#include <linux/kernel.h>

#include "extent.h"
#include "netlink.h"
#include "reply.h"
#include "target.h"

#define FACT(column, field)						\
	[MMLENS_COL_##column] = {					\
		offsetof(struct mmlens_extent, field),			\
		sizeof_field(struct mmlens_extent, field),		\
	}

static const struct {
	u16 offset;
	u16 size;
} column_table[MMLENS_COL_MAX + 1] = {
	FACT(START, start),
	FACT(PAGES, pages),
	FACT(STATE, facts.state),
	FACT(LEVEL, facts.level),
	FACT(FRAME, facts.frame),
	FACT(SWAP, facts.swap),
	FACT(ENTRY, facts.entry),
	FACT(FLAGS, facts.flags),
	FACT(MAPCOUNT, facts.mapcount),
	FACT(MAPKIND, facts.mapkind),
	FACT(REFCOUNT, facts.refcount),
	FACT(HEAD, facts.head),
	FACT(ORDER, facts.order),
	FACT(FOLIO_MAPCOUNT, facts.folio_mapcount),
	FACT(FOLIO_SHARED, facts.folio_shared),
	FACT(NODE, facts.node),
	FACT(ZONE, facts.zone),
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

/**
 * mmlens_put_envelope() - who answers
 * @skb: a message begun
 * @target: the process
 * @columns: granted columns
 *
 * Return: 0 or -EMSGSIZE
 */
int mmlens_put_envelope(struct sk_buff *skb, const struct mmlens_target *target,
			u64 columns)
{
	struct nlattr *nest = nla_nest_start(skb, MMLENS_A_ENVELOPE);

	if (!nest ||
	    mmlens_put_u64(skb, MMLENS_ENVELOPE_COLUMNS, columns) ||
	    (target->mm && mmlens_put_u64(skb, MMLENS_ENVELOPE_MM_ID,
					  mmlens_opaque(target->mm))) ||
	    nla_put_u32(skb, MMLENS_ENVELOPE_PID, target->nr) ||
	    nla_put_u32(skb, MMLENS_ENVELOPE_TGID, target->tgid) ||
	    mmlens_put_u64(skb, MMLENS_ENVELOPE_EXEC_ID, target->exec_id) ||
	    mmlens_put_u64(skb, MMLENS_ENVELOPE_START_TIME, target->start_time))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * mmlens_extents_fit() - how many extents a message can hold
 * @room: bytes for COUNT and EXTENTS
 * @columns: granted columns
 */
u32 mmlens_extents_fit(size_t room, u64 columns)
{
	size_t fixed = nla_total_size(sizeof(u32)) + nla_total_size(0);
	size_t each = 0;
	unsigned int column;

	for (column = 1; column <= MMLENS_COL_MAX; column++) {
		if (!(columns & MMLENS_COL_BIT(column)))
			continue;
		fixed += NLA_HDRLEN + NLA_ALIGNTO;
		each += column_table[column].size;
	}
	/* a nest's length has 16 bits */
	room = min_t(size_t, room, U16_MAX);
	return each && room > fixed ? (room - fixed) / each : 0;
}

static int put_column(struct sk_buff *skb, const struct mmlens_batch *batch,
		      unsigned int column)
{
	size_t offset = column_table[column].offset;
	size_t size = column_table[column].size;
	struct nlattr *attr = nla_reserve(skb, column, batch->count * size);
	const void *from = (void *)batch->extents + offset;
	void *to;
	u32 i;

	if (!attr)
		return -EMSGSIZE;
	to = nla_data(attr);
	for (i = 0; i < batch->count; i++) {
		memcpy(to, from, size);
		from += sizeof(*batch->extents);
		to += size;
	}
	return 0;
}

/**
 * mmlens_put_extents() - COUNT and EXTENTS
 * @skb: a message begun, with room for as much as mmlens_extents_fit() said
 * @batch: not empty
 *
 * Return: 0 or -EMSGSIZE
 */
int mmlens_put_extents(struct sk_buff *skb, const struct mmlens_batch *batch)
{
	struct nlattr *nest;
	unsigned int column;

	if (nla_put_u32(skb, MMLENS_A_COUNT, batch->count))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, MMLENS_A_EXTENTS);
	if (!nest)
		return -EMSGSIZE;
	for (column = 1; column <= MMLENS_COL_MAX; column++)
		if ((batch->columns & MMLENS_COL_BIT(column)) &&
		    put_column(skb, batch, column))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
