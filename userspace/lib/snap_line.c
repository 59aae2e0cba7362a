// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/snap_line.h"

/* ---- writing ---- */

/*
 * Bytes are written one by one, so that names of any encoding come back as
 * they were: what is not ASCII becomes the half of a surrogate pair, as Python
 * and the tool's own JSON do for bytes that are no UTF-8.
 */
static void put_string(FILE *out, const char *string)
{
	const unsigned char *at = (const unsigned char *)string;

	putc('"', out);
	for (; *at; at++) {
		if (*at == '"' || *at == '\\')
			fprintf(out, "\\%c", *at);
		else if (*at < 0x20 || *at == 0x7f)
			fprintf(out, "\\u%04x", *at);
		else if (*at >= 0x80)
			fprintf(out, "\\udc%02x", *at);
		else
			putc(*at, out);
	}
	putc('"', out);
}

static void put_number(FILE *out, const struct snap_field *field, const void *from)
{
	uint64_t value;
	uint32_t value32;

	if (field->size == sizeof(value32)) {
		memcpy(&value32, from, sizeof(value32));
		value = value32 == MMLENS_UNKNOWN32 ? MMLENS_UNKNOWN : value32;
	} else {
		memcpy(&value, from, sizeof(value));
	}
	if (value == MMLENS_UNKNOWN)
		fputs("null", out);
	else if (field->kind == SNAP_HEX)
		fprintf(out, "\"0x%" PRIx64 "\"", value);
	else
		fprintf(out, "%" PRIu64, value);
}

static void put_value(FILE *out, const struct snap_field *field, const void *base)
{
	const void *from = (const char *)base + field->offset;
	char *string;

	switch (field->kind) {
	case SNAP_NUMBER:
	case SNAP_HEX:
		put_number(out, field, from);
		break;
	case SNAP_BOOL:
		fputs(*(const bool *)from ? "true" : "false", out);
		break;
	case SNAP_TEXT:
		put_string(out, from);
		break;
	case SNAP_STRING:
		memcpy(&string, from, sizeof(string));
		if (string)
			put_string(out, string);
		else
			fputs("null", out);
		break;
	}
}

/**
 * snap_put_line() - write an object
 * @out: where to
 * @line: what kind of line it is
 * @fields: its members
 * @from: the struct that they are members of
 */
void snap_put_line(FILE *out, const char *line, const struct snap_field *fields,
		   const void *from)
{
	fprintf(out, "{\"line\":\"%s\"", line);
	for (; fields->key; fields++) {
		fprintf(out, ",\"%s\":", fields->key);
		put_value(out, fields, from);
	}
	fputs("}\n", out);
}

/**
 * snap_put_row() - write an array
 * @out: where to
 * @fields: its elements
 * @n: how many
 * @from: the struct that they are members of
 */
void snap_put_row(FILE *out, const struct snap_field *fields, size_t n,
		  const void *from)
{
	for (size_t i = 0; i < n; i++) {
		putc(i ? ',' : '[', out);
		put_value(out, &fields[i], from);
	}
	fputs("]\n", out);
}

/* ---- reading ---- */

struct value {
	enum { NOTHING, TRUTH, NUMBER, STRING } kind;
	uint64_t number;	/* of TRUTH too */
	const char *text;	/* of STRING: what is between the quotes */
	size_t len;
};

static bool take(const char **at, const char *literal)
{
	size_t len = strlen(literal);

	if (strncmp(*at, literal, len))
		return false;
	*at += len;
	return true;
}

/* A string is taken as it is; unescape() checks it. */
static bool get_string(const char **at, struct value *value)
{
	const char *end;

	if (!take(at, "\""))
		return false;
	for (end = *at; *end != '"'; end++) {
		if (*end == '\\')
			end++;
		if (!*end)
			return false;
	}
	*value = (struct value){ STRING, .text = *at, .len = end - *at };
	*at = end + 1;
	return true;
}

static bool get_digits(const char **at, unsigned int base, uint64_t *number)
{
	const char *from = *at;
	unsigned int digit;

	*number = 0;
	for (;; (*at)++) {
		if (**at >= '0' && **at <= '9')
			digit = **at - '0';
		else if (base == 16 && **at >= 'a' && **at <= 'f')
			digit = **at - 'a' + 10;
		else
			return *at > from;
		if (*number > (UINT64_MAX - digit) / base)
			return false;
		*number = *number * base + digit;
	}
}

static bool get_value(const char **at, struct value *value)
{
	if (take(at, "null")) {
		*value = (struct value){ NOTHING };
		return true;
	}
	if (take(at, "true") || take(at, "false")) {
		*value = (struct value){ TRUTH, .number = (*at)[-2] == 'u' };
		return true;
	}
	if (**at == '"')
		return get_string(at, value);
	*value = (struct value){ NUMBER };
	return get_digits(at, 10, &value->number);
}

