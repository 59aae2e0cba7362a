// SPDX-License-Identifier: GPL-2.0
/*
 * TRACE_START: page faults as they happen; TRACE_STOP.
 *
 * A trace is a dump that has no end of its own. So each message is made in a
 * recvmsg() of somebody who is asked anew whether he may have it, goes to that
 * socket and no other, and waits in the rings until there is one; netlink
 * holds the module meanwhile, and calls .done when the socket is gone.
 * The probe is set in the second step, since the first still runs under
 * genetlink's cb_lock, and removed before the last faults are read, so
 * that the counts at the end are final.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "compat/fault.h"
#include "compat/genetlink.h"
#include "entry.h"
#include "netlink.h"
#include "probe.h"
#include "reply.h"
#include "target.h"
#include "vma.h"

#define MESSAGE_SIZE	8192

/* A message of 32 KiB, the most that netlink asks for, holds 245. */
#define ROWS		256

/* Generic netlink header, LOSSES */
#define FIXED_SIZE							\
	(NLMSG_HDRLEN + GENL_HDRLEN + nla_total_size(0) +		\
	 4 * nla_total_size_64bit(sizeof(u64)))

enum trace_phase {
	TRACE_FIRST,	/* the envelope is still to be sent */
	TRACE_ARM,	/* the probe is still to be set */
	TRACE_RUN,
	TRACE_DRAIN,	/* the probe is gone, faults may be left */
	TRACE_OVER,
};

/* An entry, as a column each. */
struct side {
	u64 frame;
	u64 swap;
	u64 entry;
	u32 state;
	u32 level;
};

/* A fault, as columns. */
struct row {
	u64 time;
	u64 latency;
	u64 addr;
	u64 ip;
	u64 vma_start;
	u64 vma_flags;
	u32 tid;
	u32 tgid;
	u32 access;
	u32 result;
	u32 vma_kind;
	struct side old;
	struct side new;
};

#define FAULT(name, member)						\
	MMLENS_COLUMN(MMLENS_FAULT_COL_##name, struct row, member)

static const struct mmlens_column fault_columns[] = {
	FAULT(TIME, time),
	FAULT(LATENCY, latency),
	FAULT(ADDR, addr),
	FAULT(IP, ip),
	FAULT(VMA_START, vma_start),
	FAULT(VMA_FLAGS, vma_flags),
	FAULT(OLD_FRAME, old.frame),
	FAULT(OLD_SWAP, old.swap),
	FAULT(OLD_ENTRY, old.entry),
	FAULT(NEW_FRAME, new.frame),
	FAULT(NEW_SWAP, new.swap),
	FAULT(NEW_ENTRY, new.entry),
	FAULT(TID, tid),
	FAULT(TGID, tgid),
	FAULT(ACCESS, access),
	FAULT(RESULT, result),
	FAULT(VMA_KIND, vma_kind),
	FAULT(OLD_STATE, old.state),
	FAULT(OLD_LEVEL, old.level),
	FAULT(NEW_STATE, new.state),
	FAULT(NEW_LEVEL, new.level),
};

static const struct mmlens_rows fault_rows = {
	.attr = MMLENS_A_FAULTS,
	.max = MMLENS_FAULT_COL_MAX,
	.columns = fault_columns,
	.row = sizeof(struct row),
};

/**
 * struct trace - a trace under way
 * @list: among all traces
 * @sk: its socket, only to be compared
 * @target: the process
 * @tracer: known to the probe in phase RUN
 * @refusal: errno of a request that .start has found wrong ...
 * @extack: ... and why, until there is somebody to tell
 * @phase: what comes next
 * @reason: why it ended
 * @stopped: by TRACE_STOP
 * @records: faults sent
 * @rows: those of one message
 */
struct trace {
	struct list_head list;
	const struct sock *sk;
	struct mmlens_target target;
	struct mmlens_tracer tracer;
	int refusal;
	struct netlink_ext_ack extack;
	enum trace_phase phase;
	enum mmlens_reason reason;
	bool stopped;
	u64 records;
	struct row rows[ROWS];
};

/* All traces, for TRACE_STOP to find its own. */
static DEFINE_MUTEX(traces_lock);
static LIST_HEAD(traces);

static struct trace *trace_of(struct netlink_callback *cb)
{
	return *(struct trace **)cb->ctx;
}

static int trace_prepare(struct trace *trace, struct nlattr **attrs,
			 struct netlink_ext_ack *extack)
{
	struct mmlens_tracer *tracer = &trace->tracer;
	int err;

	if (!MML_CAN_TRACE) {
		NL_SET_ERR_MSG(extack,
			       "this kernel is built without kretprobes or tracepoints: it cannot be traced");
		return -EOPNOTSUPP;
	}
	err = mmlens_target_get_mm(&trace->target, attrs[MMLENS_A_PID], extack);
	if (err)
		return err;
	tracer->follow = attrs[MMLENS_A_FOLLOW];
	tracer->ns = get_pid_ns(task_active_pid_ns(current));
	return mmlens_groups_init(&tracer->groups, trace->target.pid,
				  tracer->follow) ?:
	       mmlens_rings_init(&tracer->rings);
}

static void trace_free(struct trace *trace)
{
	struct mmlens_tracer *tracer = &trace->tracer;

	mmlens_rings_free(&tracer->rings);
	mmlens_groups_free(&tracer->groups);
	if (tracer->ns)
		put_pid_ns(tracer->ns);
	mmlens_target_put(&trace->target);
	kvfree(trace);
}

/**
 * mmlens_trace_start() - begin TRACE_START
 * @cb: the dump's callback
 *
 * A refusal waits for the first step, which has an extack on all kernels.
 *
 * Return: 0 or -ENOMEM
 */
int mmlens_trace_start(struct netlink_callback *cb)
{
	struct trace *trace = kvzalloc(sizeof(*trace), GFP_KERNEL_ACCOUNT);

	if (!trace)
		return -ENOMEM;
	trace->sk = NETLINK_CB(cb->skb).sk;
	trace->refusal = mmlens_may_ask(cb->skb, &trace->extack) ?:
			 trace_prepare(trace, mml_dump_attrs(cb),
				       &trace->extack);
	cb->min_dump_alloc = MESSAGE_SIZE;
	*(struct trace **)cb->ctx = trace;
	mutex_lock(&traces_lock);
	list_add(&trace->list, &traces);
	mutex_unlock(&traces_lock);
	return 0;
}

/* Only the text: up to 6.8 that is all that ends up in the message. */
static int trace_refuse(const struct trace *trace,
			struct netlink_ext_ack *extack)
{
	if (extack)
		extack->_msg = trace->extack._msg;
	return trace->refusal;
}

static void side_read(struct side *side, u64 raw, u8 level,
		      const struct mmlens_fault *fault)
{
	struct mmlens_entry entry = {
		.state = MMLENS_STATE_NONE,
		.frame = MMLENS_UNKNOWN,
		.swap = MMLENS_UNKNOWN,
	};

	if (level == MMLENS_LEVEL_PTE)
		mmlens_entry_pte(&entry, fault->vm_flags, __pte(raw));
	else if (raw)
		mmlens_entry_huge(&entry, fault->vm_flags, level, raw,
				  fault->addr);
	/* the huge page of zeroes, which 7.x marks: no other is in such an area */
	if (entry.state == MMLENS_STATE_PFNMAP && level == MMLENS_LEVEL_PMD &&
	    (entry.bits & MMLENS_ENTRY_SPECIAL) &&
	    !(fault->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)))
		entry.state = MMLENS_STATE_PRESENT;
	*side = (struct side) {
		.frame = entry.frame,
		.swap = entry.swap,
		.entry = level ? entry.bits : MMLENS_UNKNOWN,
		.state = level ? entry.state : MMLENS_UNKNOWN32,
		.level = level ?: MMLENS_UNKNOWN32,
	};
}

