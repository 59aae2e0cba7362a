// SPDX-License-Identifier: GPL-2.0
/*
 * names: a mapped file whose name has a line feed, a backslash, a quote, an
 * escape sequence and bytes that are not UTF-8; removed when the target ends.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define NAME "mmlens \"a\\b\n\033[31m\xff\xfe\xc3\xa9"

static char path[PATH_MAX];

static void remove_file(void)
{
	unlink(path);
}

int main(void)
{
	const char *dir = getenv("TMPDIR");
	char *area;
	int fd;

	target_begin();
	snprintf(path, sizeof(path), "%s/%d %s", dir ? dir : "/tmp", getpid(), NAME);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		target_die(path);
	atexit(remove_file);
	if (ftruncate(fd, 4 * target_page))
		target_die("ftruncate");
	area = mmap(NULL, 4 * target_page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (area == MAP_FAILED)
		target_die("mmap");
	target_write(area, 0, 4, 1);
	target_hex("FILE", area);
	target_end();
}
