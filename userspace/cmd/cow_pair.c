// SPDX-License-Identifier: GPL-2.0
/*
 * The report on two processes: what they share, and why not the rest. A row an
 * area, then what the private memory of both comes to, what the next writes
 * would do, and who else is involved. lib/cow.h defines the words.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cow_areas.h"

/* ---- the table of areas ---- */

struct row {
	struct cow_row common;
	const struct mml_cow_counts *counts;
	struct mml_set_share by[MML_COW_PROCESSES + 1];
};

#define COUNT(name, count)						\
	static struct show_value get_##name(const void *row)		\
	{								\
		const struct mml_cow_counts *c = ((const struct row *)row)->counts; \
									\
		return show_uint(count);				\
	}

COUNT(shared, c->shared)
COUNT(copied, c->copied)
COUNT(different, c->different)
COUNT(own_a, c->own[0])
COUNT(own_b, c->own[1])
COUNT(unfaulted, c->unfaulted[0] + c->unfaulted[1])
COUNT(unfaulted_a, c->unfaulted[0])
COUNT(unfaulted_b, c->unfaulted[1])
COUNT(alone, c->alone[0] + c->alone[1])
COUNT(alone_a, c->alone[0])
COUNT(alone_b, c->alone[1])
COUNT(zero, c->zero[0] + c->zero[1])
COUNT(swapped, c->swapped)
COUNT(next, c->next)
COUNT(outside, c->outside)

#define TEXT_NUMBER	(SHOW_IN_TEXT | SHOW_RIGHT)
#define NUMBER		(SHOW_ALWAYS | SHOW_RIGHT)

/*
 * A and B in a name give way to the PIDs in the heading. What JSON holds as a
 * list over the processes is under the key of the first column that has it.
 */
const struct show_column cow_pair_columns[] = {
	COW_AREA_COLUMNS,
	{ "SHARED", "shared", "pages with the same frame, or swap slot, in both",
	  NUMBER, .get = get_shared },
	{ "COPIED", "copied", "pages that were one, and now are two frames",
	  NUMBER, .get = get_copied },
	{ "BY", "copied_by", "who took the new frame (?: cannot be told)",
	  SHOW_ALWAYS, .get = cow_get_by },
	{ "DIFFERENT", "different", "two frames, and no proof that one is a copy of the other",
	  NUMBER, .get = get_different },
	{ "OWN-A", "own", "private pages that only the first process has",
	  NUMBER, .get = get_own_a },
	{ "OWN-B", NULL, "private pages that only the second has",
	  TEXT_NUMBER, .get = get_own_b },
	{ "UNFAULTED", NULL, "pages that one has, and a touch would map in the other",
	  TEXT_NUMBER, .get = get_unfaulted },
	{ "UNFAULTED-A", "unfaulted", "those that the first has not touched",
	  SHOW_IN_JSON | SHOW_RIGHT, .get = get_unfaulted_a },
	{ "UNFAULTED-B", NULL, "those that the second has not touched",
	  SHOW_RIGHT, .get = get_unfaulted_b },
	{ "ALONE", NULL, "pages of a file that the other process does not map",
	  TEXT_NUMBER, .get = get_alone },
	{ "ALONE-A", "alone", "those of the first process",
	  SHOW_IN_JSON | SHOW_RIGHT, .get = get_alone_a },
	{ "ALONE-B", NULL, "those of the second", SHOW_RIGHT, .get = get_alone_b },
	{ "SWAPPED", "swapped", "pages in swap, on one side at least; also counted as the above",
	  NUMBER & ~SHOW_IN_TEXT, .get = get_swapped },
	{ "ZERO", "zero", "pages of zeroes, which are no memory and not counted otherwise",
	  NUMBER & ~SHOW_IN_TEXT, .get = get_zero },
	{ "NEXT", "next", "shared pages that a write would copy (predicted)",
	  NUMBER & ~SHOW_IN_TEXT, .get = get_next },
	{ "OUTSIDE", "outside", "shared frames that other processes map as well",
	  NUMBER & ~SHOW_IN_TEXT, .get = get_outside },
	{ }
};

/* What the command was asked for, and has found out. */
struct report {
	struct cow_areas areas;
	struct mml_ctx *ctx;
	const struct cow_reading *reading;
	struct mml_cow cow;
	struct mml_cow_counts total;	/* of the areas that were asked for */
	char outside[72];	/* areas with outside frames: the first names */
	bool outside_full;	/* there was no room for more */
	struct cow_map map;
	struct row row;		/* that was asked for last */
};

static const struct report *report_of(const struct cow_areas *areas)
{
	return (const struct report *)areas;
}

/* Who made the copies, whether some or none. */
static void take_by(const struct mml_cow_counts *counts, struct mml_set_share *by)
{
	for (unsigned int i = 0; i <= MML_COW_EITHER; i++) {
		by[i].who = i == MML_COW_EITHER ? MML_SET_NOBODY : i;
		by[i].pages = counts->copied_by[i];
	}
}

