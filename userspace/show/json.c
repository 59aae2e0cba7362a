// SPDX-License-Identifier: GPL-2.0
#include <assert.h>
#include <string.h>

#include "show/json.h"
#include "show/utf8.h"

/**
 * json_init() - begin to write
 * @json: the writer
 * @out: where to
 */
void json_init(struct json *json, FILE *out)
{
	line_init(&json->line, out);
	json->depth = 0;
}

/* Only between lines, so that what is on one can be found there: show/table.c */
static void newline(struct json *json)
{
	if (json->line.used > sizeof(json->line.text) / 2)
		line_flush(&json->line);
	line_char(&json->line, '\n');
	for (unsigned int i = 0; i < json->depth; i++)
		line_text(&json->line, "  ");
}

/* How many bytes at @at need no escape: most strings are one such run. */
static size_t plain(const unsigned char *at)
{
	const unsigned char *from = at;
	size_t len;

	while (*at >= 0x20 && *at != 0x7f && *at != '"' && *at != '\\') {
		len = *at < 0x80 ? 1 : utf8_length(at);
		if (!len)
			break;
		at += len;
	}
	return at - from;
}

static void put_escape(struct json *json, unsigned char c)
{
	char text[8];

	if (c == '"' || c == '\\')
		snprintf(text, sizeof(text), "\\%c", c);
	else if (c < 0x80)
		snprintf(text, sizeof(text), "\\u%04x", c);
	else
		snprintf(text, sizeof(text), "\\udc%02x", c);
	line_text(&json->line, text);
}

static void write_string(struct json *json, const char *bytes)
{
	const unsigned char *at = (const unsigned char *)bytes;
	size_t len;

	line_char(&json->line, '"');
	for (;;) {
		len = plain(at);
		line_bytes(&json->line, at, len);
		at += len;
		if (!*at)
			break;
		put_escape(json, *at);
		at++;
	}
	line_char(&json->line, '"');
}

/**
 * json_lead() - write what comes before a value: comma, line, key
 * @json: the writer
 * @key: in an object, else NULL
 */
void json_lead(struct json *json, const char *key)
{
	if (json->depth) {
		bool row = json->level[json->depth - 1].row;

		if (json->level[json->depth - 1].filled)
			line_text(&json->line, row ? ", " : ",");
		json->level[json->depth - 1].filled = true;
		if (!row)
			newline(json);
	}
	/* Keys are ours: nothing in them needs an escape. */
	if (key) {
		line_char(&json->line, '"');
		line_text(&json->line, key);
		line_text(&json->line, "\": ");
	}
}

/**
 * json_open() - open a container after json_lead()
 * @json: the writer
 * @layout: a line an element, or one for all
 * @brackets: "{}" or "[]"
 */
void json_open(struct json *json, enum json_layout layout, const char *brackets)
{
	bool row = layout == JSON_ROW ||
		   (json->depth && json->level[json->depth - 1].row);

	assert(json->depth < JSON_DEPTH);
	line_char(&json->line, brackets[0]);
	json->level[json->depth].close = brackets[1];
	json->level[json->depth].row = row;
	json->level[json->depth].filled = false;
	json->depth++;
}

/**
 * json_object() - open an object
 * @json: the writer
 * @key: in an object, else NULL
 * @layout: a line a member, or one for all
 */
void json_object(struct json *json, const char *key, enum json_layout layout)
{
	json_lead(json, key);
	json_open(json, layout, "{}");
}

/**
 * json_array() - open an array
 * @json: the writer
 * @key: in an object, else NULL
 * @layout: a line an element, or one for all
 */
void json_array(struct json *json, const char *key, enum json_layout layout)
{
	json_lead(json, key);
	json_open(json, layout, "[]");
}

/**
 * json_end() - close the innermost container
 * @json: the writer; the text ends with a newline when none is left
 */
void json_end(struct json *json)
{
	assert(json->depth);
	json->depth--;
	if (json->level[json->depth].filled && !json->level[json->depth].row)
		newline(json);
	line_char(&json->line, json->level[json->depth].close);
	if (!json->depth) {
		line_char(&json->line, '\n');
		line_flush(&json->line);
	}
}

/**
 * json_uint() - write a number
 * @json: the writer
 * @key: in an object, else NULL
 * @number: the number
 */
void json_uint(struct json *json, const char *key, uint64_t number)
{
	json_lead(json, key);
	line_decimal(&json->line, number);
}

/**
 * json_hex() - write a number as a string, "0x..."
 * @json: the writer
 * @key: in an object, else NULL
 * @number: the number
 * @digits: at least that many
 */
void json_hex(struct json *json, const char *key, uint64_t number, int digits)
{
	json_lead(json, key);
	line_text(&json->line, "\"0x");
	line_hex(&json->line, number, digits);
	line_char(&json->line, '"');
}

/**
 * json_bool() - write true or false
 * @json: the writer
 * @key: in an object, else NULL
 * @value: which
 */
void json_bool(struct json *json, const char *key, bool value)
{
	json_lead(json, key);
	line_text(&json->line, value ? "true" : "false");
}

/**
 * json_string() - write a string
 * @json: the writer
 * @key: in an object, else NULL
 * @bytes: any, NUL-ended
 */
void json_string(struct json *json, const char *key, const char *bytes)
{
	json_lead(json, key);
	write_string(json, bytes);
}

/**
 * json_null() - write null
 * @json: the writer
 * @key: in an object, else NULL
 */
void json_null(struct json *json, const char *key)
{
	json_lead(json, key);
	line_text(&json->line, "null");
}
