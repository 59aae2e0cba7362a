// SPDX-License-Identifier: GPL-2.0
/*
 * The areas of a report: the columns that every report has, and the ways in
 * which areas are printed: a table, JSON, pictures, symbols. What else there is to
 * say of an area is the report's own (struct cow_areas_ops).
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cow_areas.h"
#include "lib/names.h"
#include "lib/parse.h"

#define BY_MAX 2	/* named in text, if there are more than one more; JSON has all */

/**
 * cow_area_name() - what an area is called
 * @vma: its first VMA
 * @start: its first address
 * @buf: room for the name
 * @size: bytes of it
 *
 * Return: @buf
 */
const char *cow_area_name(const struct mml_vma *vma, uint64_t start, char *buf,
			  size_t size)
{
	size_t len;

	mml_vma_label(vma, buf, size);
	if (vma->path || vma->name)
		return buf;
	len = strlen(buf);
	snprintf(buf + len, size - len, " %llx", (unsigned long long)start);
	return buf;
}

/**
 * cow_area_kind() - what backs an area
 * @vma: its first VMA
 * @copied_on_write: a private mapping in it holds pages of its own, or did
 *
 * "file" is what nobody has ever written to in private; as soon as a private
 * mapping holds a page of its own it is "file-private".
 *
 * Return: the word
 */
struct show_value cow_area_kind(const struct mml_vma *vma, bool copied_on_write)
{
	bool shared = vma->flags & MMLENS_VM_SHARED;

	switch (vma->kind) {
	case MMLENS_VMA_KIND_FILE:
		return show_str(shared ? "file-shared" :
				copied_on_write ? "file-private" : "file");
	case MMLENS_VMA_KIND_SHMEM:
		return show_str(shared ? "shared" : "shmem-private");
	case MMLENS_VMA_KIND_HUGETLB:
		return show_str(shared ? "huge-shared" : "huge-private");
	default:
		return show_name(vma->kind, mml_vma_kind_names);
	}
}

/* ---- the columns ---- */

struct show_value cow_get_name(const void *row)
{
	return show_str(((const struct cow_row *)row)->name);
}

struct show_value cow_get_path(const void *row)
{
	return show_str(((const struct cow_row *)row)->vma->path);
}

struct show_value cow_get_kind(const void *data)
{
	const struct cow_row *row = data;

	return cow_area_kind(row->vma, row->copied_on_write);
}

struct show_value cow_get_ranges(const void *row)
{
	return show_str(((const struct cow_row *)row)->ranges_text);
}

struct show_value cow_get_by(const void *row)
{
	return show_str(((const struct cow_row *)row)->by_text);
}

static void name_who(const struct cow_areas *areas, uint32_t who, char *buf,
		     size_t size)
{
	if (who == MML_SET_NOBODY)
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "%u", cow_pid(areas->reading, who));
}

/* "4101", or "4101:12 4102:8 +7 more" if not all were made by one. */
static void describe_by(const struct cow_areas *areas, struct cow_row *row)
{
	size_t len = 0, copiers = 0, told = 0;
	char who[16];

	row->by_text[0] = '\0';
	for (size_t i = 0; i < row->nr_by; i++)
		copiers += row->by[i].pages > 0;
	for (size_t i = 0; i < row->nr_by; i++) {
		if (!row->by[i].pages)
			continue;
		if (told == BY_MAX && copiers > BY_MAX + 1) {
			snprintf(row->by_text + len, sizeof(row->by_text) - len,
				 " +%zu more", copiers - told);
			return;
		}
		name_who(areas, row->by[i].who, who, sizeof(who));
		if (copiers == 1)
			snprintf(row->by_text, sizeof(row->by_text), "%s", who);
		else
			len += snprintf(row->by_text + len, sizeof(row->by_text) - len,
					"%s%s:%llu", told ? " " : "", who,
					(unsigned long long)row->by[i].pages);
		told++;
	}
}

/* "4100:7f1c40000000-7f1c44000000 4101:..." */
static void describe_ranges(const struct cow_areas *areas, struct cow_row *row)
{
	size_t len = 0;

	row->ranges_text[0] = '\0';
	for (size_t i = 0; i < row->nr_ranges && len < sizeof(row->ranges_text); i++) {
		const struct mml_area_range *range = &row->ranges[i];

		len += snprintf(row->ranges_text + len, sizeof(row->ranges_text) - len,
				"%s%u:%llx-%llx", len ? " " : "",
				cow_pid(areas->reading, range->process),
				(unsigned long long)range->start,
				(unsigned long long)range->end);
	}
}

/**
 * cow_describe() - fill in a row's texts
 * @areas: of a report
 * @row: all else is there
 */
void cow_describe(const struct cow_areas *areas, struct cow_row *row)
{
	cow_area_name(row->vma, row->ranges[0].start, row->name,
		      sizeof(row->name));
	describe_by(areas, row);
	describe_ranges(areas, row);
}

/* ---- JSON of what is no single value ---- */

/**
 * cow_show_by() - "copied_by", an object
 * @areas: of a report
 * @by: who made copies
 * @n: so many
 */
void cow_show_by(const struct cow_areas *areas, const struct mml_set_share *by,
		 size_t n)
{
	struct show *s = &areas->options->ctx->show;
	char who[16];

	show_open_row(s, "copied_by");
	for (size_t i = 0; i < n; i++) {
		name_who(areas, by[i].who, who, sizeof(who));
		show(s, who, NULL, show_uint(by[i].pages));
	}
	show_close(s);
}