static const struct cow_row *make_row(struct cow_areas *areas, size_t i)
{
	struct report *report = (struct report *)areas;
	const struct mml_area *area = &report->cow.areas.v[i];
	struct row *row = &report->row;

	row->counts = &report->cow.counts[i];
	take_by(row->counts, row->by);
	row->common = (struct cow_row){
		.vma = area->vma, .copied_on_write = area->copied_on_write,
		.ranges = area->ranges, .nr_ranges = area->nr_ranges,
		.by = row->by, .nr_by = MML_COW_EITHER + 1,
	};
	cow_describe(areas, &row->common);
	return &row->common;
}

static bool is_idle(const struct cow_areas *areas, const struct show_column *column)
{
	const struct mml_cow_counts *total = &report_of(areas)->total;

	if (column->get == get_different)
		return !total->different;
	if (column->get == get_alone)
		return !total->alone[0] && !total->alone[1];
	return false;
}

/* A heading that has the PID in place of A or B. */
static const struct show_column *head(const struct cow_areas *areas,
				      const struct show_column *column,
				      struct cow_headed *headed)
{
	const char *dash = strrchr(column->name, '-');

	if (!dash || dash[2])
		return column;
	headed->column = *column;
	headed->column.name = headed->name;
	snprintf(headed->name, sizeof(headed->name), "%.*s-%u",
		 (int)(dash - column->name), column->name,
		 cow_pid(areas->reading, dash[1] - 'A'));
	return &headed->column;
}

static void show_pair(struct show *s, const char *key, const uint64_t *values)
{
	show_open_list_row(s, key);
	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++)
		show(s, NULL, NULL, show_uint(values[i]));
	show_close(s);
}

static bool show_list(struct cow_areas *areas, const struct show_column *column,
		      const struct cow_row *data)
{
	const struct mml_cow_counts *counts = ((const struct row *)data)->counts;
	const struct {
		const char *key;
		const uint64_t *values;
	} lists[] = {
		{ "own", counts->own },
		{ "unfaulted", counts->unfaulted },
		{ "alone", counts->alone },
		{ "zero", counts->zero },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (strcmp(column->key, lists[i].key))
			continue;
		show_pair(&areas->options->ctx->show, column->key, lists[i].values);
		return true;
	}
	return false;
}

static int draw(struct cow_areas *areas, size_t area, const char *name)
{
	struct report *report = (struct report *)areas;

	return cow_map_area(&report->map, &report->cow, area, name);
}

static void legend(struct cow_areas *areas)
{
	cow_map_legend(&((struct report *)areas)->map);
}

static int look_up(struct cow_areas *areas, struct cow_symbols *symbols,
		   size_t area, const char *name)
{
	return cow_symbols_pair(symbols, &report_of(areas)->cow, area, name);
}

static const struct cow_areas_ops ops = {
	.row = make_row,
	.show_list = show_list,
	.is_idle = is_idle,
	.head = head,
	.draw = draw,
	.legend = legend,
	.symbols = look_up,
};

/* ---- what it comes to ---- */

static uint64_t bytes_of(const struct report *report, uint64_t pages)
{
	return pages * report->reading->process[0]->page_size;
}

/* How much of the private memory that both have is still one. */
static void print_private(const struct report *report)
{
	const struct mml_cow_counts *t = &report->total;
	struct show *s = &report->ctx->show;
	uint64_t common = t->private_shared + t->copied + t->different;
	struct mml_set_share by[MML_COW_PROCESSES + 1];

	show(s, "private_shared", "private  %s", show_uint(t->private_shared));
	show(s, "private_common", " of %s common pages shared", show_uint(common));
	if (common)
		show_text(s, " (%llu%%)",
			  (unsigned long long)(100 * t->private_shared / common));
	show(s, "copied", ", %s copied", show_uint(t->copied));
	show(s, "copied_bytes", " (%s)", show_bytes(bytes_of(report, t->copied)));
	show_text(s, "\n");
	take_by(t, by);
	cow_show_by(&report->areas, by, MML_COW_EITHER + 1);
	show(s, "different", NULL, show_uint(t->different));
	if (t->different)
		show_text(s, "differ   %llu pages are two frames of which neither is known to be a copy of the other:\n"
			  "         written by both since a fork, or never one page\n",
			  (unsigned long long)t->different);
}

static void print_outside(const struct report *report)
{
	const struct mml_cow_frames *frames = &report->cow.frames;
	char outside[4 * sizeof(report->outside)];
	struct show *s = &report->ctx->show;

	show(s, "outside", report->total.outside ?
	     "outside  %s shared frames have other mappers" : NULL,
	     show_uint(report->total.outside));
	if (report->total.outside)
		show_text(s, " (%s)\n",
			  show_escape(report->outside, outside, sizeof(outside)));
	if (frames->untold)
		show_text(s, "untold   of %llu frames in both the kernel keeps no precise count of mappers\n",
			  (unsigned long long)frames->untold);
	show_open_row(s, "frames");
	show(s, "both", NULL, show_uint(frames->both));
	show_pair(s, "mapped", frames->in);
	show(s, "outside", NULL, show_uint(frames->outside));
	show(s, "untold", NULL, show_uint(frames->untold));
	show_close(s);
}

