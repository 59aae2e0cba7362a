// SPDX-License-Identifier: GPL-2.0
/* What all commands do alike: reach the module, complain, say how it ended. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/spool.h"
#include "lib/snap.h"
#include "lib/stop.h"

static void vsay(struct mml_ctx *ctx, const char *fmt, va_list args)
{
	if (ctx->spool)
		spool_say(ctx->spool, fmt, args);
	else
		vfprintf(stderr, fmt, args);
}

static void __attribute__((format(printf, 2, 3)))
say(struct mml_ctx *ctx, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsay(ctx, fmt, args);
	va_end(args);
}

/* Data that was printed comes before what is said about it. */
static void message(struct mml_ctx *ctx, const char *fmt, va_list args)
{
	ctx_progress_end(ctx);
	fflush(ctx->show.out);
	say(ctx, "mmlens: ");
	vsay(ctx, fmt, args);
	say(ctx, "\n");
}

/**
 * ctx_warn() - a message on stderr
 * @ctx: the context
 * @fmt: as for printf(), without a newline
 */
void ctx_warn(struct mml_ctx *ctx, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(ctx, fmt, args);
	va_end(args);
}

/**
 * ctx_usage() - say what is wrong with the command line
 * @ctx: the context
 * @fmt: as for printf(), without a newline
 *
 * Return: MML_EXIT_USAGE
 */
int ctx_usage(struct mml_ctx *ctx, const char *fmt, ...)
{
	const char *space = *ctx->command ? " " : "";
	va_list args;

	va_start(args, fmt);
	message(ctx, fmt, args);
	va_end(args);
	say(ctx, "Try 'mmlens%s%s --help'.\n", space, ctx->command);
	return MML_EXIT_USAGE;
}

/**
 * ctx_error() - say what the library reports
 * @ctx: the context
 * @err: the report
 *
 * Return: the exit code that fits
 */
int ctx_error(struct mml_ctx *ctx, const struct mml_error *err)
{
	char text[sizeof(err->text) * 4];

	show_escape(err->text, text, sizeof(text));
	if (*err->attr)
		ctx_warn(ctx, "%s (%s)", text, err->attr);
	else
		ctx_warn(ctx, "%s", text);
	return err->exit;
}

/**
 * ctx_error_midway() - say what the library reports of a process that was there
 * @ctx: the context
 * @err: the report
 *
 * Return: the exit code that fits: whoever has answered before and is not there
 * any more has vanished
 */
int ctx_error_midway(struct mml_ctx *ctx, const struct mml_error *err)
{
	int code = ctx_error(ctx, err);

	return mml_has_gone(err) ? MML_EXIT_VANISHED : code;
}

/**
 * ctx_open() - reach the module, once
 * @ctx: its client is set
 *
 * Return: 0, or an exit code: the error is printed
 */
int ctx_open(struct mml_ctx *ctx)
{
	struct mml_error err;

	if (ctx->client)	/* or it is a snapshot */
		return 0;
	if (mml_open(&ctx->client, &err))
		return ctx_error(ctx, &err);
	mml_set_timeout(ctx->client, ctx->timeout_ms);
	return 0;
}

/**
 * ctx_choose() - the columns to print
 * @ctx: says what -o was given
 * @all: the columns that there are
 * @chosen: set
 *
 * Return: 0, or an exit code: the error is printed
 */
int ctx_choose(struct mml_ctx *ctx, const struct show_column *all,
	       struct show_columns *chosen)
{
	char error[256], safe[1024];

	if (!show_choose(&ctx->show, all, chosen, error, sizeof(error)))
		return 0;
	return ctx_usage(ctx, "%s", show_escape(error, safe, sizeof(safe)));
}

/**
 * ctx_stop_found() - hold a process still until the command ends, unless it has
 * @ctx: the context
 * @pid: the process, which was found, not named
 * @gone: set to whether this failed since there is none any more
 *
 * Return: 0, or an exit code: the error is printed
 */
int ctx_stop_found(struct mml_ctx *ctx, uint32_t pid, bool *gone)
{
	struct mml_stop **held;
	struct mml_error err;

	*gone = false;
	if (ctx->client && mml_snap_info(ctx->client))
		return ctx_usage(ctx, "--stop is for live processes, not for a snapshot");
	held = realloc(ctx->held, (ctx->nr_held + 1) * sizeof(*held));
	if (!held)
		return ctx_usage(ctx, "out of memory");
	ctx->held = held;
	if (!ctx->spool && spool_begin(ctx))
		return MML_EXIT_USAGE;
	if (!mml_stop(pid, ctx->timeout_ms, &held[ctx->nr_held], &err)) {
		ctx->nr_held++;
		return 0;
	}
	*gone = err.errnum == ESRCH;
	return ctx_error(ctx, &err);
}

