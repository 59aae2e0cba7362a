// SPDX-License-Identifier: GPL-2.0
/* mmlens cow: what processes share, and who copied the rest. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cow.h"
#include "lib/parse.h"

/**
 * cow_out_of_memory() - say so
 * @ctx: the context
 *
 * Return: exit code
 */
int cow_out_of_memory(struct mml_ctx *ctx)
{
	ctx_warn(ctx, "out of memory");
	return MML_EXIT_USAGE;
}

/* ---- two names for one address space ---- */

static void show_twins(struct show *s, const struct cow_pids *pids)
{
	show_open_list_row(s, "pids");
	for (uint32_t i = 0; i < pids->n; i++)
		show(s, NULL, NULL, show_uint(pids->v[i]));
	show_close(s);
	if (pids->v[0] == pids->v[1])
		show_text(s, "%u and %u are one process: nothing to compare\n",
			  pids->v[0], pids->v[1]);
	else
		show_text(s, "%u and %u share one address space (mm id equal): nothing to compare\n",
			  pids->v[0], pids->v[1]);
}

static int report_one(const struct cow_options *options,
		      const struct cow_pids *pids,
		      const struct cow_reading *reading)
{
	const struct mml_cow_process *process = reading->process[0];
	struct show *s = &options->ctx->show;

	show_begin(s);
	show_twins(s, pids);
	show(s, "one_mm", NULL, show_bool(true));
	show(s, "resident", "%s pages are resident", show_uint(process->resident));
	show(s, "resident_bytes", " (%s), counted once\n",
	     show_bytes(process->resident * process->page_size));
	show_open_list_row(s, "areas");
	show_close(s);
	cow_show_dump(options->ctx, reading);
	show_end(s);
	return ctx_outcome(options->ctx, &reading->dump);
}

/* ---- the command ---- */

static int report(const struct cow_options *options, const struct cow_pids *pids,
		  const struct cow_reading *reading)
{
	/* all have gone, and nobody is left to be reported on */
	if (!reading->n)
		return ctx_outcome(options->ctx, &reading->dump);
	if (!pids->found && pids->n == 2 && reading->nr_twins)
		return report_one(options, pids, reading);
	if (reading->pair)
		return cow_report_pair(options, reading);
	return cow_report_set(options, reading);
}

/* Two have columns for each, a set has others. */
static int choose(struct cow_options *options, const struct cow_reading *reading)
{
	return ctx_choose(options->ctx, reading->pair ? cow_pair_columns :
							cow_set_columns,
			  &options->chosen);
}

static int run(struct cow_options *options, const struct cow_pids *pids)
{
	struct cow_reading reading;
	int ret;

	ret = cow_read(options, pids, &reading);
	if (!ret)
		ret = choose(options, &reading);
	if (!ret)
		ret = report(options, pids, &reading);
	cow_reading_free(&reading);
	return ret;
}

static bool same_key(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool has(const struct show_column *columns, size_t n,
		const struct show_column *column)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(columns[i].name, column->name) &&
		    same_key(columns[i].key, column->key))
			return true;
	}
	return false;
}

/* For --list-columns: those of two, and what a set has instead, or calls otherwise. */
static const struct show_column *all_columns(void)
{
	static struct show_column all[SHOW_COLUMNS_MAX];
	const struct show_column *column;
	size_t n = 0;

	for (column = cow_pair_columns; column->name; column++)
		all[n++] = *column;
	for (column = cow_set_columns; column->name; column++) {
		if (!has(all, n, column))
			all[n++] = *column;
	}
	return all;
}

static int parse_top(struct cow_options *options)
{
	const char *arg = options->top_arg;
	char *end;

	if (!arg)
		return 0;
	options->top = strtoul(arg, &end, 10);
	if (*arg >= '0' && *arg <= '9' && !*end && options->top)
		return 0;
	return ctx_usage(options->ctx, "--top takes a number of areas, not '%s'", arg);
}

static int parse_interval(struct cow_options *options)
{
	struct mml_error err = { .text = "" };

	options->interval_ms = 1000;
	if (options->interval && !options->watch)
		return ctx_usage(options->ctx, "--interval goes with --watch");
	if (options->watch && (options->map || options->symbols || options->area ||
			       options->top_arg || options->ctx->show.columns))
		return ctx_usage(options->ctx,
				 "--watch shows processes, not areas: it takes none of --map, --symbols, --area, --top and -o");
	if (!options->interval ||
	    !mml_parse_seconds(options->interval, &options->interval_ms, &err))
		return 0;
	return ctx_error(options->ctx, &err);
}

static int check(struct cow_options *options, int argc)
{
	int ret = parse_interval(options);

	if (ret)
		return ret;
	if (options->cgroup && argc)
		return ctx_usage(options->ctx,
				 "--cgroup says which processes: name no others");
	if (!options->cgroup && !argc)
		return ctx_usage(options->ctx, "a process ID, or --cgroup, is missing");
	/* a column that nobody has is told before anything is read */
	return ctx_choose(options->ctx, all_columns(), &options->chosen) ?:
	       parse_top(options);
}

/**
 * cmd_cow() - mmlens cow PID...
 * @ctx: the context
 * @argc: arguments, the command's name first
 * @argv: they
 *
 * Return: the tool's exit code
 */
int cmd_cow(struct mml_ctx *ctx, int argc, char **argv)
{
	struct cow_options options = { .ctx = ctx };
	const struct cmd_option own[] = {
		{ "cgroup", 0, "PATH", "the processes of this cgroup and those below it",
		  .value = &options.cgroup },
		{ "area", 'a', "RANGE", "only the areas that meet it: START-END, START+LEN, ADDR, or a name",
		  .value = &options.area },
		{ "top", 0, "N", "only the N areas of which most was copied",
		  .value = &options.top_arg },
		{ "map", 'm', NULL, "draw each area, a character a page (or more, as it says)",
		  .flag = &options.map },
		{ "symbols", 0, NULL, "tell which data was copied: objects of binaries and libraries, places in other memory",
		  .flag = &options.symbols },
		{ "watch", 0, NULL, "look again and again, until ^C",
		  .flag = &options.watch },
		{ "interval", 0, "SECONDS", "between two looks (1)",
		  .value = &options.interval },
		{ "stop", 's', NULL, "hold the processes still meanwhile",
		  .flag = &options.stop },
		{ }
	};
	const struct cmd_usage usage = {
		.args = "PID... | --cgroup PATH",
		.about = "Compare processes page by page: what they share, what was copied on "
			 "write and by whom, what only one of them has. One PID means the "
			 "process and its descendants.",
		.options = own, .columns = all_columns(),
		.min = 0, .max = -1,
	};
	struct cow_pids pids = { .n = 0 };
	int ret;

	ret = cmd_parse(ctx, &argc, &argv, &usage);
	if (ret)
		return cmd_exit(ret);
	ret = check(&options, argc);
	if (!ret)
		ret = cow_who(&options, argc, argv, NULL, &pids);
	if (!ret)
		ret = ctx_open(ctx);
	if (!ret && options.watch)
		ret = cow_watch(&options, argc, argv, &pids);
	else if (!ret)
		ret = run(&options, &pids);
	cow_pids_free(&pids);
	return ret;
}
