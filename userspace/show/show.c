// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "show/show.h"
#include "show/utf8.h"

/**
 * show_begin() - begin an answer that is one object
 * @show: where it goes
 */
void show_begin(struct show *show)
{
	if (!show->json)
		return;
	json_init(&show->writer, show->out);
	json_object(&show->writer, NULL, JSON_BLOCK);
}

/**
 * show_begin_list() - begin an answer that is a list
 * @show: where it goes
 */
void show_begin_list(struct show *show)
{
	if (!show->json)
		return;
	json_init(&show->writer, show->out);
	json_array(&show->writer, NULL, JSON_BLOCK);
}

/**
 * show_end() - end an answer
 * @show: where it went
 *
 * What an error has left open is closed: JSON stays JSON.
 */
void show_end(struct show *show)
{
	while (show->json && show->writer.depth)
		json_end(&show->writer);
}

/**
 * show_open() - open an object, in JSON
 * @show: where it goes
 * @key: NULL inside a list
 */
void show_open(struct show *show, const char *key)
{
	if (show->json)
		json_object(&show->writer, key, JSON_BLOCK);
}

/**
 * show_open_row() - open an object on one line, in JSON
 * @show: where it goes
 * @key: NULL inside a list
 */
void show_open_row(struct show *show, const char *key)
{
	if (show->json)
		json_object(&show->writer, key, JSON_ROW);
}

/**
 * show_open_list() - open a list, in JSON
 * @show: where it goes
 * @key: NULL inside a list
 */
void show_open_list(struct show *show, const char *key)
{
	if (show->json)
		json_array(&show->writer, key, JSON_BLOCK);
}

/**
 * show_open_list_row() - open a list on one line, in JSON
 * @show: where it goes
 * @key: NULL inside a list
 */
void show_open_list_row(struct show *show, const char *key)
{
	if (show->json)
		json_array(&show->writer, key, JSON_ROW);
}

/**
 * show_close() - close the innermost object or list, in JSON
 * @show: where it goes
 */
void show_close(struct show *show)
{
	if (show->json)
		json_end(&show->writer);
}

/**
 * show() - state one datum
 * @s: where it goes
 * @key: for JSON; NULL inside a list
 * @fmt: for text, with one %s; NULL: only JSON has it
 * @value: the datum
 */
void show(struct show *s, const char *key, const char *fmt,
	  struct show_value value)
{
	char buf[SHOW_TEXT_MAX];

	if (s->json)
		show_value_json(&s->writer, key, value);
	else if (fmt)
		fprintf(s->out, fmt, show_value_text(value, buf, sizeof(buf)));
}

/**
 * show_text() - words that only people read
 * @show: where they go
 * @fmt: as for printf()
 */
void show_text(struct show *show, const char *fmt, ...)
{
	va_list args;

	if (show->json)
		return;
	va_start(args, fmt);
	vfprintf(show->out, fmt, args);
	va_end(args);
}

/**
 * show_style() - emphasis for the text that follows
 * @show: where it goes
 * @style: SHOW_PLAIN ends it
 */
void show_style(struct show *show, enum show_style style)
{
	static const char *const codes[] = {
		[SHOW_PLAIN] = "\033[m",
		[SHOW_BOLD] = "\033[1m",
		[SHOW_DIM] = "\033[2m",
		[SHOW_GOOD] = "\033[32m",
		[SHOW_WARN] = "\033[33m",
		[SHOW_BAD] = "\033[1;31m",
	};

	if (show->color && !show->json)
		fputs(codes[style], show->out);
}

/* May these @len bytes of UTF-8 go to a terminal of this locale as they are? */
static bool printable(const unsigned char *bytes, size_t len)
{
	mbstate_t state = { 0 };
	wchar_t wide;

	if (*bytes < 0x80)
		return isprint(*bytes);
	return mbrtowc(&wide, (const char *)bytes, len, &state) == len &&
	       iswprint(wide);
}

/*
 * What a terminal may not get is written as \xHH, so is a backslash before an
 * x: the bytes can be told from the text.
 */
static size_t escape_one(const unsigned char *at, char *to)
{
	size_t len = utf8_length(at);

	if (len && !(at[0] == '\\' && at[1] == 'x') && printable(at, len)) {
		memcpy(to, at, len);
		to[len] = '\0';
		return len;
	}
	sprintf(to, "\\x%02x", *at);
	return 1;
}

/**
 * show_escape() - make bytes safe for a terminal
 * @bytes: NUL-ended
 * @buf: room for them
 * @size: bytes of @buf; what does not fit is left off
 *
 * Return: @buf
 */
const char *show_escape(const char *bytes, char *buf, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;
	size_t len = 0, used;
	char one[8];

	buf[0] = '\0';
	while (*at) {
		used = escape_one(at, one);
		if (len + strlen(one) >= size)
			break;
		strcpy(buf + len, one);
		len += strlen(one);
		at += used;
	}
	return buf;
}

/**
 * show_failed() - has writing failed?
 * @show: where data goes
 *
 * Return: true once it has
 */
bool show_failed(const struct show *show)
{
	return ferror(show->out);
}
