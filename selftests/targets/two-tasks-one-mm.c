// SPDX-License-Identifier: GPL-2.0
/*
 * two-tasks-one-mm [vfork]: two processes with one address space, by
 * clone(CLONE_VM) without CLONE_THREAD, or as a vfork()ed child that has not
 * exec'd (its parent stands still: a grandparent speaks for it).
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "target.h"

#define PAGES 64

/* the linker's: what is zeroed when the program starts, of which this is the most */
extern char __bss_start[], _end[];

static char stack[64 << 10] __attribute__((aligned(16)));

static int hold_still(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
	return 0;
}

static int report[2];

/* Never answers: a parent stands still until its vfork()ed child execs. */
static void vfork_obey(char order)
{
	pid_t pid;

	(void)order;
	if (!vfork()) {
		pid = getpid();
		if (write(report[1], &pid, sizeof(pid)) == sizeof(pid))
			hold_still(NULL);
		_exit(1);
	}
}

static int speak_for_vfork(void)
{
	struct puppet parent;
	pid_t child;
	char c = 'v';

	if (pipe2(report, O_CLOEXEC))
		target_die("pipe");
	puppet_start(&parent, vfork_obey);
	target_uint("A", parent.pid);
	if (write(parent.orders, &c, 1) != 1 ||
	    read(report[0], &child, sizeof(child)) != sizeof(child))
		target_die("vfork");
	target_uint("B", child);
	target_await_sleep(child);
	dprintf(STDOUT_FILENO, "ready\n");
	while (read(STDIN_FILENO, &c, 1) == 1) {
		if (c == '\n')
			dprintf(STDOUT_FILENO, "end\nready\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	char *area;
	pid_t pid;

	target_begin();
	area = target_anon(PAGES);
	target_write(area, 0, PAGES, 1);
	target_hex("ANON", area);
	target_uint("ANON_PAGES", PAGES);
	target_hex("BSS_START", __bss_start);
	target_hex("BSS_END", _end);

	if (argc > 1 && !strcmp(argv[1], "vfork"))
		return speak_for_vfork();
	pid = clone(hold_still, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	if (pid < 0)
		target_die("clone");
	target_await_sleep(pid);
	target_uint("A", getpid());
	target_uint("B", pid);
	target_end();
}
