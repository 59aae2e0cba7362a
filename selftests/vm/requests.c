// SPDX-License-Identifier: GPL-2.0
/*
 * requests [--seed S] [--count N] [--threads T] [--batch B] [--corpus FILE] [--novel]:
 * N requests at random over the real socket. Every answer is to be well-formed
 * (vm/lib/wellformed.h) or an errno. They come in sessions, each made from a
 * seed of its own, S, S + 1, ...: `--seed X --count 1` does session X again, with
 * the same B, up to which many are sent at once. --novel prints the seeds that first
 * had an outcome, which is what the corpus is made of.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"
#include "vm/lib/genl.h"
#include "vm/lib/random_request.h"
#include "vm/lib/wellformed.h"

static unsigned int batch = 16;	/* most requests in one send */

#define ROOM_MAX 32768		/* of a receive */
#define SEND_MAX (4 * RANDOM_REQUEST_MAX)

static struct menu menu;

/* What came of it, all threads' together */

struct outcome {
	char text[120];
	uint64_t count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct outcome outcomes[512];
static unsigned int nr_outcomes, complaints;
static uint64_t requests, replies, ends, lost;
static uint64_t answered[MMLENS_CMD_MAX + 1], with_data[MMLENS_CMD_MAX + 1];
static bool novel;

static void note_outcome(uint64_t seed, int error, const char *text)
{
	char key[sizeof(outcomes->text)];
	unsigned int i;

	snprintf(key, sizeof(key), "%s: %s", genl_errno(error), text ?: "-");
	pthread_mutex_lock(&lock);
	for (i = 0; i < nr_outcomes && strcmp(outcomes[i].text, key); i++)
		;
	if (i == nr_outcomes && i < sizeof(outcomes) / sizeof(outcomes[0])) {
		memcpy(outcomes[nr_outcomes++].text, key, sizeof(key));
		if (novel)
			ktap_note("novel %" PRIu64 " # %s", seed, key);
	}
	if (i < nr_outcomes)
		outcomes[i].count++;
	pthread_mutex_unlock(&lock);
}

static void complain(uint64_t seed, const struct nlmsghdr *nlh, const char *why)
{
	pthread_mutex_lock(&lock);
	if (complaints++ < 20)
		ktap_note("seed %" PRIu64 ", message of type %u, %u bytes: %s", seed,
			  nlh->nlmsg_type, nlh->nlmsg_len, why);
	pthread_mutex_unlock(&lock);
}

/* Sockets */

struct conn {
	struct genl g;
	struct dump_chain chain;
	bool shared;	/* other threads read it as well */
};

struct session {
	uint64_t seed;
	struct chance c;
	struct conn conns[3];
	unsigned char *in, *out;
	uint64_t sent;
};

/* Two sockets that all threads write to and read from. */
static struct conn shared[2];

static void open_conn(struct conn *conn)
{
	*conn = (struct conn){};
	if (!genl_open(&conn->g))
		ktap_bail("no socket: %m");
	conn->g.family = menu.family;
}

static void set_option(struct session *s, struct conn *conn)
{
	static const int options[] = {
		NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK, NETLINK_NO_ENOBUFS,
		NETLINK_BROADCAST_ERROR,
	};
	int value = chance_below(&s->c, 2);

	if (chance_one_in(&s->c, 3)) {
		value = 1 << chance_below(&s->c, 20);
		setsockopt(conn->g.fd, SOL_SOCKET, SO_RCVBUF, &value, sizeof(value));
	} else {
		setsockopt(conn->g.fd, SOL_NETLINK,
			   options[chance_below(&s->c, sizeof(options) / sizeof(options[0]))],
			   &value, sizeof(value));
	}
}

/* Answers */

static void take_reply(struct session *s, struct conn *conn, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const char *why = malformed_reply(nlh, conn->shared ? NULL : &conn->chain);

	if (why) {
		complain(s->seed, nlh, why);
		return;
	}
	__atomic_add_fetch(&answered[genl->cmd], 1, __ATOMIC_RELAXED);
	if (genl_attr(nlh, MMLENS_A_EXTENTS) || genl_attr(nlh, MMLENS_A_TABLES) ||
	    genl_attr(nlh, MMLENS_A_VMA) || genl_attr(nlh, MMLENS_A_MM) ||
	    genl_attr(nlh, MMLENS_A_CAN) || genl_attr(nlh, MMLENS_A_LOSSES))
		__atomic_add_fetch(&with_data[genl->cmd], 1, __ATOMIC_RELAXED);
}

static void take_end(struct session *s, struct conn *conn, const struct nlmsghdr *nlh)
{
	const char *text, *why;
	int error = 0;

	why = malformed_end(nlh, &error, &text);
	if (why)
		complain(s->seed, nlh, why);
	else
		note_outcome(s->seed, error, text);
	if (nlh->nlmsg_type == NLMSG_DONE)
		conn->chain.active = false;
	__atomic_add_fetch(&ends, 1, __ATOMIC_RELAXED);
}

static void take(struct session *s, struct conn *conn, size_t len)
{
	const struct nlmsghdr *nlh = (const void *)s->in;
	size_t left = len, size;

	while (left) {
		if (left < sizeof(*nlh) || nlh->nlmsg_len < sizeof(*nlh) ||
		    nlh->nlmsg_len > left) {
			complain(s->seed, nlh, "a datagram that ends within a message");
			return;
		}
		if (nlh->nlmsg_type == menu.family) {
			__atomic_add_fetch(&replies, 1, __ATOMIC_RELAXED);
			take_reply(s, conn, nlh);
		} else if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
			take_end(s, conn, nlh);
		}
		size = NLMSG_ALIGN(nlh->nlmsg_len);
		if (size > left)
			size = left;
		left -= size;
		nlh = (const void *)((const char *)nlh + size);
	}
}

