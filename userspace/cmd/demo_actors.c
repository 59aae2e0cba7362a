// SPDX-License-Identifier: GPL-2.0
/*
 * An actor reads orders, a byte each, from one pipe and answers on another.
 * The tool has the parent on such a leash, and the parent the child. Each dies
 * with whoever made it (PR_SET_PDEATHSIG), so that a demonstration which is
 * interrupted, or killed, leaves nothing behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/demo_actors.h"

struct leash {
	pid_t pid;
	int orders, answers;
};

/* What an actor knows; the child's is a copy of the parent's. */
struct stage {
	char *area[DEMO_KINDS];
	size_t page_size;
	struct leash child;
};

/* The parent's answer. */
struct report {
	int error;		/* negative errno, or 0 */
	pid_t child;
	uint64_t area[DEMO_KINDS];
};

/* ---- the memory ---- */

static int map(struct stage *stage, enum demo_kind kind, size_t pages, int flags,
	       int fd)
{
	void *area = mmap(NULL, pages * stage->page_size, PROT_READ | PROT_WRITE,
			  flags, fd, 0);

	if (area == MAP_FAILED)
		return -errno;
	stage->area[kind] = area;
	return 0;
}

static int map_memory(struct stage *stage)
{
	int ret = map(stage, DEMO_MEMORY, DEMO_MEMORY_PAGES,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (ret)
		return ret;
	/* base pages, so that every number is one of pages; EINVAL: there are no others */
	if (madvise(stage->area[DEMO_MEMORY], DEMO_MEMORY_PAGES * stage->page_size,
		    MADV_NOHUGEPAGE) && errno != EINVAL)
		return -errno;
	return 0;
}

/* A file without a name, in the first place that takes one. */
static int open_file(void)
{
	const char *const places[] = { getenv("TMPDIR"), "/tmp", "/var/tmp" };
	char path[4096];
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < sizeof(places) / sizeof(*places); i++) {
		if (!places[i])
			continue;
		snprintf(path, sizeof(path), "%s/mmlens-demo-XXXXXX", places[i]);
		fd = mkostemp(path, O_CLOEXEC);
	}
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int map_file(struct stage *stage)
{
	int fd = open_file();
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, DEMO_FILE_PAGES * stage->page_size))
		ret = -errno;
	for (size_t i = 0; !ret && i < DEMO_FILE_PAGES; i++) {
		if (pwrite(fd, "mmlens", 6, i * stage->page_size) != 6)
			ret = -ENOSPC;
	}
	if (!ret)
		ret = map(stage, DEMO_FILE, DEMO_FILE_PAGES, MAP_PRIVATE, fd);
	close(fd);
	return ret;
}

static int map_heap(struct stage *stage)
{
	uintptr_t at = (uintptr_t)sbrk(0);
	size_t pad = -at & (stage->page_size - 1);

	if (sbrk(pad + DEMO_HEAP_PAGES * stage->page_size) == (void *)-1)
		return -errno;
	stage->area[DEMO_HEAP] = (char *)at + pad;
	return 0;
}

static void write_pages(const struct stage *stage, enum demo_kind kind,
			size_t first, size_t count, size_t step)
{
	for (size_t i = 0; i < count; i++) {
		size_t page = first + i * step;

		*(volatile size_t *)(stage->area[kind] + page * stage->page_size) = page;
	}
}

static void read_file(const struct stage *stage)
{
	for (size_t i = 0; i < DEMO_FILE_PAGES; i++)
		(void)*(volatile char *)(stage->area[DEMO_FILE] + i * stage->page_size);
}

static int set_stage(struct stage *stage)
{
	int ret;

	stage->page_size = sysconf(_SC_PAGESIZE);
	ret = map_memory(stage);
	if (!ret)
		ret = map_file(stage);
	if (!ret)
		ret = map_heap(stage);
	if (!ret)
		ret = map(stage, DEMO_SHM, DEMO_SHM_PAGES,
			  MAP_SHARED | MAP_ANONYMOUS, -1);
	if (ret)
		return ret;
	write_pages(stage, DEMO_MEMORY, 0, DEMO_MEMORY_PAGES, 1);
	write_pages(stage, DEMO_HEAP, 0, DEMO_HEAP_PAGES, 1);
	write_pages(stage, DEMO_SHM, 0, DEMO_SHM_PAGES, 1);
	read_file(stage);
	write_pages(stage, DEMO_FILE, 0, DEMO_FILE_WRITTEN, 1);
	return 0;
}

/* ---- leashes ---- */

static int tell(int orders, char order)
{
	return write(orders, &order, 1) == 1 ? 0 : -EPIPE;
}

static int hear(int answers, void *answer, size_t size)
{
	return read(answers, answer, size) == (ssize_t)size ? 0 : -EPIPE;
}

/* Plays a part: takes orders from one end, answers at the other, until EOF. */
typedef void (*part_fn)(struct stage *stage, int orders, int answers);

static int open_pipes(int orders[2], int answers[2])
{
	if (pipe2(orders, O_CLOEXEC))
		return -errno;
	if (!pipe2(answers, O_CLOEXEC))
		return 0;
	close(orders[0]);
	close(orders[1]);
	return -errno;
}

