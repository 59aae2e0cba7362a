// SPDX-License-Identifier: GPL-2.0
/*
 * limits [EVERY]: as much as can be asked at once. Dumps are opened until there are no more
 * sockets to be had, and left standing; a reader sends and never reads. It is
 * measured what that takes of the machine, who pays for it, and how long others wait
 * for generic netlink: which is printed, and judged only by what they are waiting
 * for still going on when they have their answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"
#include "vm/lib/genl.h"
#include "vm/lib/secret.h"
#include "vm/lib/slabs.h"

#define DUMPS		1000
#define FILES		(DUMPS + 64)
#define UNREAD		5000
#define ASKED		50
/* What README and uapi/linux/mmlens.h say that one open dump takes at most. */
#define BOUND_KIB	160

static struct secret_frames near;
static struct genl dumps[FILES];
static unsigned int nr_dumps;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* "NAME: 123 kB" of /proc/meminfo, or "NAME 123" of a group's */
static long number(const char *path, const char *name)
{
	size_t len = strlen(name);
	char line[256];
	long value = -1;
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && (line[len] == ':' || line[len] == ' '))
			value = atol(line + len + 1);
	if (f)
		fclose(f);
	return value;
}

/* Dumps that are left standing */

static struct nlmsghdr *dump_request(struct genl *g, void *buf, unsigned int which)
{
	static const uint8_t commands[] = {
		MMLENS_CMD_PAGE_GET, MMLENS_CMD_VMA_GET, MMLENS_CMD_TABLE_GET,
		MMLENS_CMD_FRAME_GET,
	};
	uint8_t cmd = commands[which % sizeof(commands)];
	struct nlmsghdr *nlh = genl_request(g, buf, cmd, NLM_F_DUMP);

	if (cmd != MMLENS_CMD_FRAME_GET) {
		mnl_attr_put_u32(nlh, MMLENS_A_PID, getpid());
	} else {
		mnl_attr_put_u64(nlh, MMLENS_A_START, near.start);
		mnl_attr_put_u64(nlh, MMLENS_A_END, near.end);
	}
	return nlh;
}

/* A dump whose first message has been read, so that the next one is queued. */
static bool open_dump(struct genl *g, unsigned int which)
{
	static char data[GENL_BUFFER];
	struct genl_answer answer = {};
	char buf[256];

	if (!genl_try_mmlens(g))
		return false;
	if (genl_send(g, dump_request(g, buf, which)))
		ktap_bail("send: %m");
	if (genl_take(g, data, genl_recv(g, data, sizeof(data), 20000), NULL, NULL, &answer))
		ktap_bail("a dump is over after a message: %s", genl_errno(answer.error));
	return true;
}

static bool answers(uint8_t cmd, uint16_t flags)
{
	struct genl_answer answer;
	struct nlmsghdr *nlh;
	char buf[256];
	struct genl g;

	genl_open_mmlens(&g);
	nlh = genl_request(&g, buf, cmd, flags);
	if (cmd != MMLENS_CMD_INFO_GET)
		mnl_attr_put_u32(nlh, MMLENS_A_PID, getppid());
	genl_ask(&g, nlh, NULL, NULL, &answer);
	genl_close(&g);
	return !answer.error && answer.messages;
}

/* Another process, with files of its own to open */
static bool others_are_answered(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		ktap_bail("fork: %m");
	if (!pid) {
		for (unsigned int i = 0; i < nr_dumps; i++)
			close(dumps[i].fd);
		_exit(!(answers(MMLENS_CMD_INFO_GET, NLM_F_ACK) &&
			answers(MMLENS_CMD_MM_GET, NLM_F_ACK) &&
			answers(MMLENS_CMD_PAGE_GET, NLM_F_DUMP)));
	}
	waitpid(pid, &status, 0);
	return !status;
}

static void look(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *trailer = genl_attr(nlh, MMLENS_A_TRAILER);

	if (trailer && genl_u64(genl_nested(trailer, MMLENS_TRAILER_REASON)) ==
	    MMLENS_REASON_COMPLETE)
		*(unsigned int *)arg += 1;
}

/* Who asks pays: a group of its own */

#define GROUP "/sys/fs/cgroup/limits"

