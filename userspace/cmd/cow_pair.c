// SPDX-License-Identifier: GPL-2.0
/*
 * The report on two processes: what they share, and why not the rest. A row an
 * area, then what the private memory of both comes to, what the next writes
 * would do, and who else is involved. lib/cow.h defines the words.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cow.h"
#include "lib/names.h"
#include "lib/parse.h"

/* ---- the table of areas ---- */

struct row {
	const struct mml_area *area;
	const struct mml_cow_counts *counts;
	char name[256];		/* the area */
	char by[96];		/* who took the new frames */
	char ranges[1024];	/* where it lies; as many as fit */
};

static struct show_value get_name(const void *row)
{
	return show_str(((const struct row *)row)->name);
}

static struct show_value get_ranges(const void *row)
{
	return show_str(((const struct row *)row)->ranges);
}

static struct show_value get_path(const void *row)
{
	return show_str(((const struct row *)row)->area->vma->path);
}

static struct show_value get_kind(const void *data)
{
	const struct row *row = data;

	return cow_area_kind(row->area->vma, row->area->copied_on_write);
}

static struct show_value get_by(const void *row)
{
	return show_str(((const struct row *)row)->by);
}

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
	{ "AREA", "name", "heap, stack, a file's name, or where anonymous memory starts",
	  SHOW_ALWAYS, .get = get_name },
	{ "PATH", "path", "path of the file", SHOW_IN_JSON, .get = get_path },
	{ "KIND", "kind", "what backs it; file-private: a file, some of its pages copied",
	  SHOW_ALWAYS, .get = get_kind },
	{ "RANGES", "ranges", "where it lies in each process", SHOW_IN_JSON,
	  .get = get_ranges },
	{ "SHARED", "shared", "pages with the same frame, or swap slot, in both",
	  NUMBER, .get = get_shared },
	{ "COPIED", "copied", "pages that were one, and now are two frames",
	  NUMBER, .get = get_copied },
	{ "BY", "copied_by", "who took the new frame (?: cannot be told)",
	  SHOW_ALWAYS, .get = get_by },
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
	const struct cow_options *options;
	struct mml_ctx *ctx;
	uint32_t pids[MML_COW_PROCESSES];

	const struct cow_reading *reading;
	struct mml_cow cow;
	bool *listed;		/* which areas are meant */
	size_t *rows;		/* which are printed, in that order */
	size_t nr_rows;
	struct mml_cow_counts total;	/* of those */
	char outside[72];	/* areas with outside frames: the first names */
	bool outside_full;	/* there was no room for more */
};

/* Columns that are mostly nothing: by default only if there is something. */
static bool is_idle(const struct report *report, const struct show_column *column)
{
	if (report->ctx->show.columns)
		return false;
	if (column->get == get_different)
		return !report->total.different;
	if (column->get == get_alone)
		return !report->total.alone[0] && !report->total.alone[1];
	return false;
}

/* A column under a heading that has the PID in place of A or B. */
struct headed {
	struct show_column column;
	char name[32];
};

static const struct show_column *head(const struct report *report,
				      const struct show_column *column,
				      struct headed *headed)
{
	const char *dash = strrchr(column->name, '-');

	if (!dash || dash[2])
		return column;
	headed->column = *column;
	headed->column.name = headed->name;
	snprintf(headed->name, sizeof(headed->name), "%.*s-%u",
		 (int)(dash - column->name), column->name,
		 report->pids[dash[1] - 'A']);
	return &headed->column;
}

static void name_who(char *buf, size_t size, const struct report *report,
		     unsigned int who)
{
	if (who == MML_COW_EITHER)
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "%u", report->pids[who]);
}

/* "4101", or "4100:12 4101:4084" if not all were taken by one. */
static void describe_by(const struct report *report, struct row *row)
{
	const uint64_t *by = row->counts->copied_by;
	size_t len = 0;
	char who[16];

	row->by[0] = '\0';
	for (unsigned int i = 0; i <= MML_COW_EITHER; i++) {
		if (!by[i])
			continue;
		name_who(who, sizeof(who), report, i);
		if (by[i] == row->counts->copied)
			len += snprintf(row->by, sizeof(row->by), "%s", who);
		else
			len += snprintf(row->by + len, sizeof(row->by) - len,
					"%s%s:%llu", len ? " " : "", who,
					(unsigned long long)by[i]);
	}
}

/* "4100:7f1c40000000-7f1c44000000 4101:..." */
static void describe_ranges(const struct report *report, struct row *row)
{
	size_t len = 0;

	row->ranges[0] = '\0';
	for (size_t i = 0; i < row->area->nr_ranges && len < sizeof(row->ranges); i++) {
		const struct mml_area_range *range = &row->area->ranges[i];

		len += snprintf(row->ranges + len, sizeof(row->ranges) - len,
				"%s%u:%llx-%llx", len ? " " : "",
				report->pids[range->process],
				(unsigned long long)range->start,
				(unsigned long long)range->end);
	}
}

