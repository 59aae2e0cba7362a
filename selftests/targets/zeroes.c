// SPDX-License-Identifier: GPL-2.0
/*
 * zeroes: 32 pages that were only read, so that all are the kernel's one page
 * of zeroes; after a fork the child writes to 4 of them. Nothing was shared
 * before, and nothing is a copy after.
 */
#include <unistd.h>

#include "target.h"

#define PAGES 32

static char *area;

static void child_obey(char order)
{
	(void)order;
	target_write(area, 0, 4, 1);
}

int main(void)
{
	struct target_counts counts = { 0 };
	struct puppet child;

	target_begin();
	/* one real page makes the kernel copy the area's tables at fork */
	area = target_anon(PAGES + 1);
	target_read(area, 0, PAGES, 1);
	target_write(area, PAGES, 1, 1);
	puppet_start(&child, child_obey);

	counts.shared = 1;
	target_uint("A", getpid());
	target_uint("B", child.pid);
	target_hex("ANON", area);
	target_uint("ZERO_PAGES", PAGES);
	target_expect("ANON", &counts);
	target_wait();

	target_string("STEP", "the child writes to 4 pages of zeroes");
	puppet_do(&child, 'w');
	counts.own_b = 4;
	target_expect("ANON", &counts);
	target_end();
}
