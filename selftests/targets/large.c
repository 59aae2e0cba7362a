// SPDX-License-Identifier: GPL-2.0
/*
 * large: pages larger than the smallest. The huge page of zeroes; huge pages of
 * anonymous memory, mapped by a PMD, closed, by PTEs, and in part; folios of
 * 64 KiB, where the kernel has been told to make them; pages of hugetlb, of 2 MiB
 * and, as `large gigantic`, of 1 GiB, which then is closed.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define HUGE		(2UL << 20)
#define GIGANTIC	(1UL << 30)
#define FOLIO		(64UL << 10)
#define HUGE_PAGES	(HUGE / target_page)

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)
#define MAP_HUGE_1GB (30 << 26)
#endif

/* One huge page's room, aligned, and a hole on either side. */
static char *huge_room(int advice)
{
	char *room = mmap(NULL, 3 * HUGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *area = (char *)(((uintptr_t)room + HUGE) & -HUGE);

	if (room == MAP_FAILED)
		target_die("mmap");
	munmap(room, area - room);
	munmap(area + HUGE, room + 3 * HUGE - (area + HUGE));
	if (madvise(area, HUGE, advice))
		target_die("madvise");
	return area;
}

static char *huge_page(void)
{
	char *area = huge_room(MADV_HUGEPAGE);

	target_write(area, 0, 1, 1);
	return area;
}

static void protect(char *area, size_t first, size_t pages, int prot)
{
	if (mprotect(area + first * target_page, pages * target_page, prot))
		target_die("mprotect");
}

static void transparent(void)
{
	char *area = huge_room(MADV_HUGEPAGE);

	target_read(area, 0, 1, 1);
	target_state("HUGE_ZERO", area, 0, HUGE_PAGES,
		     "state=huge-zero level=pmd kind=zero mapcount=null class=zero extents=1");
	target_state("THP", huge_page(), 0, HUGE_PAGES,
		     "state=present level=pmd kind=anon page_flags=+thp order=9 folio=pmd mapcount=1 class=exclusive-writable extents=1");

	area = huge_page();
	protect(area, 0, HUGE_PAGES, PROT_NONE);
	target_state("THP_CLOSED", area, 0, HUGE_PAGES,
		     "state=protnone level=pmd kind=anon order=9 frame=some class=no-access extents=1");

	/* one page's protection is another for a while: the PMD is split */
	area = huge_page();
	protect(area, 5, 1, PROT_READ);
	protect(area, 5, 1, PROT_READ | PROT_WRITE);
	target_state("THP_BY_PTES", area, 0, HUGE_PAGES,
		     "state=present level=pte kind=anon page_flags=+thp order=9 folio=ptes mapcount=1");

	area = huge_page();
	if (madvise(area, 10 * target_page, MADV_DONTNEED))
		target_die("MADV_DONTNEED");
	target_state("THP_GONE", area, 0, 10, "state=none");
	target_state("THP_PARTLY", area, 10, HUGE_PAGES - 10,
		     "state=present level=pte kind=anon page_flags=+thp order=9 folio=partly mapcount=1");
}

/* Folios between the smallest page and a huge one: since 6.8, if switched on. */
static void middling(void)
{
	char *area = huge_room(MADV_HUGEPAGE);
	size_t pages = FOLIO / target_page;

	if (access("/sys/kernel/mm/transparent_hugepage/hugepages-64kB", F_OK)) {
		target_lacks("MTHP", "folios of 64 KiB");
		return;
	}
	/* too little for a huge page */
	munmap(area + 4 * FOLIO, HUGE - 4 * FOLIO);
	target_write(area, 0, 1, 1);
	target_state("MTHP", area, 0, pages,
		     "state=present level=pte kind=anon page_flags=+thp order=4 folio=ptes mapcount=1");
	target_write(area, pages, 1, 1);
	madvise(area + pages * target_page, 3 * target_page, MADV_DONTNEED);
	target_state("MTHP_PARTLY", area, pages + 3, pages - 3,
		     "state=present level=pte order=4 folio=partly");
}

static void hugetlb(const char *name, size_t bytes, int flags, const char *is)
{
	char *area = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_ANONYMOUS | MAP_HUGETLB | flags, -1, 0);

	if (area == MAP_FAILED) {
		target_lacks(name, "hugetlb");
		return;
	}
	target_write(area, 1, 1, 1);
	target_state(name, area, 0, bytes / target_page, "%s", is);
}

/* There is one, so it is this one that is closed. */
static _Noreturn void gigantic(void)
{
	const char *is = "level=pud kind=hugetlb page_flags=+huge order=18 folio=pud mapcount=1 extents=1";
	size_t pages = GIGANTIC / target_page;
	char *area = mmap(NULL, GIGANTIC, PROT_READ | PROT_WRITE, MAP_ANONYMOUS |
			  MAP_HUGETLB | MAP_PRIVATE | MAP_HUGE_1GB, -1, 0);

	if (area == MAP_FAILED) {
		target_lacks("HUGETLB_1G", "hugetlb");
		target_end();
	}
	target_write(area, 1, 1, 1);
	target_state("HUGETLB_1G", area, 0, pages, "state=present bits=+present %s", is);
	target_wait();

	target_string("STEP", "the page of 1 GiB is closed");
	protect(area, 0, pages, PROT_NONE);
	target_state("HUGETLB_1G", area, 0, pages,
		     "state=protnone frame=some bits=+protnone,-present class=no-access %s", is);
	target_end();
}

static void hugetlb_closed(void)
{
	char *area = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS |
			  MAP_HUGETLB | MAP_PRIVATE | MAP_HUGE_2MB, -1, 0);

	if (area == MAP_FAILED) {
		target_lacks("HUGETLB_CLOSED", "hugetlb");
		return;
	}
	target_write(area, 0, 1, 1);
	protect(area, 0, HUGE_PAGES, PROT_NONE);
	target_state("HUGETLB_CLOSED", area, 0, HUGE_PAGES,
		     "state=protnone level=pmd kind=hugetlb frame=some class=no-access");
}

int main(int argc, char **argv)
{
	target_begin();
	if (argc > 1 && !strcmp(argv[1], "gigantic"))
		gigantic();
	transparent();
	middling();
	hugetlb("HUGETLB", HUGE, MAP_PRIVATE | MAP_HUGE_2MB,
		"state=present level=pmd kind=hugetlb page_flags=+huge order=9 folio=pmd mapcount=1 class=exclusive-writable extents=1");
	hugetlb("HUGETLB_SHARED", HUGE, MAP_SHARED | MAP_HUGE_2MB,
		"state=present level=pmd kind=hugetlb page_flags=+huge mapcount=1 class=shared extents=1");
	hugetlb_closed();
	target_end();
}
