// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/parse.h"

#define fail(err, ...) mml_fail(err, MML_EXIT_USAGE, EINVAL, __VA_ARGS__)

/*
 * strtoull() that takes digits only: no blanks, no sign. Returns what follows
 * the number, or NULL: no digit, or more than 64 bits.
 */
static const char *number(const char *text, int base, uint64_t *value)
{
	char *end;

	if (!(base == 16 ? isxdigit((unsigned char)*text) :
			   isdigit((unsigned char)*text)))
		return NULL;
	errno = 0;
	*value = strtoull(text, &end, base);
	return errno ? NULL : end;
}

static bool has_0x(const char *text)
{
	return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

static const char *hex(const char *text, uint64_t *value)
{
	return number(has_0x(text) ? text + 2 : text, 16, value);
}

/* Hex with 0x, else decimal. */
static const char *any_base(const char *text, uint64_t *value)
{
	return has_0x(text) ? hex(text, value) : number(text, 10, value);
}

static bool all_digits(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/**
 * mml_parse_pid() - a process ID
 * @arg: what was typed
 * @pid: where to
 * @err: says what is wrong with it
 *
 * Return: 0 or -EINVAL
 */
int mml_parse_pid(const char *arg, uint32_t *pid, struct mml_error *err)
{
	uint64_t value;

	if (*arg == '-' && all_digits(arg + 1))
		return fail(err, "'%s' is no process ID: it is negative", arg);
	if (!all_digits(arg))
		return fail(err, "'%s' is no process ID: it is not a decimal number", arg);
	if (!number(arg, 10, &value) || value > INT_MAX)
		return fail(err, "'%s' is no process ID: none is above %d", arg, INT_MAX);
	if (!value)
		return fail(err, "'%s' is no process ID: they begin at 1", arg);
	*pid = value;
	return 0;
}

/**
 * mml_parse_addr() - an address
 * @arg: what was typed
 * @addr: where to
 * @err: says what is wrong with it
 *
 * Return: 0 or -EINVAL
 */
int mml_parse_addr(const char *arg, uint64_t *addr, struct mml_error *err)
{
	const char *digits = has_0x(arg) ? arg + 2 : arg;
	const char *rest;

	if (!isxdigit((unsigned char)*digits) ||
	    digits[strspn(digits, "0123456789abcdefABCDEF")])
		return fail(err, "'%s' is no address: it is not a hexadecimal number", arg);
	rest = hex(arg, addr);
	if (!rest)
		return fail(err, "'%s' is no address: it has more than 64 bits", arg);
	return 0;
}

/**
 * mml_parse_pfn() - a page frame number
 * @arg: what was typed
 * @pfn: where to
 * @err: says what is wrong with it
 *
 * Return: 0 or -EINVAL
 */
int mml_parse_pfn(const char *arg, uint64_t *pfn, struct mml_error *err)
{
	const char *rest = any_base(arg, pfn);

	if (!rest || *rest)
		return fail(err, "'%s' is no page frame number: it takes decimal digits, or hexadecimal ones after 0x", arg);
	return 0;
}

/**
 * mml_parse_frames() - page frame numbers: one, or a range
 * @arg: what was typed
 * @range: where to; the last of all numbers gives an end of 0
 * @err: says what is wrong with it
 *
 * Return: 0 or -EINVAL
 */
int mml_parse_frames(const char *arg, struct mml_range *range,
		     struct mml_error *err)
{
	const char *rest = any_base(arg, &range->start);

	if (!rest || *rest != '-') {
		if (mml_parse_pfn(arg, &range->start, err))
			return -EINVAL;
		range->end = range->start + 1;
		return 0;
	}
	rest = any_base(rest + 1, &range->end);
	if (!rest || *rest)
		return fail(err, "range '%s': what follows the '-' is no page frame number", arg);
	if (range->end == range->start)
		return fail(err, "range '%s' is empty: the second number is the first after the range", arg);
	if (range->end < range->start)
		return fail(err, "range '%s' ends before it starts", arg);
	return 0;
}

/**
 * mml_parse_seconds() - a time
 * @arg: what was typed: 5, 0.2
 * @ms: where to, in milliseconds
 * @err: says what is wrong with it
 *
 * Return: 0 or -EINVAL
 */
int mml_parse_seconds(const char *arg, unsigned int *ms, struct mml_error *err)
{
	const double max = 1000000;
	double seconds;
	char *end;

	seconds = strtod(arg, &end);
	if (end == arg || *end || !isdigit((unsigned char)*arg) || has_0x(arg))
		return fail(err, "'%s' is no time: it takes seconds, as in 5 or 0.2", arg);
	if (!(seconds <= max))
		return fail(err, "'%s' is no time to wait: the longest is %.0f seconds", arg, max);
	*ms = seconds * 1000;
	return 0;
}

/* A length: 0x1000, 4096, 64K, 2M, 1G. */
static const char *length(const char *text, uint64_t *len)
{
	static const char suffixes[] = "KMGT";
	const char *rest = any_base(text, len);
	const char *suffix;
	unsigned int shift;

	if (!rest || !*rest)
		return rest;
	suffix = strchr(suffixes, toupper((unsigned char)*rest));
	if (!suffix)
		return rest;
	shift = 10 * (suffix - suffixes + 1);
	if (*len > UINT64_MAX >> shift)
		return NULL;
	*len <<= shift;
	return rest + 1;
}

/* Widens to whole pages; a page at the very top has no end. */
static int widen(const char *arg, uint64_t page_size, struct mml_range *range,
		 struct mml_error *err)
{
	uint64_t mask = page_size - 1;

	if (range->end > UINT64_MAX - mask)
		return fail(err, "range '%s' ends above the last address", arg);
	range->start &= ~mask;
	range->end = (range->end + mask) & ~mask;
	return 0;
}

static int parse_span(const char *arg, const char *rest, uint64_t page_size,
		      struct mml_range *range, struct mml_error *err)
{
	rest = hex(rest + 1, &range->end);
	if (!rest || *rest)
		return fail(err, "range '%s': what follows the '-' is no hexadecimal address", arg);
	if (range->end <= range->start)
		return fail(err, "range '%s' is empty: its end is not after its start", arg);
	return widen(arg, page_size, range, err);
}

static int parse_length(const char *arg, const char *rest, uint64_t page_size,
			struct mml_range *range, struct mml_error *err)
{
	uint64_t len;

	rest = length(rest + 1, &len);
	if (!rest || *rest)
		return fail(err, "range '%s': what follows the '+' is no length (as in 4096, 0x1000, 64K, 2M, 1G)", arg);
	if (!len)
		return fail(err, "range '%s' is empty: its length is 0", arg);
	if (len > UINT64_MAX - range->start)
		return fail(err, "range '%s' ends above the last address", arg);
	range->end = range->start + len;
	return widen(arg, page_size, range, err);
}

/* A range in numbers. Returns 1 when @arg does not look like one. */
static int parse_numbers(const char *arg, uint64_t page_size,
			 struct mml_range *range, struct mml_error *err)
{
	const char *rest = hex(arg, &range->start);

	if (!rest)
		return has_0x(arg) ? mml_parse_addr(arg, &range->start, err) : 1;
	switch (*rest) {
	case '\0':
		range->end = range->start;
		if (range->end != UINT64_MAX)
			range->end++;
		return widen(arg, page_size, range, err);
	case '-':
		return parse_span(arg, rest, page_size, range, err);
	case '+':
		return parse_length(arg, rest, page_size, range, err);
	default:
		return 1;
	}
}

/* Is @name @text, or @text followed by what the kernel adds for a lost file? */
static bool same_name(const char *text, const char *name)
{
	size_t len = strlen(name);

	return text && !strncmp(text, name, len) &&
	       (!text[len] || !strcmp(text + len, " (deleted)"));
}

static bool has_name(const struct mml_vma *vma, const char *name)
{
	char label[PATH_MAX];

	return same_name(vma->path, name) || same_name(vma->name, name) ||
	       same_name(mml_vma_label(vma, label, sizeof(label)), name);
}

static int add_range(struct mml_ranges *ranges, uint64_t start, uint64_t end,
		     struct mml_error *err)
{
	struct mml_range *v;

	if (ranges->n && ranges->v[ranges->n - 1].end == start) {
		ranges->v[ranges->n - 1].end = end;
		return 0;
	}
	v = realloc(ranges->v, (ranges->n + 1) * sizeof(*v));
	if (!v)
		return mml_fail_memory(err);
	ranges->v = v;
	v[ranges->n++] = (struct mml_range){ start, end };
	return 0;
}

/* Has an area before the @i-th the same label? */
static bool told(const struct mml_vmas *vmas, size_t i, const char *label)
{
	char other[PATH_MAX];

	while (i--)
		if (!strcmp(mml_vma_label(&vmas->v[i], other, sizeof(other)), label))
			return true;
	return false;
}

/* "heap, stack, libc.so.6, ..." as far as there is room. */
static void list_names(const struct mml_vmas *vmas, char *buf, size_t size)
{
	char label[PATH_MAX];
	size_t len = 0;
	size_t i;

	*buf = '\0';
	for (i = 0; i < vmas->n; i++) {
		mml_vma_label(&vmas->v[i], label, sizeof(label));
		if (told(vmas, i, label))
			continue;
		if (len + strlen(label) + sizeof(", ...") > size) {
			snprintf(buf + len, size - len, ", ...");
			return;
		}
		len += snprintf(buf + len, size - len, "%s%s",
				len ? ", " : "", label);
	}
}

static int fail_name(const char *arg, const struct mml_vmas *vmas,
		     struct mml_error *err)
{
	char names[384];

	if (!vmas->n)
		return mml_fail(err, MML_EXIT_USAGE, ENOENT,
				"'%.64s' is no range, and there is no area of that name: there are none at all",
				arg);
	list_names(vmas, names, sizeof(names));
	return mml_fail(err, MML_EXIT_USAGE, ENOENT,
			"'%.64s' is no range, and no area has that name; there are: %s",
			arg, names);
}

static int add_named(const char *arg, const struct mml_vmas *vmas,
		     struct mml_ranges *ranges, struct mml_error *err)
{
	size_t i;
	int ret;

	for (i = 0; *arg && i < vmas->n; i++) {
		if (!has_name(&vmas->v[i], arg))
			continue;
		ret = add_range(ranges, vmas->v[i].start, vmas->v[i].end, err);
		if (ret) {
			mml_ranges_free(ranges);
			return ret;
		}
	}
	return 0;
}

/**
 * mml_parse_ranges() - a range, or the areas of a name
 * @arg: what was typed
 * @page_size: bytes of a page
 * @vmas: the areas that there are
 * @ranges: where to, in ascending order; neighbours are one; free with
 *	mml_ranges_free()
 * @err: says what is wrong with it
 *
 * Return: 0, -EINVAL, or -ENOENT when no area has that name
 */
int mml_parse_ranges(const char *arg, uint64_t page_size,
		     const struct mml_vmas *vmas, struct mml_ranges *ranges,
		     struct mml_error *err)
{
	struct mml_range range;
	int numbers, ret;

	memset(ranges, 0, sizeof(*ranges));
	numbers = parse_numbers(arg, page_size, &range, err);
	if (!numbers)
		return add_range(ranges, range.start, range.end, err);
	/* A name may well begin like a number: "bad-file.so". */
	ret = add_named(arg, vmas, ranges, err);
	if (ret || ranges->n)
		return ret;
	return numbers < 0 ? numbers : fail_name(arg, vmas, err);
}

/**
 * mml_whole_range() - everything
 * @vmas: the areas that there are
 * @ranges: where to; free with mml_ranges_free()
 * @err: says what failed
 *
 * Return: 0 or -ENOMEM
 */
int mml_whole_range(const struct mml_vmas *vmas, struct mml_ranges *ranges,
		    struct mml_error *err)
{
	memset(ranges, 0, sizeof(*ranges));
	if (!vmas->n)
		return 0;
	return add_range(ranges, vmas->v[0].start, vmas->v[vmas->n - 1].end, err);
}

/**
 * mml_ranges_free() - free ranges
 * @ranges: from mml_parse_ranges(), or all zeroes
 */
void mml_ranges_free(struct mml_ranges *ranges)
{
	free(ranges->v);
	memset(ranges, 0, sizeof(*ranges));
}
