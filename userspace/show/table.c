// SPDX-License-Identifier: GPL-2.0
#include <libsmartcols.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/mmlens.h"
#include "show/table.h"

/* Where lists are wrapped. */
#define SHOW_LINE_MAX 100

static bool is_chosen(const struct show_columns *chosen,
		      const struct show_column *column)
{
	size_t i;

	for (i = 0; i < chosen->n; i++)
		if (chosen->column[i] == column)
			return true;
	return false;
}

/* A column named twice is printed once: JSON has no room for two. */
static void choose(struct show_columns *chosen, const struct show_column *column)
{
	if (!is_chosen(chosen, column) && chosen->n < SHOW_COLUMNS_MAX)
		chosen->column[chosen->n++] = column;
}

static void choose_defaults(const struct show *show,
			    const struct show_column *all,
			    struct show_columns *chosen)
{
	unsigned int flag = show->json ? SHOW_IN_JSON : SHOW_IN_TEXT;

	for (; all->name; all++)
		if (all->flags & flag)
			choose(chosen, all);
}

static const struct show_column *find_column(const struct show_column *all,
					     const char *name, size_t len)
{
	for (; all->name; all++)
		if (strlen(all->name) == len && !strncasecmp(all->name, name, len))
			return all;
	return NULL;
}

/**
 * show_choose() - which columns are printed
 * @show: says which were asked for
 * @all: the columns that there are
 * @chosen: set
 * @error: room for a sentence
 * @size: bytes of @error
 *
 * Return: 0, or -1 when a column is unknown
 */
int show_choose(const struct show *show, const struct show_column *all,
		struct show_columns *chosen, char *error, size_t size)
{
	const char *at = show->columns;
	const struct show_column *column;
	size_t len;

	chosen->n = 0;
	if (!at || *at == '+')
		choose_defaults(show, all, chosen);
	if (!at)
		return 0;
	for (at += *at == '+'; ; at += len + 1) {
		len = strcspn(at, ",");
		column = find_column(all, at, len);
		if (!column) {
			snprintf(error, size, "unknown column '%.*s': --list-columns lists them",
				 (int)len, at);
			return -1;
		}
		choose(chosen, column);
		if (!at[len])
			return 0;
	}
}

/**
 * show_named() - did -o name a column?
 * @show: says what -o was given
 * @name: the column's
 *
 * Return: true if it did; a default column need not be named
 */
bool show_named(const struct show *show, const char *name)
{
	const char *at = show->columns;
	size_t len;

	if (!at)
		return false;
	for (at += *at == '+'; ; at += len + 1) {
		len = strcspn(at, ",");
		if (strlen(name) == len && !strncasecmp(at, name, len))
			return true;
		if (!at[len])
			return false;
	}
}

/**
 * show_needs() - what must be asked of the kernel
 * @chosen: the columns
 *
 * Return: all their needs
 */
uint64_t show_needs(const struct show_columns *chosen)
{
	uint64_t needs = 0;
	size_t i;

	for (i = 0; i < chosen->n; i++)
		needs |= chosen->column[i]->needs;
	return needs;
}

/**
 * show_chosen() - is a column among the chosen?
 * @chosen: the columns
 * @name: its name
 *
 * Return: true if it is
 */
bool show_chosen(const struct show_columns *chosen, const char *name)
{
	size_t i;

	for (i = 0; i < chosen->n; i++)
		if (!strcmp(chosen->column[i]->name, name))
			return true;
	return false;
}

static struct show_value column_name(const void *row)
{
	const struct show_column *column = row;

	return show_str(column->name);
}

static struct show_value column_key(const void *row)
{
	const struct show_column *column = row;

	return show_str(column->key);
}

static struct show_value column_default(const void *row)
{
	static const char *const words[] = { "", "text", "JSON", "text, JSON" };
	const struct show_column *column = row;

	return show_str(words[column->flags & SHOW_ALWAYS]);
}

static struct show_value column_help(const void *row)
{
	const struct show_column *column = row;

	return show_str(column->help);
}

/**
 * show_list_columns() - serve --list-columns
 * @show: where it goes
 * @all: the columns that there are
 */
