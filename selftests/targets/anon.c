// SPDX-License-Identifier: GPL-2.0
/*
 * anon SIZE: so much anonymous memory of 4 KiB pages, touched in the order of
 * its addresses: the kernel hands out frames that mostly follow each other.
 */
#include "target.h"

int main(int argc, char **argv)
{
	size_t pages;
	char *area;

	target_begin();
	pages = target_size(argc > 1 ? argv[1] : "1M") / target_page;
	area = target_anon(pages);
	target_write(area, 0, pages, 1);
	target_hex("ANON", area);
	target_hex("ANON_END", area + pages * target_page);
	target_uint("ANON_PAGES", pages);
	target_end();
}
