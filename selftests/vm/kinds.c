// SPDX-License-Identifier: GPL-2.0
/*
 * kinds: one process, and its forked child, with memory of every kind that
 * this kernel can be made to have, for the oracle to look at. Speaks like a
 * target (targets/target.h). What a kernel refuses is told and left out.
 *
 * kinds reserve: 16 TiB of address space, and three pages in it.
 * kinds tear: much to be read, of which each step changes the first page.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vm/lib/lru.h"

#define PAGES	64
#define HUGE	(2UL << 20)

#ifndef MADV_PAGEOUT
#define MADV_COLD	20
#define MADV_PAGEOUT	21
#endif

static size_t page_size;

static void lacking(const char *what)
{
	printf("lacking: %s: %s\n", what, strerror(errno));
}

static void write_pages(char *area, size_t first, size_t count, size_t step)
{
	for (size_t i = first; i < first + count; i += step)
		*(volatile size_t *)(area + i * page_size) = (uintptr_t)area + i;
}

static void read_pages(const char *area, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)*(const volatile char *)(area + i * page_size);
}

static char *map(size_t bytes, int flags, int fd)
{
	char *area = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (area == MAP_FAILED) {
		perror("kinds: mmap");
		exit(1);
	}
	return area;
}

/* Small anonymous pages; the gap keeps the kernel from merging the areas. */
static char *anon(void)
{
	char *area = map((PAGES + 1) * page_size, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	munmap(area + PAGES * page_size, page_size);
	madvise(area, PAGES * page_size, MADV_NOHUGEPAGE);
	return area;
}

static char *written(void)
{
	char *area = anon();

	write_pages(area, 0, PAGES, 1);
	return area;
}

static void make_small(void)
{
	char *area;

	read_pages(anon(), PAGES);		/* the zero page */
	write_pages(anon(), 0, PAGES, 2);	/* every second one absent */
	mprotect(written(), PAGES * page_size, PROT_NONE);
	mprotect(written(), PAGES * page_size / 2, PROT_READ);
	if (mlock(written(), PAGES * page_size))
		lacking("mlock");
	madvise(written(), PAGES * page_size, MADV_FREE);
	madvise(written(), PAGES * page_size, MADV_COLD);
	madvise(written(), PAGES * page_size / 2, MADV_DONTNEED);
	area = anon();
	read_pages(area, PAGES);
	mprotect(area, PAGES * page_size, PROT_NONE);	/* zero pages, closed */
}

static void make_files(void)
{
	char path[] = "/tmp/mmlens-kinds-XXXXXX";
	int fd = mkstemp(path), memfd = memfd_create("kinds", MFD_CLOEXEC);
	char *area;

	unlink(path);
	if (fd < 0 || ftruncate(fd, PAGES * page_size) ||
	    memfd < 0 || ftruncate(memfd, PAGES * page_size)) {
		lacking("files");
		return;
	}
	area = map(PAGES * page_size, MAP_PRIVATE, fd);
	read_pages(area, PAGES);
	write_pages(area, 0, PAGES, 3);
	write_pages(map(PAGES * page_size, MAP_SHARED, fd), 0, PAGES, 2);
	write_pages(map(PAGES * page_size, MAP_SHARED, memfd), 0, PAGES, 2);
	read_pages(map(PAGES * page_size, MAP_PRIVATE, memfd), PAGES);
	write_pages(map(PAGES * page_size, MAP_SHARED | MAP_ANONYMOUS, -1), 0, PAGES, 1);
	close(fd);
	close(memfd);
}

static char *huge_area(size_t count)
{
	char *room = map((count + 1) * HUGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	char *area = (char *)(((uintptr_t)room + HUGE - 1) & -HUGE);

	if (madvise(area, count * HUGE, MADV_HUGEPAGE))
		lacking("MADV_HUGEPAGE");
	return area;
}

static char *uneven;	/* huge pages that the child will map in part by PTEs */

static void make_huge(void)
{
	char *area = huge_area(3);

	read_pages(area, 1);			/* the huge zero page */
	write_pages(area + HUGE, 0, 1, 1);	/* mapped by a PMD */
	write_pages(area + 2 * HUGE, 0, 1, 1);	/* ... and now by PTEs */
	mprotect(area + 2 * HUGE + 5 * page_size, page_size, PROT_READ);
	uneven = huge_area(2);
	write_pages(uneven, 0, 2 * HUGE / page_size, 1);
}

static void make_hugetlb(void)
{
	int flags = MAP_ANONYMOUS | MAP_HUGETLB;
	char *area;

	area = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | flags, -1, 0);
	if (area == MAP_FAILED) {
		lacking("hugetlb");
		return;
	}
	area[0] = 1;
	area = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | flags, -1, 0);
	if (area != MAP_FAILED)
		area[0] = 1;
}

