// SPDX-License-Identifier: GPL-2.0
/*
 * fault: predicts accesses, has them done, and compares. For each situation a
 * process of its own sets it up and waits; mmlens says what an access would do;
 * the process does it, and tells what became of it: the signal, how the fault
 * was counted, the frame before and after by its own pagemap.
 *
 *	fault DIR [DEVICE MOUNT]	a directory on a file system that is kept on a
 *		device; a device that can be suspended, and where it is mounted
 *
 * What was marked as predicted may come out differently; nothing else may.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/userfaultfd.h>
#include <poll.h>
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
#include <unistd.h>

#include "../ktap.h"
#include "lib/fault.h"
#include "vm/lib/memory.h"
#include "vm/lib/rare.h"

/* Younger than the oldest C library that this is built with. */
#ifndef MADV_HWPOISON
#define MADV_HWPOISON	100
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#endif
#ifndef UFFDIO_POISON
struct uffdio_poison {
	struct uffdio_range range;
	uint64_t mode;
	int64_t updated;
};
#define UFFDIO_POISON	_IOWR(UFFDIO, 0x08, struct uffdio_poison)
#endif

/* The address that a situation has prepared, or why there is none. */
struct place {
	char *address;
	char lacking[96];
};

/* What became of the access. */
struct outcome {
	int signal, code;
	long minor, major;
	uint64_t before, after;		/* pagemap's words */
	bool over;			/* the situation, before there was an access */
};

/* ---- in the process that is looked at ---- */

static char *in_kernel_half(void)
{
	return (char *)0xffff888000000000;
}

static char *no_address(void)
{
	return (char *)0x0080000000000000;
}

static char *in_hole(void)
{
	char *area = anon(3);

	if (area)
		munmap(area + PAGE, PAGE);
	return area + PAGE;
}

static char *beyond_stack_limit(void)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };
	uintptr_t start, end;

	if (setrlimit(RLIMIT_STACK, &limit))
		return lacking("setrlimit");
	return find_stack(&start, &end) ? (char *)end - (2 << 20) : NULL;
}

static char *in_guard_gap(void)
{
	uintptr_t start, end;
	char *below;

	if (!find_stack(&start, &end))
		return NULL;
	below = mmap((char *)start - 64 * PAGE, PAGE, RW,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	return below == MAP_FAILED ? lacking("mmap") : (char *)start - 16 * PAGE;
}

static char *closed(void)
{
	return protect(written(), PROT_NONE);
}

static char *read_only(void)
{
	return protect(written(), PROT_READ);
}

static char *code(void)
{
	char *area = written();

	if (area)
		area[0] = (char)0xc3;	/* ret */
	return protect(area, PROT_READ | PROT_EXEC);
}

static char *file_cached(void)
{
	return file_area(false, MAP_PRIVATE);
}

static char *file_cold(void)
{
	return file_area(true, MAP_PRIVATE);
}

static char *file_beyond(void)
{
	char *area = file_area(false, MAP_PRIVATE);

	return area ? area + PAGE : NULL;
}

static char *file_shared(void)
{
	return file_area(false, MAP_SHARED);
}

static char *shmem(void)
{
	return map(PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
}

static char *shmem_private(void)
{
	int fd = memfd_create("fault", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, PAGE))
		return lacking("memfd_create");
	return map(PAGE, RW, MAP_PRIVATE, fd);
}

static char *hugetlb(void)
{
	char *area = mmap(NULL, HUGE, RW,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	return area == MAP_FAILED ? lacking("hugetlb") : area;
}

static char *forked_hugetlb(void)
{
	char *area = hugetlb();

	if (area)
		area[0] = 1;
	return fork_with(area, false);
}

static char *merged(void)
{
	char *area = anon(2);

	if (!area)
		return NULL;
	memset(area, 'k', 2 * PAGE);
	if (madvise(area, 2 * PAGE, MADV_MERGEABLE))
		return lacking("KSM");
	for (int i = 0; i < 1500; i++) {
		if (pagemap_word(area) << 9 == pagemap_word(area + PAGE) << 9)
			return area;
		nap();
	}
	errno = ETIMEDOUT;
	return lacking("KSM");
}

static char *guarded(void)
{
	char *area = anon(1);

	return area && madvise(area, PAGE, MADV_GUARD_INSTALL) ?
		lacking("MADV_GUARD_INSTALL (6.13)") : area;
}

static char *with_key(void)
{
	char *area = written();
	int key = syscall(SYS_pkey_alloc, 0, 1 /* no access */);

	if (key < 0 || syscall(SYS_pkey_mprotect, area, PAGE, RW, key))
		return lacking("protection keys");
	return area;
}

/* ---- userfaultfd: a thread that lets everyone go on ---- */

static void *let_go_on(void *arg)
{
	int fd = (intptr_t)arg;
	struct uffd_msg message;

	while (read(fd, &message, sizeof(message)) == sizeof(message)) {
		struct uffdio_range page = {
			.start = message.arg.pagefault.address & ~(PAGE - 1),
			.len = PAGE,
		};
		struct uffdio_zeropage zero = { .range = page };
		struct uffdio_writeprotect open = { .range = page };

		if (message.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP)
			ioctl(fd, UFFDIO_WRITEPROTECT, &open);
		else
			ioctl(fd, UFFDIO_ZEROPAGE, &zero);
	}
	return NULL;
}

/* The descriptor, with the thread running, or -1. */
static int watch(char *area, uint64_t features, uint64_t mode)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register range = {
		.range = { .start = (uintptr_t)area, .len = PAGE }, .mode = mode,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	pthread_t thread;

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &range) ||
	    pthread_create(&thread, NULL, let_go_on, (void *)(intptr_t)fd)) {
		lacking("userfaultfd");
		return -1;
	}
	return fd;
}