/* Nobody has looked at a VMA, and nobody has begun to handle it. */
static void row_segv(struct row *row, u8 code)
{
	row->latency = MMLENS_UNKNOWN;
	row->vma_start = MMLENS_UNKNOWN;
	row->vma_flags = MMLENS_UNKNOWN;
	row->vma_kind = MMLENS_UNKNOWN32;
	row->result = code == SEGV_MAPERR ? MMLENS_FAULT_MAPERR :
		      code == SEGV_ACCERR ? MMLENS_FAULT_ACCERR :
					    MMLENS_FAULT_PKUERR;
}

static void row_read(struct row *row, const struct mmlens_fault *fault)
{
	*row = (struct row) {
		.time = fault->time,
		.latency = fault->latency,
		.addr = fault->addr,
		.ip = fault->ip,
		.vma_start = fault->vm_start,
		.vma_flags = mmlens_vma_flags(fault->vm_flags),
		.tid = fault->tid,
		.tgid = fault->tgid,
		.access = mml_access(fault->access),
		.result = mml_fault(fault->result),
		.vma_kind = fault->kind,
	};
	if (fault->segv)
		row_segv(row, fault->segv);
	side_read(&row->old, fault->old, fault->old_level, fault);
	side_read(&row->new, fault->new, fault->new_level, fault);
}

static u32 take_rows(struct trace *trace, size_t room)
{
	u32 fit = mmlens_rows_fit(&fault_rows, room, MMLENS_FAULT_COL_ALL);
	struct mmlens_fault fault;
	u32 count = 0;

	while (count < min_t(u32, fit, ROWS) &&
	       mmlens_rings_take(&trace->tracer.rings, &fault))
		row_read(&trace->rows[count++], &fault);
	return count;
}

