// SPDX-License-Identifier: GPL-2.0
/* zombie: a child that is dead and not reaped. It has no memory any more. */
#include <sys/wait.h>
#include <unistd.h>

#include "target.h"

int main(void)
{
	siginfo_t info;
	pid_t pid;

	target_begin();
	pid = fork();
	if (pid < 0)
		target_die("fork");
	if (!pid)
		_exit(0);
	if (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		target_die("waitid");
	target_uint("ZOMBIE", pid);
	target_end();
}
