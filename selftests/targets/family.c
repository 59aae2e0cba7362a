// SPDX-License-Identifier: GPL-2.0
/*
 * family WHAT: a process with children, for `mmlens cow ROOT`. After each step
 * AREA_WANT says, of the area at AREA, what must be counted there:
 *
 *	shared N copied N by PID:N,... different N own N unfaulted N swapped N
 *	sharers K:N,...
 *
 *   grandchild	two generations, in each of which some pages are written
 *   between	the parent writes between two forks
 *   hundred	99 children, each of which writes a page of its own
 *   advice	MADV_DONTFORK and MADV_WIPEONFORK
 *   protect	mprotect() of a part, and back
 *   shared	a shared mapping, which nothing of all this concerns
 *   hugetlb	private huge pages
 *   ksm	pages of equal contents that KSM may merge
 *   symbols	a child writes to one page each of marked_data and marked_bss
 *   busy	a child that gives pages back and takes new ones, without end
 *   swap	pushed out before the fork, read back by one child, written by another
 *
 * Linked statically, so that nobody else maps its pages.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "target.h"

#define KIDS_MAX	99
#define SHARERS_MAX	100

/* What is to be found in one area. */
struct want {
	unsigned int shared, copied, different, own, unfaulted, swapped;
	unsigned int by_kid[KIDS_MAX], by_root;
	unsigned int sharers[SHARERS_MAX + 1];
};

static char *area, *other;
static struct puppet kids[KIDS_MAX];
static unsigned int nr_kids;
static pid_t *pids;	/* of kids and grandchildren, in memory that all share */
static struct puppet grandchild;

static void want(const char *name, const char *at, const struct want *w)
{
	char line[4000], key[32], *end = line;
	const char *comma = "";

	target_hex(name, at);
	end += sprintf(end, "shared %u copied %u by ", w->shared, w->copied);
	if (w->by_root) {
		end += sprintf(end, "%d:%u", getpid(), w->by_root);
		comma = ",";
	}
	for (unsigned int i = 0; i < KIDS_MAX; i++) {
		if (!w->by_kid[i])
			continue;
		end += sprintf(end, "%s%d:%u", comma, pids[i], w->by_kid[i]);
		comma = ",";
	}
	end += sprintf(end, " different %u own %u unfaulted %u swapped %u sharers",
		       w->different, w->own, w->unfaulted, w->swapped);
	comma = " ";
	for (unsigned int k = 1; k <= SHARERS_MAX; k++) {
		if (!w->sharers[k])
			continue;
		end += sprintf(end, "%s%u:%u", comma, k, w->sharers[k]);
		comma = ",";
	}
	snprintf(key, sizeof(key), "%s_WANT", name);
	target_string(key, line);
}

static void start(puppet_fn obey)
{
	puppet_start(&kids[nr_kids], obey);
	pids[nr_kids] = kids[nr_kids].pid;
	nr_kids++;
}

/* ---- grandchild ---- */

#define PAGES	64

static void grandchild_obey(char order)
{
	if (order == 'w') {
		target_write(area, 0, 4, 1);
		target_write(area, 8, 4, 1);
	}
}

static void child_obey(char order)
{
	switch (order) {
	case 'w':
		target_write(area, 0, 8, 1);
		break;
	case 'f':
		puppet_start(&grandchild, grandchild_obey);
		pids[2] = grandchild.pid;
		break;
	case 'g':
		puppet_do(&grandchild, 'w');
		break;
	}
}

static void idle(char order)
{
	(void)order;
}

static void run_grandchild(void)
{
	struct want w = { .shared = PAGES, .sharers = { [3] = PAGES } };

	area = target_anon(PAGES);
	target_write(area, 0, PAGES, 1);
	start(child_obey);
	start(idle);
	want("ANON", area, &w);
	target_wait();

	target_string("STEP", "the child writes 8 pages, and forks");
	puppet_do(&kids[0], 'w');
	puppet_do(&kids[0], 'f');
	w = (struct want){
		.shared = 2 * 8 + PAGES - 8, .copied = 8, .by_kid = { 8 },
		.sharers = { [2] = 16, [4] = PAGES - 8 },
	};
	want("ANON", area, &w);
	target_wait();

	target_string("STEP", "the grandchild writes 4 of these, and 4 others");
	puppet_do(&kids[0], 'g');
	/* 0-3: parent and sibling; child; grandchild. 4-7: the latter two share */
	w = (struct want){
		.shared = 4 + 2 * 4 + 4 + PAGES - 12,
		.copied = 16, .by_kid = { 8, 0, 8 },
		.sharers = { [1] = 12, [2] = 12, [3] = 4, [4] = PAGES - 12 },
	};
	want("ANON", area, &w);
	target_end();
}

/* ---- between ---- */