/**
 * ctx_stop() - hold a process still until the command ends
 * @ctx: the context
 * @pid: the process
 *
 * Return: 0, or an exit code: the error is printed
 */
int ctx_stop(struct mml_ctx *ctx, uint32_t pid)
{
	bool gone;

	return ctx_stop_found(ctx, pid, &gone);
}

/**
 * ctx_release() - let all that are held run on, and print what had to wait
 * @ctx: the context
 */
void ctx_release(struct mml_ctx *ctx)
{
	while (ctx->nr_held)
		mml_stop_release(ctx->held[--ctx->nr_held]);
	free(ctx->held);
	ctx->held = NULL;
	if (ctx->spool)
		spool_end(ctx);
}

/**
 * ctx_outcome() - the exit code that a finished dump calls for
 * @ctx: the context
 * @dump: how it ended
 *
 * Return: MML_EXIT_OK or _TORN; a dump that is not complete has failed, and
 * the library has said so
 */
int ctx_outcome(struct mml_ctx *ctx, const struct mml_dump *dump)
{
	if (!dump->complete)
		return MML_EXIT_VANISHED;
	if (!dump->torn)
		return MML_EXIT_OK;
	ctx_warn(ctx, "the answer is torn: the process's memory changed while it was read, what came first may be out of date");
	return MML_EXIT_TORN;
}

static const char *dump_words(const struct mml_dump *dump)
{
	if (dump->complete)
		return "complete";
	return dump->ended && dump->reason == MMLENS_REASON_EXECED ?
		"INCOMPLETE (the process called exec)" :
	       dump->ended && dump->reason == MMLENS_REASON_EXITED ?
		"INCOMPLETE (the process exited)" : "INCOMPLETE";
}

/* What nobody watched is not torn if it was read in one go, else who knows. */
static struct show_value dump_torn(const struct mml_dump *dump)
{
	if (!dump->blind || dump->torn || dump->holds == 1)
		return show_bool(dump->torn);
	return show_unknown();
}

/**
 * ctx_show_dump() - the end of an answer that came from a dump
 * @ctx: the context
 * @dump: how it ended
 */
void ctx_show_dump(struct mml_ctx *ctx, const struct mml_dump *dump)
{
	struct show *s = &ctx->show;

	if (!dump->complete || dump->torn)
		show_style(s, SHOW_BAD);
	show_text(s, "%s, %s", dump_words(dump), dump->torn ? "TORN" : "not torn");
	show_style(s, SHOW_PLAIN);
	show(s, "complete", NULL, show_bool(dump->complete));
	show(s, "torn", NULL, dump_torn(dump));
	show(s, "unwatched", dump->ended && dump->unwatched ?
	     ", %s pages unwatched" : NULL,
	     dump->ended && !dump->blind ? show_uint(dump->unwatched) :
					    show_unknown());
	show_text(s, "\n");
}

/* A line that is written over, at most five times a second, after a second. */
static struct {
	struct timespec first, last;
	bool begun, visible;
	bool wanted;		/* there is somebody to see it */
} progress;

static double seconds_since(const struct timespec *then,
			    const struct timespec *now)
{
	return now->tv_sec - then->tv_sec + (now->tv_nsec - then->tv_nsec) / 1e9;
}

/**
 * ctx_progress() - show how far a long read has come
 * @ctx: the context
 * @what: what is being read
 * @done: in any unit
 * @total: in the same
 */
void ctx_progress(struct mml_ctx *ctx, const char *what, uint64_t done,
		  uint64_t total)
{
	struct timespec now;

	(void)ctx;
	if (progress.begun && !progress.wanted)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!progress.begun) {
		progress.wanted = isatty(STDERR_FILENO);
		progress.begun = true;
		progress.first = now;
		progress.last = now;
	}
	if (seconds_since(&progress.first, &now) < 1 ||
	    seconds_since(&progress.last, &now) < 0.2)
		return;
	progress.last = now;
	progress.visible = true;
	fprintf(stderr, "\r%s: %.0f%%\033[K", what,
		total ? 100.0 * done / total : 0.0);
}

/**
 * ctx_progress_end() - wipe the progress
 * @ctx: the context
 */
void ctx_progress_end(struct mml_ctx *ctx)
{
	(void)ctx;
	if (progress.visible)
		fputs("\r\033[K", stderr);
	progress.visible = false;
	progress.begun = false;
}
