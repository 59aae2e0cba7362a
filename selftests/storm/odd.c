// SPDX-License-Identifier: GPL-2.0
/*
 * What needs more than an area and madvise(): tables of hugetlb that two
 * processes share, userfaultfd, broken memory; and the weather, which is what
 * the machine does to everybody.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "storm.h"

#define RW (PROT_READ | PROT_WRITE)

/* A hugetlb file that a child maps as well */

#define GIB	(1UL << 30)
#define SHARED	3		/* huge pages of the file in use */

static int shared_fd;
static char *shared_at;		/* 1 GiB, so that its PMD table can be shared */
static uint64_t shared_value[SHARED];

static void shared_map(void)
{
	if (mmap(shared_at, GIB, RW, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, shared_fd, 0) ==
	    MAP_FAILED)
		storm_wrong("mmap of a hugetlb file: %m");
}

static uint64_t *shared_word(size_t i) { return (uint64_t *)(shared_at + i * HUGE); }

static void shared_check(void)
{
	for (size_t i = 0; i < SHARED; i++)
		if (*(volatile uint64_t *)shared_word(i) != shared_value[i])
			storm_wrong("huge page %zu holds %#lx, not %#lx", i, *shared_word(i),
				    shared_value[i]);
}

static void shared_write(size_t i)
{
	shared_value[i] = storm_random(~0U) | 1;
	*(volatile uint64_t *)shared_word(i) = shared_value[i];
}

