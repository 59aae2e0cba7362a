// SPDX-License-Identifier: GPL-2.0
/*
 * reserved: an allocator's reservation of 16 TiB, PROT_NONE but for a few
 * pages at both ends, of which some are touched; and the same, PLAIN, with
 * next to nothing in between.
 */
#include <sys/mman.h>

#include "target.h"

#define SIZE	(16UL << 40)
#define OPEN	16	/* pages at either end that may be written ... */
#define TOUCHED	4	/* ... and were */

static void reserve(const char *name, const char *end, size_t bytes)
{
	size_t pages = bytes / target_page;
	char *area = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			  MAP_NORESERVE, -1, 0);

	if (area == MAP_FAILED ||
	    mprotect(area, OPEN * target_page, PROT_READ | PROT_WRITE) ||
	    mprotect(area + bytes - OPEN * target_page, OPEN * target_page,
		     PROT_READ | PROT_WRITE) ||
	    madvise(area, bytes, MADV_NOHUGEPAGE))
		target_die("16 TiB of address space");
	/* every second one: as many extents as pages, wherever the frames are */
	target_write(area, 0, TOUCHED, 2);
	target_write(area, pages - 1 - 2 * (TOUCHED - 1), TOUCHED, 2);
	target_hex(name, area);
	target_hex(end, area + bytes);
}

int main(void)
{
	target_begin();
	reserve("BASE", "END", SIZE);
	reserve("PLAIN", "PLAIN_END", 4 * OPEN * target_page);
	target_uint("TOUCHED", 2 * TOUCHED);
	target_end();
}
