// SPDX-License-Identifier: GPL-2.0
/*
 * lib/symbols.h, asked about this very program: its own data and .bss, as
 * /proc/self/maps says where they are.
 */
#include <string.h>
#include <unistd.h>

#include "../ktap.h"
#include "lib/symbols.h"

#define PAGES	3
#define SIZE	(PAGES * 4096)

char marked_data[SIZE] __attribute__((aligned(4096))) = { 1 };
char marked_bss[SIZE] __attribute__((aligned(4096)));
static char marked_static[SIZE] __attribute__((aligned(4096)));

static struct mml_vma vma[512];
static struct mml_vmas vmas = { .v = vma };

static void read_maps(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[4096];

	if (!file)
		ktap_bail("/proc/self/maps cannot be read");
	while (fgets(line, sizeof(line), file) && vmas.n < 512) {
		unsigned long long start, end, offset, inode;
		unsigned int major, minor;
		struct mml_vma *v = &vma[vmas.n];
		char path[4096] = "";

		if (sscanf(line, "%llx-%llx %*s %llx %x:%x %llu %4095s", &start, &end,
			   &offset, &major, &minor, &inode, path) < 6)
			continue;
		*v = (struct mml_vma){
			.start = start, .end = end, .pgoff = offset / 4096,
			.kind = inode ? MMLENS_VMA_KIND_FILE : MMLENS_VMA_KIND_ANON,
			.path = inode ? strdup(path) : NULL,
		};
		vmas.n++;
	}
	fclose(file);
}

static void test_object(struct mml_symbols *symbols, const char *object,
			const char *name)
{
	uint64_t start = (uintptr_t)object + 4096;
	const struct mml_vma *in = mml_vmas_find(&vmas, start);
	const struct mml_symbol *found;
	size_t n;

	found = mml_symbols_find(symbols, in, start, start + 4096, &n);
	ktap_test(n == 1 && !strcmp(found->name, name) &&
		  found->start == (uintptr_t)object && found->end == found->start + SIZE,
		  "the object on one page of %s", name);
	found = mml_symbols_find(symbols, in, start - 4096, start + SIZE, &n);
	ktap_test(n >= 1 && !strcmp(found->name, name), "... and on more");
}

int main(void)
{
	struct mml_symbols *symbols;
	char on_stack = 0;
	size_t n;

	ktap_begin();
	/* so that none is left out */
	marked_bss[0] = marked_static[1] = marked_data[2] = on_stack;
	read_maps();
	symbols = mml_symbols_new(getpid(), &vmas, 4096);
	if (!symbols)
		ktap_bail("no memory");
	test_object(symbols, marked_data, "marked_data");
	test_object(symbols, marked_bss, "marked_bss");
	test_object(symbols, marked_static, "marked_static");
	ktap_test(!mml_symbols_find(symbols,
				    mml_vmas_find(&vmas, (uintptr_t)&on_stack),
				    (uintptr_t)&on_stack, (uintptr_t)&on_stack + 1, &n),
		  "nothing on the stack");
	mml_symbols_free(symbols);
	for (size_t i = 0; i < vmas.n; i++)
		free(vma[i].path);
	return ktap_end();
}