void show_list_columns(struct show *show, const struct show_column *all)
{
	static const struct show_column columns[] = {
		{ "COLUMN", "column", "", SHOW_ALWAYS, .get = column_name },
		{ "KEY", "key", "", SHOW_ALWAYS, .get = column_key },
		{ "DEFAULT", "default", "", SHOW_ALWAYS, .get = column_default },
		{ "WHAT", "what", "", SHOW_ALWAYS, .get = column_help },
		{ }
	};
	struct show_columns chosen = { .n = 0 };
	struct show_table table;

	choose_defaults(show, columns, &chosen);
	show_begin(show);
	show_table_open(&table, show, "columns", &chosen, 0);
	for (; all->name; all++)
		show_row(&table, all);
	show_table_end(&table);
	show_end(show);
}

static struct show_value field_value(const struct show_column *column,
				     const void *row)
{
	const char *field = (const char *)row + column->offset;
	struct show_value value = { .type = column->type, .names = column->names };
	uint32_t number32;
	bool flag;

	if (column->type == SHOW_STR) {
		/* A char array, or a pointer to char. */
		if (column->size == sizeof(char *))
			memcpy(&value.string, field, sizeof(value.string));
		else
			value.string = field;
		if (!value.string)
			value.type = SHOW_UNKNOWN;
		return value;
	}
	if (column->size == sizeof(bool)) {
		memcpy(&flag, field, sizeof(flag));
		value.number = flag;
	} else if (column->size == sizeof(number32)) {
		memcpy(&number32, field, sizeof(number32));
		value.number = number32 == MMLENS_UNKNOWN32 ? MMLENS_UNKNOWN : number32;
	} else {
		memcpy(&value.number, field, sizeof(value.number));
	}
	if (value.number == MMLENS_UNKNOWN && column->type != SHOW_RAW)
		value.type = SHOW_UNKNOWN;
	return value;
}

/**
 * show_column_value() - what a row has in a column
 * @column: the column
 * @row: the row's struct
 *
 * Return: the value
 */
struct show_value show_column_value(const struct show_column *column,
				    const void *row)
{
	return column->get ? column->get(row) : field_value(column, row);
}

/**
 * show_cell_text() - a cell for people
 * @column: its column
 * @value: what is in it
 * @buf: room for it
 * @size: bytes of @buf, SHOW_TEXT_MAX
 *
 * Return: the text, in @buf or static
 */
const char *show_cell_text(const struct show_column *column,
			   struct show_value value, char *buf, size_t size)
{
	if (column->text && value.type != SHOW_UNKNOWN)
		return column->text(value, buf, size);
	return show_value_text(value, buf, size);
}

static int scols_begin(struct show_table *table)
{
	struct libscols_table *scols = scols_new_table();
	struct libscols_column *column;
	unsigned int flags;
	size_t i;
	int how;

	if (!scols)
		return -1;
	table->scols = scols;
	scols_table_enable_noheadings(scols, !table->show->headings);
	scols_table_enable_colors(scols, table->show->color);
	/* Cells are escaped already; twice would be wrong. */
	scols_table_enable_noencoding(scols, 1);
	scols_table_set_column_separator(scols, "  ");
	scols_table_set_stream(scols, table->show->out);
	for (i = 0; i < table->chosen.n; i++) {
		flags = table->chosen.column[i]->flags;
		how = (flags & SHOW_RIGHT ? SCOLS_FL_RIGHT : 0) |
		      (flags & SHOW_TREE ? SCOLS_FL_TREE : 0);
		column = scols_table_new_column(scols, table->chosen.column[i]->name,
						0, how);
		if (!column)
			return -1;
		scols_cell_set_color(scols_column_get_header(column), "bold");
	}
	return 0;
}

/**
 * show_table_open() - begin a table of columns already chosen
 * @table: set up
 * @show: where it goes
 * @key: of the list in JSON
 * @chosen: the columns
 * @flags: enum show_table_flags
 *
 * Return: 0, or -1 when there is no memory
 */
int show_table_open(struct show_table *table, struct show *show,
		    const char *key, const struct show_columns *chosen,
		    unsigned int flags)
{
	table->show = show;
	table->chosen = *chosen;
	table->scols = NULL;
	table->heading_due = show->headings;
	table->last.known = false;
	line_init(&table->line, show->out);
	show_open_list(show, key);
	if (show->json || flags & SHOW_STREAM)
		return 0;
	return scols_begin(table);
}

