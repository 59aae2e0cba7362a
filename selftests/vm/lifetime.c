// SPDX-License-Identifier: GPL-2.0
/*
 * lifetime: dumps that nobody finishes. Readers die, sockets close, targets
 * die or exec midway; each many times, so that whatever one of them leaves
 * behind adds up and is seen in the slabs.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"
#include "vm/lib/genl.h"
#include "vm/lib/slabs.h"

#define READERS	150
#define TARGETS	40
#define PAGES	4096UL		/* a dump of eight messages or so */
#define AREAS	2000UL		/* a list of them takes several messages */

static size_t page_size;

/* Other processors have objects of their own set aside. */
static void stay_here(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void check_slabs(const struct slabs *before, const char *what, int rounds)
{
	ktap_test(slabs_back(before, rounds), "slabs are back where they were: %s, %d times",
		  what, rounds);
}

/* Targets: shuffled pages, so that each is an extent of its own */

struct target {
	pid_t pid;
	int tell;		/* a byte makes it exec itself; EOF, end */
	int told;		/* says when it is ready; EOF after the exec */
	uint64_t area;
};

/* So many of its first pages are an area each. */
static size_t lone_pages;

static void run_target(const struct target *t)
{
	char *area = mmap(NULL, PAGES * page_size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char c;

	if (area == MAP_FAILED)
		_exit(1);
	madvise(area, PAGES * page_size, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < PAGES; i++)
		area[i * 1237 % PAGES * page_size] = 1;
	for (size_t i = 0; i < lone_pages; i += 2)
		mprotect(area + i * page_size, page_size, PROT_READ);
	if (write(t->told, &area, sizeof(area)) != sizeof(area))
		_exit(1);
	if (read(t->tell, &c, 1) == 1)
		execl("/proc/self/exe", "lifetime", "sleep", NULL);
	_exit(1);
}

static void start_target(struct target *t)
{
	int tell[2], told[2];

	if (pipe2(tell, O_CLOEXEC) || pipe2(told, O_CLOEXEC))
		ktap_bail("pipe: %m");
	fflush(stdout);
	t->pid = fork();
	if (t->pid < 0)
		ktap_bail("fork: %m");
	if (!t->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(tell[1]);
		close(told[0]);
		run_target(&(struct target){ .tell = tell[0], .told = told[1] });
	}
	close(tell[0]);
	close(told[1]);
	t->tell = tell[1];
	t->told = told[0];
	if (read(t->told, &t->area, sizeof(t->area)) != sizeof(t->area))
		ktap_bail("the target did not start");
}

/* Returns when nothing of it is left, not even a zombie. */
static void end_target(struct target *t)
{
	kill(t->pid, SIGKILL);
	waitpid(t->pid, NULL, 0);
	close(t->tell);
	close(t->told);
}

static void make_target_exec(struct target *t)
{
	char c = 'x';

	/* its end of the pipe is closed by the exec */
	if (write(t->tell, &c, 1) != 1 || read(t->told, &c, 1) != 0)
		ktap_bail("the target did not exec");
}

/* Dumps */

struct seen {
	unsigned int messages, with_data, envelopes, trailers;
	uint32_t reason;
};

static void look(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *trailer = genl_attr(nlh, MMLENS_A_TRAILER);
	struct seen *seen = arg;

	seen->messages++;
	if (genl_attr(nlh, MMLENS_A_ENVELOPE))
		seen->envelopes++;
	if (genl_attr(nlh, MMLENS_A_EXTENTS))
		seen->with_data++;
	if (!trailer)
		return;
	seen->trailers++;
	seen->reason = genl_u64(genl_nested(trailer, MMLENS_TRAILER_REASON));
}

static void send_dump(struct genl *g, const struct target *t)
{
	char buf[256];
	struct nlmsghdr *nlh;

	nlh = genl_request(g, buf, MMLENS_CMD_PAGE_GET, NLM_F_DUMP);
	mnl_attr_put_u32(nlh, MMLENS_A_PID, t->pid);
	if (genl_send(g, nlh))
		ktap_bail("send: %m");
}

/* Asks for all of the target, and reads the first few messages. */
static void open_dump(struct genl *g, const struct target *t, struct seen *seen)
{
	static char buf[GENL_BUFFER];
	struct genl_answer answer = {};
	ssize_t n;

	*seen = (struct seen){};
	send_dump(g, t);
	for (int i = 0; i < 3; i++) {
		n = genl_recv(g, buf, sizeof(buf), 10000);
		if (n < 0 || genl_take(g, buf, n, look, seen, &answer))
			ktap_bail("the dump is over after %u messages: %s",
				  seen->messages, genl_errno(answer.error ?: -n));
	}
}

static void begin_and_die(const struct target *t, int ready)
{
	struct seen seen;
	struct genl g;

	genl_open_mmlens(&g);
	open_dump(&g, t, &seen);
	if (write(ready, "r", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void kill_reader(const struct target *t)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe2(ready, O_CLOEXEC))
		ktap_bail("pipe: %m");
	fflush(stdout);
	pid = fork();
	if (!pid)
		begin_and_die(t, ready[1]);
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		ktap_bail("the reader did not begin");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ready[0]);
}

static void test_killed_readers(void)
{
	struct slabs before;
	struct target t;

	start_target(&t);
	/* not once: KASAN keeps what is freed until that is enough */
	for (int i = 0; i < READERS; i++)
		kill_reader(&t);
	slabs_take(&before);
	for (int i = 0; i < READERS; i++)
		kill_reader(&t);
	check_slabs(&before, "a reader killed midway", READERS);
	end_target(&t);
}

static void close_midway(const struct target *t)
{
	struct seen seen;
	struct genl g;

	genl_open_mmlens(&g);
	open_dump(&g, t, &seen);
	genl_close(&g);
}

static void test_closed_sockets(void)
{
	struct slabs before;
	struct target t;

	start_target(&t);
	close_midway(&t);
	slabs_take(&before);
	for (int i = 0; i < READERS; i++)
		close_midway(&t);
	check_slabs(&before, "a socket closed midway", READERS);
	end_target(&t);
}

/* How a dump ended whose target went away midway. */
struct ending {
	struct seen seen;
	struct genl_answer answer;
};

static void lose_target(void (*lose)(struct target *t), struct ending *ending)
{
	struct target t;
	struct genl g;

	start_target(&t);
	genl_open_mmlens(&g);
	open_dump(&g, &t, &ending->seen);
	lose(&t);
	ending->answer = (struct genl_answer){};
	genl_finish(&g, look, &ending->seen, &ending->answer);
	genl_close(&g);
	if (lose != end_target)
		end_target(&t);
}

static void test_lost_targets(const char *what, void (*lose)(struct target *t),
			      enum mmlens_reason reason)
{
	struct ending ending;
	struct slabs before;
	unsigned int fine = 0;

	lose_target(lose, &ending);
	slabs_take(&before);
	for (int i = 0; i < TARGETS; i++) {
		lose_target(lose, &ending);
		fine += ending.answer.done && !ending.answer.error &&
			ending.seen.envelopes == 1 &&
			ending.seen.trailers == 1 && ending.seen.reason == reason;
	}
	if (!ktap_test(fine == TARGETS, "%s midway: the trailer says so, %u of %u times",
		       what, fine, TARGETS))
		ktap_note("last: %u messages, %u trailers, reason %u, %s",
			  ending.seen.messages, ending.seen.trailers,
			  ending.seen.reason, genl_errno(ending.answer.error));
	check_slabs(&before, what, TARGETS);
}

/* The list of areas, up to where it says that it has come */

struct areas {
	uint64_t told;		/* how far those of the target's go, side by side */
	uint64_t walked;	/* how far the dump has come */
};

static void take_areas(const struct nlmsghdr *nlh, void *arg)
{
	struct areas *areas = arg;
	const struct nlattr *attr;

	areas->walked = genl_u64(genl_attr(nlh, MMLENS_A_END));
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != MMLENS_A_VMA)
			continue;
		if (genl_u64(genl_nested(attr, MMLENS_VMA_START)) == areas->told)
			areas->told = genl_u64(genl_nested(attr, MMLENS_VMA_END));
	}
}

