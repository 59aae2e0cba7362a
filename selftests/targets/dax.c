// SPDX-License-Identifier: GPL-2.0
/*
 * dax DIR [devmap]: a file's own memory, mapped without a copy (DAX): shared, and
 * private of which a part was written and so copied; and 2 MiB of one, which one
 * entry maps. DIR is a file system mounted with -o dax. Up to Linux 6.16 (`devmap`)
 * entries are marked, and nobody counts who maps such a page.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define PAGES	16
#define HUGE	(2UL << 20)

static int new_file(const char *dir, size_t pages)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/dax-XXXXXX", dir);
	fd = mkstemp(path);
	if (fd < 0)
		target_die(path);
	unlink(path);
	/* at once, so that it is in one piece */
	errno = posix_fallocate(fd, 0, pages * target_page);
	if (errno)
		target_die("fallocate");
	for (size_t i = 0; i < pages; i++)
		if (pwrite(fd, &i, sizeof(i), i * target_page) != sizeof(i))
			target_die("write");
	if (fsync(fd))
		target_die("fsync");
	return fd;
}

/* MAP_SYNC is refused unless it really is DAX. */
static char *map(char *at, int fd, size_t pages, int flags)
{
	char *area = mmap(at, pages * target_page, PROT_READ | PROT_WRITE,
			  flags | (at ? MAP_FIXED : 0), fd, 0);

	if (area == MAP_FAILED)
		target_die("mmap of a DAX file");
	return area;
}

/* Where a huge page can be mapped. */
static char *huge_room(void)
{
	char *room = mmap(NULL, 2 * HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		target_die("mmap");
	return (char *)(((uintptr_t)room + HUGE - 1) & -HUGE);
}

int main(int argc, char **argv)
{
	const char *is = argc > 2 ? "state=pfnmap kind=null mapcount=null bits=+devmap" :
				    "state=present kind=device mapcount=1 page_flags=+device";
	const char *small = argc > 2 ? ",+special" : "";
	char *area;

	if (argc < 2) {
		fputs("usage: dax DIR [devmap]\n", stderr);
		return 1;
	}
	target_begin();
	area = map(NULL, new_file(argv[1], PAGES), PAGES, MAP_SHARED_VALIDATE | MAP_SYNC);
	target_write(area, 0, PAGES, 1);
	target_state("SHARED", area, 0, PAGES, "frame=some level=pte %s%s", is, small);
	area = map(NULL, new_file(argv[1], PAGES), PAGES, MAP_PRIVATE);
	target_read(area, 0, PAGES, 1);
	target_write(area, 0, 4, 1);
	target_state("COPIED", area, 0, 4, "state=present kind=anon mapcount=1");
	target_state("PRIVATE", area, 4, PAGES - 4, "frame=some level=pte %s%s", is, small);
	area = map(huge_room(), new_file(argv[1], HUGE / target_page), HUGE / target_page,
		   MAP_SHARED_VALIDATE | MAP_SYNC);
	target_write(area, 1, 1, 1);
	target_state("HUGE", area, 0, HUGE / target_page,
		     "frame=some level=pmd extents=1 vma_vm_flags=+sf %s", is);
	target_end();
}
