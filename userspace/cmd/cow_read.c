// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the processes that are to be compared: all of one, then all of the
 * next. What changes within one reading is noticed by the kernel (torn); what
 * changes in the first process while the second is read is not.
 */
#include <string.h>

#include "cmd/cow.h"

#define ATTEMPTS 3	/* to read all without a change in between */

/* Where the extents of one process go, with progress. */
struct receiver {
	struct mml_ctx *ctx;
	struct mml_cow_process *process;
	char what[32];
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

/* A process that vanishes is compared as far as it was read. */
static int take_end(struct mml_ctx *ctx, struct cow_reading *reading,
		    struct mml_cow_process *process,
		    const struct mml_dump *dump, const struct mml_error *err)
{
	ctx_error(ctx, err);
	if (err->exit != MML_EXIT_VANISHED)
		return err->exit;
	process->end = dump->walked_end;
	reading->dump.complete = false;
	reading->dump.reason = dump->reason;
	return 0;
}

static int read_pages(struct mml_ctx *ctx, struct cow_reading *reading,
		      struct mml_cow_process *process, uint64_t expected)
{
	const struct mml_page_query query = {
		.pid = process->pid, .columns = MML_COW_COLUMNS,
		.vmas = process->vmas,
	};
	struct receiver receiver = {
		.ctx = ctx, .process = process, .expected = expected,
	};
	struct mml_error err;
	struct mml_dump dump;
	int ret;

	snprintf(receiver.what, sizeof(receiver.what), "reading %u", process->pid);
	ret = mml_pages(ctx->client, &query, receive, &receiver, &dump, &err);
	ctx_progress_end(ctx);
	if (ret && !*err.text) {
		ctx_warn(ctx, "out of memory");
		return MML_EXIT_USAGE;
	}
	/* an exec since the areas were read: they are another program's */
	if (dump.envelope.mm_id != process->vmas->dump.envelope.mm_id)
		process->stray = true;
	reading->dump.unwatched += dump.unwatched;
	reading->dump.torn |= dump.torn || process->stray;
	return ret ? take_end(ctx, reading, process, &dump, &err) : 0;
}

static int read_process(struct mml_ctx *ctx, struct cow_reading *reading,
			unsigned int which, uint32_t pid, const struct mml_info *info)
{
	struct mml_cow_process *process = &reading->process[which];
	struct mml_vmas *vmas = &reading->vmas[which];
	struct mml_error err;
	struct mml_mm mm;

	*process = (struct mml_cow_process){
		.pid = pid, .page_size = info->page_size, .can = info->can,
		.vmas = vmas, .end = UINT64_MAX,
	};
	if (mml_mm(ctx->client, pid, &mm, &err))
		return ctx_error(ctx, &err);
	if (mml_vmas(ctx->client, pid, 0, 0, vmas, &err))
		return take_end(ctx, reading, process, &vmas->dump, &err);
	return read_pages(ctx, reading, process,
			  mm.rss_anon + mm.rss_file + mm.rss_shmem);
}

static int read_once(struct mml_ctx *ctx, const uint32_t *pids, unsigned int n,
		     struct cow_reading *reading)
{
	struct mml_error err;
	struct mml_info info;
	int ret = 0;

	memset(reading, 0, sizeof(*reading));
	reading->dump.ended = true;
	reading->dump.complete = true;
	if (mml_info(ctx->client, &info, &err))
		return ctx_error(ctx, &err);
	for (unsigned int i = 0; !ret && i < n; i++)
		ret = read_process(ctx, reading, i, pids[i], &info);
	/* the others were dead by the time that the first had vanished */
	if (ret == MML_EXIT_REFUSED && !reading->dump.complete)
		ret = MML_EXIT_VANISHED;
	return ret;
}

/**
 * cow_read() - read processes for comparison
 * @ctx: the context, open
 * @pids: the processes
 * @n: how many
 * @reading: where to; cow_reading_free() it, after a failure too
 *
 * Return: 0, or an exit code: the error is printed
 */
int cow_read(struct mml_ctx *ctx, const uint32_t *pids, unsigned int n,
	     struct cow_reading *reading)
{
	int ret;

	for (unsigned int attempt = 1; ; attempt++) {
		ret = read_once(ctx, pids, n, reading);
		if (ret || !reading->dump.torn || !reading->dump.complete ||
		    attempt == ATTEMPTS)
			return ret;
		cow_reading_free(reading);
	}
}

/**
 * cow_reading_free() - free what was read
 * @reading: from cow_read()
 */
void cow_reading_free(struct cow_reading *reading)
{
	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++) {
		mml_cow_process_free(&reading->process[i]);
		mml_vmas_free(&reading->vmas[i]);
	}
	memset(reading, 0, sizeof(*reading));
}
