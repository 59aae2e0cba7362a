// SPDX-License-Identifier: GPL-2.0
#include "show/line.h"

/**
 * line_init() - begin to write
 * @line: the line
 * @out: where it goes
 */
void line_init(struct line *line, FILE *out)
{
	line->out = out;
	line->used = 0;
	line->flushed = 0;
}

/**
 * line_flush() - give what there is to the stream
 * @line: empty afterwards
 */
void line_flush(struct line *line)
{
	fwrite_unlocked(line->text, 1, line->used, line->out);
	line->used = 0;
	line->flushed++;
}

/**
 * line_long() - put bytes for which there is no room
 * @line: the line
 * @bytes: they
 * @len: how many
 */
void line_long(struct line *line, const void *bytes, size_t len)
{
	line_flush(line);
	if (len > sizeof(line->text)) {
		fwrite_unlocked(bytes, 1, len, line->out);
		return;
	}
	memcpy(line->text, bytes, len);
	line->used = len;
}

/**
 * line_decimal() - put a number
 * @line: the line
 * @number: the number
 */
void line_decimal(struct line *line, uint64_t number)
{
	char text[20], *end = text + sizeof(text);
	char *at = decimal_before(end, number);

	line_bytes(line, at, end - at);
}

/**
 * line_hex() - put a number in base 16
 * @line: the line
 * @number: the number
 * @digits: at least that many, up to 16
 */
void line_hex(struct line *line, uint64_t number, int digits)
{
	char text[16], *end = text + sizeof(text);
	char *at = hex_before(end, number, digits);

	line_bytes(line, at, end - at);
}
