/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is written is put together here, and goes to the stream a line at a time:
 * a million rows are some fifty million small pieces.
 */
#ifndef SHOW_LINE_H
#define SHOW_LINE_H

#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LINE_ROOM 4096

struct line {
	FILE *out;
	size_t used;
	unsigned long flushed;	/* times that it went to the stream */
	char text[LINE_ROOM];
};

void line_init(struct line *line, FILE *out);
void line_flush(struct line *line);
void line_long(struct line *line, const void *bytes, size_t len);
void line_decimal(struct line *line, uint64_t number);
void line_hex(struct line *line, uint64_t number, int digits);	/* at least so many */

/* Digits that end before @end; where they begin. */
static inline char *decimal_before(char *end, uint64_t number)
{
	do {
		*--end = '0' + number % 10;
		number /= 10;
	} while (number);
	return end;
}

/* Eight digits at once, one a byte, the first in the lowest: as they are in memory. */
static inline uint64_t hex_digits(uint32_t number)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t x = number, letters;

	x = (x << 16 | x) & 0x0000ffff0000ffff;
	x = (x << 8 | x) & 0x00ff00ff00ff00ff;
	x = (x << 4 | x) & 0x0f0f0f0f0f0f0f0f;
	letters = (x + 6 * ones) >> 4 & ones;
	return htobe64(x + '0' * ones + letters * ('a' - '0' - 10));
}

/* Uses 16 bytes before @end. */
static inline char *hex_before(char *end, uint64_t number, int digits)
{
	uint64_t text[] = { hex_digits(number >> 32), hex_digits(number) };
	int used = 16 - __builtin_clzll(number | 1) / 4;

	memcpy(end - 16, text, 16);
	return end - (digits > used ? digits : used);
}

static inline void line_bytes(struct line *line, const void *bytes, size_t len)
{
	if (len > sizeof(line->text) - line->used) {
		line_long(line, bytes, len);
		return;
	}
	memcpy(line->text + line->used, bytes, len);
	line->used += len;
}

static inline void line_char(struct line *line, char c)
{
	if (line->used == sizeof(line->text))
		line_flush(line);
	line->text[line->used++] = c;
}

static inline void line_text(struct line *line, const char *text)
{
	line_bytes(line, text, strlen(text));
}

#endif /* SHOW_LINE_H */
