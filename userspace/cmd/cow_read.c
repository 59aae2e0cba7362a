// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the processes that are to be compared: all of one, then all of the
 * next. What changes within one reading is noticed by the kernel (torn). What
 * changed in the first while the last was read is noticed here: each process's
 * epoch is sampled again after the last was read, by asking for a single page,
 * and must be what it was at the end of that process's own reading. So "not
 * torn" holds for the whole comparison: there was a moment, that at which the
 * last reading began, at which all of it was true.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cow.h"
#include "lib/snap.h"

#define ATTEMPTS 3	/* to read all without a change in between */

/* Where the extents of one process go, with progress. */
struct receiver {
	struct mml_ctx *ctx;
	struct mml_cow_process *process;
	char what[48];
	uint64_t pages, expected;
};

static int receive(const struct mml_extent *extent, void *arg)
{
	struct receiver *receiver = arg;

	receiver->pages += extent->pages;
	if (!(receiver->process->nr_runs & 1023))
		ctx_progress(receiver->ctx, receiver->what, receiver->pages,
			     receiver->expected);
	return mml_cow_add(extent, receiver->process);
}

/* As far as @end it was read when it went. */
static void note_end(struct cow_reading *reading, struct cow_member *member,
		     uint64_t end, uint32_t reason)
{
	member->gone = true;
	member->process.end = end;
	reading->dump.complete = false;
	reading->dump.reason = reason;
}

/* One that vanishes is compared as far as it was read, or left out of a set. */
static int take_end(struct mml_ctx *ctx, struct cow_reading *reading,
		    struct cow_member *member, const struct mml_dump *dump,
		    const struct mml_error *err)
{
	/* MM_GET knew it: whoever is not there to be asked has gone since */
	bool gone = mml_has_gone(err) && err->exit != MML_EXIT_VANISHED;

	ctx_error(ctx, err);
	if (!mml_has_gone(err))
		return err->exit;
	if (gone)
		note_end(reading, member, 0, MMLENS_REASON_EXITED);
	else
		note_end(reading, member, dump->walked_end, dump->reason);
	return 0;
}

static int read_pages(struct mml_ctx *ctx, struct cow_reading *reading,
		      struct cow_member *member, const struct mml_info *info)
{
	struct mml_cow_process *process = &member->process;
	const struct mml_page_query query = {
		.pid = process->pid,
		.columns = mml_cow_columns(reading->n, member - reading->v,
					   info->columns),
		.vmas = process->vmas,
	};
	struct receiver receiver = {
		.ctx = ctx, .process = process, .expected = member->expected,
	};
	struct mml_error err;
	struct mml_dump dump;
	int ret;

	snprintf(receiver.what, sizeof(receiver.what), "reading %u (%td of %u)",
		 process->pid, member - reading->v + 1, reading->n);
	ret = mml_pages(ctx->client, &query, receive, &receiver, &dump, &err);
	ctx_progress_end(ctx);
	if (ret && !*err.text)
		return cow_out_of_memory(ctx);
	/* no answer, and so no envelope */
	if (ret && err.exit == MML_EXIT_REFUSED)
		return take_end(ctx, reading, member, &dump, &err);
	/* an exec since the areas were read: they are another program's */
	if (dump.envelope.mm_id != process->vmas->dump.envelope.mm_id)
		process->stray = true;
	member->epoch = dump.epoch;
	reading->dump.unwatched += dump.unwatched;
	reading->dump.torn |= dump.torn || process->stray;
	return ret ? take_end(ctx, reading, member, &dump, &err) : 0;
}

static int read_member(struct mml_ctx *ctx, struct cow_reading *reading,
		       struct cow_member *member, const struct mml_info *info)
{
	struct mml_error err;

	if (mml_vmas(ctx->client, member->pid, 0, 0, &member->vmas, &err))
		return take_end(ctx, reading, member, &member->vmas.dump, &err);
	return read_pages(ctx, reading, member, info);
}

static int ignore_extent(const struct mml_extent *extent, void *arg)
{
	(void)extent;
	(void)arg;
	return 0;
}

