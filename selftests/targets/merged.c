// SPDX-License-Identifier: GPL-2.0
/*
 * merged: 16 pages of the same content that KSM may make one of, and will when
 * it comes by (/sys/kernel/mm/ksm/run).
 */
#include <string.h>
#include <sys/mman.h>

#include "target.h"

#define PAGES 16

int main(void)
{
	char *area;

	target_begin();
	area = target_anon(PAGES);
	for (size_t i = 0; i < PAGES; i++)
		memset(area + i * target_page, 'k', target_page);
	if (madvise(area, PAGES * target_page, MADV_MERGEABLE))
		target_die("MADV_MERGEABLE");
	target_state("MERGED", area, 0, PAGES,
		     "state=present level=pte kind=ksm page_flags=+ksm,+anonymous mapcount=%d class=ksm bits=-write",
		     PAGES);
	target_end();
}
