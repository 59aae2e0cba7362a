// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>

#include "show/utf8.h"

/* Table 3-7 of the Unicode standard: the second byte has the exceptions. */
static const struct {
	unsigned char first, last;	/* of the first byte */
	unsigned char low, high;	/* of the second */
	unsigned char length;
} sequences[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static bool continues(const unsigned char *bytes, size_t from, size_t to)
{
	for (; from < to; from++)
		if ((bytes[from] & 0xc0) != 0x80)
			return false;
	return true;
}

/**
 * utf8_length() - how long the character at a place is
 * @bytes: NUL-ended
 *
 * Return: 1 to 4 bytes, or 0 when it is not UTF-8
 */
size_t utf8_length(const unsigned char *bytes)
{
	size_t i;

	if (*bytes < 0x80)
		return 1;
	for (i = 0; i < sizeof(sequences) / sizeof(*sequences); i++) {
		if (*bytes < sequences[i].first || *bytes > sequences[i].last)
			continue;
		if (bytes[1] < sequences[i].low || bytes[1] > sequences[i].high)
			return 0;
		return continues(bytes, 2, sequences[i].length) ?
			sequences[i].length : 0;
	}
	return 0;
}
