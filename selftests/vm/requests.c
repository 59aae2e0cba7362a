// SPDX-License-Identifier: GPL-2.0
/*
 * requests [--seed S] [--count N] [--seconds L] [--threads T] [--batch B]
 *          [--traces R] [--progress P] [--corpus FILE] [--novel]:
 * N requests at random over the real socket, or as many as there is time for in L.
 * Every answer is to be well-formed (vm/lib/wellformed.h) or an errno. They come in
 * sessions, each made from a seed of its own, S, S + 1, ...: `--seed X --count 1` does
 * session X again, with the same B, up to which many are sent at once, and the same R:
 * one in R is for a trace, none if that is 0. --progress says after each P requests how
 * far it is. --novel prints the seeds that first had an outcome, which is what the
 * corpus is made of.
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
static uint64_t progress;

#define ROOM_MAX 32768		/* of a receive */
#define SEND_MAX (4 * RANDOM_REQUEST_MAX)

static struct menu menu = { .one_trace_in = 200 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* What came of it, all threads' together */

struct outcome {
	char text[120];
	uint64_t count;
};

#define OUTCOMES 1024	/* a power of two: more than there are */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct outcome outcomes[OUTCOMES];
static unsigned int complaints;
static uint64_t requests, replies, ends, lost;
static uint64_t answered[MMLENS_CMD_MAX + 1], with_data[MMLENS_CMD_MAX + 1];
static bool novel;

/* Its place, or the empty one that it would have. */
static struct outcome *find_outcome(const char *key)
{
	uint32_t hash = 2166136261U;
	struct outcome *outcome;

