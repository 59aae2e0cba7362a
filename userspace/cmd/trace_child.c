// SPDX-License-Identifier: GPL-2.0
/*
 * A command that is traced from its first instruction: a child that waits at a
 * pipe until the probe is set, and then calls exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/trace.h"

/* In the child. Its standard files are ours, everything else closes at exec. */
static void wait_and_exec(int go, int failed, char **argv)
{
	int errnum;
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(MML_EXIT_USAGE);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	execvp(argv[0], argv);
	errnum = errno;
	if (write(failed, &errnum, sizeof(errnum)) != sizeof(errnum))
		_exit(126);
	_exit(127);
}

/**
 * trace_child_fork() - a child that will become a command
 * @ctx: the context
 * @child: set
 * @argv: the command
 *
 * Return: 0, or an exit code: the error is printed
 */
int trace_child_fork(struct mml_ctx *ctx, struct trace_child *child, char **argv)
{
	int go[2], failed[2];

	if (pipe2(go, O_CLOEXEC))
		return ctx_usage(ctx, "no pipe: %s", strerror(errno));
	if (pipe2(failed, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return ctx_usage(ctx, "no pipe: %s", strerror(errno));
	}
	fflush(NULL);
	child->pid = fork();
	if (!child->pid) {
		close(go[1]);
		wait_and_exec(go[0], failed[1], argv);
	}
	close(go[0]);
	close(failed[1]);
	child->go = go[1];
	child->failed = failed[0];
	if (child->pid < 0)
		return ctx_usage(ctx, "no fork: %s", strerror(errno));
	return 0;
}

/**
 * trace_child_go() - let it exec
 * @child: as forked
 *
 * Return: 0 once it has, or the errno of exec
 */
int trace_child_go(struct trace_child *child)
{
	int errnum = 0;

	if (write(child->go, "", 1) != 1)
		return errno;
	/* the pipe ends without a word when exec closes it */
	if (read(child->failed, &errnum, sizeof(errnum)) != sizeof(errnum))
		return 0;
	return errnum;
}

/**
 * trace_child_end() - wait for it
 * @child: as forked
 * @gone: it has ended by itself, or will; otherwise it is let go on without us
 */
void trace_child_end(struct trace_child *child, bool gone)
{
	close(child->go);	/* one that still waits ends itself */
	close(child->failed);
	if (gone)
		waitpid(child->pid, NULL, 0);
}
