// SPDX-License-Identifier: GPL-2.0
/*
 * What the faults of a trace come to: by kind, by area, by instruction. Each is a
 * tree of names while faults come, and a table at the end, largest first.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/trace.h"

/* People see as many; JSON has all. */
#define LINES 20

struct tally {
	char *name;
	uint64_t faults, copied, minor, major;
	uint64_t latency;	/* ns, of all */
};

enum { BY_WHAT, BY_AREA, BY_PLACE, BY_MAX };

struct trace_sum {
	void *tree[BY_MAX];	/* of struct tally, by tsearch(3) */
	struct tally **found;	/* while a tree is walked */
	size_t n, room;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct tally *)a)->name,
		      ((const struct tally *)b)->name);
}

static struct tally *find(struct trace_sum *sum, int by, const char *name)
{
	struct tally key = { .name = (char *)name }, *tally, **there;

	there = tfind(&key, &sum->tree[by], compare_names);
	if (there)
		return *there;
	tally = calloc(1, sizeof(*tally));
	if (!tally)
		return NULL;
	tally->name = strdup(name);
	if (!tally->name || !tsearch(tally, &sum->tree[by], compare_names)) {
		free(tally->name);
		free(tally);
		return NULL;
	}
	return tally;
}

/**
 * trace_sum_new() - begin to sum up
 *
 * Return: to be given to trace_sum_free(), or NULL
 */
struct trace_sum *trace_sum_new(void)
{
	return calloc(1, sizeof(struct trace_sum));
}

static void free_tally(void *node)
{
	struct tally *tally = node;

	free(tally->name);
	free(tally);
}

/**
 * trace_sum_free() - let go of it
 * @sum: may be NULL
 */
void trace_sum_free(struct trace_sum *sum)
{
	int by;

	if (!sum)
		return;
	for (by = 0; by < BY_MAX; by++)
		tdestroy(sum->tree[by], free_tally);
	free(sum->found);
	free(sum);
}

/**
 * trace_sum_add() - one fault more
 * @sum: what it goes to
 * @fault: the fault
 * @area: its area's name
 * @place: where the program was, or NULL
 *
 * Return: 0 or -ENOMEM
 */
int trace_sum_add(struct trace_sum *sum, const struct mml_traced *fault,
		  const char *area, const char *place)
{
	enum mml_what event = mml_what(fault);
	enum mml_counted counted = mml_what_counted(fault);
	const char *const names[BY_MAX] = {
		[BY_WHAT] = mml_name(mml_what_names, event),
		[BY_AREA] = area,
		[BY_PLACE] = place ? place : "unknown",
	};
	struct tally *tally;
	int by;

	for (by = 0; by < BY_MAX; by++) {
		tally = find(sum, by, names[by]);
		if (!tally)
			return -ENOMEM;
		tally->faults++;
		tally->copied += mml_what_copied(event);
		tally->minor += counted == MML_COUNTED_MINOR;
		tally->major += counted == MML_COUNTED_MAJOR;
		if (fault->latency != MMLENS_UNKNOWN)
			tally->latency += fault->latency;
	}
	return 0;
}

static int compare_faults(const void *a, const void *b)
{
	const struct tally *ta = *(struct tally *const *)a;
	const struct tally *tb = *(struct tally *const *)b;

	if (ta->faults != tb->faults)
		return ta->faults < tb->faults ? 1 : -1;
	return strcmp(ta->name, tb->name);
}

static void collect(const void *node, VISIT visit, void *arg)
{
	struct trace_sum *sum = arg;

	if (visit != postorder && visit != leaf)
		return;
	if (sum->n < sum->room)
		sum->found[sum->n] = *(struct tally *const *)node;
	sum->n++;
}

static int collect_all(struct trace_sum *sum, int by)
{
	struct tally **found;

	sum->n = 0;
	sum->room = 0;
	twalk_r(sum->tree[by], collect, sum);
	found = realloc(sum->found, (sum->n + 1) * sizeof(*found));
	if (!found)
		return -ENOMEM;
	sum->found = found;
	sum->room = sum->n;
	sum->n = 0;
	twalk_r(sum->tree[by], collect, sum);
	qsort(found, sum->n, sizeof(*found), compare_faults);
	return 0;
}

static const char *millis_text(struct show_value value, char *buf, size_t size)
{
	snprintf(buf, size, "%llu.%03llu",
		 (unsigned long long)(value.number / 1000000),
		 (unsigned long long)(value.number / 1000 % 1000));
	return buf;
}

#define TALLY(field, kind) SHOW_ALWAYS | SHOW_RIGHT, SHOW_FIELD(struct tally, field, kind)
#define COLUMNS(heading, key, help) {						\
	{ heading, key, help, SHOW_ALWAYS, SHOW_FIELD(struct tally, name, SHOW_STR) }, \
	{ "FAULTS", "faults", "faults", TALLY(faults, SHOW_UINT) },		\
	{ "COPIED", "copied", "copied a page", TALLY(copied, SHOW_UINT) },	\
	{ "MINOR", "minor", "counted minor", TALLY(minor, SHOW_UINT) },		\
	{ "MAJOR", "major", "counted major", TALLY(major, SHOW_UINT) },		\
	{ "MS", "latency", "all they took", TALLY(latency, SHOW_UINT), .text = millis_text }, \
	{ }									\
}

static const struct show_column by_what[] = COLUMNS("WHAT", "what", "what it was");
static const struct show_column by_area[] = COLUMNS("AREA", "area", "the area");
static const struct show_column by_place[] = COLUMNS("INSTRUCTION", "place", "where it was");

static const struct {
	const char *key;
	const struct show_column *columns;
} tables[BY_MAX] = {
	[BY_WHAT] = { "by_what", by_what },
	[BY_AREA] = { "by_area", by_area },
	[BY_PLACE] = { "by_place", by_place },
};

static int show_by(struct mml_ctx *ctx, struct trace_sum *sum, int by)
{
	struct show plain = ctx->show;
	struct show_columns chosen;
	struct show_table table;
	char error[256];
	size_t i, n;

	plain.columns = NULL;	/* -o is about faults */
	if (collect_all(sum, by) ||
	    show_choose(&plain, tables[by].columns, &chosen, error, sizeof(error)) ||
	    show_table_open(&table, &ctx->show, tables[by].key, &chosen, 0))
		return ctx_usage(ctx, "out of memory");
	n = ctx->show.json || sum->n < LINES ? sum->n : LINES;
	for (i = 0; i < n; i++)
		show_row(&table, sum->found[i]);
	show_table_end(&table);
	if (n < sum->n)
		show_text(&ctx->show, "... and %zu more\n", sum->n - n);
	show_text(&ctx->show, "\n");
	return 0;
}

/**
 * trace_sum_show() - print it
 * @ctx: where to
 * @sum: all that was added
 *
 * Return: 0, or an exit code: the error is printed
 */
int trace_sum_show(struct mml_ctx *ctx, struct trace_sum *sum)
{
	int by, ret = 0;

	show_open_row(&ctx->show, NULL);
	for (by = 0; !ret && by < BY_MAX; by++)
		ret = show_by(ctx, sum, by);
	show_close(&ctx->show);
	return ret;
}
