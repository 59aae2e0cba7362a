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
	json->out = out;
	json->depth = 0;
	json->used = 0;
}

/*
 * A million rows are some fifty million small pieces: they are put together
 * here, and go to the stream a line at a time.
 */
static void flush(struct json *json)
{
	fwrite_unlocked(json->line, 1, json->used, json->out);
	json->used = 0;
}

static void put_char(struct json *json, char c)
{
	if (json->used == sizeof(json->line))
		flush(json);
	json->line[json->used++] = c;
}

static void put_bytes(struct json *json, const void *bytes, size_t len)
{
	if (len > sizeof(json->line) - json->used)
		flush(json);
	if (len > sizeof(json->line)) {
		fwrite_unlocked(bytes, 1, len, json->out);
		return;
	}
	memcpy(json->line + json->used, bytes, len);
	json->used += len;
}

static void put_text(struct json *json, const char *text)
{
	put_bytes(json, text, strlen(text));
}

/* @number in @base, with at least so many digits. */
static void put_number(struct json *json, uint64_t number, unsigned int base,
		       unsigned int digits)
{
	char text[32], *end = text + sizeof(text), *at = end;

	do {
		*--at = "0123456789abcdef"[number % base];
		number /= base;
	} while (at > text && (number || (unsigned int)(end - at) < digits));
	put_bytes(json, at, end - at);
}

static void newline(struct json *json)
{
	flush(json);
	put_char(json, '\n');
	for (unsigned int i = 0; i < json->depth; i++)
		put_text(json, "  ");
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
	put_text(json, text);
}

static void write_string(struct json *json, const char *bytes)
{
	const unsigned char *at = (const unsigned char *)bytes;
	size_t len;

	put_char(json, '"');
	for (;;) {
		len = plain(at);
		put_bytes(json, at, len);
		at += len;
		if (!*at)
			break;
		put_escape(json, *at);
		at++;
	}
	put_char(json, '"');
}

/* What comes before a value: comma, line, key. */
static void lead(struct json *json, const char *key)
{
	if (json->depth) {
		bool row = json->level[json->depth - 1].row;

		if (json->level[json->depth - 1].filled)
			put_text(json, row ? ", " : ",");
		json->level[json->depth - 1].filled = true;
		if (!row)
			newline(json);
	}
	/* Keys are ours: nothing in them needs an escape. */
	if (key) {
		put_char(json, '"');
		put_text(json, key);
		put_text(json, "\": ");
	}
}

static void begin(struct json *json, const char *key, enum json_layout layout,
		  const char *brackets)
{
	bool row = layout == JSON_ROW ||
		   (json->depth && json->level[json->depth - 1].row);

	assert(json->depth < JSON_DEPTH);
	lead(json, key);
	put_char(json, brackets[0]);
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
	begin(json, key, layout, "{}");
}

/**
 * json_array() - open an array
 * @json: the writer
 * @key: in an object, else NULL
 * @layout: a line an element, or one for all
 */
void json_array(struct json *json, const char *key, enum json_layout layout)
{
	begin(json, key, layout, "[]");
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
	put_char(json, json->level[json->depth].close);
	if (!json->depth) {
		put_char(json, '\n');
		flush(json);
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
	lead(json, key);
	put_number(json, number, 10, 1);
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
	lead(json, key);
	put_text(json, "\"0x");
	put_number(json, number, 16, digits);
	put_char(json, '"');
}

/**
 * json_bool() - write true or false
 * @json: the writer
 * @key: in an object, else NULL
 * @value: which
 */
void json_bool(struct json *json, const char *key, bool value)
{
	lead(json, key);
	put_text(json, value ? "true" : "false");
}

/**
 * json_string() - write a string
 * @json: the writer
 * @key: in an object, else NULL
 * @bytes: any, NUL-ended
 */
void json_string(struct json *json, const char *key, const char *bytes)
{
	lead(json, key);
	write_string(json, bytes);
}

/**
 * json_null() - write null
 * @json: the writer
 * @key: in an object, else NULL
 */
void json_null(struct json *json, const char *key)
{
	lead(json, key);
	put_text(json, "null");
}
