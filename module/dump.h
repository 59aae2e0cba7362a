/* SPDX-License-Identifier: GPL-2.0 */
/* Dumps: the frame around everything that is answered in many messages. */
#ifndef MMLENS_DUMP_H
#define MMLENS_DUMP_H

#include <linux/netlink.h>

#include "epoch.h"
#include "target.h"

struct mmlens_dump;

/**
 * struct mmlens_dump_ops - what is dumped
 * @cmd: MMLENS_CMD_*
 * @watched: it reports page-table entries, so that a tear can be told
 * @frames: it is about page frames and no process: START and END are PFNs,
 *	there is no target, and no lock is held for @window
 * @request: read what the command itself takes of the request, allocate, and
 *	set dump->columns. Return 0 or an errno
 * @begin: a new message of at most @room bytes of data begins
 * @window: under the mmap lock: walk on from dump->pos, set dump->pos to how
 *	far it went, and do not go on past @deadline.
 *	Return 0; 1 when the message is full; -EAGAIN when a lock was taken
 * @gone: the process is, this message is the last with data (optional)
 * @put: put the data, if there is any
 * @put_last: put more totals into the trailer (optional)
 * @free: let go of what the command holds, and of the dump's memory
 */
struct mmlens_dump_ops {
	u8 cmd;
	bool watched;
	bool frames;
	int (*request)(struct mmlens_dump *dump, struct nlattr **attrs,
		       struct netlink_ext_ack *extack);
	void (*begin)(struct mmlens_dump *dump, size_t room);
	int (*window)(struct mmlens_dump *dump,
		      struct mmlens_deadline *deadline);
	void (*gone)(struct mmlens_dump *dump);
	int (*put)(struct mmlens_dump *dump, struct sk_buff *skb);
	int (*put_last)(struct mmlens_dump *dump, struct sk_buff *skb);
	void (*free)(struct mmlens_dump *dump);
};

enum mmlens_phase {
	MMLENS_PHASE_FIRST,	/* the envelope is still to be sent */
	MMLENS_PHASE_WALK,
	MMLENS_PHASE_LAST,	/* the trailer is still to be sent */
	MMLENS_PHASE_OVER,
};

/**
 * struct mmlens_dump - a dump under way
 * @ops: what is dumped
 * @target: whose; all zeroes if nobody's
 * @refusal: errno of a request that .start has found wrong ...
 * @extack: ... and why, until there is somebody to tell
 * @columns: granted
 * @end: where the asked range ends
 * @pos: walked up to here
 * @phase: which kind of message comes next
 * @reason: why it ended
 * @sampled: @first holds an epoch
 * @first: epoch before the first entry was read
 * @last: epoch after the last
 * @unwatched: pages reported whose change would not move the epoch
 * @records: extents or areas sent
 * @pages: base pages in them
 * @bytes: address space of VMAs walked
 * @holds: how often the mmap lock was taken
 */
struct mmlens_dump {
	const struct mmlens_dump_ops *ops;
	struct mmlens_target target;
	int refusal;
	struct netlink_ext_ack extack;
	u64 columns;
	unsigned long end;
	unsigned long pos;
	enum mmlens_phase phase;
	enum mmlens_reason reason;
	bool sampled;
	struct mmlens_epoch first;
	struct mmlens_epoch last;
	u64 unwatched;
	u64 records;
	u64 pages;
	u64 bytes;
	u64 holds;
};

int mmlens_columns_get(const struct nlattr *attr, u64 known, u64 *columns,
		       struct netlink_ext_ack *extack);
int mmlens_dump_start(struct mmlens_dump *dump, struct netlink_callback *cb,
		      const struct mmlens_dump_ops *ops);
int mmlens_dump_step(struct sk_buff *skb, struct netlink_callback *cb);
int mmlens_dump_done(struct netlink_callback *cb);

#endif /* MMLENS_DUMP_H */
