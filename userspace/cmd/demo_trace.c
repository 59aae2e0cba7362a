// SPDX-License-Identifier: GPL-2.0
/*
 * A write is made when the trace is set, and from within it: by the time that it
 * is done its fault is over, and the next message has it.
 */
#include <unistd.h>

#include "cmd/demo_trace.h"

struct watching {
	uint64_t start, end;	/* of the page */
	int (*write)(void *arg);
	void *arg;
	struct mml_trace trace;
	struct mml_traced *fault;
	bool found;
	bool written;
	unsigned int messages;	/* after the write */
	int failed;		/* exit code of the write */
};

static int take(const struct mml_traced *fault, void *arg)
{
	struct watching *watching = arg;

	if (fault->addr < watching->start || fault->addr >= watching->end ||
	    mml_what(fault) == MML_WHAT_RETRY)
		return 0;
	*watching->fault = *fault;
	watching->found = true;
	return 0;
}

static bool enough(void *arg)
{
	struct watching *watching = arg;

	if (watching->written)
		return watching->found || watching->messages++;
	if (!watching->trace.armed)
		return false;
	watching->written = true;
	watching->failed = watching->write(watching->arg);
	return watching->failed;
}

/**
 * demo_trace() - the page fault that a write causes
 * @ctx: the context
 * @pid: who writes
 * @addr: the page
 * @write: has it write, and waits until it has
 * @arg: its argument
 * @fault: result
 *
 * Return: 0 or an exit code: the error is printed
 */
int demo_trace(struct mml_ctx *ctx, pid_t pid, uint64_t addr,
	       int (*write)(void *arg), void *arg, struct mml_traced *fault)
{
	struct watching watching = {
		.start = addr, .end = addr + sysconf(_SC_PAGESIZE),
		.write = write, .arg = arg, .fault = fault,
	};
	const struct mml_trace_query query = {
		.pid = pid, .fault = take, .enough = enough, .arg = &watching,
	};
	struct mml_client *client;
	struct mml_error err;
	int ret;

	if (mml_open(&client, &err))
		return ctx_error(ctx, &err);
	ret = mml_trace(client, &query, &watching.trace, &err);
	mml_close(client);
	if (ret)
		return ctx_error(ctx, &err);
	if (!watching.failed && !watching.found)
		return ctx_usage(ctx, "the trace has not seen the write");
	return watching.failed;
}
