// SPDX-License-Identifier: GPL-2.0
/*
 * shared-table: two processes that map one hugetlb file at a place where they have
 * one PMD table between them (huge_pmd_share() in mm/hugetlb.c): 1 GiB of it, of which
 * one huge page is there. A step makes the second one let go of it.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define GIB	(1UL << 30)
#define HUGE	(2UL << 20)

static char *area;

static void obey(char order)
{
	if (order == 'r')
		target_read(area, 0, 1, 1);
	else
		munmap(area, GIB);
}

int main(void)
{
	const int share = MAP_SHARED | MAP_NORESERVE | MAP_FIXED;
	struct puppet second;
	char *room;
	int fd;

	target_begin();
	fd = memfd_create("shared-table", MFD_HUGETLB);
	room = mmap(NULL, 2 * GIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0);
	if (fd < 0 || ftruncate(fd, GIB) || fallocate(fd, 0, 0, HUGE) || room == MAP_FAILED)
		target_die("a hugetlb file");
	area = (char *)(((uintptr_t)room + GIB - 1) & ~(GIB - 1));
	if (mmap(area, GIB, PROT_READ | PROT_WRITE, share, fd, 0) == MAP_FAILED)
		target_die("mmap");
	target_write(area, 0, 1, 1);
	/* a fork leaves such tables to be filled by a touch */
	puppet_start(&second, obey);
	puppet_do(&second, 'r');
	target_uint("A", getpid());
	target_uint("B", second.pid);
	target_hex("AREA", area);
	target_wait();
	puppet_do(&second, 'u');
	target_end();
}
