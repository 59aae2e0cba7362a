// SPDX-License-Identifier: GPL-2.0
/*
 * moved: after a fork the child moves half of an anonymous area elsewhere with
 * mremap(), and writes to some of it. The pages are still the parent's.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define PAGES 64

static char *area;

static void child_obey(char order)
{
	size_t half = PAGES / 2 * target_page;
	char *away;

	if (order == 'm') {
		away = mremap(area, half, half, MREMAP_MAYMOVE | MREMAP_FIXED,
			      area + 256 * target_page);
		if (away == MAP_FAILED)
			target_die("mremap");
		target_hex("MOVED", away);
	} else {
		target_write(area + 256 * target_page, 0, 4, 1);
	}
}

int main(void)
{
	struct target_counts counts = { .shared = PAGES };
	struct puppet child;

	target_begin();
	/* the room behind the area is taken from it again, to be moved into */
	area = target_anon(512);
	munmap(area + PAGES * target_page, (512 - PAGES) * target_page);
	target_write(area, 0, PAGES, 1);
	puppet_start(&child, child_obey);

	target_uint("A", getpid());
	target_uint("B", child.pid);
	target_hex("ANON", area);
	target_expect("ANON", &counts);
	target_wait();

	target_string("STEP", "the child moves half of the pages");
	puppet_do(&child, 'm');
	target_expect("ANON", &counts);
	target_wait();

	target_string("STEP", "the child writes to 4 that it has moved");
	puppet_do(&child, 'w');
	counts.shared -= 4;
	counts.copied_b += 4;
	target_expect("ANON", &counts);
	target_end();
}
