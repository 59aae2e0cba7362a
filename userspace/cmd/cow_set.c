// SPDX-License-Identifier: GPL-2.0
/*
 * The report on a set of processes: a row for each process, a row for each
 * area, then frames by the number of those who share them, pairs, and who else
 * is involved. lib/set.h defines the words.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cow.h"
#include "lib/parse.h"

struct report {
	const struct cow_options *options;
	struct mml_ctx *ctx;
	const struct cow_reading *reading;
	struct mml_set set;
	uint32_t *rows;		/* areas that are printed, in that order */
	size_t nr_rows;
};

static uint64_t page_size(const struct report *report)
{
	return report->reading->process[0]->page_size;
}

static uint32_t pid_of(const struct report *report, uint32_t process)
{
	return report->reading->process[process]->pid;
}

/* ---- the table of processes ---- */

struct process_row {
	const struct cow_member *member;
	const struct mml_set_member *set;
	uint64_t page_size;
};

#define BYTES(name, pages)						\
	static struct show_value get_##name(const void *data)		\
	{								\
		const struct process_row *row = data;			\
									\
		return show_bytes(row->set->pages * row->page_size);	\
	}

BYTES(rss, rss)
BYTES(uss, uss)
BYTES(hugetlb, hugetlb)
BYTES(swap, swap)

static struct show_value get_pss(const void *data)
{
	const struct process_row *row = data;
	unsigned __int128 part = row->set->pss_part;

	/* a fraction of a page, in 2^-64, rounded to bytes */
	part = (part * row->page_size + ((unsigned __int128)1 << 63)) >> 64;
	return show_bytes(row->set->pss_pages * row->page_size + (uint64_t)part);
}

static struct show_value get_pid(const void *row)
{
	return show_uint(((const struct process_row *)row)->member->pid);
}

static struct show_value get_ppid(const void *row)
{
	return show_uint(((const struct process_row *)row)->member->ppid);
}

static struct show_value get_comm(const void *row)
{
	return show_str(((const struct process_row *)row)->member->comm);
}

static struct show_value get_copied_by_it(const void *row)
{
	return show_uint(((const struct process_row *)row)->set->copied);
}

static struct show_value get_outside(const void *row)
{
	return show_uint(((const struct process_row *)row)->set->outside);
}

#define NUMBER	(SHOW_ALWAYS | SHOW_RIGHT)

static const struct show_column process_columns[] = {
	{ "PID", "pid", "", NUMBER, .get = get_pid },
	{ "PPID", "ppid", "", NUMBER, .get = get_ppid },
	{ "COMMAND", "comm", "", SHOW_ALWAYS, .get = get_comm },
	{ "RSS", "rss", "", NUMBER, .get = get_rss },
	{ "PSS", "pss", "", NUMBER, .get = get_pss },
	{ "USS", "uss", "", NUMBER, .get = get_uss },
	{ "SWAP", "swap", "", NUMBER, .get = get_swap },
	{ "HUGETLB", "hugetlb", "", SHOW_IN_JSON | SHOW_RIGHT, .get = get_hugetlb },
	{ "COPIED", "copied", "", NUMBER, .get = get_copied_by_it },
	{ "OUTSIDE", "outside", "", SHOW_IN_JSON | SHOW_RIGHT, .get = get_outside },
	{ }
};

/**
 * cow_show_processes() - a row for each process
 * @ctx: the context
 * @reading: the processes
 * @set: judged
 *
 * Return: 0, or negative when there is no memory
 */
int cow_show_processes(struct mml_ctx *ctx, const struct cow_reading *reading,
		       const struct mml_set *set)
{
	struct show *s = &ctx->show;
	const char *columns = s->columns;
	struct show_table table;
	char error[128];
	int ret;

	/* -o is about areas */
	s->columns = NULL;
	ret = show_table_begin(&table, s, "processes", process_columns, 0,
			       error, sizeof(error));
	s->columns = columns;
	if (ret)
		return ret;
	for (uint32_t i = 0; i < set->n; i++) {
		const struct process_row row = {
			.member = cow_member(reading, i),
			.set = &set->member[i],
			.page_size = reading->process[i]->page_size,
		};

		show_row(&table, &row);
	}
	show_table_end(&table);
	return 0;
}