static const char *prepare_shared(void)
{
	char *room;

	shared_fd = memfd_create("storm-hugetlb", MFD_HUGETLB);
	if (shared_fd < 0 || ftruncate(shared_fd, GIB))
		return storm_lacks("hugetlb memfd");
	room = mmap(NULL, 2 * GIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return storm_lacks("address space");
	shared_at = (char *)(((uintptr_t)room + GIB - 1) & ~(GIB - 1));
	/* take them now, so that nobody can be without them later */
	if (fallocate(shared_fd, 0, 0, SHARED * HUGE))
		return storm_lacks("huge pages");
	shared_map();
	for (size_t i = 0; i < SHARED; i++)
		shared_write(i);
	return NULL;
}

/* In the child, whose table is the parent's until one of them takes it down. */
static void shared_child(void)
{
	/* hugetlb's tables are not copied by fork but filled by touch: shared */
	shared_check();
	switch (storm_random(3)) {
	case 0:
		munmap(shared_at, GIB);
		break;
	case 1:
		mprotect(shared_at, HUGE, PROT_READ);
		shared_check();
		break;
	default:
		shared_map();
		shared_check();
	}
	_exit(0);
}

static void once_shared(void)
{
	size_t i = storm_random(SHARED);
	pid_t pid = storm_fork();

	if (!pid)
		shared_child();
	switch (storm_random(4)) {
	case 0:
		shared_map();
		break;
	case 1:
		mprotect(shared_at + i * HUGE, HUGE, PROT_READ);
		mprotect(shared_at + i * HUGE, HUGE, RW);
		break;
	case 2:
		madvise(shared_at, HUGE, MADV_DONTNEED);
		break;
	}
	shared_check();
	storm_wait(pid, false);
	shared_write(i);
	if (!storm_random(8)) {
		i = storm_random(SHARED);
		if (!fallocate(shared_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, i * HUGE,
			       HUGE)) {
			shared_value[i] = 0;
			if (fallocate(shared_fd, 0, i * HUGE, HUGE))
				storm_wrong("a huge page that was given back is gone: %m");
		}
	}
}

/* userfaultfd: a thread fills in what is missing, and lets be written */

#define WATCHED 64

static int uffd;
static char *watched;
static uint64_t watched_value[WATCHED];	/* 0: not there, to be filled with FILL */
#define FILL(i) (0x75666664ULL << 16 | (i))

static void *watcher(void *arg)
{
	static char page[PAGE] __attribute__((aligned(4096)));
	struct uffd_msg msg;

	(void)arg;
	while (read(uffd, &msg, sizeof(msg)) == sizeof(msg)) {
		uint64_t at = msg.arg.pagefault.address & ~(PAGE - 1);
		struct uffdio_copy copy = { .dst = at, .src = (uintptr_t)page, .len = PAGE };
		struct uffdio_writeprotect wp = { .range = { at, PAGE } };

		if (msg.event != UFFD_EVENT_PAGEFAULT)
			continue;
		if (msg.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP) {
			ioctl(uffd, UFFDIO_WRITEPROTECT, &wp);
		} else {
			*(uint64_t *)page = FILL((at - (uintptr_t)watched) / PAGE);
			ioctl(uffd, UFFDIO_COPY, &copy);
		}
	}
	return NULL;
}

static const char *prepare_uffd(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg;
	pthread_t thread;

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api))
		return storm_lacks("userfaultfd");
	watched = mmap(NULL, WATCHED * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg = (struct uffdio_register){
		.range = { (uintptr_t)watched, WATCHED * PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP,
	};
	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		return storm_lacks("write protection by userfaultfd");
	return pthread_create(&thread, NULL, watcher, NULL) ? storm_lacks("a thread") : NULL;
}

static void watched_check(size_t i)
{
	uint64_t seen = *(volatile uint64_t *)(watched + i * PAGE);

	if (seen != (watched_value[i] ?: FILL(i)))
		storm_wrong("watched page %zu holds %#lx", i, seen);
}

static void once_uffd(void)
{
	size_t i = storm_random(WATCHED), n = 1 + storm_random(WATCHED - i);
	struct uffdio_writeprotect wp = {
		.range = { (uintptr_t)watched + i * PAGE, n * PAGE },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	switch (storm_random(4)) {
	case 0:
		madvise(watched + i * PAGE, n * PAGE, MADV_DONTNEED);
		memset(watched_value + i, 0, n * sizeof(*watched_value));
		break;
	case 1:
		ioctl(uffd, UFFDIO_WRITEPROTECT, &wp);
		break;
	case 2:
		watched_value[i] = storm_random(~0U) | 1;
		*(volatile uint64_t *)(watched + i * PAGE) = watched_value[i];
		break;
	}
	watched_check(i);
	watched_check(storm_random(WATCHED));
}

static void check_uffd(void)
{
	for (size_t i = 0; i < WATCHED; i++)
		watched_check(i);
}

/* Memory that breaks while it is looked at, and is mended behind our back */

#define BREAKABLE 8

static char *breakable;
static sigjmp_buf broken;

static void on_sigbus(int number)
{
	(void)number;
	siglongjmp(broken, 1);
}

static const char *prepare_poison(void)
{
	if (access("/sys/kernel/debug/hwpoison/unpoison-pfn", W_OK))
		return "memory that can be mended (hwpoison-inject)";
	signal(SIGBUS, on_sigbus);
	breakable = mmap(NULL, BREAKABLE * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return breakable == MAP_FAILED ? storm_lacks("mmap") : NULL;
}

static uint64_t frame_of(const void *address)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t word = 0;

	if (pread(fd, &word, sizeof(word), (uintptr_t)address / PAGE * sizeof(word)) !=
	    sizeof(word))
		word = 0;
	close(fd);
	return word >> 63 ? word & ((1ULL << 55) - 1) : 0;
}

static void once_poison(void)
{
	char *page = breakable + storm_random(BREAKABLE) * PAGE, text[32];
	uint64_t frame;

	*(volatile uint64_t *)page = (uintptr_t)page;
	frame = frame_of(page);
	/* the kernel may have moved it in between: whatever broke, we are told by a signal */
	if (!sigsetjmp(broken, 1) && frame && !madvise(page, PAGE, MADV_HWPOISON)) {
		if (*(volatile uint64_t *)page != (uintptr_t)page)
			storm_wrong("a broken page holds something else");
	}
	usleep(20000);
	munmap(page, PAGE);
	mmap(page, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	snprintf(text, sizeof(text), "%#lx", frame);
	storm_put("/sys/kernel/debug/hwpoison/unpoison-pfn", text);
	usleep(100000);
}

static void check_poison(void)
{
	for (size_t i = 0; i < BREAKABLE; i++)
		*(volatile char *)(breakable + i * PAGE) = 1;
}

/* The weather */

/* Its entries are written to: which pages were used, and which written */
static void clear_refs(void)
{
	struct slot *slot = &storm->slot[storm_random(storm->slots)];
	char path[64];

	if (slot->pid <= 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/clear_refs", slot->pid);
	storm_put(path, storm_random(2) ? "4" : "1");
}

static void memory_block(void)
{
	char path[80], text[16] = "";
	int fd;

	/* above what the kernel itself lives in */
	snprintf(path, sizeof(path), "/sys/devices/system/memory/memory%u/state",
		 8 + storm_random(24));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0 && !strncmp(text, "online", 6) &&
	    storm_put(path, "offline")) {
		usleep(50000);
		if (!storm_put(path, "online"))
			storm_wrong("%s does not come back: %m", path);
	}
	close(fd);
}

static void once_weather(void)
{
	usleep(50000);
	switch (storm_random(8)) {
	case 0:
		storm_put("/proc/sys/vm/compact_memory", "1");
		break;
	case 1:
		storm_put("/proc/sys/vm/drop_caches", "1");
		break;
	case 2:
		storm_put("/sys/kernel/mm/ksm/run", "2");
		storm_put("/sys/kernel/mm/ksm/run", "1");
		break;
	case 3:
		if (!storm_random(4))
			memory_block();
		break;
	default:
		clear_refs();
	}
}

const struct actor odd_actors[] = {
	{ "hugetlb-shared", prepare_shared, once_shared, shared_check },
	{ "userfaultfd", prepare_uffd, once_uffd, check_uffd },
	{ "hwpoison", prepare_poison, once_poison, check_poison },
	{ "weather", NULL, once_weather, NULL },
	{ }
};
