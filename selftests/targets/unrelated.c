// SPDX-License-Identifier: GPL-2.0
/*
 * unrelated: 16 pages at a fixed address. Start two: their areas lie at the
 * same address and hold the same bytes, and have nothing to do with each other.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "target.h"

#define PAGES	16
#define ADDRESS	((void *)0x200000000000)

int main(void)
{
	char *area;

	target_begin();
	area = mmap(ADDRESS, PAGES * target_page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (area != ADDRESS)
		target_die("mmap");
	madvise(area, PAGES * target_page, MADV_NOHUGEPAGE);
	target_write(area, 0, PAGES, 1);
	target_hex("ANON", area);
	target_uint("ANON_PAGES", PAGES);
	target_hex("LIBC", (void *)(uintptr_t)strtoull);
	target_end();
}
