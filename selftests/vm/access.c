// SPDX-License-Identifier: GPL-2.0
/*
 * access [EVERY|lockdown]: who may ask. Everybody in vm/lib/identity.c (of those
 * with one capability that opens nothing, each EVERY'th) sends every
 * command, byte by byte our own, in each part that there is to play: alone; on a
 * socket that root has opened; through root, who is handed a socket; and as one
 * who reads root's dump, from its beginning or midway. Whoever may not is to be
 * refused each time, and no byte of what comes back may be part of a frame number.
 * The same sieve finds plenty in the replies of those who may.
 *
 * With `lockdown`, root's requests and open dumps, before and after he has locked
 * the kernel down; which nothing undoes.
 *
 * The target is this program itself: shuffled pages whose frames pagemap told.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"
#include "vm/lib/genl.h"
#include "vm/lib/identity.h"
#include "vm/lib/secret.h"

static char *area;
static struct secret_frames near;

/* Requests */

struct request {
	const char *name;
	uint8_t cmd;
	bool dump, pid, addr;
	bool tells_frames;	/* to those who may know */
	int answer;		/* what they are told instead */
};

static const struct request requests[] = {
	{ .name = "INFO_GET", .cmd = MMLENS_CMD_INFO_GET },
	{ .name = "MM_GET", .cmd = MMLENS_CMD_MM_GET, .pid = true },
	{ .name = "VMA_GET", .cmd = MMLENS_CMD_VMA_GET, .pid = true, .addr = true },
	{ .name = "VMA_GET dump", .cmd = MMLENS_CMD_VMA_GET, .pid = true, .dump = true },
	{ .name = "WALK_GET", .cmd = MMLENS_CMD_WALK_GET, .pid = true, .addr = true,
	  .tells_frames = true },
	{ .name = "TABLE_GET dump", .cmd = MMLENS_CMD_TABLE_GET, .pid = true, .dump = true },
	{ .name = "PAGE_GET dump", .cmd = MMLENS_CMD_PAGE_GET, .pid = true, .dump = true,
	  .tells_frames = true },
	{ .name = "FRAME_GET dump", .cmd = MMLENS_CMD_FRAME_GET, .dump = true,
	  .tells_frames = true },
	{ .name = "TRACE_START dump", .cmd = MMLENS_CMD_TRACE_START, .pid = true, .dump = true },
	/* who may is told that this socket traces nothing */
	{ .name = "TRACE_STOP", .cmd = MMLENS_CMD_TRACE_STOP, .answer = ENOENT },
};

#define NR_REQUESTS (sizeof(requests) / sizeof(requests[0]))

static pid_t target;

static struct nlmsghdr *build(struct genl *g, void *buf, const struct request *r)
{
	struct nlmsghdr *nlh;

	nlh = genl_request(g, buf, r->cmd, r->dump ? NLM_F_DUMP : NLM_F_ACK);
	if (r->pid)
		mnl_attr_put_u32(nlh, MMLENS_A_PID, target);
	if (r->cmd == MMLENS_CMD_FRAME_GET) {
		/* so that there is much to be told; the envelope repeats START */
		mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, MMLENS_FRAME_COL_ALL);
		mnl_attr_put_u64(nlh, MMLENS_A_START, near.start);
		mnl_attr_put_u64(nlh, MMLENS_A_END, near.end);
	}
	if (r->addr)
		mnl_attr_put_u64(nlh, MMLENS_A_ADDR, (uintptr_t)area);
	return nlh;
}

/* What came of it; lies in memory that children share. */
struct outcome {
	bool tried;
	int error;
	unsigned int messages;	/* of the family, whatever is in them */
	unsigned int with_data;	/* ... that hold more than an envelope */
	unsigned int of_traces;	/* ... of which each asks for an end */
	unsigned int frames;
};

static struct outcome *outcomes;

static void count_data(const struct nlmsghdr *nlh, void *arg)
{
	struct outcome *o = arg;

	o->messages++;
	o->with_data += !genl_attr(nlh, MMLENS_A_ENVELOPE);
	o->of_traces += !!genl_attr(nlh, MMLENS_A_LOSSES);
}

/* Receives @limit times at most; true when the request is over. */
static bool receive(struct genl *g, unsigned int limit, struct outcome *o)
{
	static unsigned char buf[GENL_BUFFER];
	struct genl_answer answer = {};
	ssize_t n;

	o->tried = true;
	while (limit--) {
		n = genl_recv(g, buf, sizeof(buf), 10000);
		if (n < 0) {
			o->error = -n;
			return true;
		}
		o->frames += secret_in(buf, n);
		if (genl_take(g, buf, n, count_data, o, &answer)) {
			o->error = answer.error;
			return true;
		}
		/* it has no end of its own; whether we may is asked elsewhere */
		if (o->of_traces)
			genl_stop_trace(g);
	}
	return false;
}

