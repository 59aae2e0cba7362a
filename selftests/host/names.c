// SPDX-License-Identifier: GPL-2.0
/*
 * names HEADER: every number that <linux/mmlens.h> defines has a name, and
 * every name stands for such a number. The header is read as text.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../ktap.h"
#include "lib/mmlens.h"
#include "lib/judge.h"
#include "lib/names.h"

#define MAX 128

struct defined {
	char name[MAX][64];
	uint64_t value[MAX];
	size_t n;
};

static void define(struct defined *defined, const char *name, uint64_t value)
{
	if (defined->n == MAX)
		ktap_bail("more than %d numbers", MAX);
	snprintf(defined->name[defined->n], 64, "%s", name);
	defined->value[defined->n++] = value;
}

/* "#define MMLENS_PAGE_LRU (1ULL << 5)" */
static void read_bits(FILE *header, const char *prefix, struct defined *defined)
{
	char line[512], name[64];
	unsigned int bit;

	rewind(header);
	while (fgets(line, sizeof(line), header))
		if (sscanf(line, "#define %63s (1ULL << %u)", name, &bit) == 2 &&
		    !strncmp(name, prefix, strlen(prefix)))
			define(defined, name, 1ULL << bit);
}

/* The enumerators of "enum NAME {", from 0 or from "= N" on. */
static void read_enum(FILE *header, const char *name, struct defined *defined)
{
	char line[512], start[96], word[64];
	uint64_t value = 0;
	bool in = false;
	char *equals;

	snprintf(start, sizeof(start), "enum %s {", name);
	rewind(header);
	while (fgets(line, sizeof(line), header)) {
		if (!strncmp(line, start, strlen(start)))
			in = true;
		else if (in && line[0] == '}')
			return;
		if (!in || sscanf(line, " %63[A-Z0-9_]", word) != 1 ||
		    strncmp(word, "MMLENS_", 7))
			continue;
		equals = strstr(line, " = ");
		if (equals)
			value = strtoull(equals + 3, NULL, 0);
		define(defined, word, value++);
	}
}

static bool knows(const struct defined *defined, uint64_t value)
{
	size_t i;

	for (i = 0; i < defined->n; i++)
		if (defined->value[i] == value)
			return true;
	return false;
}

static bool unique(const struct mml_name *names)
{
	const struct mml_name *a, *b;

	for (a = names; a->name; a++)
		for (b = a + 1; b->name; b++)
			if (a->value == b->value || !strcmp(a->name, b->name) ||
			    (a->code && b->code && !strcmp(a->code, b->code)))
				return false;
	return true;
}

static void compare(const char *what, const struct defined *defined,
		    const struct mml_name *names)
{
	const struct mml_name *name;
	size_t i;

	ktap_test(defined->n > 0, "%s: the header has some", what);
	for (i = 0; i < defined->n; i++) {
		if (strstr(defined->name[i], "_UNSPEC") ||
		    strstr(defined->name[i], "_PAD"))
			continue;
		ktap_test(mml_name(names, defined->value[i]), "%s: %s has a name",
			  what, defined->name[i]);
	}
	for (name = names; name->name; name++)
		if (!knows(defined, name->value) &&
		    name->value != MMLENS_ENTRY_PKEY_MASK)
			ktap_test(false, "%s: %s is in the header", what,
				  name->name);
	ktap_test(unique(names), "%s: no two are alike", what);
}

static const struct {
	const char *what;
	const char *enumeration;	/* or NULL: bits */
	const char *prefix;
	const struct mml_name *names;
} tables[] = {
	{ "commands", "mmlens_cmd", NULL, mml_command_names },
	{ "columns", "mmlens_col", NULL, mml_column_names },
	{ "area columns", "mmlens_vma_col", NULL, mml_vma_column_names },
	{ "states", "mmlens_state", NULL, mml_state_names },
	{ "frame states", "mmlens_frame_state", NULL, mml_frame_state_names },
	{ "levels", "mmlens_level", NULL, mml_level_names },
	{ "mapkinds", "mmlens_mapkind", NULL, mml_mapkind_names },
	{ "shared", "mmlens_shared", NULL, mml_shared_names },
	{ "zones", "mmlens_zone", NULL, mml_zone_names },
	{ "area kinds", "mmlens_vma_kind", NULL, mml_vma_kind_names },
	{ "task states", "mmlens_task_state", NULL, mml_task_state_names },
	{ "reasons", "mmlens_reason", NULL, mml_reason_names },
	{ "can", NULL, "MMLENS_CAN_", mml_can_names },
	{ "entry bits", NULL, "MMLENS_ENTRY_", mml_entry_names },
	{ "access bits", NULL, "MMLENS_ACCESS_", mml_traced_access_names },
	{ "fault bits", NULL, "MMLENS_FAULT_", mml_traced_result_names },
	{ "page flags", NULL, "MMLENS_PAGE_", mml_page_names },
	{ "VM flags", NULL, "MMLENS_VM_", mml_vm_names },
};

static void test_tables(const char *path)
{
	FILE *header = fopen(path, "r");
	size_t i;

	if (!header)
		ktap_bail("%s cannot be read", path);
	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		struct defined defined = { .n = 0 };

		if (tables[i].enumeration)
			read_enum(header, tables[i].enumeration, &defined);
		else
			read_bits(header, tables[i].prefix, &defined);
		compare(tables[i].what, &defined, tables[i].names);
	}
	fclose(header);
}

/* The kernel's fs/proc/task_mmu.c: show_smap_vma_flags() */
static void test_smaps_codes(void)
{
	const struct mml_name *name;

	for (name = mml_vm_names; name->name; name++)
		ktap_test(name->code && strlen(name->code) == 2,
			  "VM flags: %s has a code of two letters", name->name);
}

