// SPDX-License-Identifier: GPL-2.0
/*
 * stuck PID: raw requests about a process whose mmap lock cannot be had. Each
 * is answered, in bounded time and without the lock, by what says so.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"
#include "vm/lib/genl.h"

static uint32_t pid;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static struct nlmsghdr *about(struct genl *g, void *buf, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = genl_request(g, buf, cmd, flags);

	mnl_attr_put_u32(nlh, MMLENS_A_PID, pid);
	return nlh;
}

static void test_do(struct genl *g, uint8_t cmd, const char *name, int expected)
{
	struct genl_answer answer;
	struct nlmsghdr *nlh;
	char buf[256];
	double start;

	nlh = about(g, buf, cmd, NLM_F_ACK);
	if (cmd != MMLENS_CMD_MM_GET)
		mnl_attr_put_u64(nlh, MMLENS_A_ADDR, 0x1000);
	start = now_ms();
	genl_ask(g, nlh, NULL, NULL, &answer);
	ktap_test(answer.error == expected && (!expected || answer.text[0]),
		  "%s: %s %s", name, genl_errno(answer.error), answer.text);
	ktap_note("%.1f ms", now_ms() - start);
}

struct seen {
	unsigned int envelopes, standing, walked;
};

static void look(const struct nlmsghdr *nlh, void *arg)
{
	struct seen *seen = arg;

	if (genl_attr(nlh, MMLENS_A_ENVELOPE))
		seen->envelopes++;
	else if (genl_u64(genl_attr(nlh, MMLENS_A_START)) ==
		 genl_u64(genl_attr(nlh, MMLENS_A_END)))
		seen->standing++;
	else
		seen->walked++;
}

static void test_dump(struct genl *g, uint8_t cmd, const char *name)
{
	static char data[GENL_BUFFER];
	struct genl_answer answer = {};
	struct seen seen = {};
	double slowest = 0;
	char buf[256];

	genl_send(g, about(g, buf, cmd, NLM_F_DUMP));
	for (int i = 0; i < 5; i++) {
		double start = now_ms(), took;
		ssize_t n = genl_recv(g, data, sizeof(data), 20000);

		took = now_ms() - start;
		if (took > slowest)
			slowest = took;
		if (n < 0 || genl_take(g, data, n, look, &seen, &answer))
			break;
	}
	ktap_test(seen.envelopes == 1 && seen.standing == 4 && !seen.walked,
		  "%s dump: %u messages that say it stands still", name,
		  seen.standing);
	ktap_note("%u walked, error %s; the slowest took %.1f ms", seen.walked,
		  genl_errno(answer.error), slowest);
}

static void test_others(struct genl *g)
{
	double start = now_ms();
	unsigned int found = 0;

	for (int i = 0; i < 20; i++)
		found += !!genl_resolve(g, MMLENS_GENL_NAME);
	ktap_test(found == 20, "CTRL_CMD_GETFAMILY is answered, 20 times");
	ktap_note("%.1f ms each", (now_ms() - start) / 20);
}

int main(int argc, char **argv)
{
	struct genl g;

	ktap_begin();
	if (argc != 2)
		ktap_bail("usage: stuck PID");
	pid = atoi(argv[1]);
	/* a request that queues for the lock would never come back */
	alarm(300);
	genl_open_mmlens(&g);
	test_do(&g, MMLENS_CMD_MM_GET, "MM_GET needs no lock", 0);
	test_do(&g, MMLENS_CMD_WALK_GET, "WALK_GET", EAGAIN);
	test_do(&g, MMLENS_CMD_VMA_GET, "VMA_GET", EAGAIN);
	test_others(&g);
	genl_close(&g);

	/* a socket each: these dumps are left open */
	genl_open_mmlens(&g);
	test_dump(&g, MMLENS_CMD_PAGE_GET, "PAGE_GET");
	genl_close(&g);
	genl_open_mmlens(&g);
	test_dump(&g, MMLENS_CMD_VMA_GET, "VMA_GET");
	genl_close(&g);
	return ktap_end();
}
