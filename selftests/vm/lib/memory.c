// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../ktap.h"
#include "memory.h"

#ifndef MADV_PAGEOUT	/* younger than the oldest C library that this is built with */
#define MADV_PAGEOUT	21
#endif

const char *files_directory;
char lacks[96];
int own_pagemap = -1;

char *lacking(const char *what)
{
	snprintf(lacks, sizeof(lacks), "%s: %s", what, strerror(errno));
	return NULL;
}

uint64_t pagemap_word(const void *address)
{
	uint64_t word = 0;

	if ((uintptr_t)address >> 47 ||
	    pread(own_pagemap, &word, sizeof(word),
		  (uintptr_t)address / PAGE * sizeof(word)) != sizeof(word))
		return 0;
	return word;
}

/* Bit 63 present, 62 swapped, and where (Documentation/admin-guide/mm/pagemap.rst). */
bool is_swapped(const void *address)
{
	return pagemap_word(address) >> 62 & 1;
}

char *map(size_t bytes, int prot, int flags, int fd)
{
	char *area = mmap(NULL, bytes, prot, flags, fd, 0);

	if (area == MAP_FAILED)
		return lacking("mmap");
	madvise(area, bytes, MADV_NOHUGEPAGE);
	return area;
}

char *anon(size_t pages)
{
	return map(pages * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

char *written(void)
{
	char *area = anon(1);

	if (area)
		area[0] = 1;
	return area;
}

char *protect(char *area, int prot)
{
	return area && mprotect(area, PAGE, prot) ? lacking("mprotect") : area;
}

/* First and last address of the stack's area. */
bool find_stack(uintptr_t *start, uintptr_t *end)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, "[stack]") &&
			sscanf(line, "%" SCNxPTR "-%" SCNxPTR, start, end) == 2;
	if (f)
		fclose(f);
	if (!found)
		lacking("no stack in /proc/self/maps");
	return found;
}

char *below_stack(void)
{
	uintptr_t start, end;

	return find_stack(&start, &end) ? (char *)start - 16 * PAGE : NULL;
}

char *untouched(void)
{
	return anon(1);
}

char *read_before(void)
{
	char *area = anon(1);

	if (area)
		*(volatile char *)area;
	return area;
}

char *huge(void)
{
	char *area = mmap(NULL, 2 * HUGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		return lacking("mmap");
	if (madvise(area, 2 * HUGE, MADV_HUGEPAGE))
		return lacking("huge pages");
	return (char *)(((uintptr_t)area + HUGE - 1) & ~(HUGE - 1));
}

/* A file of one page; written to the device, and out of the cache if @cold. */
int new_file(bool cold)
{
	char path[256], page[PAGE];
	int fd;

	snprintf(path, sizeof(path), "%s/memory-%d", files_directory, getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	unlink(path);
	memset(page, 'x', sizeof(page));
	if (fd < 0 || write(fd, page, sizeof(page)) != sizeof(page) || fsync(fd)) {
		lacking("a file");
		return -1;
	}
	if (cold)
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return fd;
}

/* Two pages: the second one is beyond the file's end. */
char *file_area(bool cold, int flags)
{
	int fd = new_file(cold);

	return fd < 0 ? NULL : map(2 * PAGE, RW, flags, fd);
}

char *file_mapped(void)
{
	char *area = file_area(false, MAP_PRIVATE);

	if (area)
		*(volatile char *)area;
	return area;
}

char *file_shared_mapped(void)
{
	char *area = file_area(false, MAP_SHARED);

	if (area)
		*(volatile char *)area;
	return area;
}

/* Forks a process that shares all we have; it ends with us, or at once. */
char *fork_with(char *area, bool ends)
{
	int ready[2];
	char c;
	pid_t pid;

	if (!area || pipe(ready))
		return NULL;
	pid = fork();
	if (pid < 0)
		return lacking("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ends)
			_exit(0);
		close(ready[1]);	/* we hold it open no longer */
		for (;;)
			pause();
	}
	if (ends)
		waitpid(pid, NULL, 0);
	close(ready[1]);
	if (!ends && read(ready[0], &c, 1))	/* until the child has run so far */
		return lacking("read");
	return area;
}

char *forked(void)
{
	return fork_with(written(), false);
}

char *forked_alone(void)
{
	return fork_with(written(), true);
}

void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

char *swapped(void)
{
	char *area = written();

	for (int i = 0; area && i < 100; i++) {
		if (madvise(area, PAGE, MADV_PAGEOUT))
			return lacking("MADV_PAGEOUT");
		if (is_swapped(area))
			return area;
		nap();
	}
	errno = ETIMEDOUT;
	return lacking("swap");
}

char *cleared_refs(void)
{
	char *area = written();
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "4", 1) != 1)
		return lacking("clear_refs");
	close(fd);
	return area;
}

void actor_start(struct actor *actor, actor_fn act, const void *part)
{
	int orders[2], answers[2];

	if (pipe2(orders, O_CLOEXEC) || pipe2(answers, O_CLOEXEC))
		ktap_bail("pipe: %s", strerror(errno));
	actor->pid = fork();
	if (actor->pid < 0)
		ktap_bail("fork: %s", strerror(errno));
	if (!actor->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		own_pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
		act(part, orders[0], answers[1]);
		_exit(0);
	}
	close(orders[0]);
	close(answers[1]);
	actor->orders = orders[1];
	actor->answers = answers[0];
}

void actor_end(struct actor *actor)
{
	kill(actor->pid, SIGKILL);
	waitpid(actor->pid, NULL, 0);
	close(actor->orders);
	close(actor->answers);
}
