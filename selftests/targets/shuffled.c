// SPDX-License-Identifier: GPL-2.0
/*
 * shuffled SIZE: so much anonymous memory of 4 KiB pages of which no two
 * neighbours were touched one after the other, so that their frames do not
 * follow each other either: the worst case for whoever reads runs of frames.
 */
#include "target.h"

static size_t divisor(size_t a, size_t b)
{
	return b ? divisor(b, a % b) : a;
}

/* Going round @pages in this stride meets each page once, far from the last. */
static size_t stride(size_t pages)
{
	size_t n = pages * 0.618 + 1;

	while (divisor(n, pages) != 1)
		n++;
	return n;
}

int main(int argc, char **argv)
{
	size_t pages, step;
	char *area;

	target_begin();
	pages = target_size(argc > 1 ? argv[1] : "1M") / target_page;
	step = stride(pages);
	area = target_anon(pages);
	for (size_t i = 0, page = 0; i < pages; i++, page = (page + step) % pages)
		target_write(area, page, 1, 1);
	target_hex("ANON", area);
	target_hex("ANON_END", area + pages * target_page);
	target_uint("ANON_PAGES", pages);
	target_end();
}