static char *watched(void)
{
	char *area = anon(1);

	return area && watch(area, 0, UFFDIO_REGISTER_MODE_MISSING) < 0 ? NULL : area;
}

static char *watched_for_writes(void)
{
	char *area = written();
	struct uffdio_writeprotect close_it = {
		.range = { .start = (uintptr_t)area, .len = PAGE },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	int fd = watch(area, UFFD_FEATURE_PAGEFAULT_FLAG_WP, UFFDIO_REGISTER_MODE_WP);

	if (fd < 0)
		return NULL;
	return ioctl(fd, UFFDIO_WRITEPROTECT, &close_it) ? lacking("uffd-wp") : area;
}

static char *poison_marker(void)
{
	char *area = anon(1);
	struct uffdio_poison poison = {
		.range = { .start = (uintptr_t)area, .len = PAGE },
	};
	int fd = watch(area, 0, UFFDIO_REGISTER_MODE_MISSING);

	if (fd < 0)
		return NULL;
	return ioctl(fd, UFFDIO_POISON, &poison) ? lacking("UFFDIO_POISON (6.6)") : area;
}

/* ---- the access ---- */

static sigjmp_buf back;
static volatile struct outcome outcome;

static void on_signal(int signal, siginfo_t *info, void *context)
{
	(void)context;
	outcome.signal = signal;
	outcome.code = info->si_code;
	siglongjmp(back, 1);
}

/* Since 6.11 who asks for that gets the signal, too. */
static char *poisoned_memory(void)
{
	char *volatile area = written();

	if (area && !sigsetjmp(back, 1) && madvise(area, PAGE, MADV_HWPOISON))
		return lacking("MADV_HWPOISON");
	return area;
}

static void touch(char *address, enum mml_access access)
{
	switch (access) {
	case MML_ACCESS_READ:
		*(volatile char *)address;
		break;
	case MML_ACCESS_WRITE:
		*(volatile char *)address = 2;
		break;
	case MML_ACCESS_EXEC:
		((void (*)(void))address)();
		break;
	}
}

static void try_access(char *address, enum mml_access access)
{
	struct rusage before, after;

	outcome.signal = outcome.code = 0;
	outcome.before = pagemap_word(address);
	getrusage(RUSAGE_THREAD, &before);
	if (!sigsetjmp(back, 1))
		touch(address, access);
	getrusage(RUSAGE_THREAD, &after);
	outcome.minor = after.ru_minflt - before.ru_minflt;
	outcome.major = after.ru_majflt - before.ru_majflt;
	outcome.after = pagemap_word(address);
}

/* All that an access makes use of is in place when it counts. */
static void rehearse(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS };
	struct sigaction action = {
		.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO,
	};
	static char page[3 * PAGE];
	char *own = (char *)(((uintptr_t)page + PAGE - 1) & ~(PAGE - 1));

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
	for (int i = 0; i < 2; i++) {
		try_access(own, MML_ACCESS_WRITE);
		try_access(own, MML_ACCESS_READ);
		try_access(NULL, MML_ACCESS_READ);
	}
}

