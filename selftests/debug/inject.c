// SPDX-License-Identifier: GPL-2.0
/*
 * inject [NAME...]: every allocation of every command (or of those NAMEs) fails once.
 * /proc/thread-self/fail-nth makes the Nth that we cause fail, from the first one on
 * until there is no Nth: each time the request ends well or with an errno, is answered
 * when it is made again, and leaves nothing behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ktap.h"
#include "vm/lib/genl.h"
#include "vm/lib/slabs.h"

#define MAX_NTH	2000
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

/* Allocations that may wait can fail too, and those of a single page. */
static void set_up(void)
{
	static const struct { const char *file, *text; } knobs[] = {
		{ "failslab/ignore-gfp-wait", "N" },
		{ "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" },
		{ "fail_page_alloc/verbose", "0" },
		{ "fail_usercopy/verbose", "0" },
	};
	char path[128];
	int fd;

	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		ktap_skip_all("this kernel injects no faults (CONFIG_FAULT_INJECTION)");
	for (size_t i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", knobs[i].file);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, knobs[i].text, 1) != 1)
			ktap_bail("%s: %m", path);
		close(fd);
	}
}

struct request {
	const char *name;
	uint8_t cmd;
	bool dump;
	void (*put)(struct nlmsghdr *nlh);
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
	{ "PAGE_GET that is refused", MMLENS_CMD_PAGE_GET, true, put_too_much },
	{ "TABLE_GET", MMLENS_CMD_TABLE_GET, true, put_pid },
	{ "FRAME_GET", MMLENS_CMD_FRAME_GET, true, put_frames },
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

static struct nlmsghdr *build(struct genl *g, const struct request *r, void *buf)
{
	struct nlmsghdr *nlh = genl_request(g, buf, r->cmd, r->dump ? NLM_F_DUMP : NLM_F_ACK);

	r->put(nlh);
	return nlh;
}

/*
 * As genl_ask(), but goes on after a recv() that failed: the dump is still there.
 * What netlink could not even queue never comes: then there is nothing to wait for.
 */
static int ask(struct genl *g, const struct nlmsghdr *nlh)
{
	static char buf[GENL_BUFFER];
	struct genl_answer answer = {};
	int error = genl_send(g, nlh), tries = 0;
	ssize_t n;

	if (error)
		return error;
	for (;;) {
		n = recv(g->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			error = errno;
		if (n < 0 && ++tries > 3)
			return error ?: EAGAIN;
		if (n > 0 && genl_take(g, buf, n, NULL, NULL, &answer))
			return answer.error ?: error;
	}
}

static unsigned long outcomes[200];

static bool is_expected(int error)
{
	switch (error) {
	case 0:
	case ENOMEM:
	case ENOBUFS:
	case EFAULT:	/* copies to and from us fail as well */
	case EAGAIN:	/* the ACK was lost */
	case EINVAL:	/* of the request that is refused */
		return true;
	}
	return false;
}

/* Ends how often it was injected. */
static unsigned int inject(const struct request *r)
{
	int expected = r->put == put_too_much ? EINVAL : 0, error, again;
	unsigned int n, bad = 0;
	char buf[512];
	struct genl g;

	for (n = 1; n < MAX_NTH; n++) {
		const struct nlmsghdr *nlh;
		bool left;

		genl_open_mmlens(&g);
		nlh = build(&g, r, buf);
		set_nth(n);
		error = ask(&g, nlh);
		left = still_to_come();
		set_nth(0);
		genl_close(&g);
		if (error < 200)
			outcomes[error]++;
		genl_open_mmlens(&g);
		again = ask(&g, build(&g, r, buf));
		genl_close(&g);
		if (!is_expected(error) || again != expected) {
			ktap_note("%s: failing the %uth: %s, then %s", r->name, n,
				  genl_errno(error), genl_errno(again));
			bad++;
		}
		if (left)
			break;
	}
	ktap_test(!bad && n > 1 && n < MAX_NTH,
		  "%s: each of %u allocations and copies has failed, with an errno or without harm",
		  r->name, n - 1);
	return n - 1;
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
	inject_open();
	slabs_steady();
	slabs_take(&before);
	for (size_t i = 0; i < REQUESTS; i++)
		if (is_wanted(&requests[i], argv + 1))
			injected += inject(&requests[i]);
	for (int i = 0; i < 200; i++)
		if (outcomes[i])
			ktap_note("ended with %s: %lu", genl_errno(i), outcomes[i]);
	ktap_test(slabs_named_back(&before, injected), "slabs are back where they were after %u faults",
		  injected);
	slabs_restore();
	return ktap_end();
}