static int put_on_leash(struct leash *leash, struct stage *stage, part_fn play)
{
	int orders[2], answers[2];
	pid_t maker = getpid();
	int ret = open_pipes(orders, answers);

	if (ret)
		return ret;
	leash->pid = fork();
	if (!leash->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(orders[1]);
		close(answers[0]);
		/* the maker may have died before the prctl() */
		if (getppid() == maker)
			play(stage, orders[0], answers[1]);
		_exit(0);
	}
	ret = leash->pid < 0 ? -errno : 0;
	close(orders[0]);
	close(answers[1]);
	leash->orders = orders[1];
	leash->answers = answers[0];
	return ret;
}

/* ---- the parts ---- */

static void act(struct stage *stage, char order)
{
	switch (order) {
	case DEMO_WRITE_HALF:
		write_pages(stage, DEMO_MEMORY, 0, DEMO_HALF_WRITES, 2);
		/* one half of what the parent has written, and what it has not */
		write_pages(stage, DEMO_FILE,
			    DEMO_FILE_WRITTEN - DEMO_FILE_WRITES / 2,
			    DEMO_FILE_WRITES, 1);
		break;
	case DEMO_WRITE_SOME:
		write_pages(stage, DEMO_MEMORY, DEMO_MEMORY_PAGES / 2,
			    DEMO_SOME_WRITES, 1);
		break;
	case DEMO_WRITE_SHM:
		write_pages(stage, DEMO_SHM, 0, DEMO_SHM_WRITES, 1);
		break;
	case DEMO_WRITE_GLASS:
		write_pages(stage, DEMO_MEMORY, DEMO_GLASS, 1, 1);
		break;
	case DEMO_WRITE_LAST:
		write_pages(stage, DEMO_MEMORY, DEMO_LAST, 1, 1);
		break;
	}
}

static void play_child(struct stage *stage, int orders, int answers)
{
	char order;

	while (!hear(orders, &order, 1)) {
		act(stage, order);
		if (tell(answers, order))
			break;
	}
}

static int pass_on(const struct leash *child, int orders)
{
	char order;
	int ret = hear(orders, &order, 1);

	if (!ret)
		ret = tell(child->orders, order);
	return ret ? ret : hear(child->answers, &order, 1);
}

static void end_child(struct leash *child)
{
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
	child->pid = 0;
}

static int obey(struct stage *stage, char order, int orders)
{
	switch (order) {
	case DEMO_FORK:
		return put_on_leash(&stage->child, stage, play_child);
	case DEMO_PASS:
		return pass_on(&stage->child, orders);
	case DEMO_END:
		end_child(&stage->child);
		return 0;
	default:
		act(stage, order);
		return 0;
	}
}

static void play_parent(struct stage *stage, int orders, int answers)
{
	struct report report = { .error = set_stage(stage) };
	char order;

	for (;;) {
		report.child = stage->child.pid;
		for (unsigned int i = 0; i < DEMO_KINDS; i++)
			report.area[i] = (uintptr_t)stage->area[i];
		if (write(answers, &report, sizeof(report)) != sizeof(report) ||
		    hear(orders, &order, 1))
			break;
		report.error = obey(stage, order, orders);
	}
}

/* ---- the tool's side ---- */

static int take_report(struct demo_actors *actors)
{
	struct report report;
	int ret = hear(actors->answers, &report, sizeof(report));

	if (ret)
		return ret;
	actors->child = report.child;
	memcpy(actors->area, report.area, sizeof(actors->area));
	return report.error;
}

/**
 * demo_actors_start() - make the parent, and all its memory
 * @actors: set; demo_actors_end() it, after a failure too
 *
 * The tool adopts its grandchildren from here on, so as to reap them.
 *
 * Return: 0 or a negative errno
 */
int demo_actors_start(struct demo_actors *actors)
{
	struct stage stage = { .page_size = 0 };
	struct leash leash = { .pid = 0 };
	int ret;

	memset(actors, 0, sizeof(*actors));
	actors->page_size = sysconf(_SC_PAGESIZE);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ret = put_on_leash(&leash, &stage, play_parent);
	actors->parent = leash.pid;
	actors->orders = leash.orders;
	actors->answers = leash.answers;
	return ret ? ret : take_report(actors);
}

/**
 * demo_order_parent() - have the parent do something
 * @actors: the processes
 * @order: what
 *
 * Return: 0 when it is done, or a negative errno
 */
int demo_order_parent(struct demo_actors *actors, enum demo_order order)
{
	int ret = tell(actors->orders, order);

	return ret ? ret : take_report(actors);
}

/**
 * demo_order_child() - have the child do something
 * @actors: the processes
 * @order: what
 *
 * Return: 0 when it is done, or a negative errno
 */
int demo_order_child(struct demo_actors *actors, enum demo_order order)
{
	int ret = tell(actors->orders, DEMO_PASS);

	return ret ? ret : demo_order_parent(actors, order);
}

/**
 * demo_actors_end() - end both processes, and wait until they are gone
 * @actors: from demo_actors_start()
 */
void demo_actors_end(struct demo_actors *actors)
{
	if (actors->parent <= 0)
		return;
	if (actors->child > 0)
		kill(actors->child, SIGKILL);
	kill(actors->parent, SIGKILL);
	/* the child becomes ours when its parent ends */
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	close(actors->orders);
	close(actors->answers);
}
