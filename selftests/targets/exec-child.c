// SPDX-License-Identifier: GPL-2.0
/*
 * exec-child: a child that has exec'd this same program again. It shares no
 * anonymous memory with its parent any more, but the files' pages: libc, at
 * another address in each.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "target.h"

#define PAGES 16

static char *own_area(void)
{
	char *area = target_anon(PAGES);

	target_write(area, 0, PAGES, 1);
	return area;
}

/* After the exec: tell the parent where things are, then hold still. */
static int run_child(int fd)
{
	uintptr_t found[2];
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	target_page = sysconf(_SC_PAGESIZE);
	found[0] = (uintptr_t)strtoull;
	found[1] = (uintptr_t)own_area();
	if (write(fd, found, sizeof(found)) != sizeof(found))
		return 1;
	close(fd);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	const struct rlimit roomy = { 1UL << 30, RLIM_INFINITY };
	int hold[2], tell[2];
	uintptr_t found[2];
	char number[16];
	pid_t pid;

	if (argc > 1)
		return run_child(atoi(argv[1]));

	target_begin();
	if (pipe2(hold, O_CLOEXEC) || pipe(tell))
		target_die("pipe");
	pid = fork();
	if (pid < 0)
		target_die("fork");
	if (!pid) {
		/* its stdin ends when we do */
		dup2(hold[0], STDIN_FILENO);
		number[0] = '0' + tell[1] / 10;
		number[1] = '0' + tell[1] % 10;
		number[2] = '\0';
		/* what is mapped lies below the room for the stack: elsewhere then */
		if (setrlimit(RLIMIT_STACK, &roomy))
			target_die("setrlimit");
		execl("/proc/self/exe", argv[0], number, NULL);
		target_die("exec");
	}
	if (read(tell[0], found, sizeof(found)) != sizeof(found))
		target_die("the child is gone");

	target_uint("A", getpid());
	target_uint("B", pid);
	target_hex("LIBC", (void *)(uintptr_t)strtoull);	/* the same code */
	target_hex("LIBC_B", (void *)found[0]);
	target_hex("ANON", own_area());
	target_hex("ANON_B", (void *)found[1]);
	target_expect("ANON", &(struct target_counts){ .own_a = PAGES });
	target_expect("ANON_B", &(struct target_counts){ .own_b = PAGES });
	target_end();
}
