// SPDX-License-Identifier: GPL-2.0
/*
 * mmlens trace: page faults as they happen.
 *
 * A row a fault, or with --summary what they come to. In JSON a line is an
 * object: one when the probe is set, one for each fault, and one for the end.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/trace.h"
#include "lib/parse.h"

struct trace_row {
	struct mml_traced fault;
	uint64_t since;		/* ns since the first fault */
	enum mml_what event;
	enum mml_counted counted;
	const char *area;
	const char *place;	/* looked up only where it is shown */
};

static struct show_value get_what(const void *row)
{
	const struct trace_row *r = row;

	return show_name(r->event, mml_what_names);
}

static struct show_value get_counted(const void *row)
{
	const struct trace_row *r = row;

	return show_name(r->counted, mml_counted_names);
}

/* "write", or "write,kernel" in a system call. */
static const char *access_text(struct show_value value, char *buf, size_t size)
{
	const char *what = value.number & MMLENS_ACCESS_WRITE ? "write" :
			   value.number & MMLENS_ACCESS_EXEC ? "exec" : "read";

	snprintf(buf, size, "%s%s", what,
		 value.number & MMLENS_ACCESS_REMOTE ? ",remote" :
		 value.number & MMLENS_ACCESS_USER ? "" : ",kernel");
	return buf;
}

static const char *seconds_text(struct show_value value, char *buf, size_t size)
{
	snprintf(buf, size, "%llu.%06llu",
		 (unsigned long long)(value.number / 1000000000),
		 (unsigned long long)(value.number / 1000 % 1000000));
	return buf;
}

static const char *micros_text(struct show_value value, char *buf, size_t size)
{
	snprintf(buf, size, "%llu.%llu", (unsigned long long)(value.number / 1000),
		 (unsigned long long)(value.number / 100 % 10));
	return buf;
}

/* The frame, or else what there was instead of one. */
static struct show_value get_side(const struct mml_side *side)
{
	if (side->state == MMLENS_UNKNOWN32)
		return show_unknown();
	if (side->state == MMLENS_STATE_PRESENT)
		return show_frame(side->frame);
	return show_name(side->state, mml_state_names);
}

static struct show_value get_old(const void *row)
{
	return get_side(&((const struct trace_row *)row)->fault.old);
}

static struct show_value get_new(const void *row)
{
	return get_side(&((const struct trace_row *)row)->fault.new);
}

#define FIELD(field, kind) SHOW_FIELD(struct trace_row, field, kind)
#define STATE .names = mml_state_names
#define LEVEL .names = mml_level_names
#define ENTRY .names = mml_entry_names

