// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/stop.h"

struct thread {
	pid_t tid;
	bool stopped;
	bool gone;
	int signal;	/* it was about to be delivered: handed on at the release */
};

struct mml_stop {
	uint32_t pid;
	struct thread *threads;
	size_t n;
};

static struct thread *find(const struct mml_stop *stop, pid_t tid)
{
	size_t i;

	for (i = 0; i < stop->n; i++)
		if (stop->threads[i].tid == tid)
			return &stop->threads[i];
	return NULL;
}

/* What /proc says of a thread that cannot be seized. */
struct status {
	char state;
	unsigned int tracer;
};

static struct status read_status(uint32_t pid, pid_t tid)
{
	struct status status = { 0 };
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/task/%d/status", pid, tid);
	file = fopen(path, "re");
	if (!file)
		return status;
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "State: %c", &status.state);
		sscanf(line, "TracerPid: %u", &status.tracer);
	}
	fclose(file);
	return status;
}

/* A thread that has ended needs no stop: its leader may be one for long. */
static int not_seized(struct mml_stop *stop, struct thread *thread, int errnum,
		      struct mml_error *err)
{
	struct status status = read_status(stop->pid, thread->tid);

	if (errnum == ESRCH || status.state == 'Z' || status.state == 'X') {
		thread->gone = true;
		return 0;
	}
	if (status.tracer)
		return mml_fail(err, MML_EXIT_REFUSED, EBUSY,
				"process %u cannot be stopped: process %u traces it",
				stop->pid, status.tracer);
	return mml_fail(err, MML_EXIT_REFUSED, errnum,
			"process %u cannot be stopped: %s", stop->pid,
			strerror(errnum));
}

/* Seizes one thread, and tells it to stop. */
static int seize(struct mml_stop *stop, pid_t tid, struct mml_error *err)
{
	struct thread *threads;

	threads = realloc(stop->threads, (stop->n + 1) * sizeof(*threads));
	if (!threads)
		return mml_fail_memory(err);
	stop->threads = threads;
	threads[stop->n] = (struct thread){ .tid = tid };
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL))
		return not_seized(stop, &threads[stop->n++], errno, err);
	stop->n++;
	ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
	return 0;
}

/* Seizes the threads that are new; returns how many, or a negative errno. */
static int seize_new(struct mml_stop *stop, struct mml_error *err)
{
	struct dirent *entry;
	char path[64];
	int found = 0, ret = 0;
	pid_t tid;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/task", stop->pid);
	dir = opendir(path);
	if (!dir)
		return mml_fail(err, MML_EXIT_REFUSED, ESRCH,
				"process %u: there is no such process", stop->pid);
	while (!ret && (entry = readdir(dir))) {
		tid = atoi(entry->d_name);
		if (tid <= 0 || find(stop, tid))
			continue;
		ret = seize(stop, tid, err);
		found++;
	}
	closedir(dir);
	return ret ? ret : found;
}

/* Has it come to rest? Any stop will do; a signal on its way is kept. */
static void look(struct thread *thread)
{
	int status;
	pid_t ret;

	ret = waitpid(thread->tid, &status, __WALL | WNOHANG);
	if (!ret)
		return;
	if (ret < 0 || !WIFSTOPPED(status)) {
		thread->gone = true;
		return;
	}
	thread->stopped = true;
	if (status >> 16 == 0)
		thread->signal = WSTOPSIG(status);
}

static const struct thread *still_running(struct mml_stop *stop)
{
	const struct thread *running = NULL;
	size_t i;

	for (i = 0; i < stop->n; i++) {
		struct thread *thread = &stop->threads[i];

		if (!thread->stopped && !thread->gone)
			look(thread);
		if (!thread->stopped && !thread->gone)
			running = thread;
	}
	return running;
}

static int await(struct mml_stop *stop, unsigned int timeout_ms,
		 struct mml_error *err)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	const struct thread *running;
	unsigned int waited;

	for (waited = 0; (running = still_running(stop)); waited++) {
		if (waited >= timeout_ms)
			return mml_fail(err, MML_EXIT_REFUSED, ETIMEDOUT,
					"process %u does not stop: thread %d sleeps where no signal reaches it",
					stop->pid, running->tid);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/**
 * mml_stop() - hold a process still
 * @pid: any thread of it
 * @timeout_ms: how long to wait for a thread that does not stop
 * @stop: set; free with mml_stop_release()
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_stop(uint32_t pid, unsigned int timeout_ms, struct mml_stop **stop,
	     struct mml_error *err)
{
	struct mml_stop *new = calloc(1, sizeof(*new));
	int ret;

	*stop = NULL;
	if (err)
		memset(err, 0, sizeof(*err));
	if (!new)
		return mml_fail_memory(err);
	new->pid = pid;
	if (pid == (uint32_t)getpid())
		ret = mml_fail(err, MML_EXIT_USAGE, EINVAL,
			       "process %u cannot be stopped: it is this one", pid);
	else
		/* Until nobody is left to start another thread. */
		while ((ret = seize_new(new, err)) > 0) {
			ret = await(new, timeout_ms, err);
			if (ret)
				break;
		}
	if (ret) {
		mml_stop_release(new);
		return ret;
	}
	*stop = new;
	return 0;
}

/**
 * mml_stop_release() - let a process run on
 * @stop: from mml_stop(), or NULL
 */
void mml_stop_release(struct mml_stop *stop)
{
	size_t i;

	if (!stop)
		return;
	for (i = 0; i < stop->n; i++) {
		struct thread *thread = &stop->threads[i];

		/* Detaching needs a stop; one on its way ends when we do. */
		if (thread->stopped)
			ptrace(PTRACE_DETACH, thread->tid, NULL,
			       (void *)(long)thread->signal);
	}
	free(stop->threads);
	free(stop);
}
