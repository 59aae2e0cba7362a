// SPDX-License-Identifier: GPL-2.0
/*
 * The report on a set of processes: a row for each process, a row for each
 * area, then frames by the number of those who share them, pairs, and who else
 * is involved. lib/set.h defines the words.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cow_areas.h"

struct row {
	struct cow_row common;
	const struct mml_set_area *area;
	char sharers[256];	/* k:pages */
};

static struct show_value get_sharers(const void *row)
{
	return show_str(((const struct row *)row)->sharers);
}

#define COUNT(name)							\
	static struct show_value get_##name(const void *row)		\
	{								\
		return show_uint(((const struct row *)row)->area->counts.name); \
	}

COUNT(shared)
COUNT(copied)
COUNT(copies)
COUNT(different)
COUNT(own)
COUNT(alone)
COUNT(unfaulted)
COUNT(swapped)
COUNT(zero)

#define NUMBER	(SHOW_ALWAYS | SHOW_RIGHT)

/* Of two the same words mean pages that are compared, of a set frames. */
const struct show_column cow_set_columns[] = {
	COW_AREA_COLUMNS,
	{ "SHARED", "shared", "frames, or swap slots, that two or more have",
	  NUMBER, .get = get_shared },
	{ "COPIED", "copied", "frames that were taken for a copy",
	  NUMBER, .get = get_copied },
	{ "BY", "copied_by", "who took them (?: cannot be told)",
	  SHOW_ALWAYS, .get = cow_get_by },
	{ "DIFFERENT", "different", "frames of one; others have others, and nothing proves a copy",
	  NUMBER, .get = get_different },
	{ "OWN", "own_total", "of a set: private frames that only one has, and that are no copies",
	  NUMBER, .get = get_own },
	{ "UNFAULTED", "unfaulted_total", "of a set: pages that some have, and a touch would map in others",
	  NUMBER, .get = get_unfaulted },
	{ "ALONE", "alone_total", "of a set: frames of a file that only one maps",
	  SHOW_IN_JSON | SHOW_RIGHT, .get = get_alone },
	{ "SWAPPED", "swapped", "of all these, swap slots", NUMBER, .get = get_swapped },
	{ "COPIES", "copies", "of a set: of the copied frames, those that nobody else shares since",
	  SHOW_IN_JSON | SHOW_RIGHT, .get = get_copies },
	{ "SHARERS", "shared_by", "of a set: frames by how many have them, as K:FRAMES",
	  SHOW_IN_JSON, .get = get_sharers },
	{ "ZERO", "zero_total", "of a set: pages of zeroes, which are not counted otherwise",
	  SHOW_IN_JSON | SHOW_RIGHT, .get = get_zero },
	{ }
};

struct report {
	struct cow_areas areas;
	struct mml_ctx *ctx;
	const struct cow_reading *reading;
	struct mml_set set;
	struct cow_set_map map;
	struct row row;		/* that was asked for last */
};

static const struct report *report_of(const struct cow_areas *areas)
{
	return (const struct report *)areas;
}

static void describe_sharers(struct row *row)
{
	size_t len = 0;

	row->sharers[0] = '\0';
	for (size_t i = 0; i < row->area->nr_shared_by && len < sizeof(row->sharers); i++)
		len += snprintf(row->sharers + len, sizeof(row->sharers) - len,
				"%s%u:%llu", len ? " " : "",
				row->area->shared_by[i].who,
				(unsigned long long)row->area->shared_by[i].pages);
}

static const struct cow_row *make_row(struct cow_areas *areas, size_t i)
{
	struct report *report = (struct report *)areas;
	const struct mml_set_area *area = &report->set.areas[i];
	struct row *row = &report->row;

	row->area = area;
	row->common = (struct cow_row){
		.vma = area->vma, .copied_on_write = area->copied_on_write,
		.ranges = area->ranges, .nr_ranges = area->nr_ranges,
		.by = area->copied_by, .nr_by = area->nr_copied_by,
	};
	cow_describe(areas, &row->common);
	describe_sharers(row);
	return &row->common;
}

static bool is_idle(const struct cow_areas *areas, const struct show_column *column)
{
	const struct mml_set_counts *total = &report_of(areas)->set.total;

	if (column->get == get_different)
		return !total->different;
	if (column->get == get_swapped)
		return !total->swapped;
	return false;
}