	for (const char *c = key; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619U;
	for (unsigned int i = 0; i < OUTCOMES; i++) {
		outcome = &outcomes[hash++ % OUTCOMES];
		if (!outcome->text[0] || !strcmp(outcome->text, key))
			return outcome;
	}
	ktap_bail("more outcomes than there is room for, among them '%s'", key);
}

static void note_outcome(uint64_t seed, int error, const char *text)
{
	char key[sizeof(outcomes->text)];
	struct outcome *outcome;

	snprintf(key, sizeof(key), "%s: %s", genl_errno(error), text ?: "-");
	pthread_mutex_lock(&lock);
	outcome = find_outcome(key);
	if (!outcome->text[0]) {
		memcpy(outcome->text, key, sizeof(key));
		if (novel)
			ktap_note("novel %" PRIu64 " # %s", seed, key);
	}
	outcome->count++;
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

/* Ends how many. */
static unsigned int send_some(struct session *s, struct conn *conn)
{
	unsigned int most = chance_one_in(&s->c, 3) ? 1 + chance_below(&s->c, batch) : 1, n;
	size_t len = 0;

	for (n = 0; n < most && len < SEND_MAX - RANDOM_REQUEST_MAX; n++)
		len += random_request(&s->c, &menu, ++conn->g.seq, conn->g.port,
				      s->out + len);
	/* a full socket refuses: that is an answer too */
	if (write(conn->g.fd, s->out, len) < 0)
		note_outcome(s->seed, errno, "send");
	else
		s->sent += n;
	return n;
}

static void receive_some(struct session *s, struct conn *conn, unsigned int most)
{
	for (unsigned int n = chance_below(&s->c, most); n && receive(s, conn); n--)
		;
}

static void step(struct session *s)
{
	struct conn *conn = &s->conns[chance_below(&s->c, 3)];

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
		receive_some(s, conn, 12);
		break;
	case 4:	/* mostly a dump to its end */
		receive_some(s, conn, 100);
		break;
	default:
		receive_some(s, conn, 8 + send_some(s, conn));
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

static uint64_t first_seed, next_seed = 1, wanted = 20000;
static double began;
static unsigned int seconds;

/* What was done by then counts, even if the machine is stopped. */
static void tell_progress(uint64_t done, uint64_t added)
{
	if (!progress || done / progress == (done - added) / progress)
		return;
	pthread_mutex_lock(&lock);
	ktap_note("%" PRIu64 " requests in sessions %" PRIu64 " to at most %" PRIu64
		  ", %.0f/s: %u complaints", done, first_seed, next_seed - 1,
		  done / (now() - began), complaints);
	pthread_mutex_unlock(&lock);
}

static void *work(void *unused)
{
	unsigned char *in = malloc(ROOM_MAX), *out = malloc(SEND_MAX);

	while (__atomic_load_n(&requests, __ATOMIC_RELAXED) < wanted &&
	       (!seconds || now() - began < seconds)) {
		uint64_t seed = __atomic_fetch_add(&next_seed, 1, __ATOMIC_RELAXED);
		uint64_t sent = session(seed, in, out);

		tell_progress(__atomic_add_fetch(&requests, sent, __ATOMIC_RELAXED), sent);
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

/*
 * Maps and unmaps what is being looked at, and forks, now and then: a fork may take
 * long, and is to leave most of the time to those who ask.
 */
static void move_about(void)
{
	char *at = (char *)(uintptr_t)menu.addrs[0];
	double started = now();

	for (;; usleep(2000 + 2e7 * (now() - started)), started = now()) {
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

/* The report */

static void report(void)
{
	ktap_note("%" PRIu64 " requests in sessions %" PRIu64 " to %" PRIu64 ", %.0f/s: "
		  "%" PRIu64 " messages, %" PRIu64 " ends, %" PRIu64 " times something was lost",
		  requests, first_seed, next_seed - 1, requests / (now() - began), replies,
		  ends, lost);
	for (int cmd = 1; cmd <= MMLENS_CMD_MAX; cmd++)
		ktap_note("command %d: %" PRIu64 " messages, %" PRIu64 " with data", cmd,
			  answered[cmd], with_data[cmd]);
	for (unsigned int i = 0; i < OUTCOMES; i++)
		if (outcomes[i].count)
			ktap_note("%9" PRIu64 "  %s", outcomes[i].count, outcomes[i].text);
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
	{ "seconds", required_argument, NULL, 'S' },
	{ "threads", required_argument, NULL, 't' },
	{ "batch", required_argument, NULL, 'b' },
	{ "traces", required_argument, NULL, 'r' },
	{ "progress", required_argument, NULL, 'p' },
	{ "corpus", required_argument, NULL, 'f' },
	{ "novel", no_argument, NULL, 'n' },
	{}
};

int main(int argc, char **argv)
{
	unsigned int threads = 2;
	const char *corpus = NULL;
	int option;

	ktap_begin();
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's': next_seed = strtoull(optarg, NULL, 0); break;
		case 'c': wanted = strtoull(optarg, NULL, 0); break;
		case 'S': seconds = atoi(optarg); break;
		case 't': threads = atoi(optarg); break;
		case 'b': batch = atoi(optarg); break;
		case 'r': menu.one_trace_in = atoi(optarg); break;
		case 'p': progress = strtoull(optarg, NULL, 0); break;
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

	first_seed = next_seed;
	ktap_note("seed %" PRIu64 ", %u threads, batches of %u, one trace in %u", first_seed,
		  threads, batch, menu.one_trace_in);
	began = now();
	if (corpus)
		run_corpus(corpus);
	run_threads(threads);
	report();
	ktap_test(requests >= wanted || (seconds && requests), "%" PRIu64 " requests were sent", requests);
	ktap_test(!complaints, "every answer is well-formed or an errno: %u are not", complaints);
	for (int cmd = 1; cmd <= MMLENS_CMD_MAX; cmd++)
		if (cmd < MMLENS_CMD_TRACE_START)	/* those are few: see trace.t */
			ktap_test(wanted < 1000 || with_data[cmd], "command %d: some are answered",
				  cmd);
	return ktap_end();
}
