// SPDX-License-Identifier: GPL-2.0
/*
 * faults MODE: page faults of known kinds, for a trace to be compared with.
 * Speaks like a target (targets/target.h): sets up, is ready, and makes them when
 * it is asked to.
 *
 *	kinds	one of each; of each page it says what it saw itself, in
 *		/proc/self/pagemap, before and after
 *	segv	accesses that end in SIGSEGV, and signals that only claim so
 *	many N	N writes to pages that are not there
 *	storm	as many as it can, in 4 threads, until it is killed
 *	sleep	a thread faults where userfaultfd lets it wait
 *	forks	after the step, 20 children write to 16 pages each, one after another
 *	cow	each step, a child is there and we write to what we share with it
 */
#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE	4096UL
#define HUGE	(2UL << 20)
#define EACH	32		/* pages of each kind */
#define APART	16		/* pages: fault-around maps those between */

static int pagemap;
static volatile char sink;

static void die(const char *what)
{
	fprintf(stderr, "faults: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void ready(const char *word)
{
	char line[16];

	printf("%sready\n", word);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(0);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static char *map(size_t size, int flags, int fd)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

static char *anon(size_t size)
{
	char *at = map(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(at, size, MADV_NOHUGEPAGE);
	return at;
}

static int file(size_t size)
{
	char name[] = "/tmp/faults.XXXXXX", page[PAGE];
	int fd = mkstemp(name);
	size_t i;

	if (fd < 0)
		die(name);
	unlink(name);
	memset(page, 'f', sizeof(page));
	for (i = 0; i < size; i += PAGE)
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			die("write");
	return fd;
}

/* ---- the kernel's software events, a count of its own ---- */

static int count_event(uint64_t config)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = config,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1,
			 PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		die("perf_event_open");
	return fd;
}

static long counted(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		die("perf event");
	return count;
}

/* ---- one of each ---- */

enum access { READ, WRITE, SYSCALL };

struct seen {
	const char *what;
	uintptr_t addr;
	uint64_t old, new;
};

static struct seen seen[1024];
static size_t nr_seen;
static sigjmp_buf after_signal;

/* Bit 63: present; 0 to 54: the frame */
static uint64_t look(uintptr_t addr)
{
	uint64_t entry = 0;

	if (pread(pagemap, &entry, sizeof(entry), addr / PAGE * sizeof(entry)) !=
	    sizeof(entry))
		die("pagemap");
	return entry >> 63 ? entry & ((1ULL << 55) - 1) : 0;
}

static void touch(const char *what, char *at, enum access access)
{
	struct seen *s = &seen[nr_seen++];

	s->what = what;
	s->addr = (uintptr_t)at;
	s->old = look(s->addr);
	if (!sigsetjmp(after_signal, 1)) {
		if (access == READ)
			sink = *(volatile char *)at;
		else if (access == WRITE)
			*(volatile char *)at = 1;
		else if (read(open("/proc/self/comm", O_RDONLY), at, 1) != 1)
			die("read");
	}
	s->new = look(s->addr);
}

static void touch_each(const char *what, char *area, size_t step,
		       enum access access)
{
	size_t i;

	for (i = 0; i < EACH; i++)
		touch(what, area + i * step * PAGE + i, access);
}

static void on_signal(int signum)
{
	(void)signum;
	siglongjmp(after_signal, 1);
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

static void kinds(void)
{
	size_t span = EACH * APART * PAGE;
	int fd = file(span), other = file(span), end = file(PAGE);
	char *zero = anon(span), *cow = anon(span), *reuse = anon(span);
	char *read_only = map(span, MAP_PRIVATE, fd);
	char *copied = map(span, MAP_PRIVATE, other);
	char *shared = map(span, MAP_SHARED, fd);
	char *beyond = map(2 * PAGE, MAP_SHARED, end);
	char *fresh = anon(span), *huge;
	struct rusage before, after;
	struct sigaction action = { .sa_handler = on_signal };
	int minor = count_event(PERF_COUNT_SW_PAGE_FAULTS_MIN);
	int major = count_event(PERF_COUNT_SW_PAGE_FAULTS_MAJ);
	long perf_minor = 0, perf_major = 0;
	uint64_t start, end_time;
	pid_t child;
	size_t i;

	huge = map(3 * HUGE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	huge = (char *)(((uintptr_t)huge + HUGE - 1) & -HUGE);
	madvise(huge, 2 * HUGE, MADV_HUGEPAGE);
	sigaction(SIGBUS, &action, NULL);
	memset(seen, 0, sizeof(seen));
	memset(cow, 1, span);
	memset(reuse, 1, span);
	printf("PID=%d\n", getpid());
	ready("");

	child = sleeper();
	/* twice: fork has made our own pages fault again */
	for (i = 0; i < 2; i++) {
		memset(&after, 0, sizeof(after));
		memset(seen, 0, sizeof(seen));
		start = now();
		perf_minor = counted(minor);
		perf_major = counted(major);
		getrusage(RUSAGE_SELF, &before);
	}
	touch_each("demand-zero", fresh, 1, WRITE);
	touch_each("zero-page", zero, 1, READ);
	touch_each("cow-zero", zero, 1, WRITE);
	touch_each("file-map", read_only, APART, READ);
	touch_each("cow-copy", read_only, APART, WRITE);
	touch_each("file-copy", copied, APART, WRITE);
	touch_each("file-map", shared, APART, WRITE);
	touch_each("cow-copy", cow, 1, WRITE);
	touch_each("demand-zero", fresh + EACH * PAGE, 1, SYSCALL);
	touch("huge", huge + 12345, WRITE);
	touch("huge-zero", huge + HUGE + 12345, READ);
	touch("signal", beyond + PAGE, READ);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	touch_each("alone", reuse, 1, WRITE);
	getrusage(RUSAGE_SELF, &after);
	perf_minor = counted(minor) - perf_minor;
	perf_major = counted(major) - perf_major;
	end_time = now();
	printf("END=%llu\n", (unsigned long long)end_time);
	printf("START=%llu\nMINOR=%ld\nMAJOR=%ld\n", (unsigned long long)start,
	       after.ru_minflt - before.ru_minflt,
	       after.ru_majflt - before.ru_majflt);
	printf("PERF_MINOR=%ld\nPERF_MAJOR=%ld\n", perf_minor, perf_major);
	for (i = 0; i < nr_seen; i++)
		printf("seen %s 0x%lx %llu %llu\n", seen[i].what,
		       (unsigned long)seen[i].addr,
		       (unsigned long long)seen[i].old,
		       (unsigned long long)seen[i].new);
	ready("done\n");
}

/* ---- SIGSEGV ---- */

static siginfo_t caught;

static void on_segv(int signum, siginfo_t *info, void *context)
{
	(void)signum;
	(void)context;
	caught = *info;
	siglongjmp(after_signal, 1);
}

static const char *code_name(int code)
{
	return code == SEGV_MAPERR ? "segv-maperr" :
	       code == SEGV_ACCERR ? "segv-accerr" :
	       code == 4 ? "segv-pkuerr" : "none";
}

/* What the program itself was told of it */
static void violate(const char *access, char *at)
{
	void (*code)(void);

	memset(&caught, 0, sizeof(caught));
	if (!sigsetjmp(after_signal, 1)) {
		memcpy(&code, &at, sizeof(code));
		if (*access == 'r')
			sink = *(volatile char *)at;
		else if (*access == 'w')
			*(volatile char *)at = 1;
		else
			code();
	}
	printf("signal %s 0x%lx %s\n", code_name(caught.si_code),
	       (unsigned long)caught.si_addr, access);
}

/* Nothing has been accessed. */
static void pretend(char *at)
{
	siginfo_t info = { .si_signo = SIGSEGV, .si_code = SEGV_MAPERR };

	info.si_addr = at;
	if (!sigsetjmp(after_signal, 1))
		kill(getpid(), SIGSEGV);
	if (!sigsetjmp(after_signal, 1) &&
	    syscall(SYS_rt_sigqueueinfo, getpid(), SIGSEGV, &info))
		die("rt_sigqueueinfo");
	if (caught.si_code != SEGV_MAPERR)
		die("no such signal came");
}

/* It finds a signal that is blocked and pending, and dies of it. */
static void violate_blocked(char *at)
{
	pid_t pid = fork();
	sigset_t set;
	int status;

	if (!pid) {
		sigemptyset(&set);
		sigaddset(&set, SIGSEGV);
		sigprocmask(SIG_BLOCK, &set, NULL);
		kill(getpid(), SIGSEGV);
		*(volatile char *)at = 1;
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid ||
	    !WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		die("a blocked SIGSEGV");
}

static char *with_key(char *at)
{
	int key = pkey_alloc(0, PKEY_DISABLE_ACCESS);

	if (key < 0 || pkey_mprotect(at, PAGE, PROT_READ | PROT_WRITE, key))
		return NULL;
	return at;
}

static void segv(void)
{
	struct sigaction action = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };
	char *area = anon(8 * PAGE), *key;

	memset(area, 1, 8 * PAGE);
	munmap(area + PAGE, PAGE);
	mprotect(area + 2 * PAGE, PAGE, PROT_READ);
	mprotect(area + 3 * PAGE, PAGE, PROT_NONE);
	key = with_key(area + 4 * PAGE);
	sigaction(SIGSEGV, &action, NULL);
	printf("PID=%d\nKEY=%d\n", getpid(), key != NULL);
	ready("");
	violate("write", (char *)16);
	violate("read", area + PAGE + 5);
	violate("write", area + 2 * PAGE + 6);
	violate("read", area + 3 * PAGE + 7);
	if (key)
		violate("read", key + 8);
	violate("exec", area);
	violate("read", (char *)0xffff888000000000);
	pretend(area + PAGE);
	if (read(pagemap, area + PAGE, 8) != -1 || errno != EFAULT)
		die("read into nothing");
	violate_blocked(area + PAGE + 10);
	violate("write", area + PAGE + 9);
	ready("done\n");
}

/* ---- many ---- */

#define AT_A_TIME 1024UL

static void make(char *area, unsigned long count)
{
	size_t pages = AT_A_TIME, i;

	while (count) {
		if (pages > count)
			pages = count;
		for (i = 0; i < pages; i++)
			*(volatile char *)(area + i * PAGE) = 1;
		madvise(area, pages * PAGE, MADV_DONTNEED);
		count -= pages;
	}
}

static void many(unsigned long count)
{
	char *area = anon(AT_A_TIME * PAGE);
	struct rusage before, after;

	printf("PID=%d\n", getpid());
	ready("");
	getrusage(RUSAGE_SELF, &before);
	make(area, count);
	getrusage(RUSAGE_SELF, &after);
	printf("AREA=0x%lx\nMINOR=%ld\nMAJOR=%ld\n", (unsigned long)area,
	       after.ru_minflt - before.ru_minflt,
	       after.ru_majflt - before.ru_majflt);
	ready("done\n");
}

static void *storm_thread(void *arg)
{
	size_t pages = 64, i;
	char *area = anon(pages * PAGE);

	(void)arg;
	for (;;) {
		for (i = 0; i < pages; i++)
			*(volatile char *)(area + i * PAGE) = 1;
		madvise(area, pages * PAGE, MADV_DONTNEED);
	}
	return NULL;
}

static void storm(void)
{
	pthread_t thread;
	int i;

	for (i = 0; i < 4; i++)
		if (pthread_create(&thread, NULL, storm_thread, NULL))
			die("pthread_create");
	printf("PID=%d\n", getpid());
	ready("");
	for (;;)
		pause();
}

/* ---- one that sleeps ---- */

static char *slept_on;

static void *sleep_thread(void *arg)
{
	(void)arg;
	*(volatile char *)slept_on = 1;
	return NULL;
}

static void sleep_in_fault(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_zeropage wake = { .mode = 0 };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffd_msg message;
	pthread_t thread;

	slept_on = anon(PAGE);
	area.range.start = (uintptr_t)slept_on;
	area.range.len = PAGE;
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &area))
		die("userfaultfd");
	printf("PID=%d\n", getpid());
	ready("");
	if (pthread_create(&thread, NULL, sleep_thread, NULL) ||
	    read(uffd, &message, sizeof(message)) != sizeof(message))
		die("no fault");
	printf("ADDR=0x%lx\n", (unsigned long)slept_on);
	ready("done\n");
	wake.range = area.range;
	if (ioctl(uffd, UFFDIO_ZEROPAGE, &wake))
		die("UFFDIO_ZEROPAGE");
	pthread_join(thread, NULL);
	printf("AWAKE=1\n");
	ready("done\n");
}

/* ---- forks ---- */

static void forks(void)
{
	char *area = anon(16 * PAGE);
	int i, page;
	pid_t pid;

	memset(area, 1, 16 * PAGE);
	printf("PID=%d\nAREA=0x%lx\n", getpid(), (unsigned long)area);
	ready("");
	for (i = 0; i < 20; i++) {
		pid = fork();
		if (!pid) {
			for (page = 0; page < 16; page++)
				*(volatile char *)(area + page * PAGE) = 2;
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			die("fork");
	}
	ready("done\n");
}

/* ---- who copies ---- */

/* By name and line in what a trace sums up. */
enum { BREAKS_AT = __LINE__ + 7 };

static __attribute__((noipa)) void breaks_sharing(char *area, size_t pages)
{
	size_t i;

	for (i = 0; i < pages; i++)
		*(volatile char *)(area + i * PAGE) = 3;
}

static __attribute__((noipa)) void fork_and_write(void)
{
	size_t pages = 256;
	char *area = anon(pages * PAGE);
	pid_t child;

	memset(area, 1, pages * PAGE);
	printf("PID=%d\n", getpid());
	ready("");
	for (;;) {
		child = sleeper();
		breaks_sharing(area, pages);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		printf("LINE=%d\n", BREAKS_AT);
		ready("done\n");
	}
}

/* What fork() and we write on its return is on one page of the stack: we are in its middle. */
static void cow(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	volatile char *room = alloca((here - PAGE / 2) % PAGE + 1);

	*room = 0;
	fork_and_write();
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		die("pagemap");
	if (!strcmp(mode, "kinds"))
		kinds();
	else if (!strcmp(mode, "segv"))
		segv();
	else if (!strcmp(mode, "many") && argc > 2)
		many(strtoul(argv[2], NULL, 0));
	else if (!strcmp(mode, "storm"))
		storm();
	else if (!strcmp(mode, "sleep"))
		sleep_in_fault();
	else if (!strcmp(mode, "forks"))
		forks();
	else if (!strcmp(mode, "cow"))
		cow();
	else
		return 1;
	return 0;
}
