// SPDX-License-Identifier: GPL-2.0
#include <assert.h>
#include <inttypes.h>

#include "show/json.h"
#include "show/utf8.h"

/**
 * json_init() - begin to write
 * @json: the writer
 * @out: where to
 */
void json_init(struct json *json, FILE *out)
{
	*json = (struct json){ .out = out };
}

static void newline(struct json *json)
{
	fprintf(json->out, "\n%*s", (int)json->depth * 2, "");
}

/* How many bytes at @at need no escape: most strings are one such run. */
static size_t plain(const unsigned char *at)
{
	const unsigned char *from = at;
	size_t len;

	while (*at >= 0x20 && *at != 0x7f && *at != '"' && *at != '\\') {
		len = utf8_length(at);
		if (!len)
			break;
		at += len;
	}
	return at - from;
}

static void write_string(struct json *json, const char *bytes)
{
	const unsigned char *at = (const unsigned char *)bytes;
	FILE *out = json->out;
	size_t len;

	putc('"', out);
	for (;;) {
		len = plain(at);
		fwrite(at, 1, len, out);
		at += len;
		if (!*at)
			break;
		if (*at == '"' || *at == '\\')
			fprintf(out, "\\%c", *at);
		else if (*at < 0x80)
			fprintf(out, "\\u%04x", *at);
		else
			fprintf(out, "\\udc%02x", *at);
		at++;
	}
	putc('"', out);
}

/* What comes before a value: comma, line, key. */
static void lead(struct json *json, const char *key)
{
	if (json->depth) {
		bool row = json->level[json->depth - 1].row;

		if (json->level[json->depth - 1].filled)
			fputs(row ? ", " : ",", json->out);
		json->level[json->depth - 1].filled = true;
		if (!row)
			newline(json);
	}
	/* Keys are ours: nothing in them needs an escape. */
	if (key)
		fprintf(json->out, "\"%s\": ", key);
}

static void begin(struct json *json, const char *key, enum json_layout layout,
		  const char *brackets)
{
	bool row = layout == JSON_ROW ||
		   (json->depth && json->level[json->depth - 1].row);

	assert(json->depth < JSON_DEPTH);
	lead(json, key);
	putc(brackets[0], json->out);
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
	putc(json->level[json->depth].close, json->out);
	if (!json->depth)
		putc('\n', json->out);
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
	fprintf(json->out, "%" PRIu64, number);
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
	fprintf(json->out, "\"0x%0*" PRIx64 "\"", digits, number);
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
	fputs(value ? "true" : "false", json->out);
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
	fputs("null", json->out);
}