/* Whoever dies between two messages has had the area that did not fit into the first. */
static void test_areas_of_the_lost(const char *what, void (*lose)(struct target *t))
{
	static char buf[GENL_BUFFER];
	struct genl_answer answer = {};
	struct nlmsghdr *nlh;
	struct areas areas;
	struct target t;
	struct genl g;
	ssize_t n;

	lone_pages = AREAS;
	start_target(&t);
	lone_pages = 0;
	areas = (struct areas){ .told = t.area };
	genl_open_mmlens(&g);
	nlh = genl_request(&g, buf, MMLENS_CMD_VMA_GET, NLM_F_DUMP);
	mnl_attr_put_u32(nlh, MMLENS_A_PID, t.pid);
	if (genl_send(&g, nlh))
		ktap_bail("send: %m");
	while (areas.told == t.area) {
		n = genl_recv(&g, buf, sizeof(buf), 10000);
		if (n < 0 || genl_take(&g, buf, n, take_areas, &areas, &answer))
			ktap_bail("no area of the target: %s", genl_errno(answer.error ?: -n));
	}
	lose(&t);
	genl_finish(&g, take_areas, &areas, &answer);
	genl_close(&g);
	if (lose != end_target)
		end_target(&t);
	ktap_test(areas.told > t.area && areas.told < t.area + AREAS * page_size,
		  "%s midway in the list of its areas", what);
	if (!ktap_test(areas.told == areas.walked, "... leaves those below END told"))
		ktap_note("told up to %#" PRIx64 ", walked up to %#" PRIx64,
			  areas.told, areas.walked);
}

