/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A JSON writer that streams: nothing is held back, so a million rows cost no
 * memory. Inside an object every call takes a key, inside an array it is NULL.
 * JSON_ROW puts a container on one line; its children are on that line too.
 *
 * Strings may hold any bytes: what is not UTF-8 becomes \udcXX for each byte,
 * which Python's surrogateescape turns back into the very same bytes.
 */
#ifndef SHOW_JSON_H
#define SHOW_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "show/line.h"

#define JSON_DEPTH 16

enum json_layout {
	JSON_BLOCK,	/* one member a line */
	JSON_ROW,	/* everything on one line */
};

struct json {
	struct line line;
	unsigned int depth;
	struct {
		char close;
		bool row;
		bool filled;
	} level[JSON_DEPTH];
};

void json_init(struct json *json, FILE *out);
void json_object(struct json *json, const char *key, enum json_layout layout);
void json_array(struct json *json, const char *key, enum json_layout layout);
void json_end(struct json *json);	/* closes the innermost container */

void json_uint(struct json *json, const char *key, uint64_t number);
void json_hex(struct json *json, const char *key, uint64_t number, int digits);
void json_bool(struct json *json, const char *key, bool value);
void json_string(struct json *json, const char *key, const char *bytes);
void json_null(struct json *json, const char *key);

/* In two steps, for who puts text of its own into @json->line after the first. */
void json_lead(struct json *json, const char *key);
void json_open(struct json *json, enum json_layout layout, const char *brackets);

#endif /* SHOW_JSON_H */
