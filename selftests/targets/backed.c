// SPDX-License-Identifier: GPL-2.0
/*
 * backed DIR HUGEDIR: mappings of files in DIR, which is to be on a block device,
 * private and shared, and one that reaches beyond its file's end; memory that
 * can be shared, of every origin; a huge page of tmpfs from HUGEDIR. Then dirty
 * pages are written back, and pages that were thrown out come back.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <unistd.h>

#include "target.h"

#define PAGES	16
#define HUGE	(2UL << 20)

static char *map(size_t bytes, int flags, int fd)
{
	char *area = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (area == MAP_FAILED)
		target_die("mmap");
	return area;
}

/* A new file, gone from DIR; it has been written to the disk. */
static int new_file(const char *dir, size_t bytes)
{
	char path[PATH_MAX];
	size_t size = bytes;
	int fd;

	snprintf(path, sizeof(path), "%s/backed-XXXXXX", dir);
	fd = mkstemp(path);
	if (fd < 0)
		target_die(path);
	unlink(path);
	for (size_t at = 0; at < bytes; at += target_page) {
		if (pwrite(fd, &at, sizeof(at), at) != sizeof(at))
			target_die("write");
	}
	if (ftruncate(fd, size) || fsync(fd))
		target_die("ftruncate");
	return fd;
}

static void private_file(const char *dir)
{
	char *area = map(PAGES * target_page, MAP_PRIVATE, new_file(dir, PAGES * target_page));

	target_read(area, 0, PAGES, 1);
	target_write(area, 0, 4, 1);
	target_state("COPIED", area, 0, 4, "state=present kind=anon mapcount=1 class=file-copied");
	target_state("PRIVATE", area, 4, PAGES - 4,
		     "state=present kind=file mapcount=1 bits=-write class=file-uncopied page_flags=+uptodate,-anonymous");
}

static void past_the_end(const char *dir)
{
	size_t file = 5 * target_page / 2;
	char *area = map(PAGES * target_page, MAP_SHARED, new_file(dir, file));

	target_read(area, 0, 2, 1);
	target_state("IN_FILE", area, 0, 2, "state=present kind=file");
	target_state("PAST_FILE", area, 3, PAGES - 3, "state=none class=beyond-file");
}

static void shareable(void)
{
	int memfd = memfd_create("backed", MFD_CLOEXEC);
	int shm = shmget(IPC_PRIVATE, PAGES * target_page, 0600);
	char *area;

	if (memfd < 0 || ftruncate(memfd, PAGES * target_page))
		target_die("memfd_create");
	area = map(2 * PAGES * target_page, MAP_SHARED, memfd);
	target_write(area, 0, PAGES, 1);
	target_state("MEMFD", area, 0, PAGES, "state=present kind=shmem mapcount=1 class=shared");
	target_state("PAST_MEMFD", area, PAGES, PAGES, "state=none class=beyond-file");

	area = shm < 0 ? (char *)-1 : shmat(shm, NULL, 0);
	if (area == (char *)-1)
		target_die("shmat");
	shmctl(shm, IPC_RMID, NULL);
	target_write(area, 0, PAGES, 1);
	target_state("SYSV", area, 0, PAGES, "state=present kind=shmem class=shared");

	area = map(PAGES * target_page, MAP_SHARED | MAP_ANONYMOUS, -1);
	target_write(area, 0, PAGES / 2, 1);
	target_state("SHARED_ANON", area, 0, PAGES / 2, "state=present kind=shmem class=shared");
	target_state("SHARED_NONE", area, PAGES / 2, PAGES / 2, "state=none class=null|none");
}

static void huge_tmpfs(const char *dir)
{
	int fd = new_file(dir, 0);
	char *room = map(2 * HUGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	char *area = (char *)(((uintptr_t)room + HUGE - 1) & -HUGE);

	if (ftruncate(fd, HUGE) || mmap(area, HUGE, PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
		target_die("tmpfs");
	target_write(area, 0, 1, 1);
	target_state("HUGE_TMPFS", area, 0, HUGE / target_page,
		     "state=present level=pmd kind=shmem page_flags=+thp order=9 folio=pmd extents=1");
}

/* Is any of it? */
static bool in_cache(char *area)
{
	unsigned char cached[PAGES];

	if (mincore(area, PAGES * target_page, cached))
		target_die("mincore");
	for (int i = 0; i < PAGES; i++)
		if (cached[i] & 1)
			return true;
	return false;
}

/* Out of the tables, and out of the cache; somebody may hold a page for a moment. */
static void throw_out(int fd, char *area)
{
	if (madvise(area, PAGES * target_page, MADV_DONTNEED))
		target_die("MADV_DONTNEED");
	for (int tries = 0; in_cache(area); tries++) {
		errno = EBUSY;
		if (tries == 1000)
			target_die("pages do not leave the cache");
		target_drain();
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	}
}

static long major_faults(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		target_die("getrusage");
	return usage.ru_majflt;
}

/* Had they come from elsewhere than the disk, no fault would have been a major one. */
static void read_again(const char *area)
{
	long before = major_faults();

	target_read(area, 0, PAGES, 1);
	errno = 0;
	if (major_faults() == before)
		target_die("no page was read from the disk");
}

int main(int argc, char **argv)
{
	char *shared, *evicted;
	int fd;

	if (argc != 3) {
		fputs("usage: backed DIR HUGEDIR\n", stderr);
		return 1;
	}
	target_begin();
	private_file(argv[1]);
	past_the_end(argv[1]);
	shareable();
	huge_tmpfs(argv[2]);

	shared = map(PAGES * target_page, MAP_SHARED, new_file(argv[1], PAGES * target_page));
	target_write(shared, 0, PAGES, 1);
	target_state("SHARED", shared, 0, PAGES,
		     "state=present kind=file class=shared bits=+write,+dirty");
	fd = new_file(argv[1], PAGES * target_page);
	evicted = map(PAGES * target_page, MAP_PRIVATE, fd);
	target_read(evicted, 0, PAGES, 1);
	target_state("EVICTED", evicted, 0, PAGES, "state=present kind=file");
	target_wait();

	target_string("STEP", "dirty pages are written back, others thrown out");
	if (msync(shared, PAGES * target_page, MS_SYNC))
		target_die("msync");
	target_state("SHARED", shared, 0, PAGES,
		     "state=present kind=file class=shared bits=-write,-dirty page_flags=-dirty");
	throw_out(fd, evicted);
	target_state("EVICTED", evicted, 0, PAGES, "state=none class=null|none");
	target_wait();

	target_string("STEP", "what was thrown out is read again");
	read_again(evicted);
	target_state("EVICTED", evicted, 0, PAGES, "state=present kind=file mapcount=1");
	target_end();
}