static size_t some_room(struct session *s)
{
	switch (chance_below(&s->c, 8)) {
	case 0:  return chance_below(&s->c, 64);
	case 1:  return chance_below(&s->c, 4096);
	case 2:  return 8192;
	default: return ROOM_MAX;
	}
}

/*
 * One receive; false when there is nothing. What did not fit is gone, and of a
 * full socket netlink drops what comes next: then the order of a dump's messages
 * means nothing until the next one begins.
 */
static bool receive(struct session *s, struct conn *conn)
{
	size_t room = some_room(s);
	ssize_t n = recv(conn->g.fd, s->in, room, MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n < 0 || (size_t)n > room) {
		__atomic_add_fetch(&lost, 1, __ATOMIC_RELAXED);
		conn->chain.lost = true;
		if (n < 0 && errno != ENOBUFS)
			note_outcome(s->seed, errno, "recv");
		return true;
	}
	take(s, conn, n);
	return true;
}

/* Requests */

static void send_some(struct session *s, struct conn *conn)
{
	unsigned int n = chance_one_in(&s->c, 3) ? 1 + chance_below(&s->c, batch) : 1;
	size_t len = 0;

	while (n-- && len < SEND_MAX - RANDOM_REQUEST_MAX) {
		len += random_request(&s->c, &menu, ++conn->g.seq, conn->g.port,
				      s->out + len);
		s->sent++;
	}
	/* a full socket refuses: that is an answer too */
	if (write(conn->g.fd, s->out, len) < 0)
		note_outcome(s->seed, errno, "send");
}

static void step(struct session *s)
{
	struct conn *conn = &s->conns[chance_below(&s->c, 3)];
	unsigned int n;

	if (chance_one_in(&s->c, 10))
		conn = &shared[chance_below(&s->c, 2)];
	switch (chance_below(&s->c, 12)) {
	case 0:
		if (!conn->shared) {
			close(conn->g.fd);
			open_conn(conn);
		}
		break;
	case 1:
		set_option(s, conn);
		break;
	case 2:
	case 3:
	case 4:
		for (n = chance_below(&s->c, 12); n && receive(s, conn); n--)
			;
		break;
	default:
		send_some(s, conn);
		for (n = chance_below(&s->c, 4); n && receive(s, conn); n--)
			;
	}
}

#define STEPS 48

static uint64_t session(uint64_t seed, unsigned char *in, unsigned char *out)
{
	struct session s = { .seed = seed, .c = chance_of(seed), .in = in, .out = out };

	for (int i = 0; i < 3; i++)
		open_conn(&s.conns[i]);
	for (int i = 0; i < STEPS; i++)
		step(&s);
	for (int i = 0; i < 3; i++)
		close(s.conns[i].g.fd);
	return s.sent;
}

/* Seeds, one for each session */

static uint64_t next_seed = 1, wanted = 20000;

static void *work(void *unused)
{
	unsigned char *in = malloc(ROOM_MAX), *out = malloc(SEND_MAX);

	while (__atomic_load_n(&requests, __ATOMIC_RELAXED) < wanted) {
		uint64_t seed = __atomic_fetch_add(&next_seed, 1, __ATOMIC_RELAXED);

		__atomic_add_fetch(&requests, session(seed, in, out), __ATOMIC_RELAXED);
	}
	free(in);
	free(out);
	return unused;
}

static void run_corpus(const char *path)
{
	unsigned char *in = malloc(ROOM_MAX), *out = malloc(SEND_MAX);
	FILE *file = fopen(path, "r");
	char line[256];

	if (!file)
		ktap_bail("%s: %m", path);
	while (fgets(line, sizeof(line), file))
		if (line[0] != '#')
			requests += session(strtoull(line, NULL, 0), in, out);
	fclose(file);
	free(in);
	free(out);
}