static bool put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool make_group(void)
{
	put("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	mkdir(GROUP, 0755);
	return !access(GROUP "/memory.max", F_OK);
}

static void enter_group(void)
{
	if (!put(GROUP "/cgroup.procs", "0"))
		ktap_bail(GROUP ": %m");
}

static void leave_group(void)
{
	put("/sys/fs/cgroup/cgroup.procs", "0");
}

static long read_long(const char *file)
{
	char text[32] = "";
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return -1;
	close(fd);
	return atol(text);
}

static long charged(void) { return read_long(GROUP "/memory.current") / 1024; }
static long module_users(void) { return read_long("/sys/module/mmlens/refcnt"); }

/* One in @every is read to its end, the others are closed as they are. */
static void test_many_dumps(bool group, unsigned int every)
{
	struct rlimit limit = { FILES, FILES }, more = { FILES + 64, FILES + 64 };
	long free_before, free_now, charged_before, users;
	unsigned int complete = 0, awaited = 0;
	double start;
	int error;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		ktap_bail("setrlimit: %m");
	free_before = number("/proc/meminfo", "MemFree");
	charged_before = charged();
	start = now_ms();
	for (nr_dumps = 0; nr_dumps < FILES && open_dump(&dumps[nr_dumps], nr_dumps); nr_dumps++)
		;
	error = errno;
	setrlimit(RLIMIT_NOFILE, &more);	/* to see what it has come to */
	free_now = number("/proc/meminfo", "MemFree");
	ktap_test(nr_dumps >= DUMPS && error == EMFILE,
		  "%u dumps stand open, until there are no more sockets: %s", nr_dumps,
		  genl_errno(error));
	users = module_users();
	ktap_test(users >= DUMPS, "... which hold the module %ld times", users);
	ktap_note("opened in %.0f ms; %ld KiB of memory less are free: %ld KiB each",
		  now_ms() - start, free_before - free_now,
		  (free_before - free_now) / (long)nr_dumps);
	if (group)
		ktap_note("%ld KiB each are charged to the group of who asks",
			  (charged() - charged_before) / (long)nr_dumps);
	ktap_test(free_before - free_now <= (long)nr_dumps * BOUND_KIB,
		  "... for which at most %d KiB each are taken", BOUND_KIB);
	ktap_test(others_are_answered(), "... others are answered meanwhile");
	for (unsigned int i = 0; i < nr_dumps; i++) {
		struct genl_answer answer = {};

		if (i % every == 0) {
			genl_finish(&dumps[i], look, &complete, &answer);
			awaited++;
		}
		genl_close(&dumps[i]);
	}
	ktap_test(complete == awaited, "... and each goes on to its end: %u of %u", complete,
		  awaited);
	nr_dumps = 0;
}

/* Asks until it gets no more, or is killed for it. */
static void ask_too_much(void)
{
	unsigned int refused = 0;
	char buf[256];
	int error;

	enter_group();
	for (unsigned int i = 0; i < DUMPS && genl_try_mmlens(&dumps[i]); i++) {
		error = genl_send(&dumps[i], dump_request(&dumps[i], buf, 0));
		refused += error == ENOMEM || error == ENOBUFS;
	}
	_exit(refused > 200 ? 200 : refused);
}

static void test_small_group(void)
{
	int status;
	pid_t pid;

	if (!put(GROUP "/memory.max", "24M"))
		ktap_bail(GROUP "/memory.max: %m");
	put(GROUP "/memory.swap.max", "0");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		ktap_bail("fork: %m");
	if (!pid)
		ask_too_much();
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		ktap_note("the asker was killed by signal %d", WTERMSIG(status));
	else
		ktap_note("the asker was refused %d times", WEXITSTATUS(status));
	ktap_test(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) > 0,
		  "in a group that may have 24 MiB, it is the asker who runs out of memory");
	ktap_test(others_are_answered(), "... and others are answered");
}

/* A reader that never reads */

static unsigned int queued(const struct genl *g, unsigned int *limit)
{
	unsigned int info[SK_MEMINFO_VARS] = {};
	socklen_t len = sizeof(info);

	if (getsockopt(g->fd, SOL_SOCKET, SO_MEMINFO, info, &len))
		ktap_bail("SO_MEMINFO: %m");
	*limit = info[SK_MEMINFO_RCVBUF];
	return info[SK_MEMINFO_RMEM_ALLOC];
}

