// SPDX-License-Identifier: GPL-2.0
/*
 * Rows that are printed as they come, by the million. Most differ from the one
 * before in nothing but an address and a frame: that one is kept as it was
 * printed, and only the places in it are put anew.
 */
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "show/table.h"

static int wide_width(const char *text)
{
	wchar_t wide[SHOW_TEXT_MAX];
	size_t n = mbstowcs(wide, text, SHOW_TEXT_MAX);
	int width = n == (size_t)-1 ? -1 : wcswidth(wide, n);

	return width < 0 ? (int)strlen(text) : width;
}

/* In places on a screen, which are neither bytes nor characters. */
static int text_width(const char *text)
{
	const char *at;

	for (at = text; *at; at++)
		if (*at & 0x80)
			return wide_width(text);
	return at - text;
}

static void blanks(struct line *line, int n)
{
	while (n-- > 0)
		line_char(line, ' ');
}

/* One cell of a streamed line. A long text moves the line, nothing is cut. */
static void stream_cell(struct show_table *table, size_t i, const char *text)
{
	const struct show_column *column = table->chosen.column[i];
	bool last = i + 1 == table->chosen.n;
	int width = column->width > strlen(column->name) ? column->width :
		    (int)strlen(column->name);
	int pad = width - text_width(text);
	struct line *line = &table->line;

	if (i)
		line_bytes(line, "  ", 2);
	if (column->flags & SHOW_RIGHT)
		blanks(line, pad);
	line_text(line, text);
	if (!(column->flags & SHOW_RIGHT) && !last)
		blanks(line, pad);
	if (last)
		line_char(line, '\n');
}

static void stream_heading(struct show_table *table)
{
	size_t i;

	table->heading_due = false;
	show_style(table->show, SHOW_BOLD);
	for (i = 0; i < table->chosen.n; i++)
		stream_cell(table, i, table->chosen.column[i]->name);
	line_flush(&table->line);
	show_style(table->show, SHOW_PLAIN);
}

static struct line *line_of(struct show_table *table)
{
	return table->show->json ? &table->show->writer.line : &table->line;
}

static void print_cell(struct show_table *table, size_t i, struct show_value value)
{
	const struct show_column *column = table->chosen.column[i];
	char buf[SHOW_TEXT_MAX];

	if (!table->show->json)
		stream_cell(table, i, show_cell_text(column, value, buf, sizeof(buf)));
	else if (column->key)
		show_value_json(&table->show->writer, column->key, value);
}

/* Remembers where in the line it is: in JSON the value, in text the cell. */
static void print_place(struct show_table *table, size_t i,
			struct show_value value, size_t start)
{
	struct show_printed *last = &table->last;
	struct line *line = line_of(table);
	size_t from = line->used;

	if (table->show->json && show_is_number(value)) {
		json_lead(&table->show->writer, table->chosen.column[i]->key);
		from = line->used;
		show_number_json(line, value);
	} else {
		print_cell(table, i, value);
	}
	last->place[last->places].column = i;
	last->place[last->places].from = from - start;
	last->place[last->places].to = line->used - start;
	last->place[last->places++].value = value;
}

static void print_cells(struct show_table *table, const void *row, size_t start)
{
	const struct show_column *column;
	size_t i;

	table->last.places = 0;
	for (i = 0; i < table->chosen.n; i++) {
		column = table->chosen.column[i];
		if (column->flags & SHOW_PLACE)
			print_place(table, i, show_column_value(column, row), start);
		else
			print_cell(table, i, show_column_value(column, row));
	}
}

static void print_whole(struct show_table *table, const void *row)
{
	struct show_printed *last = &table->last;
	struct line *line = line_of(table);
	unsigned long flushed;
	size_t start;

	if (table->show->json)
		json_lead(&table->show->writer, NULL);
	start = line->used;
	flushed = line->flushed;
	if (table->show->json)
		json_open(&table->show->writer, JSON_ROW, "{}");
	print_cells(table, row, start);
	show_close(table->show);
	/* one that is longer than a line is kept has been flushed in between */
	last->known = line->flushed == flushed;
	if (!last->known)
		return;
	last->len = line->used - start;
	memcpy(last->text, line->text + start, last->len);
}

static bool is_same(struct show_value a, struct show_value b)
{
	return a.type == b.type && a.number == b.number;
}

/* What the places are now; false: one has another form than in the last row. */
static bool get_places(const struct show_table *table, const void *row,
		       struct show_value *value)
{
	const struct show_printed *last = &table->last;
	size_t i;

	for (i = 0; i < last->places; i++) {
		value[i] = show_column_value(
			table->chosen.column[last->place[i].column], row);
		if (table->show->json && !is_same(value[i], last->place[i].value) &&
		    (value[i].type != last->place[i].value.type ||
		     !show_is_number(value[i])))
			return false;
	}
	return true;
}

static bool print_alike(struct show_table *table, const void *row)
{
	const struct show_printed *last = &table->last;
	struct show_value value[SHOW_COLUMNS_MAX];
	struct line *line = line_of(table);
	size_t at = 0, i;

	if (!last->known || !get_places(table, row, value))
		return false;
	if (table->show->json)
		json_lead(&table->show->writer, NULL);
	for (i = 0; i < last->places; i++) {
		if (is_same(value[i], last->place[i].value))
			continue;
		line_bytes(line, last->text + at, last->place[i].from - at);
		at = last->place[i].to;
		if (table->show->json)
			show_number_json(line, value[i]);
		else
			print_cell(table, last->place[i].column, value[i]);
	}
	line_bytes(line, last->text + at, last->len - at);
	return true;
}

/**
 * show_stream_row() - print a row at once
 * @table: of JSON, or streamed
 * @row: the row's struct
 * @alike: it differs from the last in its SHOW_PLACE columns only
 */
void show_stream_row(struct show_table *table, const void *row, bool alike)
{
	if (!table->show->json && table->heading_due)
		stream_heading(table);
	if (!alike || !print_alike(table, row))
		print_whole(table, row);
	if (!table->show->json)
		line_flush(&table->line);
}
