// SPDX-License-Identifier: GPL-2.0
/*
 * Dumps.
 *
 * A dump is a chain of calls that netlink makes whenever the reader has room:
 * the first from the sender's sendmsg(), under genetlink's cb_lock, the others
 * from recvmsg() of whoever holds the socket. So the first message is an
 * envelope that needs no lock of the target, and every call asks anew whether
 * the caller may see this.
 *
 * A call fills one message. It walks in windows, one hold of the mmap lock
 * each, short enough not to be felt by the target, and formats only after
 * the last window has ended. Between two windows, as between two messages,
 * nothing is kept but an address.
 */
#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

#include "compat/genetlink.h"
#include "dump.h"
#include "netlink.h"
#include "reply.h"

/* One hold of the mmap lock; one call; the wait for the mmap lock. */
#define WINDOW_NS	(1 * NSEC_PER_MSEC)
#define CALL_NS		(20 * NSEC_PER_MSEC)
#define LOCK_WAIT_NS	(100 * NSEC_PER_MSEC)

/* netlink's default of 3.7 KiB would not hold one long file name. */
#define MESSAGE_SIZE	8192

#define HEADER_SIZE							\
	(NLMSG_HDRLEN + GENL_HDRLEN + 3 * nla_total_size_64bit(sizeof(u64)))

static struct mmlens_dump *dump_of(struct netlink_callback *cb)
{
	return *(struct mmlens_dump **)cb->ctx;
}

/*
 * The frames that an address of 64 bits can have. Larger numbers are refused,
 * as addresses beyond the user half are.
 */
#define FRAMES_END	(1UL << (BITS_PER_LONG - PAGE_SHIFT))

/* Texts name the attribute too: a dump's extack has no room for it up to 6.8. */
static int addresses_check(const struct nlattr *first, u64 from,
			   const struct nlattr *last, u64 to,
			   struct netlink_ext_ack *extack)
{
	if (!PAGE_ALIGNED(from)) {
		NL_SET_ERR_MSG_ATTR(extack, first,
				    "START is not a multiple of the page size");
	} else if (!PAGE_ALIGNED(to)) {
		NL_SET_ERR_MSG_ATTR(extack, last,
				    "END is not a multiple of the page size");
	} else if (to > TASK_SIZE_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, last, "END is beyond the user half");
	} else if (from > to) {
		NL_SET_ERR_MSG_ATTR(extack, last ?: first,
				    "START is above END, or beyond the user half");
	} else {
		return 0;
	}
	return -EINVAL;
}

static int frames_check(const struct nlattr *first, u64 from,
			const struct nlattr *last, u64 to,
			struct netlink_ext_ack *extack)
{
	if (from >= FRAMES_END) {
		NL_SET_ERR_MSG_ATTR(extack, first,
				    "START is a frame number that no address of 64 bits has");
	} else if (to > FRAMES_END) {
		NL_SET_ERR_MSG_ATTR(extack, last,
				    "END is a frame number that no address of 64 bits has");
	} else if (from > to) {
		NL_SET_ERR_MSG_ATTR(extack, last, "START is above END");
	} else {
		return 0;
	}
	return -EINVAL;
}

static int range_get(struct mmlens_dump *dump, struct nlattr **attrs,
		     struct netlink_ext_ack *extack)
{
	const struct nlattr *first = attrs[MMLENS_A_START];
	const struct nlattr *last = attrs[MMLENS_A_END];
	u64 from = first ? nla_get_u64(first) : 0;
	u64 to = last ? nla_get_u64(last) :
		 dump->ops->frames ? FRAMES_END : TASK_SIZE_MAX;
	int err = dump->ops->frames ?
		frames_check(first, from, last, to, extack) :
		addresses_check(first, from, last, to, extack);

	if (err)
		return err;
	if (from == to) {
		NL_SET_ERR_MSG_ATTR(extack, last ?: first,
				    "the range from START to END is empty");
		return -EINVAL;
	}
	dump->pos = from;
	dump->end = to;
	return 0;
}

