// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/filter.h"
#include "lib/parse.h"

#define WORD_MAX 64

#define fail(err, ...) mml_fail(err, MML_EXIT_USAGE, EINVAL, __VA_ARGS__)

/* "none, present, swap": as far as there is room. */
static const char *list_names(const struct mml_name *names, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (; names->name && len < size; names++)
		len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "",
				names->name);
	return buf;
}

static int fail_word(const char *what, const char *word,
		     const struct mml_name *names, struct mml_error *err)
{
	char list[384];

	return fail(err, "'%s' is no %s; there are: %s", word, what,
		    list_names(names, list, sizeof(list)));
}

/* Calls @fn for each word of a list with commas. */
static int each_word(const char *arg, const char *what,
		     int (*fn)(const char *word, void *arg), void *fn_arg,
		     struct mml_error *err)
{
	char word[WORD_MAX];
	size_t len;
	int ret;

	for (;; arg += len + 1) {
		len = strcspn(arg, ",");
		if (!len)
			return fail(err, "the list of %ss has an empty word", what);
		if (len >= sizeof(word))
			return fail(err, "'%.32s...' is no %s", arg, what);
		memcpy(word, arg, len);
		word[len] = '\0';
		ret = fn(word, fn_arg);
		if (ret || !arg[len])
			return ret;
	}
}

struct words {
	const char *what;
	const struct mml_name *names;
	uint64_t *all, *none;
	struct mml_error *err;
};

static int add_state(const char *word, void *arg)
{
	const struct mml_name *name = mml_name_find(mml_state_names, word);
	struct words *words = arg;

	if (!name)
		return fail_word(words->what, word, mml_state_names, words->err);
	if (name->value == MMLENS_STATE_NONE)
		return fail(words->err, "'none' is what lies between pages: it cannot be asked for alone");
	*words->all |= 1ULL << name->value;
	return 0;
}

/**
 * mml_filter_states() - pages of these states
 * @filter: added to
 * @arg: what was typed
 * @err: says what is wrong with it
 *
 * Return: 0 or -EINVAL
 */
int mml_filter_states(struct mml_filter *filter, const char *arg,
		      struct mml_error *err)
{
	struct words words = {
		.what = "state", .all = &filter->states, .err = err,
	};

	return each_word(arg, words.what, add_state, &words, err);
}

static bool is_field(const struct mml_name *name)
{
	return name->value & (name->value - 1);
}

/* "pkey3": the field's bits that are set must be, the others must not. */
static bool add_field(const char *word, struct words *words)
{
	const struct mml_name *name;
	uint64_t number, shift;
	size_t len;
	char *end;

	for (name = words->names; name->name; name++) {
		len = strlen(name->name);
		if (!is_field(name) || strncasecmp(word, name->name, len))
			continue;
		shift = __builtin_ctzll(name->value);
		number = strtoull(word + len, &end, 10);
		if (end == word + len || *end || number > name->value >> shift)
			continue;
		*words->all |= number << shift;
		*words->none |= name->value & ~(number << shift);
		return true;
	}
	return false;
}

static int add_bit(const char *word, void *arg)
{
	struct words *words = arg;
	bool excluded = *word == '^';
	const struct mml_name *name = mml_name_find(words->names, word + excluded);

	if (name && !is_field(name))
		*(excluded ? words->none : words->all) |= name->value;
	else if (excluded || !add_field(word, words))
		return fail_word(words->what, word + excluded, words->names,
				 words->err);
	if (*words->all & *words->none)
		return fail(words->err, "'%s': no page has a bit and has it not", word);
	return 0;
}

/**
 * mml_filter_entry() - pages whose entry has these bits
 * @filter: added to
 * @arg: what was typed
 * @err: says what is wrong with it
 *
 * Return: 0 or -EINVAL
 */
int mml_filter_entry(struct mml_filter *filter, const char *arg,
		     struct mml_error *err)
{
	struct words words = {
		.what = "bit of an entry", .names = mml_entry_names,
		.all = &filter->entry_all, .none = &filter->entry_none,
		.err = err,
	};

	return each_word(arg, words.what, add_bit, &words, err);
}

/**
 * mml_filter_flags() - pages that have these flags
 * @filter: added to
 * @arg: what was typed
 * @err: says what is wrong with it
 *
 * Return: 0 or -EINVAL
 */
int mml_filter_flags(struct mml_filter *filter, const char *arg,
		     struct mml_error *err)
{
	struct words words = {
		.what = "page flag", .names = mml_page_names,
		.all = &filter->flags_all, .none = &filter->flags_none,
		.err = err,
	};

	return each_word(arg, words.what, add_bit, &words, err);
}

/**
 * mml_filter_frames() - pages in these frames
 * @filter: set
 * @arg: what was typed
 * @err: says what is wrong with it
 *
 * Return: 0 or -EINVAL
 */
int mml_filter_frames(struct mml_filter *filter, const char *arg,
		      struct mml_error *err)
{
	size_t len = strcspn(arg, "-+");
	char first[WORD_MAX];
	uint64_t second = 1;

	if (len >= sizeof(first))
		return fail(err, "'%.32s...' is no page frame number", arg);
	memcpy(first, arg, len);
	first[len] = '\0';
	if (mml_parse_pfn(first, &filter->frame_start, err) ||
	    (arg[len] && mml_parse_pfn(arg + len + 1, &second, err)))
		return -EINVAL;
	filter->frame_end = arg[len] == '-' ? second :
			    filter->frame_start + second;
	if (filter->frame_end <= filter->frame_start)
		return fail(err, "frames '%s' are none: the end is not after the start", arg);
	return 0;
}
