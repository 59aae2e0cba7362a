// SPDX-License-Identifier: GPL-2.0
/*
 * swapped: 64 pages that were pushed out to swap before a fork, so that parent
 * and child have the same swap slots (MADV_PAGEOUT leaves shared pages alone).
 * The child writes to 8 of them, and so reads those back and copies them. Where
 * no swap is on the pages stay in memory, and the counts are the same.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define PAGES 64

static char *area;

static void child_obey(char order)
{
	(void)order;
	target_write(area, 0, 8, 1);
}

int main(void)
{
	struct target_counts counts = { .shared = PAGES };
	struct puppet child;

	target_begin();
	area = target_anon(PAGES);
	target_write(area, 0, PAGES, 1);
	target_ask_pageout(area, PAGES);
	puppet_start(&child, child_obey);

	target_uint("A", getpid());
	target_uint("B", child.pid);
	target_hex("ANON", area);
	target_expect("ANON", &counts);
	target_wait();

	target_string("STEP", "the child writes to 8 pages");
	puppet_do(&child, 'w');
	counts.shared -= 8;
	counts.copied_b += 8;
	target_expect("ANON", &counts);
	target_end();
}