static bool show_list(struct cow_areas *areas, const struct show_column *column,
		      const struct cow_row *data)
{
	const struct mml_set_area *area = ((const struct row *)data)->area;
	struct show *s = &areas->options->ctx->show;
	char k[16];

	if (column->get != get_sharers)
		return false;
	show_open_row(s, "shared_by");
	for (size_t i = 0; i < area->nr_shared_by; i++) {
		snprintf(k, sizeof(k), "%u", area->shared_by[i].who);
		show(s, k, NULL, show_uint(area->shared_by[i].pages));
	}
	show_close(s);
	return true;
}

static int draw(struct cow_areas *areas, size_t area, const char *name)
{
	struct report *report = (struct report *)areas;

	return cow_set_map_area(&report->map, &report->set, area, name);
}

static void legend(struct cow_areas *areas)
{
	cow_set_map_legend(&((struct report *)areas)->map);
}

static int look_up(struct cow_areas *areas, struct cow_symbols *symbols,
		   size_t area, const char *name)
{
	return cow_symbols_set(symbols, &report_of(areas)->set, area, name);
}

static const struct cow_areas_ops ops = {
	.row = make_row,
	.show_list = show_list,
	.is_idle = is_idle,
	.draw = draw,
	.legend = legend,
	.symbols = look_up,
};

/* ---- what it comes to ---- */

static void print_sharers(const struct report *report)
{
	const struct mml_set_frames *frames = &report->set.frames;
	struct show *s = &report->ctx->show;
	bool first = true;
	char k[16];

	show(s, "total", "frames   %s in all; by how many map them:",
	     show_uint(frames->total));
	show_open_row(s, "shared_by");
	for (uint32_t i = 1; i <= report->set.n; i++) {
		if (!frames->shared_by[i])
			continue;
		snprintf(k, sizeof(k), "%u", i);
		show_text(s, "%s %u:", first ? "" : ",", i);
		show(s, k, " %s", show_uint(frames->shared_by[i]));
		first = false;
	}
	show_text(s, "\n");
	show_close(s);
}

static void print_outside(const struct report *report)
{
	const struct mml_set_frames *frames = &report->set.frames;
	struct show *s = &report->ctx->show;

	show(s, "outside", "outside  %s frames are mapped by others too (precise)\n",
	     show_uint(frames->outside));
	show(s, "outside_average", frames->outside_average ?
	     "         %s more, by the folio's average mapcount\n" : NULL,
	     show_uint(frames->outside_average));
	show(s, "untold", frames->untold ?
	     "untold   of %s frames it is not known whether others map them\n" : NULL,
	     show_uint(frames->untold));
}

/* A row and a column for each process; the diagonal is what it maps itself. */
static void print_pairs(const struct report *report)
{
	const uint64_t *pairs = report->set.frames.pairs;
	struct show *s = &report->ctx->show;
	uint32_t n = report->set.n;

	if (!pairs || n < 2)
		return;
	show_text(s, "pairs   ");
	for (uint32_t j = 0; j < n; j++)
		show_text(s, " %8u", cow_pid(report->reading, j));
	show_text(s, "\n");
	show_open_list(s, "pairs");
	for (uint32_t i = 0; i < n; i++) {
		show_open_list_row(s, NULL);
		show_text(s, "%8u", cow_pid(report->reading, i));
		for (uint32_t j = 0; j < n; j++) {
			show_text(s, " %8llu", (unsigned long long)pairs[i * n + j]);
			show(s, NULL, NULL, show_uint(pairs[i * n + j]));
		}
		show_text(s, "\n");
		show_close(s);
	}
	show_close(s);
}

