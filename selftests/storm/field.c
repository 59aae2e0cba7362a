// SPDX-License-Identifier: GPL-2.0
/*
 * Fields: areas of memory of all kinds, of which it is known what each page has
 * to hold, and what can be done to them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "storm.h"

#ifndef MADV_COLD
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define RW		(PROT_READ | PROT_WRITE)
#define MAX_PAGES	4096
#define STRIDE		512	/* bytes between two words that are looked at */

static struct field {
	char *area;
	size_t pages, unit;	/* @unit bytes in each */
	int fd, map_flags;	/* of its mmap() */
	bool shared;		/* writes of a child are ours too */
	bool few;		/* few different contents, for KSM */
	bool from_file;		/* what is dropped comes back as the file has it */
	uint64_t model[MAX_PAGES];
} field;

static char *page_at(size_t i) { return field.area + i * field.unit; }

static void stamp(size_t i, uint64_t value)
{
	for (size_t at = 0; at < PAGE; at += STRIDE)
		*(volatile uint64_t *)(page_at(i) + at) = value;
	field.model[i] = value;
}

static uint64_t new_value(void)
{
	if (field.few)
		return 1 + storm_random(4);
	return (uint64_t)storm_random(~0U) << 32 | storm_random(~0U) | 1;
}

static void check_page(size_t i)
{
	for (size_t at = 0; at < PAGE; at += STRIDE) {
		uint64_t seen = *(volatile uint64_t *)(page_at(i) + at);

		if (seen != field.model[i])
			storm_wrong("page %zu holds %#lx, not %#lx", i, seen, field.model[i]);
	}
}

static void check_field(void)
{
	for (size_t i = 0; i < field.pages; i++)
		check_page(i);
}

static uint64_t file_value(size_t i) { return 0x66696c65ULL << 20 | i; }

/* What a page reads that has been thrown away. */
static void forget(size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		field.model[i] = field.from_file ? file_value(i) : 0;
}

/* What is done to some pages in a row */

static void do_write(size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		stamp(i, new_value());
}

static void do_read(size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		check_page(i);
}

static int advise(size_t first, size_t count, int advice)
{
	return madvise(page_at(first), count * field.unit, advice);
}

static void do_drop(size_t first, size_t count)
{
	if (!advise(first, count, MADV_DONTNEED) && !field.shared)
		forget(first, count);
}

static void do_unmap(size_t first, size_t count)
{
	off_t offset = field.fd < 0 ? 0 : first * field.unit;

	if (munmap(page_at(first), count * field.unit))
		storm_wrong("munmap: %m");
	if (mmap(page_at(first), count * field.unit, RW, field.map_flags | MAP_FIXED,
		 field.fd, offset) == MAP_FAILED)
		storm_wrong("mmap: %m");
	if (!field.shared)
		forget(first, count);
}

static void do_protect(size_t first, size_t count)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_EXEC };
	int prot = prots[storm_random(3)];

	if (mprotect(page_at(first), count * field.unit, prot))
		storm_wrong("mprotect: %m");
	if (prot != PROT_NONE)
		do_read(first, count);
	if (mprotect(page_at(first), count * field.unit, RW))
		storm_wrong("mprotect: %m");
}