static void try_request(struct genl *g, const struct request *r, struct outcome *o)
{
	char buf[1024];

	*o = (struct outcome){ .tried = true };
	o->error = genl_send(g, build(g, buf, r));
	if (!o->error)
		receive(g, UINT32_MAX, o);
}

static void try_all(struct genl *g)
{
	for (size_t i = 0; i < NR_REQUESTS; i++)
		try_request(g, &requests[i], &outcomes[i]);
}

/* Parts to play */

static void become(const struct identity *who)
{
	identity_become(who);
	if (who->own_pids)
		target = getpid();
}

/* Runs in a child, so that we stay who we are; false if it could not. */
static bool in_child(void (*fn)(const struct identity *who, void *arg),
		     const struct identity *who, void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		ktap_bail("fork: %m");
	if (!pid) {
		fn(who, arg);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && !status;
}

static void ask_alone(const struct identity *who, void *arg)
{
	struct genl g;

	(void)arg;
	become(who);
	if (!genl_try_mmlens(&g))
		_exit(1);
	try_all(&g);
}

static bool alone(const struct identity *who)
{
	return in_child(ask_alone, who, NULL);
}

static void send_on(const struct identity *who, void *arg)
{
	become(who);
	try_all(arg);
}

static bool sends(const struct identity *who)
{
	struct genl g;
	bool ran;

	genl_open_mmlens(&g);
	ran = in_child(send_on, who, &g);
	genl_close(&g);
	return ran;
}

/* Opens a socket and gives it to root: as to a privileged program's stdout. */
static void open_for_root(const struct identity *who, void *arg)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct genl g;
	struct iovec iov = { &g, sizeof(g) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	become(who);
	if (!genl_try_mmlens(&g))
		_exit(1);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &g.fd, sizeof(g.fd));
	if (sendmsg(((int *)arg)[1], &msg, 0) != sizeof(g))
		_exit(1);
}

static bool take_socket(int from, struct genl *g)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { g, sizeof(*g) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};

	if (recvmsg(from, &msg, MSG_DONTWAIT) != sizeof(*g) || !CMSG_FIRSTHDR(&msg))
		return false;
	memcpy(&g->fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(g->fd));
	return true;
}

static bool opens_for(const struct identity *who, bool named)
{
	struct genl g;
	int pair[2];
	bool ran;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair))
		ktap_bail("socketpair: %m");
	ran = in_child(open_for_root, who, pair) && take_socket(pair[0], &g);
	if (ran) {
		g.named = named;
		try_all(&g);
		genl_close(&g);
	}
	close(pair[0]);
	close(pair[1]);
	return ran;
}

static bool opens(const struct identity *who)
{
	return opens_for(who, false);
}

/* netlink_capable() does not ask for the opener then. */
static bool opens_named(const struct identity *who)
{
	return opens_for(who, true);
}

struct hand_over {
	struct genl g;
	struct outcome *outcome;
};

static void read_on(const struct identity *who, void *arg)
{
	struct hand_over *h = arg;

	become(who);
	receive(&h->g, UINT32_MAX, h->outcome);
}

/* Root sends a dump and reads @first messages of it, of whatever length. */
static void begin_dump(struct genl *g, const struct request *dump, unsigned int first)
{
	struct outcome roots = {};
	char buf[1024];

	genl_open_mmlens(g);
	if (genl_send(g, build(g, buf, dump)))
		ktap_bail("send: %m");
	if (receive(g, first, &roots))
		ktap_bail("%s was over after %u messages", dump->name, roots.messages);
}

static bool reads_after(const struct identity *who, unsigned int first)
{
	bool ran = true;

	for (size_t i = 0; i < NR_REQUESTS; i++) {
		struct hand_over h = { .outcome = &outcomes[i] };

		if (!requests[i].dump)
			continue;
		begin_dump(&h.g, &requests[i], first);
		ran &= in_child(read_on, who, &h);
		genl_close(&h.g);
	}
	return ran;
}

static bool reads(const struct identity *who)
{
	return reads_after(who, 0);
}

static bool reads_midway(const struct identity *who)
{
	return reads_after(who, 1);
}