static void print_copied(const struct report *report)
{
	const struct mml_set_counts *t = &report->set.total;
	struct show *s = &report->ctx->show;

	show(s, "shared", "shared   %s frames", show_uint(t->shared));
	show(s, "copied", ", %s copied", show_uint(t->copied));
	show(s, "copied_bytes", " (%s)", show_bytes(t->copied * report->reading->process[0]->page_size));
	show(s, "copied_by_nobody", report->set.copied_by_nobody ?
	     ", of %s by whom cannot be told" : NULL,
	     show_uint(report->set.copied_by_nobody));
	show_text(s, "\n");
	show(s, "copies", NULL, show_uint(t->copies));
	show(s, "different", t->different ?
	     "differ   %s frames of one each, and nothing tells copy from original\n" : NULL,
	     show_uint(t->different));
	show(s, "own_total", NULL, show_uint(t->own));
	show(s, "unfaulted_total", NULL, show_uint(t->unfaulted));
	show(s, "alone_total", NULL, show_uint(t->alone));
	show(s, "swapped", t->swapped ? "swapped  %s slots\n" : NULL,
	     show_uint(t->swapped));
	show(s, "zero_total", NULL, show_uint(t->zero));
}

static void print_total(const struct report *report)
{
	struct show *s = &report->ctx->show;

	show_open(s, "total");
	print_copied(report);
	show_open(s, "frames");
	print_sharers(report);
	print_outside(report);
	print_pairs(report);
	show_close(s);
	show_close(s);
}

static void print_who(const struct report *report)
{
	const struct cow_reading *reading = report->reading;
	struct show *s = &report->ctx->show;

	show_open_list_row(s, "pids");
	for (uint32_t i = 0; i < report->set.n; i++)
		show(s, NULL, NULL, show_uint(cow_pid(report->reading, i)));
	show_close(s);
	show(s, "one_mm", NULL, show_bool(false));
	show_open_list(s, "same_mm");
	for (uint32_t i = 0; i < reading->nr_twins; i++) {
		const struct cow_twin *twin = &reading->twins[i];

		show_open_row(s, NULL);
		show(s, "pid", NULL, show_uint(twin->pid));
		show(s, "as", NULL, show_uint(twin->as));
		show_close(s);
		if (twin->pid != twin->as)
			show_text(s, "%u has the address space of %u: counted once\n",
				  twin->pid, twin->as);
	}
	show_close(s);
}

/* ---- which areas ---- */

static bool is_empty(const struct mml_set_counts *counts)
{
	static const struct mml_set_counts nothing;

	return !memcmp(counts, &nothing, sizeof(nothing));
}

static int choose_rows(struct report *report)
{
	struct cow_areas *areas = &report->areas;
	struct cow_wanted wanted;
	int ret;

	areas->rows = calloc(report->set.nr_areas + 1, sizeof(*areas->rows));
	if (!areas->rows)
		return cow_out_of_memory(report->ctx);
	ret = cow_find_wanted(areas, &wanted);
	for (size_t i = 0; !ret && i < report->set.nr_areas; i++) {
		const struct mml_set_area *area = &report->set.areas[i];

		if (is_empty(&area->counts) ||
		    !cow_is_wanted(&wanted, area->ranges, area->nr_ranges))
			continue;
		if (areas->options->top && areas->nr_rows == areas->options->top)
			break;
		areas->rows[areas->nr_rows++] = i;
	}
	mml_ranges_free(&wanted.ranges);
	return ret;
}

static int print_report(struct report *report)
{
	struct show *s = &report->ctx->show;
	int ret = 0;

	cow_set_map_begin(&report->map, s, report->reading);
	show_begin(s);
	print_who(report);
	ret = cow_show_processes(report->ctx, report->reading, &report->set);
	show_text(s, "\n");
	if (!ret)
		ret = cow_print_areas(&report->areas);
	if (!ret) {
		print_total(report);
		cow_show_dump(report->ctx, report->reading);
	}
	show_end(s);
	return ret ? cow_out_of_memory(report->ctx) :
		     ctx_outcome(report->ctx, &report->reading->dump);
}

/**
 * cow_report_set() - report on any number of processes
 * @options: of the command
 * @reading: the processes, one at least
 *
 * Return: exit code
 */
int cow_report_set(const struct cow_options *options,
		   const struct cow_reading *reading)
{
	struct report report = {
		.areas = { .ops = &ops, .options = options, .reading = reading },
		.ctx = options->ctx, .reading = reading,
	};
	int ret;

	if (mml_set_judge(&report.set, reading->process, reading->n))
		ret = cow_out_of_memory(options->ctx);
	else
		ret = choose_rows(&report);
	if (!ret)
		ret = print_report(&report);
	mml_set_free(&report.set);
	free(report.areas.rows);
	return ret;
}