static int put_losses(struct sk_buff *skb, const struct trace *trace)
{
	const struct mmlens_tracer *tracer = &trace->tracer;
	struct nlattr *nest = nla_nest_start(skb, MMLENS_A_LOSSES);
	u64 missed = trace->phase == TRACE_RUN ? mmlens_probe_missed(tracer) :
						 tracer->missed;

	if (!nest ||
	    mmlens_put_u64(skb, MMLENS_LOSSES_RING,
			   mmlens_rings_lost(&tracer->rings)) ||
	    mmlens_put_u64(skb, MMLENS_LOSSES_MISSED, missed) ||
	    mmlens_put_u64(skb, MMLENS_LOSSES_UNFINISHED,
			   mmlens_rings_unfinished(&tracer->rings)) ||
	    mmlens_put_u64(skb, MMLENS_LOSSES_UNFOLLOWED,
			   atomic64_read(&tracer->groups.refused)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_trailer(struct sk_buff *skb, const struct trace *trace)
{
	struct nlattr *nest = nla_nest_start(skb, MMLENS_A_TRAILER);

	if (!nest ||
	    nla_put_u32(skb, MMLENS_TRAILER_REASON, trace->reason) ||
	    mmlens_put_u64(skb, MMLENS_TRAILER_RECORDS, trace->records))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static void *put_header(struct sk_buff *skb, struct netlink_callback *cb)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
			   cb->nlh->nlmsg_seq, &mmlens_family, NLM_F_MULTI,
			   MMLENS_CMD_TRACE_START);
}

static int trace_first(struct trace *trace, struct sk_buff *skb,
		       struct netlink_callback *cb)
{
	void *header = put_header(skb, cb);

	if (!header ||
	    mmlens_put_envelope(skb, &trace->target, MMLENS_FAULT_COL_ALL))
		return -EMSGSIZE;
	genlmsg_end(skb, header);
	trace->phase = TRACE_ARM;
	return skb->len;
}

/* Is it to end? Then nothing is added any more. */
static void trace_check(struct trace *trace)
{
	if (READ_ONCE(trace->stopped))
		trace->reason = MMLENS_REASON_STOPPED;
	else if (mmlens_groups_gone(&trace->tracer.groups))
		trace->reason = MMLENS_REASON_EXITED;
	else
		return;
	mmlens_probe_remove(&trace->tracer);
	trace->phase = TRACE_DRAIN;
}

/* A message of what is in the rings; the last one, if that is nothing any more. */
static int trace_message(struct trace *trace, struct sk_buff *skb,
			 struct netlink_callback *cb)
{
	bool draining = trace->phase == TRACE_DRAIN;
	void *header = put_header(skb, cb);
	u32 count;

	if (!header)
		return -EMSGSIZE;
	count = take_rows(trace, skb_tailroom(skb) - FIXED_SIZE);
	trace->records += count;
	if (put_losses(skb, trace) ||
	    (count && mmlens_put_rows(skb, &fault_rows, trace->rows, count,
				      MMLENS_FAULT_COL_ALL)) ||
	    (!count && draining && put_trailer(skb, trace)))
		return -EMSGSIZE;
	genlmsg_end(skb, header);
	if (draining && !count)
		trace->phase = TRACE_OVER;
	return skb->len;
}

static int trace_arm(struct trace *trace, struct netlink_ext_ack *extack)
{
	int err = MML_CAN_TRACE ? mmlens_probe_add(&trace->tracer, extack) :
				  -EOPNOTSUPP;

	if (!err)
		trace->phase = TRACE_RUN;
	return err;
}

/**
 * mmlens_trace_step() - .dumpit of TRACE_START
 * @skb: to be filled
 * @cb: started by mmlens_trace_start()
 *
 * Return: the length of what was put, 0 to end the dump, or an errno
 */
int mmlens_trace_step(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct trace *trace = trace_of(cb);
	int err = mmlens_may_ask(cb->skb, cb->extack);

	if (err)
		return err;
	if (trace->refusal)
		return trace_refuse(trace, cb->extack);
	switch (trace->phase) {
	case TRACE_FIRST:
		return trace_first(trace, skb, cb);
	case TRACE_ARM:
		err = trace_arm(trace, cb->extack);
		return err ?: trace_message(trace, skb, cb);
	case TRACE_RUN:
		trace_check(trace);
		return trace_message(trace, skb, cb);
	case TRACE_DRAIN:
		return trace_message(trace, skb, cb);
	default:
		return 0;
	}
}

/**
 * mmlens_trace_done() - .done of TRACE_START: it ended, or its socket did
 * @cb: started by mmlens_trace_start()
 *
 * Return: 0
 */
int mmlens_trace_done(struct netlink_callback *cb)
{
	struct trace *trace = trace_of(cb);

	mutex_lock(&traces_lock);
	list_del(&trace->list);
	mutex_unlock(&traces_lock);
	if (MML_CAN_TRACE && trace->phase == TRACE_RUN)
		mmlens_probe_remove(&trace->tracer);
	trace_free(trace);
	return 0;
}

/**
 * mmlens_trace_stop_doit() - answer TRACE_STOP
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or an errno
 */
int mmlens_trace_stop_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct trace *trace;
	int err = mmlens_may_ask(skb, info->extack);

	if (err)
		return err;
	err = -ENOENT;
	mutex_lock(&traces_lock);
	list_for_each_entry(trace, &traces, list) {
		if (trace->sk != NETLINK_CB(skb).sk)
			continue;
		WRITE_ONCE(trace->stopped, true);
		err = 0;
	}
	mutex_unlock(&traces_lock);
	if (err)
		NL_SET_ERR_MSG(info->extack, "this socket traces nothing");
	return err;
}