static void make_row(const struct report *report, size_t i, struct row *row)
{
	row->area = &report->cow.areas.v[i];
	row->counts = &report->cow.counts[i];
	cow_area_name(row->area->vma, row->area->ranges[0].start, row->name,
		      sizeof(row->name));
	describe_by(report, row);
	describe_ranges(report, row);
}

/* ---- JSON of what is a list over the processes ---- */

static void show_list(struct show *s, const char *key, const uint64_t *values)
{
	show_open_list_row(s, key);
	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++)
		show(s, NULL, NULL, show_uint(values[i]));
	show_close(s);
}

static void show_copied_by(const struct report *report, struct show *s,
			   const struct mml_cow_counts *counts)
{
	char who[16];

	show_open_row(s, "copied_by");
	for (unsigned int i = 0; i <= MML_COW_EITHER; i++) {
		name_who(who, sizeof(who), report, i);
		show(s, who, NULL, show_uint(counts->copied_by[i]));
	}
	show_close(s);
}

static void show_ranges(const struct report *report, struct show *s,
			const struct mml_area *area)
{
	show_open_list_row(s, "ranges");
	for (size_t i = 0; i < area->nr_ranges; i++) {
		show_open_row(s, NULL);
		show(s, "pid", NULL, show_uint(report->pids[area->ranges[i].process]));
		show(s, "start", NULL, show_addr(area->ranges[i].start));
		show(s, "end", NULL, show_addr(area->ranges[i].end));
		show_close(s);
	}
	show_close(s);
}

static void show_member(const struct report *report, struct show *s,
			const struct show_column *column, const struct row *row)
{
	if (!column->key)
		return;
	if (!strcmp(column->key, "ranges"))
		show_ranges(report, s, row->area);
	else if (!strcmp(column->key, "copied_by"))
		show_copied_by(report, s, row->counts);
	else if (!strcmp(column->key, "own"))
		show_list(s, "own", row->counts->own);
	else if (!strcmp(column->key, "unfaulted"))
		show_list(s, "unfaulted", row->counts->unfaulted);
	else if (!strcmp(column->key, "alone"))
		show_list(s, "alone", row->counts->alone);
	else if (!strcmp(column->key, "zero"))
		show_list(s, "zero", row->counts->zero);
	else
		show(s, column->key, NULL, show_column_value(column, row));
}

/* ---- printing ---- */

static int print_json_areas(struct report *report, struct cow_map *map,
			    struct cow_symbols *symbols)
{
	struct show *s = &report->ctx->show;
	struct row row;
	int ret = 0;

	show_open_list(s, "areas");
	for (size_t i = 0; !ret && i < report->nr_rows; i++) {
		make_row(report, report->rows[i], &row);
		show_open_row(s, NULL);
		for (size_t j = 0; j < report->options->chosen.n; j++)
			show_member(report, s, report->options->chosen.column[j], &row);
		if (report->options->map)
			ret = cow_map_area(map, &report->cow, report->rows[i],
					   row.name);
		if (!ret && report->options->symbols)
			ret = cow_symbols_pair(symbols, &report->cow,
					       report->rows[i], row.name);
		show_close(s);
	}
	show_close(s);
	return ret;
}

static int print_table(struct report *report)
{
	struct headed headed[SHOW_COLUMNS_MAX];
	struct show_columns shown = { .n = 0 };
	struct show_table table;
	struct row row;

	for (size_t i = 0; i < report->options->chosen.n; i++) {
		const struct show_column *column = report->options->chosen.column[i];

		if (is_idle(report, column))
			continue;
		shown.column[shown.n] = head(report, column, &headed[shown.n]);
		shown.n++;
	}
	if (show_table_open(&table, &report->ctx->show, "areas", &shown, 0))
		return -1;
	for (size_t i = 0; i < report->nr_rows; i++) {
		make_row(report, report->rows[i], &row);
		show_row(&table, &row);
	}
	show_table_end(&table);
	return 0;
}

static int print_maps(struct report *report, struct cow_map *map)
{
	struct row row;
	int ret = 0;

	for (size_t i = 0; !ret && i < report->nr_rows; i++) {
		make_row(report, report->rows[i], &row);
		ret = cow_map_area(map, &report->cow, report->rows[i],
					   row.name);
	}
	cow_map_legend(map);
	return ret;
}

static int print_symbols(struct report *report, struct cow_symbols *symbols)
{
	struct row row;
	int ret = 0;

	for (size_t i = 0; !ret && i < report->nr_rows; i++) {
		make_row(report, report->rows[i], &row);
		ret = cow_symbols_pair(symbols, &report->cow, report->rows[i],
				       row.name);
	}
	show_text(&report->ctx->show, "\n");
	return ret;
}

