// SPDX-License-Identifier: GPL-2.0
/*
 * huge: two pages of 2 MiB from hugetlbfs, private, forked; then the child
 * writes one byte, and takes a whole huge page. Counts are of base pages. Ends
 * with status 4 where there are not three of them (vm.nr_hugepages).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define HUGE (2UL << 20)

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)
#endif

static char *area;

static void child_obey(char order)
{
	(void)order;
	*(volatile char *)(area + HUGE) = 2;
}

int main(void)
{
	struct target_counts counts = { 0 };
	struct puppet child;
	char *third;

	target_begin();
	area = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		    MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB, -1, 0);
	/* for the copy: a private mapping reserves nothing for it */
	third = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		     MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB, -1, 0);
	if (area == MAP_FAILED || third == MAP_FAILED) {
		fputs("huge: no huge pages\n", stderr);
		return 4;
	}
	munmap(third, HUGE);
	*(volatile char *)area = 1;
	*(volatile char *)(area + HUGE) = 1;
	puppet_start(&child, child_obey);

	counts.shared = 2 * HUGE / target_page;
	target_uint("A", getpid());
	target_uint("B", child.pid);
	target_hex("ANON", area);
	target_expect("ANON", &counts);
	target_wait();

	target_string("STEP", "the child writes one byte");
	puppet_do(&child, 'w');
	counts.shared -= HUGE / target_page;
	counts.copied_b += HUGE / target_page;
	target_expect("ANON", &counts);
	target_end();
}
