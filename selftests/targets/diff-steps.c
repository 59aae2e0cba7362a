// SPDX-License-Identifier: GPL-2.0
/*
 * diff-steps: one thing after another that can happen to the memory of a
 * process, each in an area of its own, which no other area touches. Each step
 * says what has changed in it since the one before:
 *
 *	STEP	what was done
 *	AREA	an address in the area as it is now, or 0: it is gone
 *	EVENTS	"split,protection": of all the areas that it is or became, or "-"
 *	CHANGES	"appeared 3 vanished 0 ..."; pages
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define PAGES 32

struct changes {
	unsigned int appeared, vanished, copied, moved, writable, read_only, out, in;
};

static char *area;

static void step(const char *what, const char *address, const char *events,
		 struct changes c)
{
	char text[256];

	snprintf(text, sizeof(text), "appeared %u vanished %u copied %u moved %u "
		 "writable %u read_only %u out %u in %u", c.appeared, c.vanished,
		 c.copied, c.moved, c.writable, c.read_only, c.out, c.in);
	target_string("STEP", what);
	target_hex("AREA", address);
	target_string("EVENTS", events);
	target_string("CHANGES", text);
	target_wait();
}

/* Between two pages without access: it has no neighbour to merge with. */
static char *lone(size_t pages)
{
	char *guarded = target_anon(pages + 2);

	mprotect(guarded, target_page, PROT_NONE);
	mprotect(guarded + (pages + 1) * target_page, target_page, PROT_NONE);
	return guarded + target_page;
}

static void child_obey(char order)
{
	(void)order;
}

static void touches(void)
{
	target_write(area, 0, 12, 1);
	step("12 pages are written", area, "-", (struct changes){ .appeared = 12 });
	target_read(area, 12, 4, 1);
	step("4 are read: the page of zeroes", area, "-", (struct changes){ 0 });
	target_write(area, 12, 2, 1);
	step("2 of those are written", area, "-", (struct changes){ .appeared = 2 });
	madvise(area + 8 * target_page, 3 * target_page, MADV_DONTNEED);
	step("3 are given up", area, "-", (struct changes){ .vanished = 3 });
}

static void forks(void)
{
	struct puppet child;

	puppet_start(&child, child_obey);
	step("fork", area, "-", (struct changes){ .read_only = 11 });
	target_write(area, 0, 5, 1);
	step("5 are written while a child has them", area, "-",
	     (struct changes){ .copied = 5 });
	puppet_end(&child);
	step("the child is gone", area, "-", (struct changes){ 0 });
}

static void of_file(void)
{
	char *file = target_file(PAGES);

	target_wait();	/* a picture with the file in it */
	target_write(file, 0, 7, 1);
	step("7 pages of a private file are written", file, "-",
	     (struct changes){ .copied = 7 });
}

static void areas(void)
{
	char *other = lone(PAGES), *moved;

	target_write(other, 0, PAGES, 1);
	target_wait();
	mprotect(other + 8 * target_page, 8 * target_page, PROT_READ);
	step("8 pages are made read-only", other, "split,split,protection,split",
	     (struct changes){ .read_only = 8 });
	mprotect(other, PAGES * target_page, PROT_READ);
	step("and all the others", other, "merged,protection",
	     (struct changes){ .read_only = PAGES - 8 });
	munmap(other + 4 * target_page, 4 * target_page);
	step("4 pages are unmapped", other, "split,split",
	     (struct changes){ .vanished = 4 });
	munmap(other, 4 * target_page);
	step("and those before them", NULL, "gone", (struct changes){ .vanished = 4 });
	other += 8 * target_page;
	moved = mremap(other, (PAGES - 8) * target_page, PAGES * target_page,
		       MREMAP_MAYMOVE);
	if (moved == MAP_FAILED || moved == other)
		target_die("mremap");
	step("the rest grows, and moves", moved, "grew,moved", (struct changes){ 0 });
	munmap(moved + target_page, (PAGES - 1) * target_page);
	step("and shrinks", moved, "shrank", (struct changes){ .vanished = PAGES - 9 });
}

static void swaps(void)
{
	char *other = lone(PAGES);

	target_write(other, 0, PAGES, 1);
	target_wait();
	target_ask_pageout(other, PAGES);
	target_string("NEEDS", "swap");
	step("all go to swap", other, "-", (struct changes){ .out = PAGES });
	target_read(other, 0, 6, 1);
	step("6 come back", other, "-", (struct changes){ .in = 6 });
	target_string("NEEDS", "");
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		target_begin();
		target_string("STEP", "exec");
		target_end();
	}
	target_begin();
	area = lone(PAGES);
	target_string("NEEDS", "");
	target_wait();
	touches();
	forks();
	of_file();
	areas();
	swaps();
	target_string("STEP", "exec comes next");
	target_wait();
	execl(argv[0], argv[0], "again", NULL);
	target_die("exec");
}