struct situation {
	const char *name;
	char *(*set_up)(void);
	enum mml_access access;
	enum mml_fault_kind kind;
	bool (*lasts)(const char *address);	/* for what ends by itself; may be NULL */
};

static void act(const void *part, int orders, int answers)
{
	const struct situation *s = part;
	struct place place;
	char c;

	rehearse();
	place.address = s->set_up();
	snprintf(place.lacking, sizeof(place.lacking), "%s", lacks);
	rehearse();	/* what was set up may have closed some of it */
	if (write(answers, &place, sizeof(place)) != sizeof(place) ||
	    read(orders, &c, 1) != 1)
		return;
	outcome.over = s->lasts && !s->lasts(place.address);
	try_access(place.address, s->access);
	if (write(answers, (void *)&outcome, sizeof(outcome)) != sizeof(outcome))
		_exit(1);
}

/* ---- on the other side ---- */

static const struct situation situations[] = {
	{ "an address of the kernel", in_kernel_half, MML_ACCESS_READ, MML_FAULT_SIGNAL },
	{ "no address", no_address, MML_ACCESS_READ, MML_FAULT_SIGNAL },
	{ "a hole", in_hole, MML_ACCESS_READ, MML_FAULT_SIGNAL },
	{ "below the stack", below_stack, MML_ACCESS_WRITE, MML_FAULT_ZEROED },
	{ "beyond the stack's limit", beyond_stack_limit, MML_ACCESS_WRITE, MML_FAULT_SIGNAL },
	{ "in the stack's guard gap", in_guard_gap, MML_ACCESS_WRITE, MML_FAULT_SIGNAL },
	{ "a PROT_NONE area", closed, MML_ACCESS_READ, MML_FAULT_SIGNAL },
	{ "a write to a read-only area", read_only, MML_ACCESS_WRITE, MML_FAULT_SIGNAL },
	{ "a jump into data", written, MML_ACCESS_EXEC, MML_FAULT_SIGNAL },
	{ "a jump into untouched data", untouched, MML_ACCESS_EXEC, MML_FAULT_SIGNAL },
	{ "a page with a key", with_key, MML_ACCESS_READ, MML_FAULT_NONE },
	{ "a page that is there", written, MML_ACCESS_READ, MML_FAULT_NONE },
	{ "a page that may be written", written, MML_ACCESS_WRITE, MML_FAULT_NONE },
	{ "code", code, MML_ACCESS_EXEC, MML_FAULT_NONE },
	{ "anonymous, read", untouched, MML_ACCESS_READ, MML_FAULT_ZERO_PAGE },
	{ "anonymous, written", untouched, MML_ACCESS_WRITE, MML_FAULT_ZEROED },
	{ "the page of zeroes, written", read_before, MML_ACCESS_WRITE, MML_FAULT_ZEROED },
	{ "a huge page, written", huge, MML_ACCESS_WRITE, MML_FAULT_ZEROED },
	{ "a huge page, read", huge, MML_ACCESS_READ, MML_FAULT_ZERO_PAGE },
	{ "a file, cached", file_cached, MML_ACCESS_READ, MML_FAULT_FILE_PAGE },
	{ "a file, not cached", file_cold, MML_ACCESS_READ, MML_FAULT_FILE_PAGE },
	{ "beyond a file's end", file_beyond, MML_ACCESS_READ, MML_FAULT_SIGNAL },
	{ "a private file, written", file_cached, MML_ACCESS_WRITE, MML_FAULT_FILE_COPY },
	{ "a private file, not cached, written", file_cold, MML_ACCESS_WRITE, MML_FAULT_FILE_COPY },
	{ "a private file's page, written", file_mapped, MML_ACCESS_WRITE, MML_FAULT_COPY },
	{ "a shared file, written", file_shared, MML_ACCESS_WRITE, MML_FAULT_FILE_PAGE },
	{ "a shared file's page, written", file_shared_mapped, MML_ACCESS_WRITE, MML_FAULT_SHARED_WRITE },
	{ "shmem, read", shmem, MML_ACCESS_READ, MML_FAULT_FILE_PAGE },
	{ "shmem, written", shmem, MML_ACCESS_WRITE, MML_FAULT_FILE_PAGE },
	{ "private shmem, written", shmem_private, MML_ACCESS_WRITE, MML_FAULT_FILE_COPY },
	{ "hugetlb", hugetlb, MML_ACCESS_WRITE, MML_FAULT_HUGETLB },
	{ "hugetlb after fork", forked_hugetlb, MML_ACCESS_WRITE, MML_FAULT_COPY },
	{ "after fork", forked, MML_ACCESS_WRITE, MML_FAULT_COPY },
	{ "after fork, the other gone", forked_alone, MML_ACCESS_WRITE, MML_FAULT_REUSE },
	{ "merged by KSM", merged, MML_ACCESS_WRITE, MML_FAULT_COPY },
	{ "swapped out", swapped, MML_ACCESS_READ, MML_FAULT_SWAP_IN },
	{ "swapped out, written", swapped, MML_ACCESS_WRITE, MML_FAULT_SWAP_IN },
	{ "soft-dirty cleared", cleared_refs, MML_ACCESS_WRITE, MML_FAULT_REUSE },
	{ "userfaultfd, missing", watched, MML_ACCESS_READ, MML_FAULT_USERFAULTFD },
	{ "userfaultfd, write-protected", watched_for_writes, MML_ACCESS_WRITE, MML_FAULT_USERFAULTFD },
	{ "a guard region", guarded, MML_ACCESS_READ, MML_FAULT_SIGNAL },
	{ "a poison marker", poison_marker, MML_ACCESS_READ, MML_FAULT_SIGNAL },
	{ "broken memory", poisoned_memory, MML_ACCESS_READ, MML_FAULT_SIGNAL },
	{ "a NUMA hint", hinted, MML_ACCESS_READ, MML_FAULT_NUMA },
	{ "a page that is being moved", being_moved, MML_ACCESS_READ, MML_FAULT_WAIT },
	{ "the kernel's own area", of_vdso, MML_ACCESS_READ, MML_FAULT_DEVICE },
	{ "a page that a device has", at_device, MML_ACCESS_READ, MML_FAULT_DEVICE },
	{ "after fork, not on the LRU list yet", in_batch, MML_ACCESS_WRITE, MML_FAULT_CANNOT_TELL, stays_in_batch },
};

