// SPDX-License-Identifier: GPL-2.0
/*
 * holes: areas, holes and guards side by side. From BASE, in pages:
 *
 *	 0- 4	read-write, pages 0 and 2 touched
 *	 4- 6	a hole
 *	 6- 9	PROT_NONE, never touched: a guard
 *	 9-11	read-write, both touched
 *	11-12	touched, then mprotect(PROT_NONE): in place, no access
 *	12-13	touched, then made read-only
 *	13-16	a hole, and the end
 */
#include <sys/mman.h>

#include "target.h"

#define PAGES 16

static void protect(char *base, size_t first, size_t count, int prot)
{
	if (mprotect(base + first * target_page, count * target_page, prot))
		target_die("mprotect");
}

static void unmap(char *base, size_t first, size_t count)
{
	if (munmap(base + first * target_page, count * target_page))
		target_die("munmap");
}

int main(void)
{
	char *room, *base;

	target_begin();
	room = target_anon(PAGES + 2);
	base = room + target_page;
	target_write(base, 0, 2, 2);
	target_write(base, 9, 4, 1);
	protect(base, 6, 3, PROT_NONE);
	protect(base, 11, 1, PROT_NONE);
	protect(base, 12, 1, PROT_READ);
	unmap(base, 4, 2);
	unmap(base, 13, 3);
	/* nothing adjoins: the areas' edges are also the edges of a hole */
	unmap(room, 0, 1);
	unmap(base, PAGES, 1);

	target_hex("BASE", base);
	target_uint("PAGES", PAGES);
	target_hex("HOLE", base + 4 * target_page);
	target_hex("GUARD", base + 6 * target_page);
	target_hex("NO_ACCESS", base + 11 * target_page);
	target_hex("READ_ONLY", base + 12 * target_page);
	target_hex("AFTER", base + 13 * target_page);
	target_end();
}