/* ---- the table of areas ---- */

struct row {
	const struct mml_set_area *area;
	char name[256];
	char by[128];		/* who made the copies */
	char ranges[512];	/* where it lies; as many as fit */
	char sharers[256];	/* k:pages */
};

static struct show_value get_name(const void *row)
{
	return show_str(((const struct row *)row)->name);
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

static struct show_value get_ranges(const void *row)
{
	return show_str(((const struct row *)row)->ranges);
}

static struct show_value get_by(const void *row)
{
	return show_str(((const struct row *)row)->by);
}

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

/* Of two the same words mean pages that are compared, of a set frames. */
const struct show_column cow_set_columns[] = {
	{ "AREA", "name", "heap, stack, a file's name, or where anonymous memory starts",
	  SHOW_ALWAYS, .get = get_name },
	{ "PATH", "path", "path of the file", SHOW_IN_JSON, .get = get_path },
	{ "KIND", "kind", "what backs it; file-private: a file, some of its pages copied",
	  SHOW_ALWAYS, .get = get_kind },
	{ "RANGES", "ranges", "where it lies in each process", SHOW_IN_JSON,
	  .get = get_ranges },
	{ "SHARED", "shared", "frames, or swap slots, that two or more have",
	  NUMBER, .get = get_shared },
	{ "COPIED", "copied", "frames that were taken for a copy",
	  NUMBER, .get = get_copied },
	{ "BY", "copied_by", "who took them (?: cannot be told)",
	  SHOW_ALWAYS, .get = get_by },
	{ "DIFFERENT", "different", "frames of one; others have others, and nothing proves a copy",
	  NUMBER, .get = get_different },
	{ "OWN", "own_total", "of a set: private frames that only one has, and that are no copies",
	  NUMBER, .get = get_own },
	{ "UNFAULTED", "unfaulted_total", "pages that some have, and a touch would map in others",
	  NUMBER, .get = get_unfaulted },
	{ "ALONE", "alone_total", "frames of a file that only one maps",
	  SHOW_IN_JSON | SHOW_RIGHT, .get = get_alone },
	{ "SWAPPED", "swapped", "of all these, swap slots", NUMBER, .get = get_swapped },
	{ "COPIES", "copies", "of a set: of the copied frames, those that nobody else shares since",
	  SHOW_IN_JSON | SHOW_RIGHT, .get = get_copies },
	{ "SHARERS", "shared_by", "of a set: frames by how many have them, as K:FRAMES",
	  SHOW_IN_JSON, .get = get_sharers },
	{ "ZERO", "zero_total", "pages of zeroes, which are no memory and not counted otherwise",
	  SHOW_IN_JSON | SHOW_RIGHT, .get = get_zero },
	{ }
};

#define BY_MAX 2	/* named in text; JSON has all */

static void name_who(const struct report *report, uint32_t who, char *buf,
		     size_t size)
{
	if (who == MML_SET_NOBODY)
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "%u", pid_of(report, who));
}

/* "4101", or "4101:12 4102:8 +7 more" if not all were made by one. */
static void describe_by(const struct report *report, struct row *row)
{
	const struct mml_set_area *area = row->area;
	size_t len = 0, i;
	char who[16];

	row->by[0] = '\0';
	for (i = 0; i < area->nr_copied_by && i < BY_MAX; i++) {
		name_who(report, area->copied_by[i].who, who, sizeof(who));
		if (area->nr_copied_by == 1)
			snprintf(row->by, sizeof(row->by), "%s", who);
		else
			len += snprintf(row->by + len, sizeof(row->by) - len,
					"%s%s:%llu", i ? " " : "", who,
					(unsigned long long)area->copied_by[i].pages);
	}
	if (i < area->nr_copied_by)
		snprintf(row->by + len, sizeof(row->by) - len, " +%zu more",
			 area->nr_copied_by - i);
}

