// SPDX-License-Identifier: GPL-2.0
/*
 * remapped: very many entries, and little memory: 16 MiB of a file that is mapped
 * 256 times, one mapping right after the other. A million entries in 2,048 tables:
 * nobody looks through them within a millisecond.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define BYTES	(16UL << 20)
#define TIMES	256UL
#define AROUND	16	/* pages that the kernel maps beside the one that is read */

int main(void)
{
	int fd = memfd_create("remapped", 0);
	size_t pages;
	char *area;

	target_begin();
	pages = BYTES / target_page;
	if (fd < 0 || ftruncate(fd, BYTES))
		target_die("memfd_create");
	area = mmap(NULL, TIMES * BYTES, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		target_die("mmap");
	for (size_t i = 0; i < TIMES; i++)
		if (mmap(area + i * BYTES, BYTES, PROT_READ, MAP_SHARED | MAP_FIXED,
			 fd, 0) == MAP_FAILED)
			target_die("mmap");
	target_read(area, 0, pages, 1);
	target_read(area, pages, (TIMES - 1) * pages / AROUND, AROUND);
	target_hex("BASE", area);
	target_hex("END", area + TIMES * BYTES);
	target_uint("PAGES", TIMES * pages);
	target_end();
}
