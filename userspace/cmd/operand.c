// SPDX-License-Identifier: GPL-2.0
/* PID, FILE or FILE:PID: whom a command is about. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "lib/parse.h"
#include "lib/snap.h"

static bool all_digits(const char *arg)
{
	return *arg && !arg[strspn(arg, "0123456789")];
}

/* Splits FILE:PID; what exists as it is has no PID. */
static char *split(const char *arg, const char **pid)
{
	const char *colon = strrchr(arg, ':');

	*pid = NULL;
	if (!access(arg, F_OK) || !colon || !all_digits(colon + 1))
		return strdup(arg);
	*pid = colon + 1;
	return strndup(arg, colon - arg);
}

/**
 * ctx_is_file() - is an operand a file?
 * @arg: what was typed
 *
 * Return: true if it is no process ID, and there is a file of that name
 */
bool ctx_is_file(const char *arg)
{
	const char *pid;
	bool ret;
	char *path;

	if (all_digits(arg))
		return false;
	path = split(arg, &pid);
	ret = path && !access(path, F_OK);
	free(path);
	return ret;
}

static int parse_pid(struct mml_ctx *ctx, const char *arg, uint32_t *pid)
{
	struct mml_error err = { .text = "" };

	return mml_parse_pid(arg, pid, &err) ? ctx_error(ctx, &err) : 0;
}

/**
 * ctx_source() - whom an operand is about
 * @ctx: the context; its client is not touched
 * @arg: what was typed
 * @client: set to a new client if it is a file
 * @pid: the process; 0: all in the file
 *
 * Return: 0, or an exit code: the error is printed
 */
int ctx_source(struct mml_ctx *ctx, const char *arg, struct mml_client **client,
	       uint32_t *pid)
{
	struct mml_error err;
	const char *number;
	int ret = 0;
	char *path;

	*pid = 0;
	if (!ctx_is_file(arg))
		return parse_pid(ctx, arg, pid);
	path = split(arg, &number);
	if (!path)
		return ctx_usage(ctx, "out of memory");
	if (number)
		ret = parse_pid(ctx, number, pid);
	if (!ret && mml_snap_open(path, client, &err))
		ret = ctx_error(ctx, &err);
	free(path);
	return ret;
}

static bool same_file(const struct mml_ctx *ctx, const char *arg)
{
	const char *pid;
	char *path = split(arg, &pid);
	bool ret = path && ctx->file && !strcmp(path, ctx->file);

	free(path);
	return ret;
}

/* Who answers for all operands must be one: the kernel, or one file. */
static int choose(struct mml_ctx *ctx, const char *arg, uint32_t *pid)
{
	const char *number;

	if (!ctx_is_file(arg)) {
		ctx->live = true;
		if (!ctx->file)
			return parse_pid(ctx, arg, pid);
	} else if (!ctx->live && !ctx->file && !ctx->client) {
		ctx->file = split(arg, &number);
		return ctx_source(ctx, arg, &ctx->client, pid);
	} else if (same_file(ctx, arg)) {
		*pid = 0;
		free(split(arg, &number));
		return number ? parse_pid(ctx, number, pid) : 0;
	}
	return ctx_usage(ctx, "either live processes or one snapshot can be asked at a time");
}

static int add(struct mml_ctx *ctx, uint32_t **pids, size_t *nr_pids,
	       const uint32_t *more, size_t n)
{
	uint32_t *grown = reallocarray(*pids, *nr_pids + n, sizeof(*grown));

	if (!grown)
		return ctx_usage(ctx, "out of memory");
	memcpy(grown + *nr_pids, more, n * sizeof(*more));
	*pids = grown;
	*nr_pids += n;
	return 0;
}

/**
 * ctx_pids() - processes from the command line
 * @ctx: the context
 * @args: what was typed
 * @n: how many of those
 * @pids: set; to be freed, after a failure too
 * @nr_pids: how many
 *
 * Return: 0, or an exit code: the error is printed
 */
int ctx_pids(struct mml_ctx *ctx, char **args, size_t n, uint32_t **pids,
	     size_t *nr_pids)
{
	const struct mml_snap_info *about;
	uint32_t pid;
	int ret = 0;

	*pids = NULL;
	*nr_pids = 0;
	for (size_t i = 0; !ret && i < n; i++) {
		ret = choose(ctx, args[i], &pid);
		if (ret)
			return ret;
		about = ctx->client ? mml_snap_info(ctx->client) : NULL;
		ret = pid ? add(ctx, pids, nr_pids, &pid, 1) :
			    add(ctx, pids, nr_pids, about->pids, about->nr_pids);
	}
	return ret;
}

/**
 * ctx_pid() - a process from the command line
 * @ctx: the context
 * @arg: what was typed
 * @pid: where to
 *
 * Return: 0, or an exit code: the error is printed
 */
int ctx_pid(struct mml_ctx *ctx, const char *arg, uint32_t *pid)
{
	const struct mml_snap_info *about;
	int ret = choose(ctx, arg, pid);

	if (ret || *pid)
		return ret;
	about = mml_snap_info(ctx->client);
	if (about->nr_pids == 1) {
		*pid = about->pids[0];
		return 0;
	}
	return ctx_usage(ctx, "%s holds %zu processes: choose one, as in %s:%u",
			 ctx->file, about->nr_pids, ctx->file, about->pids[0]);
}