static void test_no_reader(void)
{
	unsigned int most, limit, now;
	struct genl_answer answer = {};
	static char data[GENL_BUFFER];
	struct nlmsghdr *nlh;
	struct slabs before;
	char buf[256];
	struct genl g;

	genl_open_mmlens(&g);
	slabs_take(&before);
	most = 0;
	for (unsigned int i = 0; i < UNREAD; i++) {
		bool dump = i % 4 == 3;

		nlh = genl_request(&g, buf, dump ? MMLENS_CMD_PAGE_GET : MMLENS_CMD_MM_GET,
				   dump ? NLM_F_DUMP : NLM_F_ACK);
		mnl_attr_put_u32(nlh, MMLENS_A_PID, getpid());
		/* whether it is taken or not is netlink's choice */
		genl_send(&g, nlh);
		now = queued(&g, &limit);
		most = now > most ? now : most;
	}
	/* the last one may be over the limit, as any socket's */
	ktap_test(most <= limit + 65536,
		  "a reader who sends %u requests and reads none: %u bytes are kept for him of %u",
		  UNREAD, most, limit);
	ktap_test(others_are_answered(), "... others are answered meanwhile");
	/* ENOBUFS: something was lost meanwhile */
	while (genl_recv(&g, data, sizeof(data), 500) != -EAGAIN)
		;
	nlh = genl_request(&g, buf, MMLENS_CMD_MM_GET, NLM_F_ACK);
	mnl_attr_put_u32(nlh, MMLENS_A_PID, getpid());
	genl_ask(&g, nlh, NULL, NULL, &answer);
	ktap_test(!answer.error && answer.messages == 1,
		  "... and he himself, once he has read: %s", genl_errno(answer.error));
	genl_close(&g);
	ktap_test(slabs_named_back(&before, 100), "... and then nothing is left of it");
}

/* How long others wait for generic netlink */

static atomic_uint dumped;	/* whole dumps by now */
static atomic_bool enough;

static void *dump_on(void *arg)
{
	struct genl_answer answer;
	char buf[256];
	struct genl g;

	(void)arg;
	genl_open_mmlens(&g);
	while (!atomic_load(&enough)) {
		/* frame by frame, all that there are */
		struct nlmsghdr *nlh = genl_request(&g, buf, MMLENS_CMD_FRAME_GET, NLM_F_DUMP);

		mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, MMLENS_FRAME_COL_ALL);
		genl_ask(&g, nlh, NULL, NULL, &answer);
		atomic_fetch_add(&dumped, 1);
	}
	genl_close(&g);
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Returns how often it was answered. */
static unsigned int time_family(const char *when, unsigned int most)
{
	static double took[ASKED];
	unsigned int n = 0;
	struct genl g;

	genl_open_mmlens(&g);
	while (n < most) {
		double start = now_ms();

		if (!genl_resolve(&g, MMLENS_GENL_NAME))
			break;
		took[n++] = now_ms() - start;
		usleep(5000);
	}
	genl_close(&g);
	qsort(took, n, sizeof(*took), by_value);
	if (n)
		ktap_note("CTRL_CMD_GETFAMILY %s, %u times: median %.2f ms, longest %.2f ms", when,
			  n, took[n / 2], took[n - 1]);
	return n;
}

static void test_others_wait(void)
{
	pthread_t thread;
	unsigned int n;

	time_family("alone", ASKED);
	if (pthread_create(&thread, NULL, dump_on, NULL))
		ktap_bail("no thread");
	usleep(100000);
	n = time_family("during a dump of all frames", ASKED);
	atomic_store(&enough, true);
	/* each dump has the cb_lock only while its first message is made */
	ktap_test(n == ASKED && atomic_load(&dumped) < ASKED,
		  "CTRL_CMD_GETFAMILY is answered %u times while a dump goes on: %u ended meanwhile",
		  n, atomic_load(&dumped));
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	unsigned int every = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	struct slabs before;
	bool group;

	ktap_begin();
	secret_target(&near);
	slabs_steady();
	atexit(slabs_restore);
	test_others_wait();
	test_no_reader();
	group = make_group();
	if (group)
		enter_group();
	slabs_take(&before);
	test_many_dumps(group, every);
	/* one object of each would be too many; KASAN keeps some of what is freed */
	ktap_test(slabs_back(&before, DUMPS), "... and then nothing is left of them");
	if (group) {
		leave_group();
		test_small_group();
		rmdir(GROUP);
	} else {
		ktap_skip("a group that may have 24 MiB", "no memory controller (CONFIG_MEMCG)");
	}
	return ktap_end();
}