static void run_between(void)
{
	struct want w;

	area = target_anon(PAGES);
	target_write(area, 0, PAGES, 1);
	start(idle);
	target_write(area, 0, 8, 1);
	start(idle);
	target_write(area, 4, 8, 1);
	start(idle);
	/*
	 *   0-3   first child: old; parent, second and third: the first copy
	 *   4-7   first child: old; second: the first copy; parent, third: the second
	 *   8-11  first and second child: old; parent, third: a copy
	 */
	w = (struct want){
		.copied = 4 + 8 + 4, .by_root = 4 + 8 + 4,
		.shared = 4 + 4 + 8 + (PAGES - 12),
		.own = 4 + 4,
		.sharers = { [1] = 4 + 8, [2] = 4 + 8, [3] = 4, [4] = PAGES - 12 },
	};
	want("ANON", area, &w);
	target_end();
}

/* ---- hundred ---- */

/* Each child writes a page of its own as soon as it lives. */
static unsigned int mine;

static void write_mine(char order)
{
	(void)order;
	target_write(area, mine, 1, 1);
}

static void run_hundred(void)
{
	struct want w = { 0 };
	const unsigned int pages = 128;

	area = target_anon(pages);
	target_write(area, 0, pages, 1);
	for (mine = 0; mine < KIDS_MAX; mine++)
		start(write_mine);
	for (unsigned int i = 0; i < KIDS_MAX; i++) {
		puppet_do(&kids[i], 'w');
		w.by_kid[i] = 1;
	}
	w.shared = pages;
	w.copied = KIDS_MAX;
	w.sharers[1] = KIDS_MAX;
	w.sharers[KIDS_MAX] = KIDS_MAX;
	w.sharers[KIDS_MAX + 1] = pages - KIDS_MAX;
	want("ANON", area, &w);
	target_end();
}

/* ---- advice ---- */

static void touch_wiped(char order)
{
	(void)order;
	target_write(other, 0, 2, 1);
}

static void run_advice(void)
{
	struct want kept = { .own = 16, .sharers = { [1] = 16 } };
	struct want wiped = { .own = 16, .sharers = { [1] = 16 } };

	/* apart from each other before they are touched: two areas */
	area = target_anon(48);
	other = area + 32 * target_page;
	if (munmap(area + 16 * target_page, 16 * target_page))
		target_die("munmap");
	target_write(area, 0, 16, 1);
	target_write(other, 0, 16, 1);
	if (madvise(area, 16 * target_page, MADV_DONTFORK) ||
	    madvise(other, 16 * target_page, MADV_WIPEONFORK))
		target_die("madvise");
	start(touch_wiped);
	start(touch_wiped);
	want("KEPT", area, &kept);
	want("WIPED", other, &wiped);
	target_wait();

	target_string("STEP", "both children write 2 pages of what was wiped");
	puppet_do(&kids[0], 'w');
	puppet_do(&kids[1], 'w');
	/* these have never been one page with the parent's */
	wiped.own = 14;
	wiped.different = 6;
	wiped.sharers[1] = 20;
	want("WIPED", other, &wiped);
	target_end();
}

/* ---- protect ---- */

static void protect_obey(char order)
{
	int protection = order == 'r' ? PROT_READ : PROT_READ | PROT_WRITE;

	if (mprotect(area + 16 * target_page, 16 * target_page, protection))
		target_die("mprotect");
	if (order == 'w')
		target_write(area, 16, 8, 1);
}

static void run_protect(void)
{
	struct want w = { .shared = PAGES, .sharers = { [3] = PAGES } };

	area = target_anon(PAGES);
	target_write(area, 0, PAGES, 1);
	start(protect_obey);
	start(idle);
	want("ANON", area, &w);
	target_wait();

	target_string("STEP", "a child makes 16 pages read-only: three VMAs, one area");
	puppet_do(&kids[0], 'r');
	want("ANON", area, &w);
	target_wait();

	target_string("STEP", "it makes them writable again, and writes 8");
	puppet_do(&kids[0], 'w');
	w.copied = 8;
	w.by_kid[0] = 8;
	w.sharers[1] = 8;
	w.sharers[2] = 8;
	w.sharers[3] = PAGES - 8;
	want("ANON", area, &w);
	target_end();
}

/* ---- shared ---- */

static void write_shared(char order)
{
	(void)order;
	target_write(area, 0, 16, 1);
}