static void describe_ranges(const struct report *report, struct row *row)
{
	size_t len = 0;

	row->ranges[0] = '\0';
	for (size_t i = 0; i < row->area->nr_ranges && len < sizeof(row->ranges); i++) {
		const struct mml_set_range *range = &row->area->ranges[i];

		len += snprintf(row->ranges + len, sizeof(row->ranges) - len,
				"%s%u:%llx-%llx", len ? " " : "",
				pid_of(report, range->process),
				(unsigned long long)range->start,
				(unsigned long long)range->end);
	}
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

static void make_row(const struct report *report, uint32_t i, struct row *row)
{
	row->area = &report->set.areas[i];
	cow_area_name(row->area->vma, row->area->ranges[0].start, row->name,
		      sizeof(row->name));
	describe_by(report, row);
	describe_ranges(report, row);
	describe_sharers(row);
}

/* Columns that are mostly nothing: by default only if there is something. */
static bool is_idle(const struct report *report, const struct show_column *column)
{
	if (report->ctx->show.columns)
		return false;
	if (column->get == get_different)
		return !report->set.total.different;
	if (column->get == get_swapped)
		return !report->set.total.swapped;
	return false;
}

static int print_table(const struct report *report)
{
	const struct show_columns *chosen = &report->options->chosen;
	struct show_columns shown = { .n = 0 };
	struct show_table table;
	struct row row;

	for (size_t i = 0; i < chosen->n; i++) {
		if (!is_idle(report, chosen->column[i]))
			shown.column[shown.n++] = chosen->column[i];
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

/* ---- JSON of what is no single number ---- */

static void show_shared_by(struct show *s, const struct mml_set_area *area)
{
	char k[16];

	show_open_row(s, "shared_by");
	for (size_t i = 0; i < area->nr_shared_by; i++) {
		snprintf(k, sizeof(k), "%u", area->shared_by[i].who);
		show(s, k, NULL, show_uint(area->shared_by[i].pages));
	}
	show_close(s);
}

static void show_copied_by(const struct report *report, struct show *s,
			   const struct mml_set_area *area)
{
	char who[16];

	show_open_row(s, "copied_by");
	for (size_t i = 0; i < area->nr_copied_by; i++) {
		name_who(report, area->copied_by[i].who, who, sizeof(who));
		show(s, who, NULL, show_uint(area->copied_by[i].pages));
	}
	show_close(s);
}

static void show_ranges(const struct report *report, struct show *s,
			const struct mml_set_area *area)
{
	show_open_list_row(s, "ranges");
	for (size_t i = 0; i < area->nr_ranges; i++) {
		show_open_row(s, NULL);
		show(s, "pid", NULL, show_uint(pid_of(report, area->ranges[i].process)));
		show(s, "start", NULL, show_addr(area->ranges[i].start));
		show(s, "end", NULL, show_addr(area->ranges[i].end));
		show_close(s);
	}
	show_close(s);
}

static void show_member(const struct report *report, struct show *s,
			const struct show_column *column, const struct row *row)
{
	if (column->get == get_ranges)
		show_ranges(report, s, row->area);
	else if (column->get == get_by)
		show_copied_by(report, s, row->area);
	else if (column->get == get_sharers)
		show_shared_by(s, row->area);
	else
		show(s, column->key, NULL, show_column_value(column, row));
}

static int print_json_areas(const struct report *report, struct cow_set_map *map,
			    struct cow_symbols *symbols)
{
	const struct show_columns *chosen = &report->options->chosen;
	struct show *s = &report->ctx->show;
	struct row row;
	int ret = 0;

	show_open_list(s, "areas");
	for (size_t i = 0; !ret && i < report->nr_rows; i++) {
		make_row(report, report->rows[i], &row);
		show_open_row(s, NULL);
		for (size_t j = 0; j < chosen->n; j++)
			show_member(report, s, chosen->column[j], &row);
		if (report->options->map)
			ret = cow_set_map_area(map, &report->set, report->rows[i],
					       row.name);
		if (!ret && report->options->symbols)
			ret = cow_symbols_set(symbols, &report->set,
					      report->rows[i], row.name);
		show_close(s);
	}
	show_close(s);
	return ret;
}

static int print_maps(const struct report *report, struct cow_set_map *map)
{
	struct row row;
	int ret = 0;

	for (size_t i = 0; !ret && i < report->nr_rows; i++) {
		make_row(report, report->rows[i], &row);
		ret = cow_set_map_area(map, &report->set, report->rows[i], row.name);
	}
	cow_set_map_legend(map);
	return ret;
}

static int print_symbols(const struct report *report, struct cow_symbols *symbols)
{
	struct row row;
	int ret = 0;

	for (size_t i = 0; !ret && i < report->nr_rows; i++) {
		make_row(report, report->rows[i], &row);
		ret = cow_symbols_set(symbols, &report->set, report->rows[i],
				      row.name);
	}
	show_text(&report->ctx->show, "\n");
	return ret;
}

static int print_areas(const struct report *report)
{
	struct show *s = &report->ctx->show;
	struct cow_symbols symbols;
	struct cow_set_map map;
	int ret;

	cow_set_map_begin(&map, s, report->reading);
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
		show_text(s, " %8u", pid_of(report, j));
	show_text(s, "\n");
	show_open_list(s, "pairs");
	for (uint32_t i = 0; i < n; i++) {
		show_open_list_row(s, NULL);
		show_text(s, "%8u", pid_of(report, i));
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
	show(s, "copied_bytes", " (%s)", show_bytes(t->copied * page_size(report)));
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
		show(s, NULL, NULL, show_uint(pid_of(report, i)));
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

static bool is_hit(const struct mml_set_area *area, uint32_t process,
		   const struct mml_ranges *ranges)
{
	for (size_t i = 0; i < area->nr_ranges; i++) {
		const struct mml_set_range *range = &area->ranges[i];

		for (size_t j = 0; range->process == process && j < ranges->n; j++) {
			if (range->start < ranges->v[j].end &&
			    ranges->v[j].start < range->end)
				return true;
		}
	}
	return false;
}

/* --area: a range or a name, that of the first process that knows it. */
static int find_area(const struct report *report, uint32_t *which,
		     struct mml_ranges *ranges)
{
	const struct mml_cow_process *const *process = report->reading->process;
	struct mml_error err = { .exit = MML_EXIT_USAGE };

	for (*which = 0; ; ) {
		if (!mml_parse_ranges(report->options->area, page_size(report),
				      process[*which]->vmas, ranges, &err))
			return 0;
		mml_ranges_free(ranges);
		if (++*which == report->set.n)
			return ctx_error(report->ctx, &err);
	}
}

static bool is_empty(const struct mml_set_counts *counts)
{
	static const struct mml_set_counts nothing;

	return !memcmp(counts, &nothing, sizeof(nothing));
}

static int choose_rows(struct report *report)
{
	struct mml_ranges ranges = { .n = 0 };
	uint32_t which = 0;
	int ret = 0;

	report->rows = calloc(report->set.nr_areas + 1, sizeof(*report->rows));
	if (!report->rows)
		return cow_out_of_memory(report->ctx);
	if (report->options->area)
		ret = find_area(report, &which, &ranges);
	for (size_t i = 0; !ret && i < report->set.nr_areas; i++) {
		const struct mml_set_area *area = &report->set.areas[i];

		if (is_empty(&area->counts) ||
		    (report->options->area && !is_hit(area, which, &ranges)) ||
		    (report->options->top && report->nr_rows == report->options->top))
			continue;
		report->rows[report->nr_rows++] = i;
	}
	mml_ranges_free(&ranges);
	return ret;
}

static int print_report(struct report *report)
{
	struct show *s = &report->ctx->show;
	int ret = 0;

	show_begin(s);
	print_who(report);
	ret = cow_show_processes(report->ctx, report->reading, &report->set);
	show_text(s, "\n");
	if (!ret)
		ret = print_areas(report);
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
		.options = options, .ctx = options->ctx, .reading = reading,
	};
	int ret;

	if (!reading->n)
		return ctx_outcome(options->ctx, &reading->dump);
	if (mml_set_judge(&report.set, reading->process, reading->n))
		ret = cow_out_of_memory(options->ctx);
	else
		ret = choose_rows(&report);
	if (!ret)
		ret = print_report(&report);
	mml_set_free(&report.set);
	free(report.rows);
	return ret;
}
