// SPDX-License-Identifier: GPL-2.0
/*
 * threads: 64 threads besides the first, each with pages of its own on a stack
 * of its own, all of one address space.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target.h"

#define THREADS	64
#define PAGES	16

static pthread_barrier_t started;

static void *run(void *stack)
{
	(void)stack;
	pthread_barrier_wait(&started);
	for (;;)
		pause();
	return NULL;
}

static void start_thread(char *stack)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	errno = pthread_attr_setstack(&attr, stack, PAGES * target_page);
	if (!errno)
		errno = pthread_create(&thread, &attr, run, stack);
	if (errno)
		target_die("pthread_create");
	pthread_attr_destroy(&attr);
}

int main(void)
{
	char *stacks;

	target_begin();
	stacks = target_anon(THREADS * PAGES);
	target_write(stacks, 0, THREADS * PAGES, 1);
	pthread_barrier_init(&started, NULL, THREADS + 1);
	for (size_t i = 0; i < THREADS; i++)
		start_thread(stacks + i * PAGES * target_page);
	pthread_barrier_wait(&started);
	target_uint("THREADS", THREADS + 1);
	target_state("STACKS", stacks, 0, THREADS * PAGES,
		     "state=present kind=anon mapcount=1 class=exclusive-writable vma_pages=%d", THREADS * PAGES);
	target_end();
}
