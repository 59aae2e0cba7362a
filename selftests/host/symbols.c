// SPDX-License-Identifier: GPL-2.0
/*
 * lib/symbols.h, asked about this very program: its own data and .bss, as
 * /proc/self/maps says where they are.
 */
#include <string.h>
#include <unistd.h>

#include "lib/symbols.h"
#include "maps.h"

#define PAGES	3
#define SIZE	(PAGES * 4096)

char marked_data[SIZE] __attribute__((aligned(4096))) = { 1 };
char marked_bss[SIZE] __attribute__((aligned(4096)));
static char marked_static[SIZE] __attribute__((aligned(4096)));

static void test_object(struct mml_symbols *symbols, const char *object,
			const char *name)
{
	uint64_t start = (uintptr_t)object + 4096;
	const struct mml_vma *in = mml_vmas_find(&maps, start);
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
	maps_read();
	symbols = mml_symbols_new(getpid(), &maps, 4096);
	if (!symbols)
		ktap_bail("no memory");
	test_object(symbols, marked_data, "marked_data");
	test_object(symbols, marked_bss, "marked_bss");
	test_object(symbols, marked_static, "marked_static");
	ktap_test(!mml_symbols_find(symbols,
				    mml_vmas_find(&maps, (uintptr_t)&on_stack),
				    (uintptr_t)&on_stack, (uintptr_t)&on_stack + 1, &n),
		  "nothing on the stack");
	mml_symbols_free(symbols);
	maps_free();
	return ktap_end();
}