/* A killed process's memory must not wait for a reader who sleeps. */

static unsigned long count_mapped(const uint64_t *frames)
{
	int fd = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	unsigned long mapped = 0;
	uint64_t count;

	for (size_t i = 0; i < PAGES; i++) {
		if (pread(fd, &count, sizeof(count), frames[i] * sizeof(count)) ==
		    sizeof(count))
			mapped += !!count;
	}
	close(fd);
	return mapped;
}

static void read_frames(const struct target *t, uint64_t *frames)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", t->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (pread(fd, frames, PAGES * sizeof(*frames),
		  t->area / page_size * sizeof(*frames)) !=
	    (ssize_t)(PAGES * sizeof(*frames)))
		ktap_bail("%s: %m", path);
	close(fd);
	for (size_t i = 0; i < PAGES; i++)
		frames[i] &= (1ULL << 55) - 1;
}

static void test_memory_is_given_back(void)
{
	static uint64_t frames[PAGES];
	unsigned long before, after;
	struct target t;
	struct seen seen;
	struct genl g;

	start_target(&t);
	read_frames(&t, frames);
	genl_open_mmlens(&g);
	open_dump(&g, &t, &seen);
	before = count_mapped(frames);
	end_target(&t);
	/* others may have got some of them by now */
	for (int i = 0; i < 25; i++) {
		after = count_mapped(frames);
		if (after < PAGES / 8)
			break;
		usleep(200000);
	}
	ktap_test(before == PAGES && after < PAGES / 8,
		  "an open dump does not hold a dead process's memory: %lu pages mapped, then %lu",
		  before, after);
	genl_close(&g);
}

/* Unloading */

static int unload(void)
{
	return syscall(SYS_delete_module, "mmlens", O_NONBLOCK) ? errno : 0;
}

/* A socket has one dump at a time: the second is refused, the first goes on. */
static void test_second_dump(struct genl *g, const struct target *t,
			     struct seen *seen)
{
	uint32_t first = g->seq;
	struct genl_answer answer = {};

	send_dump(g, t);
	/* reads over what the first one has queued */
	genl_finish(g, NULL, NULL, &answer);
	ktap_test(answer.error == EBUSY, "a second dump on the same socket is refused: %s",
		  genl_errno(answer.error));
	g->seq = first;
	answer = (struct genl_answer){};
	genl_finish(g, look, seen, &answer);
	ktap_test(answer.done && !answer.error && seen->trailers == 1 &&
		  seen->reason == MMLENS_REASON_COMPLETE,
		  "... and the first goes on to its end");
}

static void test_busy(void)
{
	struct target t;
	struct seen seen;
	struct genl g;
	int error;

	start_target(&t);
	genl_open_mmlens(&g);
	open_dump(&g, &t, &seen);
	error = unload();
	ktap_test(error == EWOULDBLOCK, "with a dump open the module does not unload: %s",
		  genl_errno(error));
	if (!error)
		ktap_bail("the module is gone");
	test_second_dump(&g, &t, &seen);
	genl_close(&g);
	end_target(&t);
}

int main(int argc, char **argv)
{
	/* what a target becomes by exec */
	if (argc > 1 && !strcmp(argv[1], "sleep")) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	ktap_begin();
	page_size = sysconf(_SC_PAGESIZE);
	stay_here();
	slabs_steady();
	atexit(slabs_restore);
	test_killed_readers();
	test_closed_sockets();
	test_lost_targets("the target killed", end_target, MMLENS_REASON_EXITED);
	test_lost_targets("the target exec'd", make_target_exec,
			  MMLENS_REASON_EXECED);
	test_areas_of_the_lost("the target killed", end_target);
	test_areas_of_the_lost("the target exec'd", make_target_exec);
	test_memory_is_given_back();
	test_busy();
	return ktap_end();
}