static const struct show_column columns[] = {
	{ "TIME", "since", "seconds since the first fault told; in JSON ns", SHOW_ALWAYS | SHOW_RIGHT, FIELD(since, SHOW_UINT), .text = seconds_text, .width = 11 },
	{ "MONOTONIC", "time", "when it began, ns of CLOCK_MONOTONIC", SHOW_IN_JSON | SHOW_RIGHT, FIELD(fault.time, SHOW_UINT), .width = 15 },
	{ "TID", "tid", "the thread that caused it", SHOW_ALWAYS | SHOW_RIGHT, FIELD(fault.tid, SHOW_UINT), .width = 7 },
	{ "PID", "pid", "its process", SHOW_IN_JSON | SHOW_RIGHT, FIELD(fault.tgid, SHOW_UINT), .width = 7 },
	{ "ADDR", "addr", "the address accessed", SHOW_ALWAYS | SHOW_RIGHT, FIELD(fault.addr, SHOW_ADDR), .width = 12 },
	{ "ACCESS", "access", "read, write or exec; by the kernel, or by another process", SHOW_ALWAYS, FIELD(fault.access, SHOW_BITS), .names = mml_traced_access_names, .text = access_text, .width = 12 },
	{ "WHAT", "what", "what it was", SHOW_ALWAYS, .get = get_what, .width = 12 },
	{ "OLD", NULL, "frame before, or what stood there instead", SHOW_IN_TEXT, .get = get_old, .width = 9 },
	{ "NEW", NULL, "frame after, likewise", SHOW_IN_TEXT, .get = get_new, .width = 9 },
	{ "COUNT", "counted", "as what the kernel counted it: minor, major, not", SHOW_ALWAYS, .get = get_counted, .width = 5 },
	{ "LATENCY", "latency", "how long it took, microseconds; in JSON ns", SHOW_ALWAYS | SHOW_RIGHT, FIELD(fault.latency, SHOW_UINT), .text = micros_text, .width = 9 },
	{ "RESULT", "result", "what came of it, as the kernel calls it", SHOW_IN_JSON, FIELD(fault.result, SHOW_BITS), .names = mml_traced_result_names, .width = 10 },
	{ "IP", "ip", "the instruction of the program", SHOW_IN_JSON | SHOW_RIGHT, FIELD(fault.ip, SHOW_ADDR), .width = 12 },
	{ "VMA_START", "vma_start", "first address of the area", SHOW_IN_JSON | SHOW_RIGHT, FIELD(fault.vma_start, SHOW_ADDR), .width = 12 },
	{ "VMA_KIND", "vma_kind", "what backs the area", SHOW_IN_JSON, FIELD(fault.vma_kind, SHOW_NAME), .names = mml_vma_kind_names, .width = 9 },
	{ "VMFLAGS", "vm_flags", "flags of the area, by the codes of /proc/PID/smaps", SHOW_IN_JSON, FIELD(fault.vma_flags, SHOW_CODES), .names = mml_vm_names, .width = 30 },
	{ "OLD_STATE", "old_state", "state of the entry before", SHOW_IN_JSON, FIELD(fault.old.state, SHOW_NAME), STATE, .width = 9 },
	{ "OLD_LEVEL", "old_level", "its level", SHOW_IN_JSON, FIELD(fault.old.level, SHOW_NAME), LEVEL, .width = 9 },
	{ "OLD_FRAME", "old_frame", "its frame", SHOW_IN_JSON, FIELD(fault.old.frame, SHOW_FRAME), .width = 9 },
	{ "OLD_SWAP", "old_swap", "its swap slot", SHOW_IN_JSON, FIELD(fault.old.swap, SHOW_SWAP), .width = 10 },
	{ "OLD_ENTRY", "old_bits", "its bits", SHOW_IN_JSON, FIELD(fault.old.entry, SHOW_BITS), ENTRY, .width = 30 },
	{ "NEW_STATE", "new_state", "state of the entry after", SHOW_IN_JSON, FIELD(fault.new.state, SHOW_NAME), STATE, .width = 9 },
	{ "NEW_LEVEL", "new_level", "its level", SHOW_IN_JSON, FIELD(fault.new.level, SHOW_NAME), LEVEL, .width = 9 },
	{ "NEW_FRAME", "new_frame", "its frame", SHOW_IN_JSON, FIELD(fault.new.frame, SHOW_FRAME), .width = 9 },
	{ "NEW_SWAP", "new_swap", "its swap slot", SHOW_IN_JSON, FIELD(fault.new.swap, SHOW_SWAP), .width = 10 },
	{ "NEW_ENTRY", "new_bits", "its bits", SHOW_IN_JSON, FIELD(fault.new.entry, SHOW_BITS), ENTRY, .width = 30 },
	{ "PLACE", "place", "the instruction by function and, where known, source line", 0, FIELD(place, SHOW_STR), .width = 40 },
	{ "AREA", "area", "the area it was in", SHOW_ALWAYS, FIELD(area, SHOW_STR) },
	{ }
};

/*
 * Printing a fault takes longer than making one. So while messages come that
 * are full, there is more to fetch before the kernel's buffer is full, too: what
 * has come waits here, up to some 40 MB.
 */
#define QUEUE_MAX	(1U << 18)
#define FULL_MESSAGE	128

/*
 * And whoever interrupts wants his terminal back: what waits here then is printed
 * as far as that gets in this time, and not at all if he does it twice. What a
 * summary waits for is never that much.
 */
#define LAST_ROWS_MS	1000