/* Who is asked about */

static char *map(size_t pages, int prot, int flags)
{
	char *area = mmap(NULL, pages << 12, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (area == MAP_FAILED)
		ktap_bail("mmap: %m");
	menu.addrs[menu.nr_addrs++] = (uintptr_t)area;
	return area;
}

/* A bit of everything, before the fork: so child and parent share it. */
static void make_areas(void)
{
	char *area = map(1024, PROT_READ | PROT_WRITE, 0);
	int fd;

	for (size_t i = 0; i < 1024; i += 1 + i % 3)
		area[i << 12] = 1;
	mprotect(area + (100 << 12), 50 << 12, PROT_NONE);
	munmap(area + (300 << 12), 20 << 12);
	area = map(2048, PROT_READ | PROT_WRITE, 0);
	madvise(area, 2048 << 12, MADV_HUGEPAGE);
	memset(area, 1, 1500 << 12);
	area = map(64, PROT_READ, 0);
	for (size_t i = 0; i < 64; i++)
		(void)*(volatile char *)(area + (i << 12));
	map(1 << 20, PROT_READ, MAP_NORESERVE);
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	area = mmap(NULL, 8 << 12, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	menu.addrs[menu.nr_addrs++] = (uintptr_t)area;
	menu.addrs[menu.nr_addrs++] = (uintptr_t)&menu;
	menu.addrs[menu.nr_addrs++] = (uintptr_t)make_areas;
	menu.addrs[menu.nr_addrs++] = (uintptr_t)&area;
	menu.addrs[menu.nr_addrs++] = (uintptr_t)mmap;
}

/* Maps and unmaps what is being looked at, and forks, now and then. */
static void move_about(void)
{
	char *at = (char *)(uintptr_t)menu.addrs[0];

	for (;; usleep(2000)) {
		madvise(at, 64 << 12, MADV_DONTNEED);
		memset(at, 1, 32 << 12);
		mprotect(at + (16 << 12), 8 << 12, PROT_READ);
		mprotect(at + (16 << 12), 8 << 12, PROT_READ | PROT_WRITE);
		if (!fork())
			_exit(0);
		waitpid(-1, NULL, WNOHANG);
	}
}

static pid_t start(void (*run)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		ktap_bail("fork: %m");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (run)
			run();
		_exit(0);
	}
	menu.pids[menu.nr_pids++] = pid;
	return pid;
}

static void sleep_on(void)
{
	for (;;)
		pause();
}

static void make_menu(void)
{
	siginfo_t info;

	make_areas();
	menu.pids[menu.nr_pids++] = getpid();
	start(sleep_on);
	start(move_about);
	waitid(P_PID, start(NULL), &info, WEXITED | WNOWAIT);	/* a zombie */
	menu.pids[menu.nr_pids++] = 1;
	menu.pids[menu.nr_pids++] = 2;		/* kthreadd */
	menu.pids[menu.nr_pids++] = 0x3fffff;	/* most likely nobody */
}

/* The judge must not be asleep. */

struct spoiled {
	const char *name;
	void (*spoil)(struct nlmsghdr *nlh);
};

static struct nlmsghdr *begin_message(void *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	genl->cmd = MMLENS_CMD_PAGE_GET;
	genl->version = MMLENS_GENL_VERSION;
	return nlh;
}

static void put_extents(struct nlmsghdr *nlh, uint32_t count, size_t size, uint64_t frame)
{
	uint64_t frames[4] = { frame, frame, frame, frame };
	struct nlattr *nest;

	mnl_attr_put_u32(nlh, MMLENS_A_COUNT, count);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_EXTENTS);
	mnl_attr_put(nlh, MMLENS_COL_FRAME, size, frames);
	mnl_attr_nest_end(nlh, nest);
}

static void fine(struct nlmsghdr *nlh) { put_extents(nlh, 2, 16, 0x1234); }
static void unknown(struct nlmsghdr *nlh) { put_extents(nlh, 2, 16, MMLENS_UNKNOWN); }
static void address(struct nlmsghdr *nlh) { put_extents(nlh, 2, 16, 0xffff888012345000); }
static void no_frame(struct nlmsghdr *nlh) { put_extents(nlh, 2, 16, 1ULL << 41); }
static void short_column(struct nlmsghdr *nlh) { put_extents(nlh, 3, 16, 7); }
static void kernel_epoch(struct nlmsghdr *nlh)
{
	mnl_attr_put_u64(nlh, MMLENS_A_EPOCH, 0xffffffff81000000);
}
static void wide(struct nlmsghdr *nlh) { mnl_attr_put_u64(nlh, MMLENS_A_COUNT, 1); }
static void alien(struct nlmsghdr *nlh) { mnl_attr_put_u32(nlh, MMLENS_A_MAX + 1, 1); }
static void bare_envelope(struct nlmsghdr *nlh)
{
	mnl_attr_nest_end(nlh, mnl_attr_nest_start(nlh, MMLENS_A_ENVELOPE));
}
static void beyond(struct nlmsghdr *nlh)
{
	struct nlattr *attr = mnl_nlmsg_get_payload_tail(nlh);

	mnl_attr_put_u32(nlh, MMLENS_A_COUNT, 1);
	attr->nla_len += 8;
}