static void make_swapped(void)
{
	char *area = written();

	/* a page that is not on its LRU list, or not for the moment, is passed over */
	for (int i = 0; i < 3; i++) {
		lru_drain();
		if (madvise(area, PAGES / 2 * page_size, MADV_PAGEOUT))
			lacking("MADV_PAGEOUT");
	}
	read_pages(area, PAGES / 8);		/* some come back */
}

static void make_device(void)
{
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	char *area = MAP_FAILED;

	if (fd >= 0)
		area = mmap(NULL, 4 * page_size, PROT_READ, MAP_SHARED, fd, 0xf0000);
	if (area == MAP_FAILED)
		lacking("/dev/mem");
	else
		read_pages(area, 4);
	close(fd);
}

/* KSM merges these with each other, once it comes by. */
static void make_mergeable(void)
{
	char *area = anon();

	for (size_t i = 0; i < PAGES; i++)
		memset(area + i * page_size, 'k', page_size);
	if (madvise(area, PAGES * page_size, MADV_MERGEABLE))
		lacking("KSM");
}

static int uffd_protect(int fd, char *area)
{
	struct uffdio_register reg = {
		.range = { (uintptr_t)area, PAGES * page_size },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect wp = {
		.range = { (uintptr_t)area, PAGES / 2 * page_size },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	return ioctl(fd, UFFDIO_REGISTER, &reg) || ioctl(fd, UFFDIO_WRITEPROTECT, &wp);
}

static void make_uffd_wp(void)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	char *shared;

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || uffd_protect(fd, written())) {
		lacking("userfaultfd write protection");
		return;
	}
	/* Shared pages that go leave a marker in the table. */
	shared = map(PAGES * page_size, MAP_SHARED | MAP_ANONYMOUS, -1);
	write_pages(shared, 0, PAGES, 1);
	if (uffd_protect(fd, shared))
		lacking("userfaultfd write protection of shared memory");
	else
		madvise(shared, PAGES / 4 * page_size, MADV_DONTNEED);
}

/* From here on only what is written is soft-dirty, and no area is. */
static void make_soft_dirty(void)
{
	char *area = written();
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (write(fd, "4", 1) != 1)
		lacking("soft-dirty");
	close(fd);
	write_pages(area, 0, PAGES, 2);
}

static void answer(const char *word)
{
	char c;

	puts(word);
	fflush(stdout);
	do {
		if (read(STDIN_FILENO, &c, 1) != 1)
			exit(0);
	} while (c != '\n');
}

static void run_child(int done)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* One is mapped by a PMD there, by PTEs here, and not wholly. */
	munmap(uneven + 7 * page_size, 3 * page_size);
	write_pages(uneven, 20, 4, 1);
	lru_drain();
	close(done);
	for (;;)
		pause();
}

/* 16 TiB, and a page at either end and in the middle. */
static void reserve(void)
{
	size_t bytes = 1UL << 44;
	char *area = map(bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	madvise(area, bytes, MADV_NOHUGEPAGE);
	area[0] = 1;
	area[bytes / 2] = 1;
	area[bytes - 1] = 1;
	printf("PID=%d\nAREA=%p\n", getpid(), area);
	for (;;)
		answer("ready");
}

/*
 * 64 MiB whose frames do not follow each other, for a dump of many messages;
 * each step gives the first page back, which tears such a dump.
 */
static void be_torn(void)
{
	size_t pages = 16384;
	char *area = map(pages * page_size, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(area, pages * page_size, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i++)
		area[i * 10007 % pages * page_size] = 1;
	printf("PID=%d\nAREA=%p\n", getpid(), area);
	for (;;) {
		answer("ready");
		madvise(area, page_size, MADV_DONTNEED);
		area[0] = 1;
	}
}

int main(int argc, char **argv)
{
	int done[2];
	pid_t child;
	char c;

	page_size = sysconf(_SC_PAGESIZE);
	if (argc > 1 && !strcmp(argv[1], "reserve"))
		reserve();
	if (argc > 1 && !strcmp(argv[1], "tear"))
		be_torn();
	make_small();
	make_files();
	make_huge();
	make_hugetlb();
	make_mergeable();
	make_device();
	make_uffd_wp();
	make_soft_dirty();
	make_swapped();

	printf("PID=%d\nA=%d\n", getpid(), getpid());
	fflush(stdout);
	if (pipe(done)) {
		perror("kinds: pipe");
		exit(1);
	}
	child = fork();
	if (!child)
		run_child(done[1]);
	close(done[1]);
	if (read(done[0], &c, 1)) {
		perror("kinds: the child");
		exit(1);
	}
	printf("B=%d\n", child);
	for (;;)
		answer("ready");
}
