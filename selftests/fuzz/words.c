// SPDX-License-Identifier: GPL-2.0
/*
 * Words: what people type. The first byte chooses the parser, the rest is the
 * word, and is to be taken or refused with a sentence.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "lib/filter.h"
#include "lib/parse.h"

static struct mml_vma areas[] = {
	{ .start = 0x400000, .end = 0x402000, .path = "/usr/bin/cat" },
	{ .start = 0x55d0c8a00000, .end = 0x55d0c8a21000, .name = "[heap]" },
	{ .start = 0x7f0000000000, .end = 0x7f0000002000 },
	{ .start = 0x7ffffffde000, .end = 0x7ffffffff000, .name = "[stack]" },
};

static const struct mml_vmas vmas = { .v = areas, .n = sizeof(areas) / sizeof(areas[0]) };

static void check(int ret, const struct mml_error *err)
{
	if (ret && !err->text[0])
		abort();	/* a refusal says why */
}

static void parse_ranges(const char *word)
{
	struct mml_error err = { .text = "" };
	struct mml_ranges ranges = { .n = 0 };
	int ret = mml_parse_ranges(word, 4096, &vmas, &ranges, &err);

	check(ret, &err);
	for (size_t i = 0; !ret && i < ranges.n; i++)
		if (ranges.v[i].start >= ranges.v[i].end ||
		    (ranges.v[i].start | ranges.v[i].end) & 4095)
			abort();
	mml_ranges_free(&ranges);
}

static void parse_number(unsigned int which, const char *word)
{
	struct mml_error err = { .text = "" };
	struct mml_range range;
	unsigned int ms;
	uint64_t number;
	uint32_t pid;

	switch (which) {
	case 0:
		check(mml_parse_pid(word, &pid, &err), &err);
		break;
	case 1:
		check(mml_parse_addr(word, &number, &err), &err);
		break;
	case 2:
		check(mml_parse_pfn(word, &number, &err), &err);
		break;
	case 3:
		check(mml_parse_seconds(word, &ms, &err), &err);
		break;
	default:
		check(mml_parse_frames(word, &range, &err), &err);
	}
}

static void parse_filter(unsigned int which, const char *word)
{
	static int (*const parsers[])(struct mml_filter *filter, const char *arg,
				      struct mml_error *err) = {
		mml_filter_states, mml_filter_entry, mml_filter_flags, mml_filter_frames,
	};
	struct mml_error err = { .text = "" };
	struct mml_filter filter;

	memset(&filter, 0, sizeof(filter));
	check(parsers[which & 3](&filter, word, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int which;
	char *word;

	if (!size)
		return 0;
	which = *data % 10;
	word = malloc(size);
	memcpy(word, data + 1, size - 1);
	word[size - 1] = '\0';
	if (which < 5)
		parse_number(which, word);
	else if (which < 9)
		parse_filter(which - 5, word);
	else
		parse_ranges(word);
	free(word);
	return 0;
}
