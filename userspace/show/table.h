/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables of struct show_column: one description of a column (its heading, its
 * JSON key, its help, how to get it from a row) drives the text, the JSON,
 * -o, and --list-columns.
 *
 *	static const struct show_column columns[] = {
 *		{ "START", "start", "first address",
 *		  SHOW_ALWAYS, SHOW_FIELD(struct area, start, SHOW_ADDR) },
 *		{ "KIND", "kind", "what backs it",
 *		  SHOW_ALWAYS, .get = get_kind },
 *		{ }
 *	};
 *
 *	struct show_table table;
 *
 *	if (show_table_begin(&table, s, "areas", columns, 0, error, sizeof(error)))
 *		return ctx_usage(ctx, "%s", error);
 *	for each: show_row(&table, &area);
 *	show_table_end(&table);
 */
#ifndef SHOW_TABLE_H
#define SHOW_TABLE_H

#include <stddef.h>

#include "show/show.h"

enum show_column_flags {
	SHOW_IN_TEXT	= 1 << 0,	/* in text unless -o says otherwise */
	SHOW_IN_JSON	= 1 << 1,	/* in JSON, likewise */
	SHOW_ALWAYS	= SHOW_IN_TEXT | SHOW_IN_JSON,
	SHOW_RIGHT	= 1 << 2,	/* text is aligned to the right */
	SHOW_TREE	= 1 << 3,	/* the column that draws the tree */
	SHOW_PLACE	= 1 << 4,	/* says where a row is: see show_row_alike() */
};

/*
 * A column's value is a field of the row's struct (SHOW_FIELD), or what @get
 * makes of the row. @text is another notation of that same value for people.
 */
struct show_column {
	const char *name;	/* heading; what -o takes */
	const char *key;	/* JSON key; NULL: the column is text only */
	const char *help;	/* for --list-columns and the manual */
	unsigned int flags;	/* enum show_column_flags */

	enum show_type type;
	unsigned short offset, size;
	struct show_value (*get)(const void *row);
	const char *(*text)(struct show_value value, char *buf, size_t size);

	unsigned char width;	/* in a streamed table; 0: free, for the last one */
	uint64_t needs;		/* what the kernel has to be asked for */
	const struct mml_name *names;	/* SHOW_NAME and SHOW_BITS fields */
};

#define SHOW_FIELD(structure, field, kind)				\
	.type = (kind),							\
	.offset = offsetof(structure, field),				\
	.size = sizeof(((structure *)0)->field)

#define SHOW_COLUMNS_MAX 64

/* The columns that will be printed, in that order. */
struct show_columns {
	const struct show_column *column[SHOW_COLUMNS_MAX];
	size_t n;
};

/*
 * Chooses: the defaults of text or JSON, or what -o named (@show->columns:
 * "A,B", or "+C" to add). Returns 0, or -1 with a sentence in @error.
 */
int show_choose(const struct show *show, const struct show_column *all,
		struct show_columns *chosen, char *error, size_t size);

/* Did -o itself name this column? */
bool show_named(const struct show *show, const char *name);

/* All @needs of the chosen columns. */
uint64_t show_needs(const struct show_columns *chosen);
bool show_chosen(const struct show_columns *chosen, const char *name);

/* --list-columns */
void show_list_columns(struct show *show, const struct show_column *all);

struct show_value show_column_value(const struct show_column *column,
				    const void *row);

const char *show_cell_text(const struct show_column *column,
			   struct show_value value, char *buf, size_t size);

enum show_table_flags {
	/*
	 * Rows are printed as they come, in columns of fixed width, and none
	 * is kept: for tables that may have millions of them. Without it
	 * libsmartcols sizes the columns by what is in them.
	 */
	SHOW_STREAM	= 1 << 0,
};

struct libscols_table;
struct libscols_line;

/* A row as it was printed, to be printed again with other places. */
struct show_printed {
	bool known;
	size_t len;
	size_t places;
	struct {
		size_t column;
		size_t from, to;	/* where it is in @text */
		struct show_value value;
	} place[SHOW_COLUMNS_MAX];
	char text[LINE_ROOM];
};

struct show_table {
	struct show *show;
	struct show_columns chosen;
	struct libscols_table *scols;	/* NULL when streaming or in JSON */
	bool heading_due;
	struct line line;	/* when streaming */
	struct show_printed last;
};

/* Begins a table; in JSON it is the array @key of the open object. */
int show_table_begin(struct show_table *table, struct show *show,
		     const char *key, const struct show_column *all,
		     unsigned int flags, char *error, size_t size);
/* The same for columns already chosen. */
int show_table_open(struct show_table *table, struct show *show,
		    const char *key, const struct show_columns *chosen,
		    unsigned int flags);
void show_row(struct show_table *table, const void *row);
/*
 * A row of a stream that differs from the last in nothing but where it is: only
 * its SHOW_PLACE columns are looked at.
 */
void show_row_alike(struct show_table *table, const void *row);
void show_stream_row(struct show_table *table, const void *row, bool alike);
/* A row under another (SHOW_TREE); returns what show_row_under() takes. */
struct libscols_line *show_row_under(struct show_table *table, const void *row,
				     struct libscols_line *parent);
void show_table_end(struct show_table *table);

/*
 * One struct, a field a line in text ("name  value"), members of the open
 * object in JSON. The heading of a column is its label. Unknown fields are
 * left out in text.
 */
void show_record(struct show *show, const struct show_columns *chosen,
		 const void *row);

#endif /* SHOW_TABLE_H */
