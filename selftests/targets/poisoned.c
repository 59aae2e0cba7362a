// SPDX-License-Identifier: GPL-2.0
/*
 * poisoned: 4 pages, the third of which the kernel takes for broken memory. It
 * loses the machine a page until the next boot.
 */
#include <signal.h>
#include <sys/mman.h>

#include "target.h"

/* Some kernels tell who has the page at once, others when it is touched. */
static void told(int signal_number)
{
	(void)signal_number;
}

int main(void)
{
	char *area;

	target_begin();
	signal(SIGBUS, told);
	area = target_anon(4);
	target_write(area, 0, 4, 1);
	target_drain();
	if (madvise(area + 2 * target_page, target_page, MADV_HWPOISON))
		target_lacks("BROKEN", "MADV_HWPOISON");
	else
		target_state("BROKEN", area, 2, 1,
			     "state=hwpoison frame=some class=trap bits=-present kind=null");
	target_state("SOUND", area, 0, 2, "state=present kind=anon mapcount=1");
	target_end();
}
