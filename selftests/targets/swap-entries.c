// SPDX-License-Identifier: GPL-2.0
/*
 * swap-entries: what an entry of swap keeps of the page that was there. It is
 * this process's own or, after a fork, shared; soft-dirty or not; protected by
 * userfaultfd; and the page may have come back, and be in swap as well. Needs
 * swap space on two devices that take turns.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "target.h"

#define PAGES	16
#define BATCH	64
#define MANY	(64 * BATCH)	/* half of what a device holds */

static char *written(void)
{
	char *area = target_anon(PAGES);

	target_write(area, 0, PAGES, 1);
	return area;
}

static char *swapped(void)
{
	char *area = written();

	target_pageout(area, 0, PAGES);
	return area;
}

static void clear_soft_dirty(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "4", 1) != 1)
		target_die("clear_refs");
	close(fd);
}

/* The descriptor stays open: what it protects ends with it. */
static char *write_protected(void)
{
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_WP };
	struct uffdio_writeprotect wp = { .mode = UFFDIO_WRITEPROTECT_MODE_WP };
	char *area = written();

	reg.range.start = wp.range.start = (uintptr_t)area;
	reg.range.len = wp.range.len = PAGES * target_page;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg) ||
	    ioctl(fd, UFFDIO_WRITEPROTECT, &wp))
		target_die("userfaultfd");
	target_pageout(area, 0, PAGES);
	return area;
}

static unsigned int type_of(const char *area, size_t page)
{
	return target_pagemap(area + page * target_page) & 31;
}

static void say_slot(const char *name, const char *area, size_t page)
{
	uint64_t offset = (target_pagemap(area + page * target_page) & ((1ULL << 55) - 1)) >> 5;

	target_state(name, area, page, 1, "state=swap swap={\"offset\":%ju,\"type\":%u}",
		     (uintmax_t)offset, type_of(area, page));
}

/*
 * Two devices take turns, of some 64 to 512 pages. The first page of either begins
 * an extent, since the one before is nowhere, or in the other.
 */
static void both_devices(void)
{
	char *area = target_anon(1 + MANY);
	size_t page;

	for (page = 1; page <= MANY; page++) {
		if (page % BATCH == 1) {
			target_write(area, page, BATCH, 1);
			target_pageout(area, page, BATCH);
		}
		if (type_of(area, page) != type_of(area, 1))
			break;
	}
	errno = ENOSPC;
	if (page > MANY)
		target_die("all goes to one swap device");
	say_slot("ONE_DEVICE", area, 1);
	say_slot("OTHER_DEVICE", area, page);
}

/* Nothing: that there is a child is all. */
static void child_obey(char order)
{
	(void)order;
}

int main(void)
{
	char *clean, *dirty, *wp, *shared;
	struct puppet child;

	target_begin();
	clean = swapped();
	wp = write_protected();
	clear_soft_dirty();
	dirty = swapped();
	shared = swapped();
	target_state("CLEAN", clean, 0, PAGES,
		     "state=swap swap=some frame=null level=pte class=swap-exclusive|swapped bits=-soft-dirty,-uffd-wp,-present");
	target_state("DIRTY", dirty, 0, PAGES, "state=swap swap=some bits=+soft-dirty");
	target_state("WP", wp, 0, PAGES, "state=swap swap=some bits=+uffd-wp");
	/* 5.10 does not keep it */
	target_state("OWN", dirty, 0, PAGES, "state=swap bits=+exclusive");
	both_devices();
	target_wait();

	target_string("STEP", "a child shares them, and half of one area is read again");
	madvise(clean, PAGES * target_page, MADV_DONTFORK);
	puppet_start(&child, child_obey);
	target_uint("CHILD", child.pid);
	target_read(shared, 0, PAGES / 2, 1);
	target_drain();
	target_state("OWN", clean, 0, PAGES, "state=swap bits=+exclusive");
	target_state("SHARED", dirty, 0, PAGES, "state=swap bits=-exclusive");
	target_state("CACHED", shared, 0, PAGES / 2,
		     "state=present kind=anon page_flags=+swapcache,+anonymous mapcount=1");
	target_state("STILL_OUT", shared, PAGES / 2, PAGES / 2, "state=swap swap=some");
	target_end();
}
