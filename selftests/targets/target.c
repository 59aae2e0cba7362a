// SPDX-License-Identifier: GPL-2.0
/* What the targets have in common: see target.h. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target.h"

size_t target_page;

static bool begun;	/* "ready" has been said */

void target_begin(void)
{
	target_page = sysconf(_SC_PAGESIZE);
	target_uint("PID", getpid());
	target_uint("PAGE_SIZE", target_page);
}

/* stdio's streams, and dprintf(), take their buffers from the heap. */
__attribute__((format(printf, 2, 3)))
static void say(int fd, const char *fmt, ...)
{
	char line[4200];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (write(fd, line, len) != len)
		_exit(1);
}

void target_uint(const char *name, uint64_t value)
{
	say(STDOUT_FILENO, "%s=%ju\n", name, (uintmax_t)value);
}

void target_hex(const char *name, const void *address)
{
	say(STDOUT_FILENO, "%s=0x%jx\n", name, (uintmax_t)(uintptr_t)address);
}

void target_string(const char *name, const char *value)
{
	say(STDOUT_FILENO, "%s=%s\n", name, value);
}

void target_expect(const char *area, const struct target_counts *counts)
{
	const struct {
		const char *name;
		uint64_t value;
	} fields[] = {
		{ "SHARED", counts->shared },
		{ "COPIED_A", counts->copied_a },
		{ "COPIED_B", counts->copied_b },
		{ "COPIED_EITHER", counts->copied_either },
		{ "DIFFERENT", counts->different },
		{ "OWN_A", counts->own_a },
		{ "OWN_B", counts->own_b },
		{ "UNFAULTED_A", counts->unfaulted_a },
		{ "UNFAULTED_B", counts->unfaulted_b },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		say(STDOUT_FILENO, "%s_%s=%ju\n", area, fields[i].name,
			(uintmax_t)fields[i].value);
}

void target_state(const char *name, const char *area, size_t first, size_t pages,
		  const char *is, ...)
{
	char text[1024];
	va_list args;

	va_start(args, is);
	vsnprintf(text, sizeof(text), is, args);
	va_end(args);
	target_hex(name, area + first * target_page);
	say(STDOUT_FILENO, "%s_PAGES=%zu\n%s_IS=%s\n", name, pages, name, text);
}

void target_lacks(const char *name, const char *what)
{
	say(STDOUT_FILENO, "%s_LACKS=%s: %s\n", name, what, strerror(errno));
}

/* Takes one line off stdin; false when there are no more. */
static bool asked(void)
{
	ssize_t n;
	char c;

	do {
		n = read(STDIN_FILENO, &c, 1);
	} while ((n == 1 && c != '\n') || (n < 0 && errno == EINTR));
	return n == 1;
}

/* Ends the step that was asked for, if any, and waits for the next. */
static void answer(const char *word)
{
	if (begun)
		say(STDOUT_FILENO, "%s\n", word);
	begun = true;
	say(STDOUT_FILENO, "ready\n");
	if (!asked())
		exit(0);
}

void target_wait(void)
{
	answer("done");
}

void target_end(void)
{
	for (answer("done"); ; )
		answer("end");
}

void target_die(const char *what)
{
	say(STDERR_FILENO, "%s: %s: %s\n", program_invocation_short_name,
		what, strerror(errno));
	exit(1);
}

char *target_anon(size_t pages)
{
	size_t bytes = pages * target_page;
	char *area = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (area == MAP_FAILED)
		target_die("mmap");
	/* EINVAL: a kernel without huge pages, which is as good */
	if (madvise(area, bytes, MADV_NOHUGEPAGE) && errno != EINVAL)
		target_die("madvise");
	return area;
}

char *target_file(size_t pages)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	char *area;
	int fd;

	snprintf(path, sizeof(path), "%s/mmlens-target-XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(path);
	if (fd < 0)
		target_die(path);
	unlink(path);
	for (size_t i = 0; i < pages; i++) {
		if (pwrite(fd, &i, sizeof(i), i * target_page) != sizeof(i))
			target_die("write");
	}
	if (ftruncate(fd, pages * target_page))
		target_die("ftruncate");
	area = mmap(NULL, pages * target_page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE, fd, 0);
	if (area == MAP_FAILED)
		target_die("mmap");
	close(fd);
	target_read(area, 0, pages, 1);
	return area;
}

void target_write(char *area, size_t first, size_t count, size_t step)
{
	for (size_t i = 0; i < count; i++) {
		size_t page = first + i * step;

		*(volatile size_t *)(area + page * target_page) = page;
	}
}

void target_read(const char *area, size_t first, size_t count, size_t step)
{
	for (size_t i = 0; i < count; i++)
		(void)*(const volatile char *)(area + (first + i * step) * target_page);
}

/*
 * A move of no pages at all begins with lru_add_drain_all(), on every kernel:
 * mm/migrate.c, do_pages_move().
 */
void target_drain(void)
{
	int node = 0, status;
	void *page = NULL;

	if (syscall(SYS_move_pages, 0, 0UL, &page, &node, &status, 0))
		target_die("move_pages");
}

static char state_of(pid_t pid)
{
	char path[64], line[512] = "", *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	if (n < 0)
		target_die(path);
	close(fd);
	end = strrchr(line, ')');
	return end ? end[2] : 0;
}

void target_await_sleep(pid_t pid)
{
	for (int looks = 0; looks < 60000; looks++) {
		if (state_of(pid) == 'S')
			return;
		usleep(1000);
	}
	errno = ETIMEDOUT;
	target_die("a process that does not come to rest");
}

uint64_t target_pagemap(const char *addr)
{
	uint64_t entry;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (uintptr_t)addr / target_page *
			    sizeof(entry)) != sizeof(entry))
		target_die("pagemap");
	close(fd);
	return entry;
}

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#define PAGEMAP_SWAP (1ULL << 62)

