// SPDX-License-Identifier: GPL-2.0
/*
 * A process to be recorded (golden/record): some of each kind of memory, and a
 * child that shares it. Says where things are, then waits for the end of stdin.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PAGE	4096UL
#define HUGE	(2UL << 20)
#define RW	(PROT_READ | PROT_WRITE)
#define PRIVATE	(MAP_PRIVATE | MAP_ANONYMOUS)

static volatile char sink;

static char *map(const char *name, size_t size, int prot, int flags, int fd)
{
	char *at = mmap(NULL, size, prot, flags, fd, 0);

	if (at == MAP_FAILED) {
		perror(name);
		exit(1);
	}
	printf("%s=%p\n", name, at);
	return at;
}

static void small_pages(void)
{
	char *none = map("none", 8 * PAGE, RW, PRIVATE, -1);
	char *zero = map("zero", 16 * PAGE, RW, PRIVATE, -1);
	char *read = map("read", 4 * PAGE, PROT_READ, PRIVATE, -1);

	memset(none, 1, 4 * PAGE);
	mprotect(none, 8 * PAGE, PROT_NONE);
	sink = zero[0] + zero[3 * PAGE] + read[0];
	zero[5 * PAGE] = zero[6 * PAGE] = 1;
}

/* A file that ends midway, and whose name no terminal should see. */
static void files(void)
{
	char path[] = "/tmp/we\xff\x1bird\nfile-XXXXXX";
	int fd = mkstemp(path);
	char *private, *shared;

	if (fd < 0 || ftruncate(fd, 3 * PAGE + 100)) {
		perror("file");
		exit(1);
	}
	unlink(path);
	private = map("private", 8 * PAGE, RW, MAP_PRIVATE, fd);
	shared = map("shared", 8 * PAGE, RW, MAP_SHARED, fd);
	sink = private[0] + shared[0];
	private[PAGE] = shared[PAGE] = 1;
	shared = map("anon_shared", 8 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
	shared[0] = 1;
}

static void huge_pages(void)
{
	char *room = map("room", 3 * HUGE, RW, PRIVATE, -1);
	char *huge = (char *)(((uintptr_t)room + HUGE - 1) & -HUGE);
	char *wide = map("wide", 1UL << 44, RW, PRIVATE | MAP_NORESERVE, -1);

	madvise(huge, 2 * HUGE, MADV_HUGEPAGE);
	huge[0] = 1;
	sink = huge[HUGE];
	printf("huge=%p\nhuge_zero=%p\n", huge, huge + HUGE);
	wide[1UL << 43] = 1;
}

int main(void)
{
	char *forked, *heap = malloc(10000);
	char c;

	printf("heap=%p\n", heap);
	*heap = 1;
	small_pages();
	files();
	huge_pages();
	forked = map("forked", 8 * PAGE, RW, PRIVATE, -1);
	memset(forked, 1, 4 * PAGE);
	printf("pid=%d\n", getpid());
	fflush(stdout);
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		forked[0] = 2;
		printf("child=%d\nready\n", getpid());
		fflush(stdout);
		for (;;)
			pause();
	}
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	free(heap);
	return 0;
}