static void run_shared(void)
{
	struct want w = { .unfaulted = 16, .sharers = { [1] = 16 } };

	area = mmap(NULL, 16 * target_page, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		target_die("mmap");
	target_write(area, 0, 16, 1);
	start(write_shared);
	start(write_shared);
	want("SHM", area, &w);
	target_wait();

	target_string("STEP", "a child writes all 16 pages: they stay what they are");
	puppet_do(&kids[0], 'w');
	w.shared = 16;
	w.sharers[1] = 0;
	w.sharers[2] = 16;
	want("SHM", area, &w);
	target_wait();

	target_string("STEP", "the other child does, too");
	puppet_do(&kids[1], 'w');
	w.unfaulted = 0;
	w.sharers[2] = 0;
	w.sharers[3] = 16;
	want("SHM", area, &w);
	target_end();
}

/* ---- hugetlb ---- */

static size_t huge_pages = 512;

static void write_huge(char order)
{
	(void)order;
	target_write(area, 0, 1, 1);
}

static void run_hugetlb(void)
{
	struct want w = { .shared = 2 * huge_pages, .sharers = { [3] = 2 * huge_pages } };

	area = mmap(NULL, 2 * huge_pages * target_page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (area == MAP_FAILED)
		target_die("mmap of huge pages");
	target_write(area, 0, 2, huge_pages);
	start(write_huge);
	start(idle);
	want("HUGE", area, &w);
	target_wait();

	target_string("STEP", "a child writes to one huge page");
	puppet_do(&kids[0], 'w');
	w.copied = huge_pages;
	w.by_kid[0] = huge_pages;
	w.sharers[1] = huge_pages;
	w.sharers[2] = huge_pages;
	w.sharers[3] = huge_pages;
	want("HUGE", area, &w);
	target_end();
}

/* ---- ksm ---- */

static void write_some(char order)
{
	(void)order;
	for (unsigned int i = 0; i < 4; i++)
		area[i * target_page] = 8;
}

static void run_ksm(void)
{
	struct want w = { .shared = 16, .sharers = { [3] = 16 } };

	area = target_anon(16);
	memset(area, 7, 16 * target_page);
	if (madvise(area, 16 * target_page, MADV_MERGEABLE))
		target_die("madvise");
	start(write_some);
	start(idle);
	want("ANON", area, &w);
	target_wait();

	target_string("STEP", "a child writes to 4 pages");
	puppet_do(&kids[0], 'w');
	/* nothing says that one is a copy of the other */
	w.different = 4;
	w.sharers[1] = 4;
	w.sharers[2] = 4;
	w.sharers[3] = 12;
	want("ANON", area, &w);
	target_end();
}

/* ---- swap ---- */

static void read_back(char order)
{
	(void)order;
	target_read(area, 0, 16, 1);
}

static void write_back(char order)
{
	(void)order;
	target_write(area, 48, 8, 1);
}

static void run_swap(void)
{
	struct want w = {
		.shared = PAGES, .swapped = PAGES, .sharers = { [3] = PAGES },
	};

	area = target_anon(PAGES);
	target_write(area, 0, PAGES, 1);
	target_ask_pageout(area, PAGES);
	start(read_back);
	start(write_back);
	want("ANON", area, &w);
	target_wait();

	target_string("STEP", "a child writes to 8 pages");
	puppet_do(&kids[1], 'w');
	w.copied = 8;
	w.by_kid[1] = 8;
	w.sharers[1] = 8;
	w.sharers[2] = 8;
	w.sharers[3] -= 8;
	want("ANON", area, &w);
	target_wait();

	target_string("STEP", "the other child reads 16 pages");
	puppet_do(&kids[0], 'r');
	/* it may be the page in the slot, read back: nothing proves a copy */
	w.different = 16;
	w.sharers[1] += 16;
	w.sharers[2] += 16;
	w.sharers[3] -= 16;
	want("ANON", area, &w);
	target_end();
}

/* ---- symbols ---- */

#define MARKED	(3 * 4096)

char marked_data[MARKED] __attribute__((aligned(4096))) = { 1 };
char marked_bss[MARKED] __attribute__((aligned(4096)));

static void write_marked(char order)
{
	(void)order;
	target_write(marked_data, 1, 1, 1);
	target_write(marked_bss, 1, 1, 1);
}

static void run_symbols(void)
{
	target_write(marked_data, 0, 3, 1);
	target_write(marked_bss, 0, 3, 1);
	start(write_marked);
	start(idle);
	puppet_do(&kids[0], 'w');
	target_hex("DATA", marked_data + target_page);
	target_hex("BSS", marked_bss + target_page);
	target_end();
}

/* ---- busy ---- */

static void run_busy(void)
{
	pid_t parent = getpid();

	area = target_anon(PAGES);
	start(idle);
	start(idle);
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent) {
			target_write(area, 0, PAGES, 1);
			madvise(area, PAGES * target_page, MADV_DONTNEED);
		}
		_exit(0);
	}
	target_end();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} whats[] = {
		{ "grandchild", run_grandchild },
		{ "between", run_between },
		{ "hundred", run_hundred },
		{ "advice", run_advice },
		{ "protect", run_protect },
		{ "shared", run_shared },
		{ "hugetlb", run_hugetlb },
		{ "ksm", run_ksm },
		{ "symbols", run_symbols },
		{ "busy", run_busy },
		{ "swap", run_swap },
	};

	target_begin();
	pids = mmap(NULL, KIDS_MAX * sizeof(*pids), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pids == MAP_FAILED)
		target_die("mmap");
	for (size_t i = 0; argc == 2 && i < sizeof(whats) / sizeof(*whats); i++) {
		if (!strcmp(argv[1], whats[i].name))
			whats[i].run();
	}
	errno = EINVAL;
	target_die("family WHAT");
}