/* A page that somebody looks at is passed over: it has to be asked for again. */
static int ask_pageout(char *area, size_t pages)
{
	target_drain();
	return madvise(area, pages * target_page, MADV_PAGEOUT);
}

int target_ask_pageout(char *area, size_t pages)
{
	int ret = 0;

	for (int i = 0; i < 3 && !ret; i++)
		ret = ask_pageout(area, pages);
	return ret;
}

void target_pageout(char *area, size_t first, size_t pages)
{
	size_t i = first;

	for (int tries = 0; tries < 100 && i < first + pages; tries++) {
		if (ask_pageout(area + first * target_page, pages))
			target_die("MADV_PAGEOUT");
		while (i < first + pages &&
		       target_pagemap(area + i * target_page) & PAGEMAP_SWAP)
			i++;
	}
	errno = EBUSY;
	if (i < first + pages)
		target_die("pages do not go to swap");
}

size_t target_size(const char *arg)
{
	char *end;
	size_t size;

	errno = 0;
	size = strtoull(arg, &end, 0);
	switch (toupper((unsigned char)*end)) {
	case 'G':
		size <<= 10;
		/* fall through */
	case 'M':
		size <<= 10;
		/* fall through */
	case 'K':
		size <<= 10;
		end++;
	}
	if (*end || !size || errno) {
		errno = EINVAL;
		target_die(arg);
	}
	return (size + target_page - 1) & -target_page;
}

static _Noreturn void puppet_run(struct puppet *puppet, pid_t parent,
				 puppet_fn obey)
{
	char order;

	/* The parent may have died before the prctl(). */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	while (read(puppet->orders, &order, 1) == 1) {
		obey(order);
		if (write(puppet->answers, &order, 1) != 1)
			break;
	}
	_exit(0);
}

void puppet_start(struct puppet *puppet, puppet_fn obey)
{
	int orders[2], answers[2];
	pid_t parent = getpid();

	if (pipe2(orders, O_CLOEXEC) || pipe2(answers, O_CLOEXEC))
		target_die("pipe");
	puppet->pid = fork();
	if (puppet->pid < 0)
		target_die("fork");
	if (!puppet->pid) {
		close(orders[1]);
		close(answers[0]);
		puppet->orders = orders[0];
		puppet->answers = answers[1];
		puppet_run(puppet, parent, obey);
	}
	close(orders[0]);
	close(answers[1]);
	puppet->orders = orders[1];
	puppet->answers = answers[0];
	target_await_sleep(puppet->pid);
}

void puppet_do(const struct puppet *puppet, char order)
{
	char answer;

	if (write(puppet->orders, &order, 1) != 1 ||
	    read(puppet->answers, &answer, 1) != 1)
		target_die("a child is gone");
}

void puppet_end(struct puppet *puppet)
{
	close(puppet->orders);
	close(puppet->answers);
	kill(puppet->pid, SIGKILL);
	if (waitpid(puppet->pid, NULL, 0) < 0)
		target_die("waitpid");
	puppet->pid = 0;
}