/* It was read in full, but its frames may be others' by now. */
static void take_late_end(struct mml_ctx *ctx, struct cow_reading *reading,
			  struct cow_member *member)
{
	ctx_warn(ctx, "process %u: it went while the others were read",
		 member->pid);
	note_end(reading, member, member->process.end, MMLENS_REASON_EXITED);
}

/*
 * Whether a process is still what it was when its reading ended; else the whole
 * is torn. Returns 0, or an exit code: who cannot be asked now has not gone.
 */
static int check_epoch(struct mml_ctx *ctx, struct cow_reading *reading,
		       struct cow_member *member)
{
	const struct mml_vmas *vmas = &member->vmas;
	struct mml_page_query query = { .pid = member->pid };
	struct mml_error err;
	struct mml_dump dump;

	if (!vmas->n)
		return 0;
	query.start = vmas->v[0].start;
	query.end = query.start + member->process.page_size;
	if (!mml_pages(ctx->client, &query, ignore_extent, NULL, &dump, &err))
		reading->dump.torn |= dump.torn || dump.epoch != member->epoch ||
			dump.envelope.mm_id != vmas->dump.envelope.mm_id;
	else if (mml_has_gone(&err))
		take_late_end(ctx, reading, member);
	else
		return ctx_error(ctx, &err);
	return 0;
}

static int check_epochs(struct mml_ctx *ctx, struct cow_reading *reading)
{
	int ret = 0;

	/* what a snapshot holds does not change any more */
	if (mml_snap_info(ctx->client))
		return 0;
	for (uint32_t i = 0; !ret && !reading->dump.torn && i + 1 < reading->n; i++) {
		if (!reading->v[i].gone)
			ret = check_epoch(ctx, reading, &reading->v[i]);
	}
	return ret;
}

/* ---- who is to be read ---- */

static struct cow_member *find_mm(const struct cow_reading *reading,
				  uint64_t mm_id)
{
	for (uint32_t i = 0; i < reading->n; i++) {
		if (reading->v[i].mm_id == mm_id && mm_id != MMLENS_UNKNOWN)
			return &reading->v[i];
	}
	return NULL;
}

static void add_member(struct cow_reading *reading, uint32_t pid,
		       const struct mml_mm *mm, const struct mml_info *info)
{
	const struct cow_member *same = find_mm(reading, mm->envelope.mm_id);
	struct cow_member *member = &reading->v[reading->n];

	if (same) {
		reading->twins[reading->nr_twins++] =
			(struct cow_twin){ pid, same->pid };
		return;
	}
	*member = (struct cow_member){
		.pid = pid, .ppid = mm->ppid, .mm_id = mm->envelope.mm_id,
		.expected = mm->rss_anon + mm->rss_file + mm->rss_shmem,
		.process = {
			.pid = pid, .page_size = info->page_size, .can = info->can,
			.start_time = mm->envelope.start_time,
			.vmas = &member->vmas, .end = UINT64_MAX,
		},
	};
	snprintf(member->comm, sizeof(member->comm), "%s", mm->comm);
	reading->n++;
}

/* What was found, not named, may have ended since, or never had memory. */
static int look(struct mml_ctx *ctx, const struct cow_pids *pids,
		struct cow_reading *reading, const struct mml_info *info)
{
	struct mml_error err;
	struct mml_mm mm;

	for (uint32_t i = 0; i < pids->n; i++) {
		bool failed = mml_mm(ctx->client, pids->v[i], &mm, &err);

		if (pids->found && (failed ? err.errnum == ESRCH : !mm.has_mm))
			continue;
		if (failed)
			return ctx_error(ctx, &err);
		add_member(reading, pids->v[i], &mm, info);
	}
	if (reading->n || pids->watched)
		return 0;
	ctx_warn(ctx, "none of the processes has an address space");
	return MML_EXIT_REFUSED;
}

/* What was found may have ended since look(), too: the others are read. */
static int stop(struct mml_ctx *ctx, const struct cow_pids *pids,
		struct cow_reading *reading)
{
	int ret = 0;

	for (uint32_t i = 0; !ret && i < reading->n; i++) {
		struct cow_member *member = &reading->v[i];
		bool gone;

		ret = ctx_stop_found(ctx, member->pid, &gone);
		if (!gone || !pids->found)
			continue;
		ret = 0;
		note_end(reading, member, 0, MMLENS_REASON_EXITED);
	}
	return ret;
}

