// SPDX-License-Identifier: GPL-2.0
/* What people type (lib/parse.h), from tables. */
#include <errno.h>
#include <string.h>

#include "../ktap.h"
#include "lib/parse.h"

#define PAGE 4096

/* ---- single values ---- */

static int as_pid(const char *arg, uint64_t *value, struct mml_error *err)
{
	uint32_t pid = 0;
	int ret = mml_parse_pid(arg, &pid, err);

	*value = pid;
	return ret;
}

static int as_ms(const char *arg, uint64_t *value, struct mml_error *err)
{
	unsigned int ms = 0;
	int ret = mml_parse_seconds(arg, &ms, err);

	*value = ms;
	return ret;
}

static const struct {
	const char *what;
	int (*parse)(const char *arg, uint64_t *value, struct mml_error *err);
	const char *arg;
	uint64_t value;
	const char *error;	/* part of the sentence, NULL: it is taken */
} singles[] = {
	{ "pid", as_pid, "1", 1, NULL },
	{ "pid", as_pid, "4194304", 4194304, NULL },
	{ "pid", as_pid, "2147483647", 2147483647, NULL },
	{ "pid", as_pid, "007", 7, NULL },
	{ "pid", as_pid, "0", 0, "'0' is no process ID: they begin at 1" },
	{ "pid", as_pid, "00", 0, "begin at 1" },
	{ "pid", as_pid, "-5", 0, "'-5' is no process ID: it is negative" },
	{ "pid", as_pid, "-0", 0, "negative" },
	{ "pid", as_pid, "2147483648", 0, "none is above 2147483647" },
	{ "pid", as_pid, "4294967296", 0, "none is above 2147483647" },
	{ "pid", as_pid, "4294967297", 0, "none is above 2147483647" },
	{ "pid", as_pid, "18446744073709551617", 0, "none is above" },
	{ "pid", as_pid, "99999999999999999999999999", 0, "none is above" },
	{ "pid", as_pid, "", 0, "'' is no process ID: it is not a decimal number" },
	{ "pid", as_pid, "12x", 0, "not a decimal number" },
	{ "pid", as_pid, "0x10", 0, "not a decimal number" },
	{ "pid", as_pid, " 12", 0, "not a decimal number" },
	{ "pid", as_pid, "+12", 0, "not a decimal number" },
	{ "pid", as_pid, "1.5", 0, "not a decimal number" },
	{ "pid", as_pid, "--5", 0, "not a decimal number" },

	{ "addr", mml_parse_addr, "7f1c40003a10", 0x7f1c40003a10, NULL },
	{ "addr", mml_parse_addr, "0x7f1c40003a10", 0x7f1c40003a10, NULL },
	{ "addr", mml_parse_addr, "0X7F1C40003A10", 0x7f1c40003a10, NULL },
	{ "addr", mml_parse_addr, "00400000", 0x400000, NULL },
	{ "addr", mml_parse_addr, "0", 0, NULL },
	{ "addr", mml_parse_addr, "10", 0x10, NULL },
	{ "addr", mml_parse_addr, "ffffffffffffffff", UINT64_MAX, NULL },
	{ "addr", mml_parse_addr, "00000ffffffffffffffff", UINT64_MAX, NULL },
	{ "addr", mml_parse_addr, "10000000000000000", 0, "more than 64 bits" },
	{ "addr", mml_parse_addr, "", 0, "not a hexadecimal number" },
	{ "addr", mml_parse_addr, "0x", 0, "not a hexadecimal number" },
	{ "addr", mml_parse_addr, "0x0x10", 0, "not a hexadecimal number" },
	{ "addr", mml_parse_addr, "7f1c-", 0, "not a hexadecimal number" },
	{ "addr", mml_parse_addr, "-1", 0, "not a hexadecimal number" },
	{ "addr", mml_parse_addr, " 10", 0, "not a hexadecimal number" },
	{ "addr", mml_parse_addr, "heap", 0, "'heap' is no address" },

	{ "pfn", mml_parse_pfn, "135312", 135312, NULL },
	{ "pfn", mml_parse_pfn, "0x21090", 0x21090, NULL },
	{ "pfn", mml_parse_pfn, "0", 0, NULL },
	{ "pfn", mml_parse_pfn, "21f90", 0, "no page frame number" },
	{ "pfn", mml_parse_pfn, "-1", 0, "no page frame number" },
	{ "pfn", mml_parse_pfn, "18446744073709551616", 0, "no page frame number" },

	{ "seconds", as_ms, "5", 5000, NULL },
	{ "seconds", as_ms, "0", 0, NULL },
	{ "seconds", as_ms, "0.25", 250, NULL },
	{ "seconds", as_ms, "1000000", 1000000000, NULL },
	{ "seconds", as_ms, "1000001", 0, "no time to wait" },
	{ "seconds", as_ms, "1e99", 0, "no time to wait" },
	{ "seconds", as_ms, "-1", 0, "is no time" },
	{ "seconds", as_ms, "nan", 0, "is no time" },
	{ "seconds", as_ms, "inf", 0, "is no time" },
	{ "seconds", as_ms, "0x10", 0, "is no time" },
	{ "seconds", as_ms, "5s", 0, "is no time" },
	{ "seconds", as_ms, "", 0, "is no time" },
};

