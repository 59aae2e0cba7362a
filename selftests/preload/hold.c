// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into mmlens: it waits for ever before the first request that it
 * sends while it holds the process HOLD_PID still, or once HOLD_AFTER of these are
 * sent. So a test can look at that moment, and end it as it likes.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int holds(const char *pid)
{
	char path[64], line[256];
	int tracer = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	if (status)
		fclose(status);
	return tracer == getpid();
}

ssize_t sendto(int fd, const void *buf, size_t len, int flags,
	       const struct sockaddr *to, socklen_t to_len)
{
	static ssize_t (*next)(int, const void *, size_t, int,
			       const struct sockaddr *, socklen_t);
	static int sent;
	const char *pid = getenv("HOLD_PID"), *after = getenv("HOLD_AFTER");

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "sendto");
	if (pid && holds(pid) && sent++ >= (after ? atoi(after) : 0))
		for (;;)
			pause();
	return next(fd, buf, len, flags, to, to_len);
}
