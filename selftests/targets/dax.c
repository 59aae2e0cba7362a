// SPDX-License-Identifier: GPL-2.0
/*
 * dax DIR [devmap]: a file's own memory, mapped without a copy (DAX): shared, and
 * private of which a part was written and so copied. DIR is a file system mounted
 * with -o dax. Up to Linux 6.16 (`devmap`) entries are marked, and nobody counts
 * who maps such a page.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define PAGES 16

static int new_file(const char *dir)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/dax-XXXXXX", dir);
	fd = mkstemp(path);
	if (fd < 0)
		target_die(path);
	unlink(path);
	for (size_t i = 0; i < PAGES; i++)
		if (pwrite(fd, &i, sizeof(i), i * target_page) != sizeof(i))
			target_die("write");
	if (ftruncate(fd, PAGES * target_page) || fsync(fd))
		target_die("ftruncate");
	return fd;
}

/* MAP_SYNC is refused unless it really is DAX. */
static char *map(int fd, int flags)
{
	char *area = mmap(NULL, PAGES * target_page, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (area == MAP_FAILED)
		target_die("mmap of a DAX file");
	return area;
}

int main(int argc, char **argv)
{
	const char *is = argc > 2 ? "state=pfnmap kind=null mapcount=null bits=+devmap,+special" :
				    "state=present kind=device mapcount=1 page_flags=+device";
	char *area;
	int fd;

	if (argc < 2) {
		fputs("usage: dax DIR [devmap]\n", stderr);
		return 1;
	}
	target_begin();
	fd = new_file(argv[1]);
	area = map(fd, MAP_SHARED_VALIDATE | MAP_SYNC);
	target_write(area, 0, PAGES, 1);
	target_state("SHARED", area, 0, PAGES, "frame=some level=pte %s", is);
	area = map(new_file(argv[1]), MAP_PRIVATE);
	target_read(area, 0, PAGES, 1);
	target_write(area, 0, 4, 1);
	target_state("COPIED", area, 0, 4, "state=present kind=anon mapcount=1");
	target_state("PRIVATE", area, 4, PAGES - 4, "frame=some level=pte %s", is);
	target_end();
}
