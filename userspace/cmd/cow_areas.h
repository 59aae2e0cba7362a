/* SPDX-License-Identifier: GPL-2.0 */
/* Inside of mmlens cow: how a report prints its areas. */
#ifndef CMD_COW_AREAS_H
#define CMD_COW_AREAS_H

#include "cmd/cow.h"
#include "lib/parse.h"

/* An area, for the columns that every report has. A report's own row begins so. */
struct cow_row {
	const struct mml_vma *vma;	/* the first: gives name and kind */
	bool copied_on_write;
	const struct mml_area_range *ranges;
	size_t nr_ranges;
	const struct mml_set_share *by;	/* who made copies; some may have made none */
	size_t nr_by;
	/* what cow_describe() makes of it */
	char name[256];
	char by_text[128];
	char ranges_text[1024];		/* as many as fit */
};

/* A column under a heading of its own. */
struct cow_headed {
	struct show_column column;
	char name[32];
};

/* The areas of a report, which it is a part of. */
struct cow_areas {
	const struct cow_areas_ops *ops;
	const struct cow_options *options;
	const struct cow_reading *reading;
	size_t *rows;		/* those that are printed, in that order */
	size_t nr_rows;
};

struct cow_areas_ops {
	/* The row of an area, which is good until the next is asked for. */
	const struct cow_row *(*row)(struct cow_areas *areas, size_t area);
	/* A column of which JSON has a list, or an object: shows it, if it is one. */
	bool (*show_list)(struct cow_areas *areas, const struct show_column *column,
			  const struct cow_row *row);
	/* There is nothing in this column: it may be left out. */
	bool (*is_idle)(const struct cow_areas *areas, const struct show_column *column);
	/* The column, or itself under another heading. May be NULL. */
	const struct show_column *(*head)(const struct cow_areas *areas,
					  const struct show_column *column,
					  struct cow_headed *headed);
	/* --map and --symbols; negative when there is no memory. */
	int (*draw)(struct cow_areas *areas, size_t area, const char *name);
	void (*legend)(struct cow_areas *areas);
	int (*symbols)(struct cow_areas *areas, struct cow_symbols *symbols,
		       size_t area, const char *name);
};

struct show_value cow_get_name(const void *row);
struct show_value cow_get_path(const void *row);
struct show_value cow_get_kind(const void *row);
struct show_value cow_get_ranges(const void *row);
struct show_value cow_get_by(const void *row);

/* The first columns of each report. */
#define COW_AREA_COLUMNS						\
	{ "AREA", "name",						\
	  "heap, stack, a file's name, or where anonymous memory starts", \
	  SHOW_ALWAYS, .get = cow_get_name },				\
	{ "PATH", "path", "path of the file", SHOW_IN_JSON,		\
	  .get = cow_get_path },					\
	{ "KIND", "kind",						\
	  "what backs it; file-private: a file, some of its pages copied", \
	  SHOW_ALWAYS, .get = cow_get_kind },				\
	{ "RANGES", "ranges", "where it lies in each process", SHOW_IN_JSON, \
	  .get = cow_get_ranges }

void cow_describe(const struct cow_areas *areas, struct cow_row *row);
void cow_show_by(const struct cow_areas *areas, const struct mml_set_share *by,
		 size_t n);
int cow_print_areas(struct cow_areas *areas);

/* What --area means: of this process these ranges. */
struct cow_wanted {
	bool all;
	uint32_t process;
	struct mml_ranges ranges;
};

int cow_find_wanted(const struct cow_areas *areas, struct cow_wanted *wanted);
bool cow_is_wanted(const struct cow_wanted *wanted,
		   const struct mml_area_range *ranges, size_t n);

#endif /* CMD_COW_AREAS_H */