static void test_singles(void)
{
	struct mml_error err;
	uint64_t value;
	size_t i;
	bool ok;
	int ret;

	for (i = 0; i < sizeof(singles) / sizeof(*singles); i++) {
		memset(&err, 0, sizeof(err));
		ret = singles[i].parse(singles[i].arg, &value, &err);
		if (singles[i].error)
			ok = ret == -EINVAL && err.exit == MML_EXIT_USAGE &&
			     strstr(err.text, singles[i].error);
		else
			ok = !ret && value == singles[i].value;
		if (!ktap_test(ok, "%s '%s'", singles[i].what, singles[i].arg))
			ktap_note("returned %d, %#llx, '%s'", ret,
				  (unsigned long long)value, err.text);
	}
}

/* ---- ranges ---- */

static struct mml_vma areas[] = {
	{ .start = 0x400000, .end = 0x401000, .path = "/usr/bin/cat" },
	{ .start = 0x401000, .end = 0x403000, .path = "/usr/bin/cat" },
	{ .start = 0x600000, .end = 0x601000, .path = "/usr/bin/cat" },
	{ .start = 0x700000, .end = 0x721000, .name = "[heap]" },
	{ .start = 0x7f0000000000, .end = 0x7f0000010000 },
	{ .start = 0x7f0000020000, .end = 0x7f0000021000, .path = "/tmp/bad-file.so" },
	{ .start = 0x7f0000030000, .end = 0x7f0000031000, .path = "/tmp/gone (deleted)" },
	{ .start = 0x7f0000040000, .end = 0x7f0000041000, .path = "/dev/zero (deleted)",
	  .kind = MMLENS_VMA_KIND_SHMEM, .flags = MMLENS_VM_SHARED },
	{ .start = 0x7f0000050000, .end = 0x7f0000051000, .path = "/tmp/cafe" },
	{ .start = 0x7f0000060000, .end = 0x7f0000061000 },
	{ .start = 0x7f0000070000, .end = 0x7f0000071000, .name = "[anon:arena]" },
	{ .start = 0x7ffd00000000, .end = 0x7ffd00021000, .name = "[stack]" },
};
static const struct mml_vmas vmas = {
	.v = areas, .n = sizeof(areas) / sizeof(*areas),
};

static const struct {
	const char *arg;
	struct mml_range ranges[3];
	const char *error;
} ranges[] = {
	{ "400000-401000", { { 0x400000, 0x401000 } }, NULL },
	{ "0x400000-0x401000", { { 0x400000, 0x401000 } }, NULL },
	{ "400001-401001", { { 0x400000, 0x402000 } }, NULL },
	{ "400000", { { 0x400000, 0x401000 } }, NULL },
	{ "0x400fff", { { 0x400000, 0x401000 } }, NULL },
	{ "0", { { 0, 0x1000 } }, NULL },
	{ "400000+4096", { { 0x400000, 0x401000 } }, NULL },
	{ "400000+0x2000", { { 0x400000, 0x402000 } }, NULL },
	{ "400000+64K", { { 0x400000, 0x410000 } }, NULL },
	{ "400000+2m", { { 0x400000, 0x600000 } }, NULL },
	{ "0+1G", { { 0, 1 << 30 } }, NULL },
	{ "0+1T", { { 0, 1ULL << 40 } }, NULL },
	{ "400000+1", { { 0x400000, 0x401000 } }, NULL },
	{ "fffffffffffffffe-fffffffffffff000", { { 0 } }, "is empty" },
	{ "fffffffffffff000-ffffffffffffffff", { { 0 } }, "above the last address" },
	{ "ffffffffffffffff", { { 0 } }, "above the last address" },
	{ "fffffffffffff000+4096", { { 0 } }, "above the last address" },
	{ "ffffffffffffe000+4096", { { 0xffffffffffffe000, 0xfffffffffffff000 } }, NULL },
	{ "401000-400000", { { 0 } }, "is empty: its end is not after its start" },
	{ "400000-400000", { { 0 } }, "is empty" },
	{ "400000-", { { 0 } }, "what follows the '-'" },
	{ "400000-zz", { { 0 } }, "what follows the '-'" },
	{ "400000-401000-402000", { { 0 } }, "what follows the '-'" },
	{ "400000+", { { 0 } }, "what follows the '+'" },
	{ "400000+0", { { 0 } }, "its length is 0" },
	{ "400000+4X", { { 0 } }, "what follows the '+'" },
	{ "400000+4KB", { { 0 } }, "what follows the '+'" },
	{ "400000+99999999999999999999", { { 0 } }, "what follows the '+'" },
	{ "400000+18014398509481985K", { { 0 } }, "what follows the '+'" },
	{ "400000+ffff", { { 0 } }, "what follows the '+'" },
	{ "0x", { { 0 } }, "not a hexadecimal number" },
	{ "10000000000000000", { { 0 } }, "no area has that name" },

	{ "heap", { { 0x700000, 0x721000 } }, NULL },
	{ "[heap]", { { 0x700000, 0x721000 } }, NULL },
	{ "stack", { { 0x7ffd00000000, 0x7ffd00021000 } }, NULL },
	{ "cat", { { 0x400000, 0x403000 }, { 0x600000, 0x601000 } }, NULL },
	{ "/usr/bin/cat", { { 0x400000, 0x403000 }, { 0x600000, 0x601000 } }, NULL },
	{ "anon", { { 0x7f0000000000, 0x7f0000010000 },
		    { 0x7f0000060000, 0x7f0000061000 } }, NULL },
	{ "shared-anon", { { 0x7f0000040000, 0x7f0000041000 } }, NULL },
	{ "anon:arena", { { 0x7f0000070000, 0x7f0000071000 } }, NULL },
	{ "bad-file.so", { { 0x7f0000020000, 0x7f0000021000 } }, NULL },
	{ "gone", { { 0x7f0000030000, 0x7f0000031000 } }, NULL },
	{ "gone (deleted)", { { 0x7f0000030000, 0x7f0000031000 } }, NULL },
	{ "/tmp/gone", { { 0x7f0000030000, 0x7f0000031000 } }, NULL },
	{ "cafe", { { 0xc000, 0xd000 } }, NULL },	/* an address, first of all */
	{ "/tmp/cafe", { { 0x7f0000050000, 0x7f0000051000 } }, NULL },
	{ "usr/bin/cat", { { 0 } }, "there are: cat, heap, anon, bad-file.so, gone (deleted), shared-anon, cafe, anon:arena, stack" },
	{ "vdso", { { 0 } }, "'vdso' is no range, and no area has that name" },
	{ "", { { 0 } }, "'' is no range" },
};

