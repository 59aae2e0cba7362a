// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <time.h>

#include "lib/client.h"
#include "lib/columns.h"
#include "lib/error.h"
#include "lib/trace.h"

#define COLUMN(column, member) \
	MML_COLUMN(MMLENS_FAULT_COL_##column, struct mml_traced, member)

static const struct mml_column columns[MMLENS_FAULT_COL_MAX + 1] = {
	COLUMN(TIME, time),
	COLUMN(LATENCY, latency),
	COLUMN(ADDR, addr),
	COLUMN(IP, ip),
	COLUMN(VMA_START, vma_start),
	COLUMN(VMA_FLAGS, vma_flags),
	COLUMN(OLD_FRAME, old.frame),
	COLUMN(OLD_SWAP, old.swap),
	COLUMN(OLD_ENTRY, old.entry),
	COLUMN(NEW_FRAME, new.frame),
	COLUMN(NEW_SWAP, new.swap),
	COLUMN(NEW_ENTRY, new.entry),
	COLUMN(TID, tid),
	COLUMN(TGID, tgid),
	COLUMN(ACCESS, access),
	COLUMN(RESULT, result),
	COLUMN(VMA_KIND, vma_kind),
	COLUMN(OLD_STATE, old.state),
	COLUMN(OLD_LEVEL, old.level),
	COLUMN(NEW_STATE, new.state),
	COLUMN(NEW_LEVEL, new.level),
};

#define SOME_FAULTS 64

/* How long to wait for more after an empty message. */
#define PAUSE_MIN_US	500
#define PAUSE_MAX_US	20000

static int read_u32(const struct nlattr *attr, uint32_t *to)
{
	if (mnl_attr_get_payload_len(attr) != sizeof(*to))
		return -EBADMSG;
	*to = mnl_attr_get_u32(attr);
	return 0;
}

static int read_u64(const struct nlattr *attr, uint64_t *to)
{
	if (mnl_attr_get_payload_len(attr) != sizeof(*to))
		return -EBADMSG;
	memcpy(to, mnl_attr_get_payload(attr), sizeof(*to));
	return 0;
}

static int read_losses(const struct nlattr *nest, struct mml_trace *trace)
{
	uint64_t *const to[MMLENS_LOSSES_MAX + 1] = {
		[MMLENS_LOSSES_RING] = &trace->lost,
		[MMLENS_LOSSES_MISSED] = &trace->missed,
		[MMLENS_LOSSES_UNFINISHED] = &trace->unfinished,
		[MMLENS_LOSSES_UNFOLLOWED] = &trace->unfollowed,
	};
	const struct nlattr *attr;
	unsigned int type;
	int ret = 0;

	mnl_attr_for_each_nested(attr, nest) {
		type = mnl_attr_get_type(attr);
		if (!ret && type <= MMLENS_LOSSES_MAX && to[type])
			ret = read_u64(attr, to[type]);
	}
	return ret;
}

static int read_trailer(const struct nlattr *nest, struct mml_trace *trace)
{
	uint64_t records = MMLENS_UNKNOWN;
	uint32_t reason = MMLENS_UNKNOWN32;
	const struct nlattr *attr;
	int ret = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (!ret && mnl_attr_get_type(attr) == MMLENS_TRAILER_REASON)
			ret = read_u32(attr, &reason);
		if (!ret && mnl_attr_get_type(attr) == MMLENS_TRAILER_RECORDS)
			ret = read_u64(attr, &records);
	}
	/* What was sent and what has come are compared: nothing gets lost here. */
	if (ret || reason == MMLENS_UNKNOWN32 || records != trace->records)
		return -EBADMSG;
	trace->reason = reason;
	trace->ended = true;
	return 0;
}

static int read_faults(const struct mml_message *msg, struct mml_trace *trace,
		       int (*fault)(const struct mml_traced *fault, void *arg),
		       void *arg)
{
	const char *found[MMLENS_FAULT_COL_MAX + 1];
	struct mml_traced some[SOME_FAULTS];
	uint32_t count, first, n, i;
	int ret;

	if (!msg->attr[MMLENS_A_FAULTS] || !msg->attr[MMLENS_A_COUNT])
		return -EBADMSG;
	ret = read_u32(msg->attr[MMLENS_A_COUNT], &count);
	if (!ret)
		ret = mml_columns_find(msg->attr[MMLENS_A_FAULTS], columns,
				       MMLENS_FAULT_COL_MAX,
				       MMLENS_FAULT_COL_ALL, count, found);
	for (first = 0; !ret && first < count; first += n) {
		n = count - first < SOME_FAULTS ? count - first : SOME_FAULTS;
		mml_columns_read(columns, MMLENS_FAULT_COL_MAX, found, first, n,
				 some, sizeof(*some));
		for (i = 0; !ret && i < n; i++) {
			trace->records++;
			ret = fault(&some[i], arg);
		}
	}
	return ret;
}

