// SPDX-License-Identifier: GPL-2.0
/*
 * inject [NAME...]: every allocation of every command (or of those NAMEs) fails once.
 * /proc/thread-self/fail-nth makes the Nth that we cause fail, from the first one on
 * until there is no Nth: each time the request ends well or with an errno, is answered
 * when it is made again, and leaves nothing behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ktap.h"
#include "vm/lib/genl.h"
#include "vm/lib/slabs.h"

#define MAX_NTH	20000
#define PAGE	4096UL

static int fail_nth;
static char *area;

static void set_nth(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	/* this may itself be what fails */
	for (int i = 0; i < 3; i++)
		if (pwrite(fail_nth, text, len, 0) == len)
			return;
	ktap_bail("fail-nth: %m");
}

/* Is the Nth still to come? If not, it was injected. */
static bool still_to_come(void)
{
	char text[16] = "";

	/* then it has come just now */
	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0)
		return true;
	return atoi(text);
}

static void turn(const char *knob, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", knob);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		ktap_bail("%s: %m", path);
	close(fd);
}

static const char min_order[] = "fail_page_alloc/min-order";

/* Allocations that may wait can fail too, and those of a single page. */
static void set_up(void)
{
	static const struct { const char *file, *text; } knobs[] = {
		{ "failslab/ignore-gfp-wait", "N" },
		{ "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ min_order, "0" },
		{ "fail_page_alloc/verbose", "0" },
		{ "fail_usercopy/verbose", "0" },
	};

	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		ktap_skip_all("this kernel injects no faults (CONFIG_FAULT_INJECTION)");
	for (size_t i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++)
		turn(knobs[i].file, knobs[i].text);
}

struct request {
	const char *name;
	uint8_t cmd;
	bool dump;
	void (*put)(struct nlmsghdr *nlh);
	int expected;		/* errno, when nothing has failed */
};

static void put_nothing(struct nlmsghdr *nlh) { (void)nlh; }
static void put_pid(struct nlmsghdr *nlh) { mnl_attr_put_u32(nlh, MMLENS_A_PID, getpid()); }

static void put_address(struct nlmsghdr *nlh)
{
	put_pid(nlh);
	mnl_attr_put_u64(nlh, MMLENS_A_ADDR, (uintptr_t)area);
}

static void put_counts(struct nlmsghdr *nlh)
{
	put_pid(nlh);
	mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, MMLENS_VMA_COL_ALL);
}

static void put_pages(struct nlmsghdr *nlh)
{
	put_pid(nlh);
	mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, MMLENS_COL_ALL);
}

static void put_filter(struct nlmsghdr *nlh)
{
	struct nlattr *nest;

	put_pid(nlh);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_FILTER);
	mnl_attr_put_u64(nlh, MMLENS_FILTER_FLAGS_ALL, MMLENS_PAGE_ANON);
	mnl_attr_nest_end(nlh, nest);
}

static void put_frames(struct nlmsghdr *nlh)
{
	mnl_attr_put_u64(nlh, MMLENS_A_START, 0x1000);
	mnl_attr_put_u64(nlh, MMLENS_A_END, 0x3000);
	mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, MMLENS_FRAME_COL_ALL);
}

/* Somebody whose page faults there are to tell, without end; it dies with us. */

static pid_t faulter;

static void start_faulter(void)
{
	faulter = fork();
	if (faulter < 0)
		ktap_bail("fork: %m");
	if (faulter)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;; usleep(1000)) {
		madvise(area, PAGE, MADV_DONTNEED);
		area[0] = 1;
	}
}

static void put_followed(struct nlmsghdr *nlh)
{
	mnl_attr_put_u32(nlh, MMLENS_A_PID, faulter);
	mnl_attr_put(nlh, MMLENS_A_FOLLOW, 0, NULL);
}

/* Refused, which is an answer of its own */
static void put_too_much(struct nlmsghdr *nlh)
{
	put_pid(nlh);
	mnl_attr_put_u64(nlh, MMLENS_A_START, 1);
}

