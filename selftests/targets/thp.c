// SPDX-License-Identifier: GPL-2.0
/*
 * thp: two huge pages, forked; then the child writes to one byte of one, which
 * has to split it. The counts are of base pages, so they hold as well where
 * the kernel gives no huge page.
 */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define HUGE (2UL << 20)

static char *area;

static void child_obey(char order)
{
	(void)order;
	*(volatile char *)(area + HUGE / 2) = 1;
}

int main(void)
{
	struct target_counts counts = { 0 };
	struct puppet child;
	char *room;

	target_begin();
	room = mmap(NULL, 3 * HUGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		target_die("mmap");
	area = (char *)(((uintptr_t)room + HUGE - 1) & -HUGE);
	munmap(area + 2 * HUGE, room + HUGE - area);
	madvise(area, 2 * HUGE, MADV_HUGEPAGE);
	target_write(area, 0, 2 * HUGE / target_page, 1);
	puppet_start(&child, child_obey);

	counts.shared = 2 * HUGE / target_page;
	target_uint("A", getpid());
	target_uint("B", child.pid);
	target_hex("ANON", area);
	target_expect("ANON", &counts);
	target_wait();

	target_string("STEP", "the child writes one byte");
	puppet_do(&child, 'w');
	counts.shared--;
	counts.copied_b++;
	target_expect("ANON", &counts);
	target_end();
}