/* Away, where it is looked at by other addresses, and back again. */
static void do_move(size_t first, size_t count)
{
	size_t bytes = count * field.unit;
	char *home = page_at(first), *away;

	away = mremap(home, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		      field.area + (field.pages + first) * field.unit);
	/* not of several areas at once; what was there is gone all the same */
	if (away == MAP_FAILED && errno != EFAULT)
		storm_wrong("mremap: %m");
	if (away != MAP_FAILED &&
	    mremap(away, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, home) != home)
		storm_wrong("mremap back: %m");
	/* so that nobody else settles there */
	mmap(home + field.pages * field.unit, bytes, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

static void do_lock(size_t first, size_t count)
{
	if (!mlock(page_at(first), count * field.unit))
		munlock(page_at(first), count * field.unit);
}

/* Each page is as it was or empty, until it is written to. */
static void do_free(size_t first, size_t count)
{
	if (advise(first, count, MADV_FREE))
		return;
	for (size_t i = first; i < first + count; i++) {
		uint64_t seen = *(volatile uint64_t *)page_at(i);

		if (seen && seen != field.model[i])
			storm_wrong("page %zu given up holds %#lx", i, seen);
		stamp(i, new_value());
	}
}

static void do_cold(size_t first, size_t count) { advise(first, count, MADV_COLD); }
static void do_pageout(size_t first, size_t count) { advise(first, count, MADV_PAGEOUT); }
static void do_collapse(size_t first, size_t count)
{
	/* whole huge pages */
	first &= ~(size_t)511;
	advise(first, count < 512 ? 512 : count & ~(size_t)511, MADV_COLLAPSE);
}

static void do_merge(size_t first, size_t count)
{
	advise(first, count, MADV_UNMERGEABLE);
	advise(first, count, MADV_MERGEABLE);
}

static void do_migrate(size_t first, size_t count)
{
	static void *pages[64];
	static int nodes[64], status[64];
	int node = storm_random(2);

	if (count > 64)
		count = 64;
	for (size_t i = 0; i < count; i++) {
		pages[i] = page_at(first + i);
		nodes[i] = node;
	}
	syscall(SYS_move_pages, 0, count, pages, nodes, status, 2);
}

/* A child has the same, writes to some of it and reads all. */
static void do_fork(size_t first, size_t count)
{
	pid_t pid = storm_fork();

	if (!pid) {
		if (!field.shared)
			do_write(first, count);
		check_field();
		_exit(0);
	}
	if (!field.shared)
		do_write(first, count / 2);
	storm_wait(pid, false);
}

static void do_punch(size_t first, size_t count)
{
	if (!fallocate(field.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		       first * field.unit, count * field.unit))
		forget(first, count);
}

static void do_truncate(size_t first, size_t count)
{
	(void)count;
	if (ftruncate(field.fd, first * field.unit) ||
	    ftruncate(field.fd, field.pages * field.unit))
		storm_wrong("ftruncate: %m");
	forget(first, field.pages - first);
}

static void do_sync(size_t first, size_t count)
{
	msync(page_at(first), count * field.unit, MS_SYNC);
	posix_fadvise(field.fd, first * field.unit, count * field.unit, POSIX_FADV_DONTNEED);
}

typedef void (*do_fn)(size_t first, size_t count);

static void one_of(const do_fn *what, size_t n)
{
	size_t most = field.pages < 512 ? field.pages / 4 ?: 1 : field.pages / 3;
	size_t count = 1 + storm_random(most);
	size_t first = storm_random(field.pages - count + 1);

	what[storm_random(n)](first, count);
	for (int i = 0; i < 4; i++)
		check_page(storm_random(field.pages));
}

#define ONCE(kind, ...)							\
static void once_##kind(void)						\
{									\
	static const do_fn what[] = { __VA_ARGS__ };			\
									\
	one_of(what, sizeof(what) / sizeof(what[0]));			\
}

ONCE(map, do_write, do_read, do_drop, do_unmap, do_protect, do_move, do_lock, do_free, do_fork)
ONCE(thp, do_write, do_drop, do_unmap, do_collapse, do_protect, do_pageout, do_fork, do_migrate,
     do_move)
ONCE(swap, do_write, do_pageout, do_pageout, do_read, do_cold, do_free, do_fork)
ONCE(node, do_write, do_migrate, do_migrate, do_fork, do_drop)
ONCE(ksm, do_write, do_read, do_merge, do_fork, do_drop, do_move)
ONCE(shmem, do_write, do_read, do_punch, do_protect, do_pageout, do_fork, do_unmap, do_collapse)
ONCE(file, do_write, do_read, do_truncate, do_sync, do_protect, do_drop, do_fork, do_unmap)
ONCE(private, do_write, do_read, do_drop, do_protect, do_fork, do_unmap, do_pageout)
ONCE(hugetlb, do_write, do_read, do_drop, do_fork, do_unmap, do_protect)

/* Twice the room: the other half is for what moves. */
static const char *lay_out(size_t pages, size_t unit, int flags, int fd)
{
	size_t bytes = pages * unit;
	char *room = mmap(NULL, 2 * bytes + HUGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		return storm_lacks("address space");
	room = (char *)(((uintptr_t)room + HUGE - 1) & ~(HUGE - 1));
	field.area = mmap(room, bytes, RW, flags | MAP_FIXED, fd, 0);
	if (field.area == MAP_FAILED)
		return storm_lacks("mmap");
	field.pages = pages;
	field.unit = unit;
	field.fd = fd;
	field.map_flags = flags;
	return NULL;
}

static const char *anonymous(size_t pages)
{
	return lay_out(pages, PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static const char *prepare_map(void)
{
	const char *lack = anonymous(256);

	return lack ?: madvise(field.area, 256 * PAGE, MADV_NOHUGEPAGE) ? storm_lacks("madvise") : NULL;
}

static const char *prepare_thp(void)
{
	const char *lack = anonymous(2048);

	return lack ?: madvise(field.area, 2048 * PAGE, MADV_HUGEPAGE) ?
		storm_lacks("transparent huge pages") : NULL;
}

static const char *prepare_swap(void) { return anonymous(512); }
static const char *prepare_node(void)
{
	return access("/sys/devices/system/node/node1", F_OK) ? "a second node" : anonymous(1024);
}

static const char *prepare_ksm(void)
{
	const char *lack = anonymous(256);

	field.few = true;
	return lack ?: madvise(field.area, 256 * PAGE, MADV_MERGEABLE) ? storm_lacks("KSM") : NULL;
}

static const char *prepare_shmem(void)
{
	int fd = memfd_create("storm", 0);

	if (fd < 0 || ftruncate(fd, 1024 * PAGE))
		return storm_lacks("memfd");
	field.shared = true;
	return lay_out(1024, PAGE, MAP_SHARED, fd);
}

static int new_file(size_t pages)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/storm-%d", storm_directory, getpid());
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		unlink(path);
		if (ftruncate(fd, pages * PAGE)) {
			close(fd);
			return -1;
		}
	}
	return fd;
}

static const char *prepare_file(void)
{
	int fd = new_file(256);

	field.shared = true;
	return fd < 0 ? storm_lacks("a file") : lay_out(256, PAGE, MAP_SHARED, fd);
}

static const char *prepare_private(void)
{
	int fd = new_file(256);
	const char *lack;

	if (fd < 0)
		return storm_lacks("a file");
	lack = lay_out(256, PAGE, MAP_SHARED, fd);
	if (lack)
		return lack;
	for (size_t i = 0; i < 256; i++)
		stamp(i, file_value(i));
	munmap(field.area, 256 * PAGE);
	field.from_file = true;
	lack = lay_out(256, PAGE, MAP_PRIVATE, fd);
	forget(0, 256);
	return lack;
}

static const char *prepare_hugetlb(void)
{
	return lay_out(3, HUGE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
}

const struct actor field_actors[] = {
	{ "map", prepare_map, once_map, check_field },
	{ "thp", prepare_thp, once_thp, check_field },
	{ "swap", prepare_swap, once_swap, check_field },
	{ "nodes", prepare_node, once_node, check_field },
	{ "ksm", prepare_ksm, once_ksm, check_field },
	{ "shmem", prepare_shmem, once_shmem, check_field },
	{ "file", prepare_file, once_file, check_field },
	{ "private-file", prepare_private, once_private, check_field },
	{ "hugetlb", prepare_hugetlb, once_hugetlb, check_field },
	{ }
};