static const struct request requests[] = {
	{ "INFO_GET", MMLENS_CMD_INFO_GET, false, put_nothing },
	{ "MM_GET", MMLENS_CMD_MM_GET, false, put_pid },
	{ "VMA_GET", MMLENS_CMD_VMA_GET, false, put_address },
	{ "VMA_GET dump", MMLENS_CMD_VMA_GET, true, put_pid },
	{ "VMA_GET dump, counting", MMLENS_CMD_VMA_GET, true, put_counts },
	{ "WALK_GET", MMLENS_CMD_WALK_GET, false, put_address },
	{ "PAGE_GET", MMLENS_CMD_PAGE_GET, true, put_pages },
	{ "PAGE_GET with a filter", MMLENS_CMD_PAGE_GET, true, put_filter },
	{ "PAGE_GET that is refused", MMLENS_CMD_PAGE_GET, true, put_too_much, EINVAL },
	{ "TABLE_GET", MMLENS_CMD_TABLE_GET, true, put_pid },
	{ "FRAME_GET", MMLENS_CMD_FRAME_GET, true, put_frames },
	{ "TRACE_START", MMLENS_CMD_TRACE_START, true, put_followed },
	{ "TRACE_STOP", MMLENS_CMD_TRACE_STOP, false, put_nothing, ENOENT },
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

static struct nlmsghdr *build(struct genl *g, const struct request *r, void *buf)
{
	struct nlmsghdr *nlh = genl_request(g, buf, r->cmd, r->dump ? NLM_F_DUMP : NLM_F_ACK);

	r->put(nlh);
	return nlh;
}

/* What a trace has told. */
struct told {
	unsigned int faults;	/* messages that have some */
	int reason;
};

static void look(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *trailer = genl_attr(nlh, MMLENS_A_TRAILER);
	struct told *told = arg;

	told->faults += !!genl_attr(nlh, MMLENS_A_FAULTS);
	if (trailer)
		told->reason = genl_u64(genl_nested(trailer, MMLENS_TRAILER_REASON));
}

/* A trace goes on until faults were told, and until we have said that it is to end. */
static void lead_on(struct genl *g, const struct told *told)
{
	if (told->faults)
		genl_stop_trace(g);
	else
		usleep(200);
}

/*
 * As genl_ask(), but goes on after a recv() that failed: the dump is still there.
 * What netlink could not even queue never comes: then there is nothing to wait for.
 */
static int ask(struct genl *g, const struct request *r)
{
	static char buf[GENL_BUFFER];
	struct genl_answer answer = {};
	struct told told = {};
	int error, tries = 0;
	ssize_t n;

	error = genl_send(g, build(g, r, buf));
	if (error)
		return error;
	for (;;) {
		n = recv(g->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			error = errno;
		if (n < 0 && ++tries > 3)
			return error ?: EAGAIN;
		if (n > 0 && genl_take(g, buf, n, look, &told, &answer))
			break;
		if (r->cmd == MMLENS_CMD_TRACE_START)
			lead_on(g, &told);
	}
	error = answer.error ?: error;
	if (r->cmd == MMLENS_CMD_TRACE_START && !error &&
	    !(told.faults && told.reason == MMLENS_REASON_STOPPED))
		return ENODATA;
	return error;
}

static unsigned long outcomes[200];

static bool is_expected(const struct request *r, int error)
{
	if (error == r->expected)
		return true;
	switch (error) {
	case ENOMEM:
	case ENOBUFS:
	case EFAULT:	/* copies to and from us fail as well */
	case EAGAIN:	/* the ACK was lost */
		return true;
	}
	return false;
}

static int ask_anew(const struct request *r)
{
	struct genl g;
	int error;

	genl_open_mmlens(&g);
	error = ask(&g, r);
	genl_close(&g);
	return error;
}

/* Lets the Nth fail, and asks again. Is the Nth still to come? */
static bool fail_once(const struct request *r, unsigned int n, unsigned int *bad)
{
	int error, again;
	struct genl g;
	bool left;

	genl_open_mmlens(&g);
	set_nth(n);
	error = ask(&g, r);
	left = still_to_come();
	set_nth(0);
	genl_close(&g);
	if (error < 200)
		outcomes[error]++;
	again = ask_anew(r);
	if (!is_expected(r, error) || again != r->expected) {
		ktap_note("%s: failing the %uth: %s, then %s", r->name, n,
			  genl_errno(error), genl_errno(again));
		(*bad)++;
	}
	return left;
}

/* Ends how often it was injected. */
static unsigned int inject(const struct request *r)
{
	unsigned int n = 1, bad = 0;

	ask_anew(r);	/* or pages of ours are touched first when that may fail */
	while (!fail_once(r, n, &bad) && n < MAX_NTH)
		n++;
	ktap_test(!bad && n > 1 && n < MAX_NTH,
		  "%s: each of %u allocations and copies has failed, with an errno or without harm",
		  r->name, n - 1);
	return n - 1;
}

/* Of everything, single pages among it, every 8th at most: each takes two traces. */
static unsigned int inject_now_and_then(const struct request *r)
{
	unsigned int n = 1, bad = 0, injected = 0;

	ask_anew(r);
	for (; !fail_once(r, n, &bad) && n < MAX_NTH; n += 1 + n / 8)
		injected++;
	ktap_test(!bad && injected && n < MAX_NTH,
		  "%s: %u of about %u, with single pages, likewise", r->name, injected, n);
	return injected;
}

/* Where a function of the kernel's is; false if there is none of that name. */
static bool find_function(const char *name, unsigned long *start, unsigned long *end)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char symbol[128];
	unsigned long at;

	*start = 0;
	*end = ~0UL;
	while (f && fscanf(f, "%lx %*c %127[^\n]", &at, symbol) == 2)
		if (!strcmp(symbol, name))
			*start = at;
	if (f)
		rewind(f);
	while (f && fscanf(f, "%lx %*c %*[^\n]", &at) == 1)
		if (at > *start && at < *end)
			*end = at;
	if (f)
		fclose(f);
	return *start;
}

/*
 * The kernel itself cannot do without memory when it takes a probe away: it warns, and
 * from then on it has one too few. That is not what is tested.
 */
static void spare(const char *function)
{
	static const char *const attrs[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	unsigned long start, end;
	char knob[64], text[32];

	if (!find_function(function, &start, &end))
		ktap_bail("the kernel has no %s()", function);
	for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		snprintf(knob, sizeof(knob), "%s/stacktrace-depth", attrs[i]);
		turn(knob, "32");
		snprintf(knob, sizeof(knob), "%s/reject-start", attrs[i]);
		snprintf(text, sizeof(text), "0x%lx", start);
		turn(knob, text);
		snprintf(knob, sizeof(knob), "%s/reject-end", attrs[i]);
		snprintf(text, sizeof(text), "0x%lx", end);
		turn(knob, text);
	}
}

/* All but single pages, then those as well */
static unsigned int inject_into_trace(const struct request *r)
{
	unsigned int injected;

	/* INJECT_DISARM: to see what becomes of the module, not to pass */
	if (!getenv("INJECT_DISARM"))
		spare("disable_kprobe");
	turn(min_order, "1");
	injected = inject(r);
	turn(min_order, "0");
	return injected + inject_now_and_then(r);
}

/* Opening the socket, and all that a program has to do before it can ask. */
static void inject_open(void)
{
	struct genl g;
	unsigned int n;
	bool left;

	for (n = 1; n < MAX_NTH; n++) {
		set_nth(n);
		if (genl_open(&g)) {
			genl_resolve(&g, MMLENS_GENL_NAME);
			genl_close(&g);
		}
		left = still_to_come();
		set_nth(0);
		if (left)
			break;
	}
	ktap_test(n > 1 && n < MAX_NTH, "opening a socket: each of %u has failed", n - 1);
}

static bool is_wanted(const struct request *r, char **names)
{
	if (!*names)
		return true;
	while (*names && strcmp(*names, r->name))
		names++;
	return *names;
}

int main(int argc __attribute__((unused)), char **argv)
{
	unsigned int injected = 0;
	struct slabs before;

	ktap_begin();
	set_up();
	/* small pages and a huge one, so that there is something to dump */
	area = mmap(NULL, 1024 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		ktap_bail("mmap: %m");
	for (size_t i = 0; i < 1024; i += 2)
		area[i * PAGE] = 1;
	start_faulter();
	inject_open();
	slabs_steady();
	slabs_take(&before);
	for (size_t i = 0; i < REQUESTS; i++)
		if (is_wanted(&requests[i], argv + 1))
			injected += requests[i].cmd == MMLENS_CMD_TRACE_START ?
				    inject_into_trace(&requests[i]) : inject(&requests[i]);
	for (int i = 0; i < 200; i++)
		if (outcomes[i])
			ktap_note("ended with %s: %lu", genl_errno(i), outcomes[i]);
	ktap_test(slabs_named_back(&before, injected), "slabs are back where they were after %u faults",
		  injected);
	slabs_restore();
	return ktap_end();
}
