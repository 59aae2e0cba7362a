// SPDX-License-Identifier: GPL-2.0
/* Processes that come and go: trees of them, execs, and one that is too big. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storm.h"

#define RW		(PROT_READ | PROT_WRITE)
#define HERITAGE	64	/* pages */

static uint64_t *heritage;

static uint64_t *heir(size_t page) { return heritage + page * PAGE / sizeof(*heritage); }

static const char *prepare_tree(void)
{
	heritage = mmap(NULL, HERITAGE * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (heritage == MAP_FAILED)
		return storm_lacks("mmap");
	for (size_t i = 0; i < HERITAGE; i++)
		*heir(i) = i + 1;
	return NULL;
}

static void check_tree(void)
{
	for (size_t i = 0; i < HERITAGE; i++)
		if (*(volatile uint64_t *)heir(i) != i + 1)
			storm_wrong("inherited page %zu holds %#lx", i, *heir(i));
}

/* Each writes to half of what it has, and nobody else may see it. */
static void grow(int depth)
{
	pid_t child[2];

	check_tree();
	for (int i = 0; i < 2; i++) {
		child[i] = storm_fork();
		if (child[i])
			continue;
		if (depth)
			grow(depth - 1);
		for (size_t j = i; j < HERITAGE; j += 2)
			*(volatile uint64_t *)heir(j) = 0;
		_exit(0);
	}
	if (!storm_random(4))
		kill(child[0], SIGKILL);
	for (int i = 0; i < 2; i++)
		storm_wait(child[i], !i);
	check_tree();
}

static void once_tree(void) { grow(storm_random(3)); }

/* An address space of three pages or so, and then another one, and another. */
static void once_exec(void)
{
	pid_t pid = storm_fork();

	if (!pid) {
		execl("/proc/self/exe", "storm", "exec", "4", NULL);
		_exit(1);
	}
	if (!storm_random(4)) {
		usleep(storm_random(20000));
		kill(pid, SIGKILL);
	}
	storm_wait(pid, true);
}

/* More and fewer threads of one mm; the first of them may go first. */
static void *idle(void *arg)
{
	usleep((uintptr_t)arg);
	return NULL;
}

static void leaderless(void)
{
	pthread_t thread;

	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, idle, (void *)(uintptr_t)storm_random(20000));
	if (storm_random(2))
		pthread_exit(NULL);
	_exit(0);
}

static void once_threads(void)
{
	pid_t pid = storm_fork();

	if (!pid)
		leaderless();
	storm_wait(pid, false);
}

/* Out of memory: that of a group with 24 MiB */

#define GROUP "/sys/fs/cgroup/storm"

static const char *prepare_oom(void)
{
	storm_put("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	mkdir(GROUP, 0755);
	if (!storm_put(GROUP "/memory.max", "24M"))
		return "a memory controller";
	/* no swap: who then takes a device out of use would need room in this group */
	storm_put(GROUP "/memory.swap.max", "0");
	return NULL;
}

static void once_oom(void)
{
	pid_t pid = storm_fork();
	int status;

	if (!pid) {
		storm_put(GROUP "/cgroup.procs", "0");
		for (size_t mib = 0; mib < 64; mib++) {
			char *area = mmap(NULL, 1 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			for (size_t i = 0; i < 1 << 20; i += PAGE)
				*(volatile uint64_t *)(area + i) = storm_random(~0U);
		}
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		storm_wrong("the process that was too big ended with %#x", status);
	usleep(200000);
}

static void check_oom(void) { rmdir(GROUP); }

const struct actor process_actors[] = {
	{ "fork-tree", prepare_tree, once_tree, check_tree },
	{ "exec", NULL, once_exec, NULL },
	{ "threads", NULL, once_threads, NULL },
	{ "oom", prepare_oom, once_oom, check_oom },
	{ }
};