/* An extack text must be a constant: formatting it is possible since 6.3 only. */
static void refuse_column(struct netlink_ext_ack *extack,
			  const struct nlattr *attr, unsigned int bit)
{
#define C(n) "unknown column: bit " #n
#define C10(n) C(n##0), C(n##1), C(n##2), C(n##3), C(n##4),		\
	       C(n##5), C(n##6), C(n##7), C(n##8), C(n##9)
	static const char * const text[] = {
		C10(), C10(1), C10(2), C10(3), C10(4), C10(5),
		C(60), C(61), C(62), C(63),
	};
#undef C10
#undef C

	if (extack)
		extack->_msg = text[bit];
	NL_SET_BAD_ATTR(extack, attr);
}

/**
 * mmlens_columns_get() - the columns that are asked for
 * @attr: COLUMNS, present
 * @known: what there is
 * @columns: result
 * @extack: for the reason of a refusal
 *
 * Return: 0 or -EINVAL
 */
int mmlens_columns_get(const struct nlattr *attr, u64 known, u64 *columns,
		       struct netlink_ext_ack *extack)
{
	u64 asked = nla_get_u64(attr);

	if (asked & ~known) {
		refuse_column(extack, attr, __ffs64(asked & ~known));
		return -EINVAL;
	}
	*columns = asked;
	return 0;
}

static int target_get(struct mmlens_dump *dump, struct nlattr **attrs,
		      struct netlink_ext_ack *extack)
{
	if (dump->ops->frames)
		return 0;
	return mmlens_target_get_mm(&dump->target, attrs[MMLENS_A_PID], extack);
}

static int dump_request(struct mmlens_dump *dump, struct sk_buff *request,
			struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	return mmlens_may_ask(request, extack) ?:
	       range_get(dump, attrs, extack) ?:
	       dump->ops->request(dump, attrs, extack) ?:
	       target_get(dump, attrs, extack);
}

/**
 * mmlens_dump_start() - begin a dump, in .start
 * @dump: zeroed memory; it is ops->free()'s from now on, whatever is returned
 * @cb: the dump's callback
 * @ops: what is dumped
 *
 * Up to 6.8 .start has no extack. A refusal is then kept for the first
 * .dumpit, which has one and runs right after, in the same sendmsg().
 *
 * Return: 0 or the errno of the refusal
 */
int mmlens_dump_start(struct mmlens_dump *dump, struct netlink_callback *cb,
		      const struct mmlens_dump_ops *ops)
{
	struct netlink_ext_ack *extack = cb->extack ?: &dump->extack;
	int err;

	dump->ops = ops;
	err = dump_request(dump, cb->skb, mml_dump_attrs(cb), extack);
	if (err && cb->extack) {
		ops->free(dump);
		return err;
	}
	dump->refusal = err;
	cb->min_dump_alloc = MESSAGE_SIZE;
	*(struct mmlens_dump **)cb->ctx = dump;
	return 0;
}

/* The text only: up to 6.8 that is all that ends up in the message. */
static int dump_refuse(const struct mmlens_dump *dump,
		       struct netlink_ext_ack *extack)
{
	if (extack)
		extack->_msg = dump->extack._msg;
	return dump->refusal;
}

/* A pending flush is counted once it is done: only at the end does it matter. */
static bool dump_torn(const struct mmlens_dump *dump)
{
	struct mmlens_epoch last = dump->last;

	last.pending &= dump->phase == MMLENS_PHASE_LAST;
	return dump->ops->watched && mmlens_epoch_torn(&dump->first, &last);
}

static int put_walked(struct mmlens_dump *dump, struct sk_buff *skb,
		      unsigned long start)
{
	return mmlens_put_u64(skb, MMLENS_A_START, start) ?:
	       mmlens_put_u64(skb, MMLENS_A_END, dump->pos) ?:
	       (dump->ops->watched && dump->sampled &&
		mmlens_epoch_supported() ?
		mmlens_put_u64(skb, MMLENS_A_EPOCH, dump->last.gen) : 0);
}

/* A message: what it has walked and when, and what @put puts. */
static int put_message(struct mmlens_dump *dump, struct sk_buff *skb,
		       struct netlink_callback *cb, unsigned long start,
		       int (*put)(struct mmlens_dump *dump, struct sk_buff *skb))
{
	void *header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				   cb->nlh->nlmsg_seq, &mmlens_family,
				   NLM_F_MULTI | (dump_torn(dump) ?
						  NLM_F_DUMP_INTR : 0),
				   dump->ops->cmd);

	if (!header)
		return -EMSGSIZE;
	if (put_walked(dump, skb, start) || put(dump, skb)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

static int put_envelope(struct mmlens_dump *dump, struct sk_buff *skb)
{
	return mmlens_put_envelope(skb, dump->ops->frames ? NULL : &dump->target,
				   dump->columns);
}

static int dump_first(struct mmlens_dump *dump, struct sk_buff *skb,
		      struct netlink_callback *cb)
{
	int err = put_message(dump, skb, cb, dump->pos, put_envelope);

	if (!err)
		dump->phase = MMLENS_PHASE_WALK;
	return err;
}

static int put_torn(const struct mmlens_dump *dump, struct sk_buff *skb)
{
	if (!dump->ops->watched)
		return 0;
	return nla_put_u32(skb, MMLENS_TRAILER_TORN, dump_torn(dump)) ?:
	       mmlens_put_u64(skb, MMLENS_TRAILER_UNWATCHED, dump->unwatched);
}

/* What is of a process only. */
static int put_walk_totals(const struct mmlens_dump *dump, struct sk_buff *skb)
{
	if (dump->ops->frames)
		return 0;
	return mmlens_put_u64(skb, MMLENS_TRAILER_HOLDS, dump->holds) ?:
	       mmlens_put_u64(skb, MMLENS_TRAILER_BYTES, dump->bytes);
}

static int put_trailer(struct mmlens_dump *dump, struct sk_buff *skb)
{
	struct nlattr *nest = nla_nest_start(skb, MMLENS_A_TRAILER);

	if (!nest ||
	    nla_put_u32(skb, MMLENS_TRAILER_REASON, dump->reason) ||
	    put_torn(dump, skb) ||
	    put_walk_totals(dump, skb) ||
	    mmlens_put_u64(skb, MMLENS_TRAILER_RECORDS, dump->records) ||
	    mmlens_put_u64(skb, MMLENS_TRAILER_PAGES, dump->pages) ||
	    (dump->ops->put_last && dump->ops->put_last(dump, skb)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int dump_last(struct mmlens_dump *dump, struct sk_buff *skb,
		     struct netlink_callback *cb)
{
	int err = put_message(dump, skb, cb, dump->pos, put_trailer);

	if (!err)
		dump->phase = MMLENS_PHASE_OVER;
	return err;
}

/*
 * One hold of the mmap lock. 1: the message is full. -EAGAIN: a lock was not
 * to be had, but something may have been walked
 */
static int dump_window(struct mmlens_dump *dump, unsigned int wait_us)
{
	struct mmlens_deadline deadline = {};
	int ret;

	if (dump->ops->frames) {
		deadline.at = ktime_get_mono_fast_ns() + WINDOW_NS;
		return dump->ops->window(dump, &deadline);
	}
	ret = mmlens_target_lock(&dump->target, wait_us, true);
	if (ret)
		return ret;
	dump->holds++;
	if (!dump->sampled) {
		dump->first = mmlens_epoch_sample(dump->target.mm);
		dump->sampled = true;
	}
	deadline.at = ktime_get_mono_fast_ns() + WINDOW_NS;
	ret = dump->ops->window(dump, &deadline);
	dump->last = mmlens_epoch_sample(dump->target.mm);
	mmlens_target_unlock(&dump->target);
	return ret;
}

/*
 * As many windows as the message and the call's time have room for. A lock of
 * hugetlb that is taken is waited for as the mmap lock is: not for long, and
 * not at all once there is something to send.
 */
static void dump_windows(struct mmlens_dump *dump)
{
	u64 now = ktime_get_mono_fast_ns();
	u64 deadline = now + CALL_NS, patience = now + LOCK_WAIT_NS;
	unsigned long start = dump->pos;
	int ret;

	do {
		ret = dump_window(dump, dump->pos == start ?
				  LOCK_WAIT_NS / NSEC_PER_USEC : 0);
		cond_resched();
		now = ktime_get_mono_fast_ns();
		if (ret == -EAGAIN && dump->pos == start && now < patience) {
			usleep_range(100, 500);
			ret = 0;
		}
	} while (!ret && dump->pos < dump->end && !signal_pending(current) &&
		 (now < deadline || dump->pos == start) && now < patience);

	if (ret == -ESRCH || ret == -ESTALE) {
		dump->reason = ret == -ESRCH ? MMLENS_REASON_EXITED :
					       MMLENS_REASON_EXECED;
		dump->phase = MMLENS_PHASE_LAST;
		if (dump->ops->gone)
			dump->ops->gone(dump);
	} else if (!ret && dump->pos == dump->end) {
		dump->phase = MMLENS_PHASE_LAST;
	}
}

static int dump_walk(struct mmlens_dump *dump, struct sk_buff *skb,
		     struct netlink_callback *cb)
{
	unsigned long start = dump->pos;

	dump->ops->begin(dump, skb_tailroom(skb) - HEADER_SIZE);
	dump_windows(dump);
	return put_message(dump, skb, cb, start, dump->ops->put);
}

/**
 * mmlens_dump_step() - .dumpit of every dump
 * @skb: to be filled
 * @cb: started by mmlens_dump_start()
 *
 * Return: the length of what was put, 0 to end the dump, or an errno
 */
int mmlens_dump_step(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct mmlens_dump *dump = dump_of(cb);
	int err = mmlens_may_ask(cb->skb, cb->extack);

	if (err)
		return err;
	if (dump->refusal)
		return dump_refuse(dump, cb->extack);
	if (dump->phase == MMLENS_PHASE_FIRST)
		return dump_first(dump, skb, cb) ?: skb->len;
	if (dump->phase == MMLENS_PHASE_WALK) {
		err = dump_walk(dump, skb, cb);
		if (err)
			return err;
	}
	/* no room after the data: then it comes alone */
	if (dump->phase == MMLENS_PHASE_LAST && dump_last(dump, skb, cb) &&
	    !skb->len)
		return -EMSGSIZE;
	return dump->phase == MMLENS_PHASE_OVER ? 0 : skb->len;
}

/**
 * mmlens_dump_done() - .done of every dump: it ended, or its socket did
 * @cb: started by mmlens_dump_start()
 *
 * Return: 0
 */
int mmlens_dump_done(struct netlink_callback *cb)
{
	struct mmlens_dump *dump = dump_of(cb);

	mmlens_target_put(&dump->target);
	dump->ops->free(dump);
	return 0;
}
