// SPDX-License-Identifier: GPL-2.0
/*
 * class-zoo TOUCH RESULT: pages of every class of copy-on-write that this
 * kernel and machine offer. Then, at each step, it writes one byte to each of
 * the addresses in the file TOUCH (hex, one a line), after reading it, and says
 * in RESULT what its own /proc/self/pagemap saw:
 *
 *	ADDRESS FRAME-BEFORE FRAME-AFTER FAULTS-OF-THE-WRITE
 *
 * AREA_x=address, PAGES_x=how many pages of it are to be tried. What this
 * machine cannot make is left out.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "target.h"

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#define SYS_io_uring_register 427
#endif
#define REGISTER_BUFFERS 0

#define HUGE	(2UL << 20)
#define PAGES	16

static int pagemap;

static void area(const char *name, const char *address, size_t pages)
{
	char key[64];

	snprintf(key, sizeof(key), "AREA_%s", name);
	target_hex(key, address);
	snprintf(key, sizeof(key), "PAGES_%s", name);
	target_uint(key, pages);
}

static char *anon(const char *name)
{
	char *address = target_anon(PAGES);

	target_write(address, 0, PAGES, 1);
	area(name, address, PAGES);
	return address;
}

/* A huge page, if there is one to be had. */
static char *huge(void)
{
	char *room = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *address = (char *)(((uintptr_t)room + HUGE - 1) & -HUGE);

	if (room == MAP_FAILED)
		target_die("mmap");
	madvise(address, HUGE, MADV_HUGEPAGE);
	target_write(address, 0, HUGE / target_page, 1);
	return address;
}

static char *thp(const char *name)
{
	char *address = huge();

	area(name, address, 1);
	return address;
}

/* A huge page that the page tables map in small ones, and not all of it. */
static char *split(const char *name)
{
	char *address = huge();

	munmap(address + HUGE / 2, HUGE / 2);
	area(name, address, 4);
	return address;
}

static char *hugetlb(const char *name)
{
	char *address = mmap(NULL, HUGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (address == MAP_FAILED)
		return NULL;
	target_write(address, 0, 1, 1);
	area(name, address, 1);
	return address;
}

static void no_fork(char *address, size_t bytes)
{
	if (address)
		madvise(address, bytes, MADV_DONTFORK);
}

static void pinned(void)
{
	char *address = anon("pinned");
	const struct iovec iov = { address, PAGES * target_page };
	char params[120] = { 0 };
	int ring = syscall(SYS_io_uring_setup, 4, params);

	if (ring < 0 ||
	    syscall(SYS_io_uring_register, ring, REGISTER_BUFFERS, &iov, 1))
		target_die("io_uring");
}

/* Somebody's reference that is no pin: a pipe holds the pages. */
static void referenced(char *address)
{
	const struct iovec iov = { address, 4 * target_page };
	int pipes[2];

	if (pipe(pipes) || vmsplice(pipes[1], &iov, 1, 0) < 0)
		target_die("vmsplice");
}

static void child_obey(char order)
{
	(void)order;
}

/* What a child had, which is gone. */
static void orphans(void)
{
	char *small = anon("orphan"), *held = anon("orphan_referenced");
	char *large = thp("orphan_thp"), *parts = split("orphan_split");
	char *tlb = hugetlb("orphan_hugetlb");
	struct puppet child;

	puppet_start(&child, child_obey);
	puppet_end(&child);
	referenced(held);
	no_fork(small, PAGES * target_page);
	no_fork(held, PAGES * target_page);
	no_fork(large, HUGE);
	no_fork(parts, HUGE / 2);
	no_fork(tlb, HUGE);
}

/* What a child has. */
static void shared_by_fork(void)
{
	static struct puppet child;
	char *address = target_file(PAGES);

	anon("forked");
	target_write(address, 0, PAGES, 1);
	area("forked_file", address, PAGES);
	thp("forked_thp");
	split("forked_split");
	hugetlb("forked_hugetlb");
	address = anon("swap_shared");
	target_ask_pageout(address, PAGES);
	pinned();
	puppet_start(&child, child_obey);
}

static void of_files(void)
{
	char *address = target_file(PAGES);
	int fd;

	area("file_clean", address, PAGES);
	address = target_file(PAGES);
	target_write(address, 0, PAGES, 1);
	area("file_copied", address, PAGES);

	fd = memfd_create("class-zoo", 0);
	if (fd < 0 || ftruncate(fd, PAGES * target_page))
		target_die("memfd_create");
	address = mmap(NULL, PAGES * target_page, PROT_READ | PROT_WRITE,
		       MAP_SHARED, fd, 0);
	target_write(address, 0, PAGES, 1);
	area("shared_memfd", address, PAGES);
	address = mmap(NULL, PAGES * target_page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE, fd, 0);
	target_read(address, 0, PAGES, 1);
	area("memfd_clean", address, PAGES);
	address = mmap(NULL, PAGES * target_page, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	target_read(address, 0, PAGES, 1);
	area("shared_anon", address, PAGES);
}

static void own(void)
{
	char *address = anon("exclusive");

	address = anon("protected");
	mprotect(address, PAGES * target_page, PROT_READ);
	mprotect(address, PAGES * target_page, PROT_READ | PROT_WRITE);
	address = target_anon(PAGES);
	target_read(address, 0, PAGES, 1);
	area("zero", address, PAGES);
	thp("thp");
	hugetlb("hugetlb");
	address = anon("swap_exclusive");
	target_ask_pageout(address, PAGES);
	address = anon("swapped_in");
	target_ask_pageout(address, PAGES);
	target_read(address, 0, PAGES, 1);
	address = target_anon(PAGES);
	memset(address, 'k', PAGES * target_page);
	madvise(address, PAGES * target_page, MADV_MERGEABLE);
	area("ksm", address, PAGES);
}

/* The frame, or 0: not in memory. */
static uint64_t frame(const char *address)
{
	uint64_t entry;

	if (pread(pagemap, &entry, sizeof(entry),
		  (uintptr_t)address / target_page * sizeof(entry)) !=
	    sizeof(entry))
		target_die("pagemap");
	return entry >> 63 ? entry & ((1ULL << 55) - 1) : 0;
}

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static void touch(FILE *result, volatile char *address)
{
	uint64_t before, after;
	char old = *address;
	long count;

	before = frame((char *)address);
	count = faults();
	*address = old + 1;
	count = faults() - count;
	after = frame((char *)address);
	fprintf(result, "%" PRIxPTR " %" PRIx64 " %" PRIx64 " %ld\n",
		(uintptr_t)address, before, after, count);
}

static void touch_all(const char *from, const char *to)
{
	FILE *touches = fopen(from, "re"), *result = fopen(to, "we");
	uintptr_t address;

	if (!touches || !result)
		target_die(touches ? to : from);
	while (fscanf(touches, "%" SCNxPTR, &address) == 1)
		touch(result, (volatile char *)address);
	fclose(touches);
	if (fclose(result))
		target_die(to);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	target_begin();
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		target_die("pagemap");
	orphans();
	shared_by_fork();
	of_files();
	own();
	for (;;) {
		target_wait();
		touch_all(argv[1], argv[2]);
	}
}