static void show_ranges(const struct cow_areas *areas, const struct cow_row *row)
{
	struct show *s = &areas->options->ctx->show;

	show_open_list_row(s, "ranges");
	for (size_t i = 0; i < row->nr_ranges; i++) {
		show_open_row(s, NULL);
		show(s, "pid", NULL,
		     show_uint(cow_pid(areas->reading, row->ranges[i].process)));
		show(s, "start", NULL, show_addr(row->ranges[i].start));
		show(s, "end", NULL, show_addr(row->ranges[i].end));
		show_close(s);
	}
	show_close(s);
}

static void show_member(struct cow_areas *areas, const struct show_column *column,
			const struct cow_row *row)
{
	if (column->get == cow_get_ranges)
		show_ranges(areas, row);
	else if (column->get == cow_get_by)
		cow_show_by(areas, row->by, row->nr_by);
	else if (column->key && !areas->ops->show_list(areas, column, row))
		show(&areas->options->ctx->show, column->key, NULL,
		     show_column_value(column, row));
}

static int print_json(struct cow_areas *areas, struct cow_symbols *symbols)
{
	const struct show_columns *chosen = &areas->options->chosen;
	struct show *s = &areas->options->ctx->show;
	int ret = 0;

	show_open_list(s, "areas");
	for (size_t i = 0; !ret && i < areas->nr_rows; i++) {
		const struct cow_row *row = areas->ops->row(areas, areas->rows[i]);

		show_open_row(s, NULL);
		for (size_t j = 0; j < chosen->n; j++)
			show_member(areas, chosen->column[j], row);
		if (areas->options->map)
			ret = areas->ops->draw(areas, areas->rows[i], row->name);
		if (!ret && areas->options->symbols)
			ret = areas->ops->symbols(areas, symbols, areas->rows[i],
						  row->name);
		show_close(s);
	}
	show_close(s);
	return ret;
}

/* ---- text ---- */

static int print_table(struct cow_areas *areas)
{
	const struct show_columns *chosen = &areas->options->chosen;
	struct cow_headed headed[SHOW_COLUMNS_MAX];
	struct show *s = &areas->options->ctx->show;
	struct show_columns shown = { .n = 0 };
	struct show_table table;

	for (size_t i = 0; i < chosen->n; i++) {
		const struct show_column *column = chosen->column[i];

		/* what is mostly nothing: by default only if there is something */
		if (!s->columns && areas->ops->is_idle(areas, column))
			continue;
		if (areas->ops->head)
			column = areas->ops->head(areas, column, &headed[shown.n]);
		shown.column[shown.n++] = column;
	}
	if (show_table_open(&table, s, "areas", &shown, 0))
		return -1;
	for (size_t i = 0; i < areas->nr_rows; i++)
		show_row(&table, areas->ops->row(areas, areas->rows[i]));
	show_table_end(&table);
	return 0;
}

static int print_maps(struct cow_areas *areas)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < areas->nr_rows; i++)
		ret = areas->ops->draw(areas, areas->rows[i],
				       areas->ops->row(areas, areas->rows[i])->name);
	areas->ops->legend(areas);
	return ret;
}

static int print_symbols(struct cow_areas *areas, struct cow_symbols *symbols)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < areas->nr_rows; i++)
		ret = areas->ops->symbols(areas, symbols, areas->rows[i],
					  areas->ops->row(areas, areas->rows[i])->name);
	show_text(&areas->options->ctx->show, "\n");
	return ret;
}

/**
 * cow_print_areas() - print those that were chosen, in all ways asked for
 * @areas: of a report; its rows are chosen
 *
 * Return: 0, or negative when there is no memory
 */
int cow_print_areas(struct cow_areas *areas)
{
	const struct cow_options *options = areas->options;
	struct show *s = &options->ctx->show;
	struct cow_symbols symbols;
	int ret;

	ret = cow_symbols_begin(&symbols, s, areas->reading);
	if (!ret && s->json)
		ret = print_json(areas, &symbols);
	else if (!ret)
		ret = print_table(areas);
	if (!ret && !s->json && options->map)
		ret = print_maps(areas);
	if (!ret && !s->json && options->symbols)
		ret = print_symbols(areas, &symbols);
	cow_symbols_end(&symbols);
	return ret;
}

/* ---- --area ---- */

/**
 * cow_find_wanted() - what --area means
 * @areas: of a report
 * @wanted: where to; free its ranges
 *
 * A range or a name, that of the first process that knows it.
 *
 * Return: 0, or an exit code: the error is printed
 */
int cow_find_wanted(const struct cow_areas *areas, struct cow_wanted *wanted)
{
	const struct cow_reading *reading = areas->reading;
	struct mml_error err = { .exit = MML_EXIT_USAGE };

	*wanted = (struct cow_wanted){ .all = !areas->options->area };
	if (wanted->all)
		return 0;
	for (;;) {
		const struct mml_cow_process *process = reading->process[wanted->process];

		if (!mml_parse_ranges(areas->options->area, process->page_size,
				      process->vmas, &wanted->ranges, &err))
			return 0;
		mml_ranges_free(&wanted->ranges);
		if (++wanted->process == reading->n)
			return ctx_error(areas->options->ctx, &err);
	}
}

/**
 * cow_is_wanted() - does an area meet it?
 * @wanted: from cow_find_wanted()
 * @ranges: of the area
 * @n: so many
 *
 * Return: true if it does
 */
bool cow_is_wanted(const struct cow_wanted *wanted,
		   const struct mml_area_range *ranges, size_t n)
{
	const struct mml_ranges *asked = &wanted->ranges;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; ranges[i].process == wanted->process &&
		     j < asked->n; j++) {
			if (ranges[i].start < asked->v[j].end &&
			    asked->v[j].start < ranges[i].end)
				return true;
		}
	}
	return wanted->all;
}