/* A trace on its way to the reader. */
struct tracing {
	struct mml_ctx *ctx;
	struct show_columns chosen;
	struct show_table table;
	struct trace_areas *areas;
	struct mml_trace trace;
	struct trace_child child;
	char **command;		/* or NULL */
	int exec_errno;
	bool released;		/* the command has been let go */
	bool cow;
	bool places;		/* PLACE is shown */
	uint64_t limit;		/* faults; 0: any number */
	uint64_t deadline;	/* now_ms(); 0: none */
	unsigned int duration_ms;
	uint64_t first;		/* time of the first fault told */
	uint64_t told, copied, minor, major;
	uint64_t cut;		/* now_ms() from which rows are dropped; 0: not yet known */
	uint64_t dropped;
	struct mml_traced *queue;
	size_t queued, room, come;	/* come: with the last message */
	struct trace_sum *sum;	/* of --summary, or NULL */
	bool no_memory;
};

static volatile sig_atomic_t interrupted;	/* so often */

static void interrupt(int signum)
{
	(void)signum;
	interrupted++;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void tell(struct tracing *tracing, struct trace_row *row)
{
	struct show *s = &tracing->ctx->show;

	if (!s->json) {
		show_row(&tracing->table, row);
		return;
	}
	show_open_row(s, NULL);
	show_record(s, &tracing->chosen, row);
	show_close(s);
}

static void tell_fault(struct tracing *tracing, const struct mml_traced *fault)
{
	struct trace_row row = {
		.fault = *fault,
		.event = mml_what(fault),
		.counted = mml_what_counted(fault),
	};

	if ((tracing->limit && tracing->told >= tracing->limit) ||
	    (tracing->cow && !mml_what_copied(row.event)))
		return;
	if (!tracing->told++)
		tracing->first = fault->time;
	tracing->copied += mml_what_copied(row.event);
	tracing->minor += row.counted == MML_COUNTED_MINOR;
	tracing->major += row.counted == MML_COUNTED_MAJOR;
	/* one that began earlier may be over later */
	row.since = fault->time > tracing->first ?
		    fault->time - tracing->first : 0;
	/* the place first: looking it up may read the areas anew, and their names */
	if (tracing->sum || tracing->places)
		row.place = trace_place(tracing->areas, fault);
	row.area = trace_area(tracing->areas, fault);
	if (!tracing->sum)
		tell(tracing, &row);
	else if (trace_sum_add(tracing->sum, fault, row.area, row.place))
		tracing->no_memory = true;
}

/* Does nobody wait for what is still to be printed? */
static bool cut_short(struct tracing *tracing)
{
	if (!interrupted)
		return false;
	if (!tracing->cut)
		tracing->cut = now_ms() + LAST_ROWS_MS;
	return interrupted > 1 ||
	       (!tracing->sum && now_ms() >= tracing->cut);
}

static void tell_queue(struct tracing *tracing)
{
	size_t i;

	for (i = 0; i < tracing->queued && !cut_short(tracing); i++)
		tell_fault(tracing, &tracing->queue[i]);
	tracing->dropped += tracing->queued - i;
	tracing->queued = 0;
	/* somebody may be watching */
	fflush(tracing->ctx->show.out);
}

static int take_fault(const struct mml_traced *fault, void *arg)
{
	struct tracing *tracing = arg;
	size_t room = tracing->room ? 2 * tracing->room : FULL_MESSAGE;
	struct mml_traced *queue;

	if (tracing->queued == tracing->room) {
		queue = room <= QUEUE_MAX ?
			realloc(tracing->queue, room * sizeof(*queue)) : NULL;
		if (queue) {
			tracing->queue = queue;
			tracing->room = room;
		} else {
			tell_queue(tracing);
		}
	}
	tracing->come++;
	if (!tracing->room)
		return -ENOMEM;
	tracing->queue[tracing->queued++] = *fault;
	return 0;
}

/* The probe is set: what has waited for that. */
static void release(struct tracing *tracing)
{
	struct show *s = &tracing->ctx->show;

	show_open_row(s, NULL);
	show(s, "begin", NULL, show_uint(tracing->trace.envelope.pid));
	show_close(s);
	tracing->released = true;
	if (tracing->duration_ms)
		tracing->deadline = now_ms() + tracing->duration_ms;
	if (tracing->command)
		tracing->exec_errno = trace_child_go(&tracing->child);
}

static bool enough(void *arg)
{
	struct tracing *tracing = arg;

	if (tracing->trace.armed && !tracing->released)
		release(tracing);
	if (tracing->come < FULL_MESSAGE)
		tell_queue(tracing);
	tracing->come = 0;
	return interrupted || tracing->no_memory || show_failed(&tracing->ctx->show) ||
	       (tracing->limit && tracing->told >= tracing->limit) ||
	       (tracing->deadline && now_ms() >= tracing->deadline);
}

/* What is missing is said, and what is not, too. */
static void show_losses(struct tracing *tracing)
{
	const struct mml_trace *trace = &tracing->trace;
	struct show *s = &tracing->ctx->show;

	show(s, "dropped", tracing->dropped ? "; %s dropped at the interrupt" : NULL,
	     show_uint(tracing->dropped));
	show(s, "lost", trace->lost ? "; %s lost: the buffer was full" : "; nothing lost",
	     show_uint(trace->lost));
	show(s, "missed", trace->missed ? "; %s of any process went by unseen" : NULL,
	     show_uint(trace->missed));
	show(s, "unfinished", trace->unfinished ? "; %s not over" : NULL,
	     show_uint(trace->unfinished));
	show(s, "unfollowed", trace->unfollowed ? "; %s processes not followed: too many" : NULL,
	     show_uint(trace->unfollowed));
}

static void show_total(struct tracing *tracing)
{
	struct show *s = &tracing->ctx->show;

	show_open_row(s, NULL);
	show(s, "end", NULL, show_name(tracing->trace.reason, mml_reason_names));
	show(s, "told", "%s faults", show_uint(tracing->told));
	show(s, "minor", ": %s minor", show_uint(tracing->minor));
	show(s, "major", ", %s major", show_uint(tracing->major));
	show(s, "copied", ", %s copied", show_uint(tracing->copied));
	show(s, "seen", tracing->told == tracing->trace.records ? NULL : ", of %s seen",
	     show_uint(tracing->trace.records));
	show_losses(tracing);
	show_text(s, "\n");
	show_close(s);
}

static int run(struct tracing *tracing, struct mml_trace_query *query)
{
	struct mml_ctx *ctx = tracing->ctx;
	struct sigaction action = { .sa_handler = interrupt };
	struct mml_error err;
	int failed;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	json_init(&ctx->show.writer, ctx->show.out);
	if (!ctx->show.json && !tracing->sum &&
	    show_table_open(&tracing->table, &ctx->show, NULL, &tracing->chosen,
			    SHOW_STREAM))
		return ctx_usage(ctx, "out of memory");
	query->fault = take_fault;
	query->enough = enough;
	query->arg = tracing;
	failed = mml_trace(ctx->client, query, &tracing->trace, &err);
	tell_queue(tracing);
	free(tracing->queue);
	if (failed)
		return ctx_error(ctx, &err);
	if (tracing->no_memory)
		return ctx_usage(ctx, "out of memory");
	if (!ctx->show.json && !tracing->sum)
		show_table_end(&tracing->table);
	if (tracing->exec_errno)
		return ctx_usage(ctx, "%s: %s", tracing->command[0],
				 strerror(tracing->exec_errno));
	if (tracing->sum && trace_sum_show(ctx, tracing->sum))
		return MML_EXIT_USAGE;
	show_total(tracing);
	return tracing->dropped || tracing->trace.lost || tracing->trace.missed ||
	       tracing->trace.unfollowed ? MML_EXIT_TORN : MML_EXIT_OK;
}

static int trace(struct tracing *tracing, struct mml_trace_query *query)
{
	struct mml_ctx *ctx = tracing->ctx;
	int ret = ctx_open(ctx);

	if (!ret && tracing->command) {
		ret = trace_child_fork(ctx, &tracing->child, tracing->command);
		query->pid = tracing->child.pid;
	}
	if (ret)
		return ret;
	tracing->areas = trace_areas_new(ctx);
	ret = tracing->areas ? run(tracing, query) : MML_EXIT_REFUSED;
	trace_areas_free(tracing->areas);
	if (tracing->command)
		trace_child_end(&tracing->child,
				!tracing->released ||
				tracing->trace.reason == MMLENS_REASON_EXITED);
	return ret;
}

static int take_limit(struct mml_ctx *ctx, const char *arg, uint64_t *limit)
{
	char *end;

	errno = 0;
	*limit = strtoull(arg, &end, 10);
	if (errno || *arg < '0' || *arg > '9' || *end || !*limit)
		return ctx_usage(ctx, "--count takes a number of faults from 1 on, not '%s'", arg);
	return 0;
}

static int take_duration(struct mml_ctx *ctx, const char *arg, unsigned int *ms)
{
	struct mml_error err = { .text = "" };

	if (mml_parse_seconds(arg, ms, &err))
		return ctx_error(ctx, &err);
	return *ms ? 0 : ctx_usage(ctx, "--duration takes more than 0 seconds");
}

/* Looking places up takes time: only where they are to be seen. */
static int choose_columns(struct tracing *tracing, bool ip)
{
	struct mml_ctx *ctx = tracing->ctx;
	char with_place[1024];
	size_t i;
	int ret;

	if (ip) {
		snprintf(with_place, sizeof(with_place), "%s,PLACE",
			 ctx->show.columns ? ctx->show.columns : "+IP");
		ctx->show.columns = with_place;
	}
	ret = ctx_choose(ctx, columns, &tracing->chosen);
	for (i = 0; !ret && i < tracing->chosen.n; i++)
		tracing->places |= !strcmp(tracing->chosen.column[i]->name,
					   "PLACE");
	ctx->show.columns = NULL;	/* has been read */
	return ret;
}

/* What stands after "--" is the command's, options and all. */
static char **split(int *argc, char **argv)
{
	int i;

	for (i = 1; i < *argc; i++)
		if (!strcmp(argv[i], "--")) {
			*argc = i;
			argv[i] = NULL;
			return &argv[i + 1];
		}
	return NULL;
}

/**
 * cmd_trace() - mmlens trace PID | -- COMMAND
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_trace(struct mml_ctx *ctx, int argc, char **argv)
{
	struct tracing tracing = { .ctx = ctx };
	struct mml_trace_query query = { .pid = 0 };
	const char *limit = NULL, *duration = NULL;
	bool summary = false, ip = false;
	const struct cmd_option own[] = {
		{ "cow", 'c', NULL, "only faults that copied a page", .flag = &tracing.cow },
		{ "follow", 'f', NULL, "processes that it forks, too", .flag = &query.follow },
		{ "ip", 0, NULL, "the instruction, by function and source line", .flag = &ip },
		{ "summary", 0, NULL, "only what they come to: by kind, area and instruction", .flag = &summary },
		{ "count", 0, "N", "end after N faults", .value = &limit },
		{ "duration", 0, "SECONDS", "end after that time", .value = &duration },
		{ }
	};
	const struct cmd_usage usage = {
		.args = "PID | -- COMMAND [ARGUMENT...]", .max = 1,
		.columns = columns, .options = own,
		.about = "Shows page faults of a process as they happen, and what each did to the page table. Ends with the process, or at ^C.",
		.epilogue = "Of an access for which there is no area, or no permission, the SIGSEGV is shown; where it makes a system call fail with EFAULT, nothing is.",
	};
	int ret;

	tracing.command = split(&argc, argv);
	ret = cmd_parse(ctx, &argc, &argv, &usage);
	if (!ret)
		ret = choose_columns(&tracing, ip);
	if (!ret && limit)
		ret = take_limit(ctx, limit, &tracing.limit);
	if (!ret && duration)
		ret = take_duration(ctx, duration, &tracing.duration_ms);
	if (ret)
		return cmd_exit(ret);
	if (!!argc == !!tracing.command || (tracing.command && !*tracing.command))
		return ctx_usage(ctx, "a process ID is wanted, or -- and a command");
	ret = argc ? ctx_pid(ctx, argv[0], &query.pid) : 0;
	if (!ret && summary) {
		tracing.sum = trace_sum_new();
		if (!tracing.sum)
			ret = ctx_usage(ctx, "out of memory");
	}
	if (!ret)
		ret = trace(&tracing, &query);
	trace_sum_free(tracing.sum);
	return ret;
}
