// SPDX-License-Identifier: GPL-2.0
/*
 * cow-steps: 256 pages, a fork, and then one thing after another that can
 * happen to the pages of a parent and its child. 32 further pages of the same
 * area are touched by nobody before the fork.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define PAGES	256
#define LATER	32	/* untouched at the fork */

static char *area;
static struct puppet child, grandchild;

static void grandchild_obey(char order)
{
	if (order == 'w')
		target_write(area, 200, 8, 1);
}

static void child_obey(char order)
{
	switch (order) {
	case 'w':
		target_write(area, 0, 32, 1);
		break;
	case 'd':
		madvise(area + 100 * target_page, 4 * target_page, MADV_DONTNEED);
		break;
	case 'l':
		target_write(area, PAGES, 8, 1);
		break;
	case 'f':
		puppet_start(&grandchild, grandchild_obey);
		target_uint("A", getpid());
		target_uint("B", grandchild.pid);
		break;
	case 'g':
		puppet_do(&grandchild, 'w');
		break;
	}
}

int main(void)
{
	struct target_counts counts = { .shared = PAGES };

	target_begin();
	area = target_anon(PAGES + LATER);
	target_write(area, 0, PAGES, 1);
	puppet_start(&child, child_obey);

	target_uint("A", getpid());
	target_uint("B", child.pid);
	target_hex("ANON", area);
	target_uint("ANON_PAGES", PAGES + LATER);
	target_expect("ANON", &counts);
	target_wait();

	target_string("STEP", "the child writes 32 pages");
	puppet_do(&child, 'w');
	counts.shared -= 32;
	counts.copied_b += 32;
	target_expect("ANON", &counts);
	target_wait();

	target_string("STEP", "the parent writes 16 pages that are still shared");
	target_write(area, 64, 16, 1);
	counts.shared -= 16;
	counts.copied_a += 16;
	target_expect("ANON", &counts);
	target_wait();

	/* It takes its old frames back: now nothing tells them from new ones. */
	target_string("STEP", "the parent writes 8 pages of which the child has a copy");
	target_write(area, 0, 8, 1);
	counts.copied_b -= 8;
	counts.different += 8;
	target_expect("ANON", &counts);
	target_wait();

	target_string("STEP", "the child gives 4 shared pages back");
	puppet_do(&child, 'd');
	counts.shared -= 4;
	counts.own_a += 4;
	target_expect("ANON", &counts);
	target_wait();

	/* Touched on both sides, but never one page: no copy of each other. */
	target_string("STEP", "child and parent touch 8 new pages each, 4 at the same place");
	puppet_do(&child, 'l');
	target_write(area, PAGES + 4, 8, 1);
	counts.own_b += 4;
	counts.different += 4;
	counts.own_a += 4;
	target_expect("ANON", &counts);
	target_wait();

	target_string("STEP", "the child forks: compare it with the grandchild");
	puppet_do(&child, 'f');
	counts = (struct target_counts){ .shared = PAGES - 4 + 8 };
	target_expect("ANON", &counts);
	target_wait();

	target_string("STEP", "the grandchild writes 8 pages that all three share");
	puppet_do(&child, 'g');
	counts.shared -= 8;
	counts.copied_b += 8;
	target_expect("ANON", &counts);
	target_end();
}