static bool go(const struct actor *actor, struct outcome *seen)
{
	struct pollfd wait = { .fd = actor->answers, .events = POLLIN };

	return write(actor->orders, "", 1) == 1 && poll(&wait, 1, 300000) == 1 &&
	       read(actor->answers, seen, sizeof(*seen)) == sizeof(*seen);
}

static struct mml_client *client;
static struct mml_info info;

static bool ask(const struct situation *s, pid_t pid, const char *address,
		struct mml_fault *fault)
{
	struct mml_fault_facts facts = {
		.addr = (uintptr_t)address, .access = s->access, .info = &info,
	};
	struct mml_error err;
	struct mml_walk walk;

	if (facts.addr < info.user_end) {
		if (mml_walk(client, pid, facts.addr, &walk, &err)) {
			ktap_note("%s", err.text);
			return false;
		}
		facts.walk = &walk;
		mml_fault_collect(&facts);
	}
	mml_fault(&facts, fault);
	if (facts.walk)
		mml_walk_free(&walk);
	return true;
}

static bool frame_holds(const struct mml_fault *fault, const struct outcome *seen)
{
	const uint64_t where = (1ULL << 55) - 1, kept = 3ULL << 62;
	bool same = (seen->before & (where | kept)) == (seen->after & (where | kept));

	switch (fault->frame) {
	case MML_FRAME_SAME:
		return same;
	case MML_FRAME_NEW:
		return !same && seen->after >> 63;
	default:
		return true;
	}
}

static bool count_holds(const struct mml_fault *fault, const struct outcome *seen)
{
	switch (fault->count) {
	case MML_COUNT_NONE:
		return !seen->minor && !seen->major;
	case MML_COUNT_MINOR:
		/* who has waited tries again, which may be another fault */
		return seen->minor && (!seen->major || fault->kind == MML_FAULT_WAIT);
	case MML_COUNT_MAJOR:
		return seen->major;
	default:
		return seen->minor || seen->major;
	}
}