/**
 * show_table_begin() - choose columns, and begin a table of them
 * @table: set up
 * @show: where it goes
 * @key: of the list in JSON
 * @all: the columns that there are
 * @flags: enum show_table_flags
 * @error: room for a sentence
 * @size: bytes of @error
 *
 * Return: 0, or -1
 */
int show_table_begin(struct show_table *table, struct show *show,
		     const char *key, const struct show_column *all,
		     unsigned int flags, char *error, size_t size)
{
	struct show_columns chosen;

	if (show_choose(show, all, &chosen, error, size))
		return -1;
	if (show_table_open(table, show, key, &chosen, flags)) {
		snprintf(error, size, "out of memory");
		return -1;
	}
	return 0;
}

/**
 * show_row_under() - print a row below another
 * @table: the table
 * @row: the row's struct
 * @parent: the row above, or NULL
 *
 * Return: what rows below this one take as their parent
 */
struct libscols_line *show_row_under(struct show_table *table, const void *row,
				     struct libscols_line *parent)
{
	char buf[SHOW_TEXT_MAX];
	struct libscols_line *line;
	size_t i;

	if (!table->scols) {
		show_stream_row(table, row, false);
		return NULL;
	}
	line = scols_table_new_line(table->scols, parent);
	for (i = 0; line && i < table->chosen.n; i++)
		scols_line_set_data(line, i, show_cell_text(table->chosen.column[i],
				    show_column_value(table->chosen.column[i], row),
				    buf, sizeof(buf)));
	return line;
}

/**
 * show_row() - print a row
 * @table: the table
 * @row: the row's struct
 */
void show_row(struct show_table *table, const void *row)
{
	show_row_under(table, row, NULL);
}

/**
 * show_row_alike() - print a row that is elsewhere, and else like the last
 * @table: the table, of JSON or streamed
 * @row: the row's struct
 */
void show_row_alike(struct show_table *table, const void *row)
{
	show_stream_row(table, row, true);
}

/**
 * show_table_end() - end a table
 * @table: the table
 */
void show_table_end(struct show_table *table)
{
	show_close(table->show);
	if (!table->scols)
		return;
	scols_print_table(table->scols);
	scols_unref_table(table->scols);
	table->scols = NULL;
}

/* A list of words goes on below its first one, at column @indent. */
static void print_words(struct show *show, const char *words, int indent)
{
	int at = indent;
	int len;

	while (*words) {
		len = strcspn(words, " ");
		if (at > indent && at + 1 + len > SHOW_LINE_MAX) {
			show_text(show, "\n%*s", indent, "");
			at = indent;
		}
		show_text(show, "%s%.*s", at > indent ? " " : "", len, words);
		at += (at > indent) + len;
		words += len + (words[len] == ' ');
	}
	show_text(show, "\n");
}

static bool is_list(enum show_type type)
{
	return type == SHOW_BITS || type == SHOW_CODES ||
	       type == SHOW_FIELDS || type == SHOW_SET;
}

static void record_text(struct show *show, const struct show_column *column,
			int width, const void *row)
{
	struct show_value value = show_column_value(column, row);
	char buf[SHOW_TEXT_MAX];
	const char *text;

	if (value.type == SHOW_UNKNOWN)
		return;
	show_style(show, SHOW_BOLD);
	show_text(show, "%s", column->name);
	show_style(show, SHOW_PLAIN);
	show_text(show, "%*s  ", width - (int)strlen(column->name), "");
	text = show_cell_text(column, value, buf, sizeof(buf));
	if (is_list(value.type))
		print_words(show, text, width + 2);
	else
		show_text(show, "%s\n", text);
}

/**
 * show_record() - print one struct, a field a line
 * @show_to: where it goes
 * @chosen: its fields
 * @row: the struct
 */
void show_record(struct show *show_to, const struct show_columns *chosen,
		 const void *row)
{
	const struct show_column *column;
	size_t i, width = 0;

	for (i = 0; i < chosen->n; i++)
		if (strlen(chosen->column[i]->name) > width)
			width = strlen(chosen->column[i]->name);
	for (i = 0; i < chosen->n; i++) {
		column = chosen->column[i];
		if (!show_to->json)
			record_text(show_to, column, width, row);
		else if (column->key)
			show(show_to, column->key, NULL,
			     show_column_value(column, row));
	}
}