/* Takes one escape, after its backslash; a byte, or -1. */
static int unescape_one(const char **at)
{
	uint64_t code = 0;
	char digits[5] = "";
	const char *digit = digits;

	if (**at == '"' || **at == '\\' || **at == '/')
		return *(*at)++;
	if (**at != 'u')
		return -1;
	strncpy(digits, *at + 1, 4);
	if (!get_digits(&digit, 16, &code) || digit != digits + 4)
		return -1;
	*at += 5;
	if (code > 0xdc7f && code <= 0xdcff)
		return code & 0xff;
	return code && code < 0x80 ? (int)code : -1;
}

/* Returns how long it is, or -EBADMSG: no such escape, or no room. */
static ssize_t unescape(const struct value *value, char *to, size_t room)
{
	const char *at = value->text, *end = at + value->len;
	size_t len = 0;
	int byte;

	while (at < end) {
		byte = (unsigned char)*at++;
		if (byte == '\\')
			byte = unescape_one(&at);
		if (byte < 0 || at > end || len + 1 >= room)
			return -EBADMSG;
		to[len++] = byte;
	}
	to[len] = '\0';
	return len;
}

static int set_number(const struct snap_field *field, const struct value *value,
		      void *to)
{
	uint64_t number = value->number;
	const char *hex = value->text;
	uint32_t number32;

	if (value->kind == NOTHING) {
		memset(to, 0xff, field->size);
		return 0;
	}
	if (value->kind == STRING) {
		if (!take(&hex, "0x") || !get_digits(&hex, 16, &number) ||
		    hex != value->text + value->len)
			return -EBADMSG;
	} else if (value->kind != NUMBER) {
		return -EBADMSG;
	}
	if (field->size == sizeof(number)) {
		memcpy(to, &number, sizeof(number));
		return 0;
	}
	number32 = number;
	memcpy(to, &number32, sizeof(number32));
	return number32 == number ? 0 : -EBADMSG;
}

static int set_string(const struct value *value, char **to)
{
	char *string;

	if (value->kind == NOTHING)
		return 0;
	if (value->kind != STRING || *to)
		return -EBADMSG;
	string = malloc(value->len + 1);
	if (!string)
		return -ENOMEM;
	if (unescape(value, string, value->len + 1) < 0) {
		free(string);
		return -EBADMSG;
	}
	*to = string;
	return 0;
}

static int set_value(const struct snap_field *field, const struct value *value,
		     void *base)
{
	void *to = (char *)base + field->offset;

	switch (field->kind) {
	case SNAP_NUMBER:
	case SNAP_HEX:
		return set_number(field, value, to);
	case SNAP_BOOL:
		*(bool *)to = value->number;
		return value->kind == TRUTH ? 0 : -EBADMSG;
	case SNAP_TEXT:
		if (value->kind != STRING)
			return -EBADMSG;
		return unescape(value, to, field->size) < 0 ? -EBADMSG : 0;
	case SNAP_STRING:
		return set_string(value, to);
	}
	return -EBADMSG;
}

static const struct snap_field *find_field(const struct snap_field *fields,
					   const struct value *key)
{
	for (; fields->key; fields++)
		if (strlen(fields->key) == key->len &&
		    !memcmp(fields->key, key->text, key->len))
			return fields;
	return NULL;
}

static int get_member(const char **at, const struct snap_field *fields, void *to)
{
	const struct snap_field *field;
	struct value key, value;

	if (!get_string(at, &key) || !take(at, ":") || !get_value(at, &value))
		return -EBADMSG;
	field = find_field(fields, &key);
	return field ? set_value(field, &value, to) : 0;
}

static bool is_end(const char *at)
{
	return !*at || !strcmp(at, "\n");
}

/**
 * snap_get_line() - read an object
 * @text: the line, with or without its newline
 * @fields: its members
 * @to: the struct that they are members of
 *
 * Return: 0, -EBADMSG or -ENOMEM
 */
int snap_get_line(const char *text, const struct snap_field *fields, void *to)
{
	int ret;

	if (!take(&text, "{"))
		return -EBADMSG;
	do {
		ret = get_member(&text, fields, to);
		if (ret)
			return ret;
	} while (take(&text, ","));
	return take(&text, "}") && is_end(text) ? 0 : -EBADMSG;
}

/**
 * snap_line_is() - which kind of line is it?
 * @text: the line
 * @line: the kind
 *
 * Return: true if it is of that kind
 */
bool snap_line_is(const char *text, const char *line)
{
	return take(&text, "{\"line\":\"") && take(&text, line) && *text == '"';
}

/**
 * snap_get_row() - read an array
 * @text: the line, with or without its newline
 * @fields: its elements
 * @n: how many
 * @to: the struct that they are members of
 *
 * Return: 0, or -EBADMSG, also when there are more or fewer of them
 */
int snap_get_row(const char *text, const struct snap_field *fields, size_t n,
		 void *to)
{
	struct value value;
	int ret;

	for (size_t i = 0; i < n; i++) {
		if (!take(&text, i ? "," : "[") || !get_value(&text, &value))
			return -EBADMSG;
		ret = fields[i].key ? set_value(&fields[i], &value, to) : 0;
		if (ret)
			return ret;
	}
	return take(&text, "]") && is_end(text) ? 0 : -EBADMSG;
}
