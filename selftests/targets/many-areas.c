// SPDX-License-Identifier: GPL-2.0
/*
 * many-areas [COUNT]: so many areas of one page each, side by side, all
 * written; every second one was then made read-only, so that none can be
 * merged with its neighbours. 60,000 unless told otherwise: an ordinary
 * process may have 65,530.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "target.h"

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 0) : 60000;
	char *area;

	target_begin();
	area = target_anon(count);
	target_write(area, 0, count, 1);
	for (size_t i = 0; i < count; i += 2)
		if (mprotect(area + i * target_page, target_page, PROT_READ))
			target_die("mprotect");
	target_hex("BASE", area);
	target_hex("END", area + count * target_page);
	target_uint("COUNT", count);
	target_end();
}