/**
 * mml_decode_trace() - take a message of a trace apart
 * @nlh: the message
 * @trace: brought up to date
 * @fault: called for each fault in it
 * @arg: its argument
 *
 * Return: 0, -EBADMSG, or what @fault returned if that is not 0
 */
int mml_decode_trace(const struct nlmsghdr *nlh, struct mml_trace *trace,
		     int (*fault)(const struct mml_traced *fault, void *arg),
		     void *arg)
{
	struct mml_message msg;
	int ret = mml_decode_message(nlh, &msg);

	if (ret || trace->ended)
		return -EBADMSG;
	trace->received += nlh->nlmsg_len;
	if (!trace->messages++)
		return mml_decode_envelope(&msg, &trace->envelope);
	if (!msg.attr[MMLENS_A_LOSSES])
		return -EBADMSG;
	trace->armed = true;
	ret = read_losses(msg.attr[MMLENS_A_LOSSES], trace);
	if (!ret && (msg.attr[MMLENS_A_FAULTS] || msg.attr[MMLENS_A_COUNT]))
		ret = read_faults(&msg, trace, fault, arg);
	if (!ret && msg.attr[MMLENS_A_TRAILER])
		ret = read_trailer(msg.attr[MMLENS_A_TRAILER], trace);
	return ret;
}

struct tracing {
	struct mml_client *client;
	const struct mml_trace_query *query;
	struct mml_trace *trace;
	unsigned int pause_us;
	bool stopping;
};

/* A signal ends the pause, and is looked at before the next one. */
static void pace(struct tracing *tracing, bool idle)
{
	struct timespec time = { .tv_nsec = tracing->pause_us * 1000L };

	if (!idle) {
		tracing->pause_us = PAUSE_MIN_US;
		return;
	}
	nanosleep(&time, NULL);
	tracing->pause_us *= 2;
	if (tracing->pause_us > PAUSE_MAX_US)
		tracing->pause_us = PAUSE_MAX_US;
}

static int take_trace(const struct nlmsghdr *nlh, void *arg)
{
	struct tracing *tracing = arg;
	const struct mml_trace_query *query = tracing->query;
	uint64_t before = tracing->trace->records;
	int ret;

	ret = mml_decode_trace(nlh, tracing->trace, query->fault, query->arg);
	if (ret || tracing->trace->ended)
		return ret;
	if (query->enough(query->arg) && !tracing->stopping) {
		tracing->stopping = true;
		ret = mml_interject(tracing->client, MMLENS_CMD_TRACE_STOP);
	}
	if (tracing->trace->armed && !tracing->stopping)
		pace(tracing, before == tracing->trace->records);
	return ret;
}

/**
 * mml_trace() - page faults as they happen
 * @client: the client, which can do nothing else meanwhile
 * @query: whose, and what to do with them
 * @trace: how it goes, and went
 * @err: says why not
 *
 * Return: 0, a negative errno, or what query->fault() returned if not 0
 */
int mml_trace(struct mml_client *client, const struct mml_trace_query *query,
	      struct mml_trace *trace, struct mml_error *err)
{
	struct tracing tracing = {
		.client = client, .query = query, .trace = trace,
		.pause_us = PAUSE_MIN_US,
	};
	struct nlmsghdr *nlh;
	int ret;

	if (err)
		memset(err, 0, sizeof(*err));
	memset(trace, 0, sizeof(*trace));
	nlh = mml_request(client, MMLENS_CMD_TRACE_START, NLM_F_DUMP);
	mnl_attr_put_u32(nlh, MMLENS_A_PID, query->pid);
	if (query->follow)
		mnl_attr_put(nlh, MMLENS_A_FOLLOW, 0, NULL);
	ret = mml_talk(client, nlh, take_trace, &tracing, err);
	if (ret)
		return ret < 0 ? mml_explain(ret, query->pid, err) : ret;
	return trace->ended ? 0 : mml_fail_message(err, "the last message, which says how it ended, is missing");
}
