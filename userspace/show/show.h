/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the commands print with. One call states one datum, and serves both
 * people and JSON, so that the two cannot drift apart:
 *
 *	show_begin(s);					{
 *	show(s, "pid", "process %s\n", show_uint(pid));	   "pid": 7,
 *	show_open(s, "totals");				   "totals": {
 *	show(s, "pages", "%s pages", show_uint(n));	      "pages": 12
 *	show_close(s);					   }
 *	show_text(s, "\n");
 *	show_end(s);					}
 *
 * Where many rows or fields of one struct are printed, a table of struct
 * show_column does the same for each of them: see show/table.h.
 *
 * Text from outside (file names, command names) is escaped for the terminal.
 */
#ifndef SHOW_SHOW_H
#define SHOW_SHOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "show/json.h"

struct mml_name;	/* lib/names.h */

enum show_color {
	SHOW_COLOR_AUTO,	/* if stdout is a terminal, unless NO_COLOR */
	SHOW_COLOR_ALWAYS,
	SHOW_COLOR_NEVER,
};

/* Emphasis for text; never the only carrier of a meaning. */
enum show_style {
	SHOW_PLAIN,
	SHOW_BOLD,	/* headings, names */
	SHOW_DIM,	/* what is absent */
	SHOW_GOOD,
	SHOW_WARN,
	SHOW_BAD,
};

/* Where data goes, and how. */
struct show {
	FILE *out;
	bool json;		/* JSON instead of text */
	bool headings;		/* tables have a heading line */
	bool color;
	const char *columns;	/* what -o was given, or NULL */
	struct json writer;	/* in use if json */
};

/*
 * A value on its way out. An unknown one is "-" in text and null in JSON; MMLENS_UNKNOWN counts as unknown in every
 * constructor but show_uint32(), for which MMLENS_UNKNOWN32 does.
 */
enum show_type {		/* text			JSON */
	SHOW_UNKNOWN,		/* -			null */
	SHOW_UINT,		/* 12			12 */
	SHOW_FRAME,		/* 0x21090		135312; offsets too */
	SHOW_ADDR,		/* 55d0c8a00000		"0x55d0c8a00000" */
	SHOW_HEX,		/* 0xa401		"0xa401" */
	SHOW_RAW,		/* 16 digits, 0x in front, in both */
	SHOW_BYTES,		/* 16.1 MiB		16879616 */
	SHOW_BOOL,		/* yes, no		true, false */
	SHOW_STR,		/* escaped		"escaped" */
	SHOW_NAME,		/* the name of a number	"the name" */
	SHOW_BITS,		/* names, blanks between	["a", "b"] */
	SHOW_CODES,		/* the same in short forms	["a", "b"] */
	SHOW_FIELDS,		/* names of all bits of a mask; fields without numbers */
	SHOW_SET,		/* the same; bit n is the number n of the names */
	SHOW_SWAP,		/* 0:512		{"type": 0, "offset": 512} */
};

struct show_value {
	enum show_type type;
	uint64_t number;
	const char *string;
	const struct mml_name *names;	/* SHOW_NAME, SHOW_BITS */
};

struct show_value show_unknown(void);
struct show_value show_uint(uint64_t number);
struct show_value show_uint32(uint32_t number);
struct show_value show_frame(uint64_t pfn);
struct show_value show_addr(uint64_t addr);
struct show_value show_hex(uint64_t number);
struct show_value show_raw(uint64_t number);
struct show_value show_bytes(uint64_t bytes);
struct show_value show_bool(bool value);
struct show_value show_str(const char *string);	/* NULL is unknown */
struct show_value show_name(uint64_t number, const struct mml_name *names);
struct show_value show_bits(uint64_t bits, const struct mml_name *names);
struct show_value show_codes(uint64_t bits, const struct mml_name *names);
struct show_value show_fields(uint64_t mask, const struct mml_name *names);
struct show_value show_set(uint64_t mask, const struct mml_name *names);
struct show_value show_swap(uint64_t swap);

/* Large enough for every value but a string, which is cut there. */
#define SHOW_TEXT_MAX 4400

/* A value as text, in @buf of @size bytes; returns @buf. */
const char *show_value_text(struct show_value value, char *buf, size_t size);
void show_value_json(struct json *json, const char *key, struct show_value value);
/* A plain number, which can be put without a key. */
bool show_is_number(struct show_value value);
void show_number_json(struct line *line, struct show_value value);

/* The whole answer: in JSON one object, or one array for show_begin_list(). */
void show_begin(struct show *show);
void show_begin_list(struct show *show);
void show_end(struct show *show);

/* Structure that only JSON has; @key is NULL inside a list. */
void show_open(struct show *show, const char *key);
void show_open_row(struct show *show, const char *key);	/* on one line */
void show_open_list(struct show *show, const char *key);
void show_open_list_row(struct show *show, const char *key);	/* on one line */
void show_close(struct show *show);

/*
 * One datum. @fmt holds one %s for it in text, and may be NULL: then only
 * JSON has it. @key may be NULL inside a list.
 */
void show(struct show *show, const char *key, const char *fmt,
	  struct show_value value);

/* Words that only people read. */
void show_text(struct show *show, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void show_style(struct show *show, enum show_style style);	/* until SHOW_PLAIN */

/* @bytes made safe for a terminal, in @buf of @size bytes; returns @buf. */
const char *show_escape(const char *bytes, char *buf, size_t size);

/* True once writing has failed: long streams stop then. */
bool show_failed(const struct show *show);

#endif /* SHOW_SHOW_H */