/* Some of what ends in a signal is counted as a fault, some is not. */
static bool holds(const struct mml_fault *fault, const struct outcome *seen)
{
	if (fault->signal || seen->signal)
		return fault->signal == seen->signal && fault->code == seen->code;
	return frame_holds(fault, seen) && count_holds(fault, seen);
}

/* Whether a page is kept can hang on references that come and go. */
static bool leaf_holds(const struct situation *s, const struct mml_fault *fault)
{
	return fault->kind == s->kind ||
	       (fault->predicted && s->kind == MML_FAULT_REUSE &&
		(fault->kind == MML_FAULT_COPY ||
		 fault->kind == MML_FAULT_CANNOT_TELL));
}

static void judge(const struct situation *s, const struct mml_fault *fault,
		  const struct outcome *seen)
{
	bool right = holds(fault, seen);

	ktap_test(leaf_holds(s, fault), "%s: %s", s->name,
		  mml_name(mml_fault_names, fault->kind));
	ktap_test(right || fault->predicted, "%s: ... and so it came", s->name);
	/* scripts/check makes a table of these, with a column for each kernel */
	ktap_note("leaf | %s | %s%s%s", s->name,
		  mml_name(mml_fault_names, fault->kind),
		  fault->predicted ? "?" : "", right ? "" : " MISSED");
	if (right && leaf_holds(s, fault))
		return;
	ktap_note("foretold: %s; %s %s, %s fault, %s frame%s%s", fault->verdict,
		  fault->signal ? strsignal(fault->signal) : "no signal",
		  mml_fault_code(fault->signal, fault->code),
		  mml_name(mml_count_names, fault->count),
		  mml_name(mml_frame_names, fault->frame),
		  fault->predicted ? "; predicted: " : "", fault->predicted ?: "");
	ktap_note("seen: %s %s, %ld minor, %ld major, pagemap %" PRIx64 " -> %" PRIx64,
		  seen->signal ? strsignal(seen->signal) : "no signal",
		  mml_fault_code(seen->signal, seen->code), seen->minor, seen->major,
		  seen->before, seen->after);
	for (unsigned int i = 0; i < fault->nr_steps; i++)
		ktap_note("  %s %s (%s)", fault->steps[i].question,
			  fault->steps[i].answer, fault->steps[i].fact);
}

static void tell_lacking(const struct situation *s, const struct place *place)
{
	ktap_skip(s->name, "%s", place->lacking);
	ktap_note("leaf | %s | ~", s->name);
}

/* Returns whether it has to be done again: what was asked about was over too soon. */
static bool check(const struct situation *s)
{
	struct outcome seen = { .over = false };
	struct mml_fault fault;
	struct actor actor;
	struct place place;

	actor_start(&actor, act, s);
	if (s->lasts)
		run_on(1);	/* or what is taken here would end it */
	if (read(actor.answers, &place, sizeof(place)) != sizeof(place))
		ktap_test(false, "%s: could not be set up", s->name);
	else if (!place.address)
		tell_lacking(s, &place);
	else if (!ask(s, actor.pid, place.address, &fault) || !go(&actor, &seen))
		ktap_test(false, "%s: nothing came back", s->name);
	else if (!seen.over)
		judge(s, &fault, &seen);
	actor_end(&actor);
	return seen.over;
}

static void check_in_time(const struct situation *s)
{
	for (int tries = 0; tries < 100; tries++) {
		if (!check(s))
			return;
	}
	ktap_test(false, "%s: over before there was an access, each time", s->name);
}

int main(int argc, char **argv)
{
	struct mml_error err;

	if (argc != 2 && argc != 4)
		ktap_bail("usage: fault DIR [DEVICE MOUNT]");
	files_directory = argv[1];
	if (argc == 4) {
		held_device = argv[2];
		held_mount = argv[3];
	}
	ktap_begin();
	if (mml_open(&client, &err) || mml_info(client, &info, &err))
		ktap_bail("%s", err.text);
	for (size_t i = 0; i < sizeof(situations) / sizeof(*situations); i++)
		check_in_time(&situations[i]);
	mml_close(client);
	return ktap_end();
}
