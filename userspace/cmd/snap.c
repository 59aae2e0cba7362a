// SPDX-License-Identifier: GPL-2.0
/* mmlens snap: keep all that there is to know of processes in a file. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/snap.h"

struct totals {
	uint64_t areas, pages, extents;
	bool torn;
};

/* What an interrupted run would leave behind: private data, under a strange name. */
static char unfinished[PATH_MAX];

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
#define NR_SIGNALS (sizeof(signals) / sizeof(*signals))

static void clean_up(int signal)
{
	if (*unfinished)
		unlink(unfinished);
	raise(signal);		/* SA_RESETHAND: this one ends us */
}

static void watch_signals(const struct mml_snap_writer *writer)
{
	struct sigaction action = {
		.sa_handler = clean_up, .sa_flags = SA_RESETHAND | SA_NODEFER,
	};
	struct sigaction old;

	snprintf(unfinished, sizeof(unfinished), "%s", mml_snap_unfinished(writer));
	for (size_t i = 0; i < NR_SIGNALS; i++) {
		sigaction(signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

/* The file is there before clean_up() can know its name: a signal waits for that. */
static int begin(struct mml_ctx *ctx, const char *path,
		 const struct mml_info *info, struct mml_snap_writer **writer, struct mml_error *err)
{
	sigset_t ours, old;
	int ret;

	sigemptyset(&ours);
	for (size_t i = 0; i < NR_SIGNALS; i++)
		sigaddset(&ours, signals[i]);
	sigprocmask(SIG_BLOCK, &ours, &old);
	ret = mml_snap_create(path, ctx->show.out, info,
			      mml_snap_info(ctx->client), writer, err);
	if (!ret)
		watch_signals(*writer);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}

static int keep(struct mml_ctx *ctx, struct mml_snap_writer *writer, uint32_t pid,
		struct totals *totals)
{
	struct mml_picture picture;
	struct mml_error err;
	int ret = 0;

	if (mml_picture_read(ctx->client, pid, &picture, &err) ||
	    mml_snap_add(writer, &picture, &err))
		ret = ctx_error(ctx, &err);
	totals->areas += picture.vmas.n;
	totals->extents += picture.n;
	totals->pages += picture.dump.pages;
	if (!ret && picture.dump.torn) {
		totals->torn = true;
		ctx_warn(ctx, "process %u changed while it was read: its picture is torn; --stop holds it still",
			 pid);
	}
	mml_picture_free(&picture);
	return ret;
}

/* On stderr: it may be stdout that the snapshot goes to. */
static void say(struct mml_ctx *ctx, const char *path, size_t processes,
		const struct totals *totals)
{
	char safe[PATH_MAX];

	if (strcmp(path, "-"))
		ctx_warn(ctx, "%s: %zu process%s, %llu areas, %llu pages in %llu extents, %s",
			 show_escape(path, safe, sizeof(safe)), processes,
			 processes == 1 ? "" : "es",
			 (unsigned long long)totals->areas,
			 (unsigned long long)totals->pages,
			 (unsigned long long)totals->extents,
			 totals->torn ? "TORN" : "not torn");
}

static void say_json(struct show *s, const char *path, size_t processes,
		     const struct totals *totals)
{
	show_begin(s);
	show(s, "file", NULL, show_str(path));
	show(s, "processes", NULL, show_uint(processes));
	show(s, "areas", NULL, show_uint(totals->areas));
	show(s, "pages", NULL, show_uint(totals->pages));
	show(s, "extents", NULL, show_uint(totals->extents));
	show(s, "torn", NULL, show_bool(totals->torn));
	show_end(s);
}

static int take(struct mml_ctx *ctx, const char *path, const uint32_t *pids,
		size_t n)
{
	struct mml_snap_writer *writer;
	struct totals totals = { 0 };
	struct mml_error err;
	struct mml_info info;
	int ret = 0;

	if (mml_info(ctx->client, &info, &err) ||
	    begin(ctx, path, &info, &writer, &err))
		return ctx_error(ctx, &err);
	for (size_t i = 0; !ret && i < n; i++) {
		ctx_progress(ctx, "reading processes", i, n);
		ret = keep(ctx, writer, pids[i], &totals);
	}
	ctx_progress_end(ctx);
	if (mml_snap_close(writer, !ret, &err))
		ret = ctx_error(ctx, &err);
	*unfinished = '\0';
	if (ret)
		return ret;
	if (ctx->show.json)
		say_json(&ctx->show, path, n, &totals);
	else
		say(ctx, path, n, &totals);
	return totals.torn ? MML_EXIT_TORN : MML_EXIT_OK;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* A file holds each process once. */
static size_t drop_doubles(uint32_t *pids, size_t n)
{
	size_t kept = 0;

	qsort(pids, n, sizeof(*pids), compare);
	for (size_t i = 0; i < n; i++)
		if (!i || pids[i] != pids[i - 1])
			pids[kept++] = pids[i];
	return kept;
}

/**
 * cmd_snap() - mmlens snap PID... --write FILE
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_snap(struct mml_ctx *ctx, int argc, char **argv)
{
	const char *path = NULL;
	bool stop = false;
	const struct cmd_option own[] = {
		{ "write", 'w', "FILE", "where to; '-': as text, to standard output", .value = &path },
		CMD_OPTION_STOP(&stop),
		{ }
	};
	const struct cmd_usage usage = {
		.args = "PID... --write FILE", .min = 1, .max = -1, .options = own,
		.about = "Keeps the areas, the pages and all facts about them in a file, which can stand for the PID in mm, vma, pages, cow, diff, snap and the portrait: reading it needs neither root nor the module.",
		.epilogue = "The file is readable by its owner only. It says which pages of files a process\nuses, and where in memory everything is.",
	};
	uint32_t *pids = NULL;
	size_t n;
	int ret = cmd_parse(ctx, &argc, &argv, &usage);

	if (ret)
		return cmd_exit(ret);
	if (!path)
		return ctx_usage(ctx, "--write FILE is missing: where is the snapshot to go?");
	if (ctx->show.json && !strcmp(path, "-"))
		return ctx_usage(ctx, "--json says what --write has made: both cannot go to standard output");
	ret = ctx_pids(ctx, argv, argc, &pids, &n);
	if (!ret)
		ret = ctx_open(ctx);
	if (!ret)
		n = drop_doubles(pids, n);
	for (size_t i = 0; !ret && stop && i < n; i++)
		ret = ctx_stop(ctx, pids[i]);
	if (!ret)
		ret = take(ctx, path, pids, n);
	free(pids);
	return ret;
}