static const struct part {
	const char *name, *what;
	bool (*play)(const struct identity *who);
	bool dumps;		/* only they have such a part */
	bool own_socket;	/* and so the network that it is of */
	/* what one who may not sees at most before he is refused: messages, with data */
	unsigned int messages, with_data;
} parts[] = {
	{ "alone", "opens, sends and reads", alone, .own_socket = true },
	{ "sends", "sends and reads on root's socket", sends },
	{ "opens", "opens, root sends and reads", opens, .own_socket = true },
	{ "to 0", "opens, root sends to the kernel's address", opens_named, .own_socket = true },
	/* the envelope was queued when root had sent */
	{ "reads", "reads root's dump", reads, .dumps = true, .messages = 1 },
	/* and here what comes next */
	{ "goes on", "reads root's dump on midway", reads_midway, .dumps = true,
	  .messages = 1, .with_data = 1 },
};

#define NR_PARTS (sizeof(parts) / sizeof(parts[0]))

static bool was_answered(const struct request *r, const struct outcome *o)
{
	return o->tried && o->error == r->answer && (o->messages || r->answer) &&
	       (o->frames || !r->tells_frames);
}

static bool was_refused(const struct part *part, const struct outcome *o)
{
	return o->tried && o->error == EPERM && o->messages <= part->messages &&
	       o->with_data <= part->with_data && (o->with_data || !o->frames);
}

/* One cell for each request: yes, no, or neither as it should be. */
static bool judge(const struct identity *who, const struct part *part, bool may, char *cells)
{
	bool fine = true;

	for (size_t i = 0; i < NR_REQUESTS; i++) {
		const struct request *r = &requests[i];
		const struct outcome *o = &outcomes[i];

		if (part->dumps && !r->dump)
			continue;
		*cells = was_answered(r, o) ? 'y' : was_refused(part, o) ? '-' : '?';
		if (*cells != (may ? 'y' : '-')) {
			fine = false;
			ktap_note("%s, %s: %s: %s, %u messages, %u with data, %u frame numbers",
				  who->name, part->name, r->name,
				  o->tried ? genl_errno(o->error) : "not tried",
				  o->messages, o->with_data, o->frames);
		}
		cells++;
	}
	*cells = '\0';
	return fine;
}

static void test_identity(const struct identity *who)
{
	char cells[NR_REQUESTS + 1], line[128];
	bool fine = true;
	int len = 0;

	for (size_t i = 0; i < NR_PARTS; i++) {
		const struct part *part = &parts[i];
		bool may = who->capable && !(part->own_socket && who->exposed);

		memset(outcomes, 0, NR_REQUESTS * sizeof(*outcomes));
		if (!part->play(who)) {
			fine = false;
			ktap_note("%s, %s: the child failed", who->name, part->name);
		}
		fine &= judge(who, part, may, cells);
		len += snprintf(line + len, sizeof(line) - len, " %-10s", cells);
	}
	ktap_test(fine, "%-36s%s", who->name, line);
}

/* A dump that ends with what root's reading queued would be no one's but root's. */
static void test_long_enough(void)
{
	for (size_t i = 0; i < NR_REQUESTS; i++) {
		struct outcome o = {};
		struct genl g;

		if (!requests[i].dump)
			continue;
		begin_dump(&g, &requests[i], 1);
		ktap_test(!receive(&g, 1, &o), "%s is not over yet when it is handed on midway",
			  requests[i].name);
		genl_close(&g);
	}
}

/* One capability that opens nothing. */
static bool is_one_of_many(const struct identity *who)
{
	return !who->become && !who->capable;
}

/* Of those of one capability that opens nothing each @every'th. */
static void test_matrix(unsigned int every)
{
	FILE *f = fopen("/proc/sys/kernel/cap_last_cap", "re");
	int last = -1;

	if (!f || fscanf(f, "%d", &last) != 1)
		ktap_bail("/proc/sys/kernel/cap_last_cap: %m");
	fclose(f);
	ktap_test(last == IDENTITY_LAST_CAP, "every capability there is: the last one is %d", last);

	for (size_t i = 0; i < NR_PARTS; i++)
		ktap_note("%-8s %s", parts[i].name, parts[i].what);
	printf("# each for");
	for (size_t i = 0; i < NR_REQUESTS; i++)
		printf("%s %s", i ? "," : "", requests[i].name);
	printf(";\n# the last two for the dumps alone: y is answered, - refused with EPERM\n");
	printf("# %-42s", "");
	for (size_t i = 0; i < NR_PARTS; i++)
		printf(" %-10s", parts[i].name);
	printf("\n");
	for (size_t i = 0; identities[i].name; i++)
		if (i % every == 0 || !is_one_of_many(&identities[i]))
			test_identity(&identities[i]);
}

