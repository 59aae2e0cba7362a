// SPDX-License-Identifier: GPL-2.0
/*
 * stuck-mmap-lock: a process, STUCK, whose mmap lock cannot be had for many
 * seconds, because one thread holds it for reading, hardly ever gets to run,
 * and another is queued to write: whoever comes later waits behind that one.
 *
 * A page fault that waits (for userfaultfd, for a FUSE server) would not do:
 * such faults let go of the lock before they sleep. But MADV_POPULATE_READ
 * keeps it from the first page to the last (faultin_page_range(), mm/gup.c),
 * and so does mlock(). Done by a SCHED_IDLE thread that shares its CPU with a
 * busy loop, a second's work takes minutes, at the price of nothing else.
 * The pages are the zero page; only their tables, 32 MiB, take memory.
 *
 * One step: the lock is let go, and STUCK ends.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target.h"

#define ROOM	(16UL << 30)

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

static char *room;
static atomic_bool going;
static int report;

/* All that is to be slow, and what slows it, runs on one CPU. */
static void pin(void)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all))
		target_die("sched_getaffinity");
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &all)) {
			CPU_SET(cpu, &one);
			break;
		}
	}
	if (sched_setaffinity(0, sizeof(one), &one))
		target_die("sched_setaffinity");
}

static void *hold(void *arg)
{
	const struct sched_param none = { 0 };

	pin();
	if (sched_setscheduler(0, SCHED_IDLE, &none))
		target_die("sched_setscheduler");
	going = true;
	/* EINVAL: before 5.14 */
	if (madvise(room, ROOM, MADV_POPULATE_READ) && errno == EINVAL)
		mlock(room, ROOM);
	return arg;
}

static void *queue(void *arg)
{
	pid_t tid = gettid();
	void *page;

	if (write(report, &tid, sizeof(tid)) != sizeof(tid))
		target_die("write");
	while (!going)
		sched_yield();
	/* until it is held: who is to hold it may be long in coming to that */
	for (;;) {
		usleep(2000);
		page = mmap(NULL, target_page, PROT_READ,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (page == MAP_FAILED)
			target_die("mmap");
		munmap(page, target_page);
	}
	return arg;
}

static _Noreturn void run_stuck(void)
{
	pthread_t holder, writer;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	room = mmap(NULL, ROOM, PROT_READ,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		target_die("mmap");
	madvise(room, ROOM, MADV_NOHUGEPAGE);
	if (pthread_create(&writer, NULL, queue, NULL) ||
	    pthread_create(&holder, NULL, hold, NULL))
		target_die("pthread_create");
	for (;;)
		pause();
}

static _Noreturn void run_busy(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin();
	for (;;)
		;
}

/* Whether a thread is asleep and deaf, as one that waits for the lock is. */
static bool is_queued(pid_t tgid, pid_t tid)
{
	char path[64], line[512];
	char *state = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", tgid, tid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fgets(line, sizeof(line), file))
		state = strrchr(line, ')');
	fclose(file);
	return state && state[2] == 'D';
}

static pid_t fork_to(void (*run)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		target_die("fork");
	if (!pid)
		run();
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	pid_t stuck, busy, writer;
	int pipe_ends[2];

	target_begin();
	if (pipe(pipe_ends))
		target_die("pipe");
	report = pipe_ends[1];
	stuck = fork_to(run_stuck);
	if (read(pipe_ends[0], &writer, sizeof(writer)) != sizeof(writer))
		target_die("read");
	while (!is_queued(stuck, writer))
		usleep(500);
	busy = fork_to(run_busy);
	usleep(100000);
	if (!is_queued(stuck, writer)) {
		errno = ETIME;
		target_die("the lock was free again too soon");
	}
	target_uint("STUCK", stuck);
	target_uint("WRITER", writer);
	target_wait();

	end(busy);
	end(stuck);
	target_end();
}
