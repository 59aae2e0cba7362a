// SPDX-License-Identifier: GPL-2.0
/*
 * lent: pages that are at a device, private to it, and pages that a device has
 * for itself alone, of a device that is none: the kernel's test_hmm module.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "../hmm.h"
#include "target.h"

#define PAGES 16

static char *mirror;

static void lend(int fd, char *area, size_t pages, unsigned long request)
{
	struct hmm_dmirror_cmd cmd = {
		.addr = (uintptr_t)area, .ptr = (uintptr_t)mirror, .npages = pages,
	};

	if (ioctl(fd, request, &cmd))
		target_die("test_hmm");
	errno = EBUSY;
	if (cmd.cpages != pages)
		target_die("test_hmm has not taken all pages");
}

static char *written(void)
{
	char *area = target_anon(PAGES);

	target_write(area, 0, PAGES, 1);
	target_drain();
	return area;
}

int main(void)
{
	int fd = open("/dev/hmm_dmirror0", O_RDWR | O_CLOEXEC);
	char *area;

	target_begin();
	if (fd < 0)
		target_die("/dev/hmm_dmirror0");
	mirror = written();

	area = written();
	lend(fd, area, PAGES / 2, HMM_DMIRROR_MIGRATE_TO_DEV);
	target_state("PRIVATE", area, 0, PAGES / 2,
		     "state=device-private frame=some swap=null level=pte bits=-present,+write class=device");
	target_state("BESIDE_PRIVATE", area, PAGES / 2, PAGES / 2,
		     "state=present kind=anon mapcount=1");

	area = written();
	if (mprotect(area, PAGES * target_page, PROT_READ))
		target_die("mprotect");
	lend(fd, area, PAGES, HMM_DMIRROR_MIGRATE_TO_DEV);
	target_state("PRIVATE_READ", area, 0, PAGES,
		     "state=device-private frame=some swap=null bits=-present,-write");

	area = written();
	lend(fd, area, PAGES, HMM_DMIRROR_EXCLUSIVE);
	target_state("EXCLUSIVE", area, 0, PAGES,
		     "state=device-exclusive frame=some swap=null level=pte bits=-present");
	target_end();
}