static void print_total(const struct report *report)
{
	const struct mml_cow_counts *t = &report->total;
	struct show *s = &report->ctx->show;
	uint64_t zero = t->zero[0] + t->zero[1];

	show_open(s, "total");
	show(s, "shared", NULL, show_uint(t->shared));
	print_private(report);
	show_pair(s, "own", t->own);
	show_pair(s, "unfaulted", t->unfaulted);
	show_pair(s, "alone", t->alone);
	show(s, "next", "next     %s would be copied by a write (predicted)\n",
	     show_uint(t->next));
	show(s, "swapped", t->swapped ? "swapped  %s pages, on one side at least\n" : NULL,
	     show_uint(t->swapped));
	show_pair(s, "zero", t->zero);
	if (zero)
		show_text(s, "zeroes   %llu mapped to the kernel's one page of zeroes: no memory, not counted\n",
			  (unsigned long long)zero);
	print_outside(report);
	show_close(s);
}

/* ---- which areas ---- */

/* The names of the first few areas that others map as well. */
static void note_outside(struct report *report, size_t i)
{
	size_t len = strlen(report->outside);
	char name[256], more[sizeof(name) + 2];

	if (report->outside_full)
		return;
	cow_area_name(report->cow.areas.v[i].vma,
		      report->cow.areas.v[i].ranges[0].start, name, sizeof(name));
	snprintf(more, sizeof(more), "%s%s", len ? ", " : "", name);
	report->outside_full = len + strlen(more) >= sizeof(report->outside) - 8;
	if (report->outside_full)
		strcpy(more, ", ...");
	strcpy(report->outside + len, more);
}

static int compare_copied(const void *a, const void *b, void *arg)
{
	const struct mml_cow_counts *counts = arg;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;

	if (counts[i].copied != counts[j].copied)
		return counts[i].copied > counts[j].copied ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* --top: only those that were copied most, and these first. */
static void keep_top(struct report *report)
{
	struct cow_areas *areas = &report->areas;

	qsort_r(areas->rows, areas->nr_rows, sizeof(*areas->rows),
		compare_copied, report->cow.counts);
	if (areas->nr_rows > areas->options->top)
		areas->nr_rows = areas->options->top;
}

/* Areas without a page are left out. */
static int list_areas(struct report *report)
{
	struct cow_areas *areas = &report->areas;
	struct mml_cow *cow = &report->cow;
	struct cow_wanted wanted;
	int ret = cow_find_wanted(areas, &wanted);

	for (size_t i = 0; !ret && i < cow->areas.n; i++) {
		const struct mml_area *area = &cow->areas.v[i];

		if (mml_cow_is_empty(&cow->counts[i]) ||
		    !cow_is_wanted(&wanted, area->ranges, area->nr_ranges))
			continue;
		areas->rows[areas->nr_rows++] = i;
		mml_cow_sum(&report->total, &cow->counts[i]);
		if (cow->counts[i].outside)
			note_outside(report, i);
	}
	mml_ranges_free(&wanted.ranges);
	if (areas->options->top)
		keep_top(report);
	return ret;
}

static void show_pids(const struct report *report)
{
	struct show *s = &report->ctx->show;

	show_open_list_row(s, "pids");
	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++)
		show(s, NULL, NULL, show_uint(cow_pid(report->reading, i)));
	show_close(s);
}

static int print_report(struct report *report)
{
	struct mml_ctx *ctx = report->ctx;
	int ret;

	show_begin(&ctx->show);
	show_pids(report);
	show(&ctx->show, "one_mm", NULL, show_bool(false));
	cow_map_begin(&report->map, &ctx->show, report->reading);
	ret = cow_print_areas(&report->areas);
	if (!ret) {
		print_total(report);
		cow_show_dump(ctx, report->reading);
	}
	show_end(&ctx->show);
	return ret ? cow_out_of_memory(ctx) : ctx_outcome(ctx, &report->reading->dump);
}

static int compare(struct report *report)
{
	int ret = 0;

	if (mml_cow_compare(&report->cow, report->reading->process))
		return cow_out_of_memory(report->ctx);
	report->areas.rows = calloc(report->cow.areas.n + 1,
				    sizeof(*report->areas.rows));
	if (!report->areas.rows)
		ret = cow_out_of_memory(report->ctx);
	if (!ret)
		ret = list_areas(report);
	if (!ret)
		ret = print_report(report);
	free(report->areas.rows);
	return ret;
}

/**
 * cow_report_pair() - report on two processes
 * @options: of the command
 * @reading: the two
 *
 * Return: exit code
 */
int cow_report_pair(const struct cow_options *options,
		    const struct cow_reading *reading)
{
	struct report report = {
		.areas = { .ops = &ops, .options = options, .reading = reading },
		.ctx = options->ctx, .reading = reading,
	};
	int ret = compare(&report);

	mml_cow_free(&report.cow);
	return ret;
}