/* PIDs are those of the caller's namespace */

struct numbers {
	uint32_t pid, tgid;
};

static void take_numbers(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *envelope = genl_attr(nlh, MMLENS_A_ENVELOPE);
	struct numbers *numbers = arg;

	numbers->pid = genl_u64(genl_nested(envelope, MMLENS_ENVELOPE_PID));
	numbers->tgid = genl_u64(genl_nested(envelope, MMLENS_ENVELOPE_TGID));
}

static int ask_mm(struct genl *g, uint32_t pid, struct numbers *numbers)
{
	struct genl_answer answer;
	struct nlmsghdr *nlh;
	char buf[256];

	nlh = genl_request(g, buf, MMLENS_CMD_MM_GET, NLM_F_ACK);
	mnl_attr_put_u32(nlh, MMLENS_A_PID, pid);
	genl_ask(g, nlh, take_numbers, numbers, &answer);
	return answer.error;
}

/* As its first process, PID 1 is us, and the target has no number. */
static void ask_as_init(void)
{
	struct numbers numbers = {};
	struct genl g;

	if (!genl_try_mmlens(&g))
		_exit(1);
	outcomes[0].error = ask_mm(&g, 1, &numbers);
	outcomes[0].messages = numbers.tgid;
	outcomes[1].error = ask_mm(&g, target, &numbers);
	outcomes[0].tried = true;
	_exit(0);
}

static void enter_pid_ns(const struct identity *who, void *arg)
{
	pid_t pid;

	(void)who;
	(void)arg;
	if (unshare(CLONE_NEWPID))
		_exit(1);
	pid = fork();
	if (!pid)
		ask_as_init();
	waitpid(pid, NULL, 0);
}

static void test_pid_namespace(void)
{
	memset(outcomes, 0, NR_REQUESTS * sizeof(*outcomes));
	in_child(enter_pid_ns, NULL, NULL);
	ktap_test(outcomes[0].tried && !outcomes[0].error && outcomes[0].messages == 1,
		  "in a PID namespace, PID 1 is its own first process");
	ktap_test(outcomes[0].tried && outcomes[1].error == ESRCH,
		  "... and what has no number there is not found: %s",
		  genl_errno(outcomes[1].error));
}

/* Locked down while dumps are open */

static const struct part after = { .name = "locked down", .messages = 1, .with_data = 1 };

static void lock_down(void)
{
	static const char level[] = "confidentiality";
	int fd = open("/sys/kernel/security/lockdown", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, level, sizeof(level) - 1) != sizeof(level) - 1)
		ktap_bail("/sys/kernel/security/lockdown: %m");
	close(fd);
}

static void test_lockdown(void)
{
	struct genl open[NR_REQUESTS], g;
	static const struct part fresh;

	genl_open_mmlens(&g);
	try_all(&g);
	for (size_t i = 0; i < NR_REQUESTS; i++)
		ktap_test(was_answered(&requests[i], &outcomes[i]), "%s is answered",
			  requests[i].name);
	for (size_t i = 0; i < NR_REQUESTS; i++)
		if (requests[i].dump)
			begin_dump(&open[i], &requests[i], 1);
	lock_down();
	for (size_t i = 0; i < NR_REQUESTS; i++) {
		struct outcome o = {};

		if (!requests[i].dump)
			continue;
		receive(&open[i], UINT32_MAX, &o);
		if (!ktap_test(was_refused(&after, &o),
			       "locked down midway: %s ends with EPERM", requests[i].name))
			ktap_note("%s, %u messages, %u with data", genl_errno(o.error),
				  o.messages, o.with_data);
		genl_close(&open[i]);
	}
	try_all(&g);
	for (size_t i = 0; i < NR_REQUESTS; i++)
		ktap_test(was_refused(&fresh, &outcomes[i]), "locked down: %s is refused: %s",
			  requests[i].name, genl_errno(outcomes[i].error));
	genl_close(&g);
}

int main(int argc, char **argv)
{
	ktap_begin();
	target = getpid();
	area = secret_target(&near);
	outcomes = mmap(NULL, NR_REQUESTS * sizeof(*outcomes),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcomes == MAP_FAILED)
		ktap_bail("mmap: %m");

	if (argc > 1 && !strcmp(argv[1], "lockdown")) {
		test_lockdown();
	} else {
		test_long_enough();
		test_matrix(argc > 1 ? atoi(argv[1]) : 1);
		test_pid_namespace();
	}
	return ktap_end();
}