static int begin(const struct cow_options *options, const struct cow_pids *pids,
		 struct cow_reading *reading, struct mml_info *info)
{
	struct mml_error err;

	memset(reading, 0, sizeof(*reading));
	reading->dump.ended = true;
	reading->dump.complete = true;
	reading->v = calloc(pids->n + 1, sizeof(*reading->v));
	reading->twins = calloc(pids->n + 1, sizeof(*reading->twins));
	reading->process = calloc(pids->n + 1, sizeof(*reading->process));
	if (!reading->v || !reading->twins || !reading->process)
		return cow_out_of_memory(options->ctx);
	if (mml_info(options->ctx->client, info, &err))
		return ctx_error(options->ctx, &err);
	return look(options->ctx, pids, reading, info);
}

/*
 * Two are compared as far as they go; a set goes on without those that went.
 * If all have, the last one stays: what was read of it is reported. Who watches
 * has had his report.
 */
static void drop_gone(struct cow_reading *reading, bool watched)
{
	uint32_t kept = 0;

	reading->pair = reading->n == MML_COW_PROCESSES && !reading->nr_twins;
	for (uint32_t i = 0; i < reading->n; i++) {
		if (reading->pair || !reading->v[i].gone)
			reading->process[kept++] = &reading->v[i].process;
	}
	if (!kept && reading->n && !watched)
		reading->process[kept++] = &reading->v[reading->n - 1].process;
	reading->n = kept;
}

static int read_once(const struct cow_options *options,
		     const struct cow_pids *pids, struct cow_reading *reading,
		     bool first)
{
	struct mml_ctx *ctx = options->ctx;
	struct mml_info info;
	int ret;

	ret = begin(options, pids, reading, &info);
	if (!ret && first && options->stop)
		ret = stop(ctx, pids, reading);
	for (uint32_t i = 0; !ret && i < reading->n; i++) {
		if (!reading->v[i].gone)
			ret = read_member(ctx, reading, &reading->v[i], &info);
	}
	if (!ret)
		ret = check_epochs(ctx, reading);
	if (!ret)
		drop_gone(reading, pids->watched);
	return ret;
}

/**
 * cow_read() - read processes for comparison
 * @options: of the command; its context is open
 * @pids: the processes
 * @reading: where to; cow_reading_free() it, after a failure too
 *
 * Return: 0, or an exit code: the error is printed
 */
int cow_read(const struct cow_options *options, const struct cow_pids *pids,
	     struct cow_reading *reading)
{
	unsigned int attempt;
	int ret;

	for (attempt = 1; ; attempt++) {
		ret = read_once(options, pids, reading, attempt == 1);
		reading->attempts = attempt;
		if (ret || !reading->dump.torn || !reading->dump.complete ||
		    attempt == ATTEMPTS)
			break;
		cow_reading_free(reading);
	}
	ctx_release(options->ctx);
	return ret;
}

/**
 * cow_reading_free() - free what was read
 * @reading: from cow_read()
 */
void cow_reading_free(struct cow_reading *reading)
{
	/* those that were dropped lie behind the others */
	for (struct cow_member *member = reading->v; member && member->pid; member++) {
		mml_cow_process_free(&member->process);
		mml_vmas_free(&member->vmas);
	}
	free(reading->v);
	free(reading->twins);
	free(reading->process);
	memset(reading, 0, sizeof(*reading));
}

/**
 * cow_member() - who a process is
 * @reading: from cow_read()
 * @i: its number
 *
 * Return: the member
 */
const struct cow_member *cow_member(const struct cow_reading *reading, uint32_t i)
{
	const char *process = (const char *)reading->process[i];

	return (const void *)(process - offsetof(struct cow_member, process));
}

/**
 * cow_show_dump() - the end of a report
 * @ctx: the context
 * @reading: what it is about
 */
void cow_show_dump(struct mml_ctx *ctx, const struct cow_reading *reading)
{
	show(&ctx->show, "readings", reading->attempts > 1 ?
	     "read %s times, since it changed meanwhile; " : NULL,
	     show_uint(reading->attempts));
	ctx_show_dump(ctx, &reading->dump);
}