static bool same_ranges(const struct mml_ranges *seen,
			const struct mml_range expected[3])
{
	size_t i;

	for (i = 0; i < seen->n && i < 3; i++)
		if (seen->v[i].start != expected[i].start ||
		    seen->v[i].end != expected[i].end)
			return false;
	return i > 0 && (i == 3 || !expected[i].end);
}

static void test_ranges(void)
{
	struct mml_error err;
	struct mml_ranges seen;
	size_t i;
	bool ok;
	int ret;

	for (i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		memset(&err, 0, sizeof(err));
		ret = mml_parse_ranges(ranges[i].arg, PAGE, &vmas, &seen, &err);
		if (ranges[i].error)
			ok = ret && err.exit == MML_EXIT_USAGE && !seen.n &&
			     strstr(err.text, ranges[i].error);
		else
			ok = !ret && same_ranges(&seen, ranges[i].ranges);
		if (!ktap_test(ok, "range '%s'", ranges[i].arg))
			ktap_note("returned %d, %zu ranges, '%s'", ret, seen.n,
				  err.text);
		mml_ranges_free(&seen);
	}
}

static void test_no_areas(void)
{
	const struct mml_vmas none = { .n = 0 };
	struct mml_error err = { .text = "" };
	struct mml_ranges seen;

	ktap_test(mml_parse_ranges("heap", PAGE, &none, &seen, &err) == -ENOENT &&
		  strstr(err.text, "there are none at all"), "a name, without areas");
	ktap_test(!mml_whole_range(&none, &seen, &err) && !seen.n,
		  "the whole, without areas");
	ktap_test(!mml_whole_range(&vmas, &seen, &err) && seen.n == 1 &&
		  seen.v[0].start == 0x400000 && seen.v[0].end == 0x7ffd00021000,
		  "the whole");
	mml_ranges_free(&seen);
}

/* A list of names that has no room is cut, and the sentence ends. */
static void test_many_names(void)
{
	static struct mml_vma many[300];
	static char names[300][64];
	const struct mml_vmas all = { .v = many, .n = 300 };
	struct mml_error err = { .text = "" };
	struct mml_ranges seen;
	size_t i;

	for (i = 0; i < 300; i++) {
		snprintf(names[i], sizeof(names[i]), "/lib/some-library-%zu.so", i);
		many[i] = (struct mml_vma){ .start = i * PAGE,
					    .end = (i + 1) * PAGE, .path = names[i] };
	}
	mml_parse_ranges("nothing", PAGE, &all, &seen, &err);
	ktap_test(strlen(err.text) > 300 &&
		  !strcmp(err.text + strlen(err.text) - 5, ", ..."),
		  "names that have no room");
}

int main(void)
{
	ktap_begin();
	test_singles();
	test_ranges();
	test_no_areas();
	test_many_names();
	return ktap_end();
}