static const struct spoiled spoilt[] = {
	{ "a frame that is an address of the kernel's", address },
	{ "a frame beyond all memory", no_frame },
	{ "a column that is too short", short_column },
	{ "an epoch that is an address of the kernel's", kernel_epoch },
	{ "a number of the wrong width", wide },
	{ "an attribute that there is not", alien },
	{ "an envelope without its columns", bare_envelope },
	{ "an attribute longer than the message", beyond },
};

static void test_judge(void)
{
	char buf[512];

	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		struct nlmsghdr *nlh = begin_message(buf);
		const char *why;

		spoilt[i].spoil(nlh);
		why = malformed_reply(nlh, NULL);
		ktap_test(why, "the judge sees %s", spoilt[i].name);
	}
	for (int i = 0; i < 2; i++) {
		struct nlmsghdr *nlh = begin_message(buf);

		(i ? unknown : fine)(nlh);
		ktap_test(!malformed_reply(nlh, NULL), "... and nothing wrong in %s",
			  i ? "what is not known" : "what is right");
	}
}

/* The report */

static void report(uint64_t first, double seconds)
{
	ktap_note("%" PRIu64 " requests in sessions %" PRIu64 " to %" PRIu64 ", %.0f/s: "
		  "%" PRIu64 " messages, %" PRIu64 " ends, %" PRIu64 " times something was lost",
		  requests, first, next_seed - 1, requests / seconds, replies, ends, lost);
	for (int cmd = 1; cmd <= MMLENS_CMD_MAX; cmd++)
		ktap_note("command %d: %" PRIu64 " messages, %" PRIu64 " with data", cmd,
			  answered[cmd], with_data[cmd]);
	for (unsigned int i = 0; i < nr_outcomes; i++)
		ktap_note("%9" PRIu64 "  %s", outcomes[i].count, outcomes[i].text);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void run_threads(unsigned int threads)
{
	pthread_t ids[64];

	for (unsigned int i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, work, NULL))
			ktap_bail("pthread_create: %m");
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
}

static const struct option options[] = {
	{ "seed", required_argument, NULL, 's' },
	{ "count", required_argument, NULL, 'c' },
	{ "threads", required_argument, NULL, 't' },
	{ "batch", required_argument, NULL, 'b' },
	{ "corpus", required_argument, NULL, 'f' },
	{ "novel", no_argument, NULL, 'n' },
	{}
};

int main(int argc, char **argv)
{
	unsigned int threads = 2;
	const char *corpus = NULL;
	uint64_t first;
	double began;
	int option;

	ktap_begin();
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's': next_seed = strtoull(optarg, NULL, 0); break;
		case 'c': wanted = strtoull(optarg, NULL, 0); break;
		case 't': threads = atoi(optarg); break;
		case 'b': batch = atoi(optarg); break;
		case 'f': corpus = optarg; break;
		case 'n': novel = true; break;
		default:  ktap_bail("see the head of requests.c");
		}
	}
	if (!threads || threads > 64)
		ktap_bail("1 to 64 threads");
	genl_open_mmlens(&shared[0].g);
	menu.family = shared[0].g.family;
	genl_close(&shared[0].g);
	for (int i = 0; i < 2; i++) {
		open_conn(&shared[i]);
		shared[i].shared = true;
	}
	make_menu();
	test_judge();

	first = next_seed;
	ktap_note("seed %" PRIu64 ", %u threads, batches of %u", first, threads, batch);
	began = now();
	if (corpus)
		run_corpus(corpus);
	run_threads(threads);
	report(first, now() - began);
	ktap_test(requests >= wanted, "%" PRIu64 " requests were sent", requests);
	ktap_test(!complaints, "every answer is well-formed or an errno: %u are not", complaints);
	for (int cmd = 1; cmd <= MMLENS_CMD_MAX; cmd++)
		if (cmd != MMLENS_CMD_TRACE_STOP)	/* there is nothing in its answer */
			ktap_test(wanted < 1000 || with_data[cmd], "command %d: some are answered",
				  cmd);
	return ktap_end();
}