static int print_areas(struct report *report)
{
	struct show *s = &report->ctx->show;
	struct cow_symbols symbols;
	struct cow_map map;
	int ret;

	cow_map_begin(&map, s, report->pids);
	ret = cow_symbols_begin(&symbols, s, report->reading);
	if (!ret && s->json)
		ret = print_json_areas(report, &map, &symbols);
	else if (!ret)
		ret = print_table(report);
	if (!ret && !s->json && report->options->map)
		ret = print_maps(report, &map);
	if (!ret && !s->json && report->options->symbols)
		ret = print_symbols(report, &symbols);
	cow_symbols_end(&symbols);
	return ret;
}

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

	show(s, "private_shared", "private  %s", show_uint(t->private_shared));
	show(s, "private_common", " of %s common pages shared", show_uint(common));
	if (common)
		show_text(s, " (%llu%%)",
			  (unsigned long long)(100 * t->private_shared / common));
	show(s, "copied", ", %s copied", show_uint(t->copied));
	show(s, "copied_bytes", " (%s)", show_bytes(bytes_of(report, t->copied)));
	show_text(s, "\n");
	show_copied_by(report, s, t);
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
	show_list(s, "mapped", frames->in);
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
	show_list(s, "own", t->own);
	show_list(s, "unfaulted", t->unfaulted);
	show_list(s, "alone", t->alone);
	show(s, "next", "next     %s would be copied by a write (predicted)\n",
	     show_uint(t->next));
	show(s, "swapped", t->swapped ? "swapped  %s pages, on one side at least\n" : NULL,
	     show_uint(t->swapped));
	show_list(s, "zero", t->zero);
	if (zero)
		show_text(s, "zeroes   %llu mapped to the kernel's one page of zeroes: no memory, not counted\n",
			  (unsigned long long)zero);
	print_outside(report);
	show_close(s);
}

/* ---- which areas ---- */

static bool is_hit(const struct mml_area *area, unsigned int process,
		   const struct mml_ranges *ranges)
{
	for (size_t i = 0; i < area->nr_ranges; i++) {
		const struct mml_area_range *range = &area->ranges[i];

		for (size_t j = 0; range->process == process && j < ranges->n; j++) {
			if (range->start < ranges->v[j].end &&
			    ranges->v[j].start < range->end)
				return true;
		}
	}
	return false;
}

/* --area: a range or a name, that of the first process that knows it. */
static int choose_areas(struct report *report)
{
	const struct cow_reading *reading = report->reading;
	struct mml_ranges ranges = { .n = 0 };
	struct mml_error err = { .exit = MML_EXIT_USAGE };
	unsigned int which = 0;

	while (mml_parse_ranges(report->options->area,
				reading->process[which]->page_size,
				reading->process[which]->vmas, &ranges, &err)) {
		mml_ranges_free(&ranges);
		if (++which == MML_COW_PROCESSES)
			return ctx_error(report->ctx, &err);
	}
	for (size_t i = 0; i < report->cow.areas.n; i++)
		report->listed[i] &= is_hit(&report->cow.areas.v[i], which, &ranges);
	mml_ranges_free(&ranges);
	return 0;
}

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
	qsort_r(report->rows, report->nr_rows, sizeof(*report->rows),
		compare_copied, report->cow.counts);
	if (report->nr_rows > report->options->top)
		report->nr_rows = report->options->top;
}

/* Areas without a page are left out. */
static int list_areas(struct report *report)
{
	struct mml_cow *cow = &report->cow;
	int ret = 0;

	for (size_t i = 0; i < cow->areas.n; i++)
		report->listed[i] = !mml_cow_is_empty(&cow->counts[i]);
	if (report->options->area)
		ret = choose_areas(report);
	for (size_t i = 0; !ret && i < cow->areas.n; i++) {
		if (!report->listed[i])
			continue;
		report->rows[report->nr_rows++] = i;
		mml_cow_sum(&report->total, &cow->counts[i]);
		if (cow->counts[i].outside)
			note_outside(report, i);
	}
	if (report->options->top)
		keep_top(report);
	return ret;
}

static void show_pids(const struct report *report)
{
	struct show *s = &report->ctx->show;

	show_open_list_row(s, "pids");
	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++)
		show(s, NULL, NULL, show_uint(report->pids[i]));
	show_close(s);
}

static int print_report(struct report *report)
{
	struct mml_ctx *ctx = report->ctx;
	int ret;

	show_begin(&ctx->show);
	show_pids(report);
	show(&ctx->show, "one_mm", NULL, show_bool(false));
	ret = print_areas(report);
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
	report->listed = calloc(report->cow.areas.n + 1, sizeof(bool));
	report->rows = calloc(report->cow.areas.n + 1, sizeof(*report->rows));
	if (!report->listed || !report->rows)
		ret = cow_out_of_memory(report->ctx);
	if (!ret)
		ret = list_areas(report);
	if (!ret)
		ret = print_report(report);
	free(report->listed);
	free(report->rows);
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
		.options = options, .ctx = options->ctx, .reading = reading,
	};
	int ret;

	for (unsigned int i = 0; i < MML_COW_PROCESSES; i++)
		report.pids[i] = reading->process[i]->pid;
	ret = compare(&report);
	mml_cow_free(&report.cow);
	return ret;
}