static void append(const char *word, void *arg)
{
	strcat(arg, word);
	strcat(arg, ",");
}

static void test_lists(void)
{
	static const struct {
		const struct mml_name *names;
		uint64_t bits;
		enum mml_naming naming;
		const char *list;
	} cases[] = {
		{ mml_entry_names, 0, MML_NAMES, "" },
		{ mml_entry_names, MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_DIRTY,
		  MML_NAMES, "present,dirty," },
		{ mml_entry_names, 1ULL << 40 | MMLENS_ENTRY_WRITE, MML_NAMES,
		  "write,0x10000000000," },
		{ mml_entry_names, 3ULL << MMLENS_ENTRY_PKEY_SHIFT, MML_NAMES, "pkey3," },
		{ mml_entry_names, 15ULL << MMLENS_ENTRY_PKEY_SHIFT, MML_NAMES, "pkey15," },
		{ mml_entry_names, MMLENS_ENTRY_PKEY_MASK, MML_FIELDS, "pkey," },
		{ mml_vm_names, MMLENS_VM_READ | MMLENS_VM_UNKNOWN, MML_CODES, "rd,??," },
		{ mml_vm_names, MMLENS_VM_READ | MMLENS_VM_UNKNOWN, MML_NAMES,
		  "read,unknown," },
		{ mml_page_names, MMLENS_PAGE_THP, MML_CODES, "thp," },
	};
	char list[256];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		list[0] = '\0';
		mml_for_each_bit(cases[i].names, cases[i].bits, cases[i].naming,
				 append, list);
		if (!ktap_test(!strcmp(list, cases[i].list), "list '%s'",
			       cases[i].list))
			ktap_note("is '%s'", list);
	}
	list[0] = '\0';
	mml_for_each_number(mml_level_names, 1ULL << 63 | 1 << MMLENS_LEVEL_PTE |
			    1 << MMLENS_LEVEL_PUD, append, list);
	ktap_test(!strcmp(list, "pte,pud,0x8000000000000000,"), "set '%s'", list);
}

static void test_letters(void)
{
	static const struct {
		uint64_t entry;
		const char *letters;
	} cases[] = {
		{ 0, "-----" },
		{ MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_USER | MMLENS_ENTRY_ACCESSED |
		  MMLENS_ENTRY_DIRTY | MMLENS_ENTRY_LEAF, "r-uad" },
		{ MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_WRITE | MMLENS_ENTRY_USER |
		  MMLENS_ENTRY_SOFT_DIRTY, "rwu--s" },
		{ MMLENS_ENTRY_PROTNONE, "-----n" },
		{ MMLENS_ENTRY_PAT, "-----+" },
		{ 1ULL << 40, "-----+" },
		{ 2ULL << MMLENS_ENTRY_PKEY_SHIFT, "-----+" },
		{ ~0ULL, "rwuadxgspSDne+" },
	};
	char letters[MML_ENTRY_LETTERS];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		mml_entry_letters(cases[i].entry, letters);
		ktap_test(!strcmp(letters, cases[i].letters),
			  "letters of %#" PRIx64 ": %s", cases[i].entry, letters);
	}
}

static void test_others(void)
{
	char perms[5];

	ktap_test(!strcmp(mml_vm_perms(MMLENS_VM_READ | MMLENS_VM_WRITE, perms), "rw-p"),
		  "perms of private memory");
	ktap_test(!strcmp(mml_vm_perms(MMLENS_VM_EXEC | MMLENS_VM_MAYSHARE, perms), "--xs"),
		  "perms of shared memory");
	ktap_test(!strcmp(mml_frame_kind(MMLENS_PAGE_BUDDY), "free"), "kind of a free frame");
	ktap_test(!strcmp(mml_frame_kind(MMLENS_PAGE_PGTABLE | MMLENS_PAGE_PRIVATE), "table"),
		  "kind of a page table");
	ktap_test(!strcmp(mml_frame_kind(MMLENS_PAGE_FILE), "file"), "kind of a file's frame");
	ktap_test(!strcmp(mml_frame_kind(MMLENS_PAGE_FILE | MMLENS_PAGE_SWAPBACKED), "shmem"),
		  "kind of shmem's frame");
	ktap_test(!strcmp(mml_frame_kind(MMLENS_PAGE_ANON | MMLENS_PAGE_SWAPBACKED), "anon"),
		  "kind of an anonymous frame");
	ktap_test(!strcmp(mml_frame_kind(MMLENS_PAGE_RESERVED), "reserved"),
		  "kind of a reserved frame");
	ktap_test(!strcmp(mml_frame_kind(MMLENS_PAGE_UPTODATE | MMLENS_PAGE_SWAPBACKED), "other"),
		  "kind of the kernel's own frame");
	ktap_test(!mml_frame_kind(MMLENS_UNKNOWN), "kind of an unknown frame");
	ktap_test(!mml_name(mml_state_names, 99), "no name for an unknown number");
	ktap_test(mml_name_find(mml_page_names, "LRU")->value == MMLENS_PAGE_LRU &&
		  !mml_name_find(mml_page_names, "lr"), "a number by its name");
	ktap_test(unique(mml_class_names), "classes: no two are alike");
}

int main(int argc, char **argv)
{
	ktap_begin();
	if (argc != 2)
		ktap_bail("usage: names HEADER");
	test_tables(argv[1]);
	test_smaps_codes();
	test_lists();
	test_letters();
	test_others();
	return ktap_end();
}
