// SPDX-License-Identifier: GPL-2.0
/*
 * mid-exec: a child in the middle of an exec. One of its arguments is in a page
 * that userfaultfd withholds, so the kernel waits where it copies arguments: the
 * new address space is begun, the old one is still the process's. The step gives
 * it the page, and it goes on. No signal may be sent to it before.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "target.h"

#define PAGES 16

static char *withheld, *area;

/* Which descriptor withholds the page; the parent has all descriptors of its child. */
static int withhold(void)
{
	struct uffdio_register reg = {
		.range = { (uintptr_t)withheld, target_page },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		target_die("userfaultfd");
	return fd;
}

static _Noreturn void run_child(int tell, int done)
{
	char number[16];
	char *const args[] = { "mid-exec", number, withheld, NULL };
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = withhold();
	snprintf(number, sizeof(number), "%d", done);
	if (write(tell, &fd, sizeof(fd)) != sizeof(fd))
		_exit(1);
	execv("/proc/self/exe", args);
	_exit(1);
}

/* After the exec. */
static int hold_still(int done)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(done, "", 1) != 1)
		return 1;
	close(done);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	struct uffdio_zeropage page = { .mode = 0 };
	int tell[2], done[2], fd;
	struct uffd_msg msg;
	long pid;
	char c;

	if (argc > 1)
		return hold_still(atoi(argv[1]));
	target_begin();
	withheld = target_anon(1);
	area = target_anon(PAGES);
	target_write(area, 0, PAGES, 1);
	if (pipe2(tell, O_CLOEXEC) || pipe(done))
		target_die("pipe");
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		target_die("clone");
	if (!pid)
		run_child(tell[1], done[1]);
	if (read(tell[0], &fd, sizeof(fd)) != sizeof(fd) ||
	    read(fd, &msg, sizeof(msg)) != sizeof(msg))
		target_die("the child is gone");

	target_uint("CHILD", pid);
	target_state("OLD", area, 0, PAGES, "state=present kind=anon mapcount=2 class=write-copies");
	target_wait();

	target_string("STEP", "the exec goes on");
	page.range.start = (uintptr_t)withheld;
	page.range.len = target_page;
	if (ioctl(fd, UFFDIO_ZEROPAGE, &page) || read(done[0], &c, 1) != 1)
		target_die("the child does not go on");
	target_end();
}
