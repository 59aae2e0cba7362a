// SPDX-License-Identifier: GPL-2.0
/*
 * access: who may ask. Every command is sent, byte by byte our own, by those
 * who may not; each is to be refused, and no byte of what comes back may be
 * part of a frame number. The same sieve finds plenty in root's replies.
 *
 * The target is this program itself: shuffled pages whose frames pagemap told.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
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

#define NOBODY	65534
#define PAGES	16384UL		/* 64 MiB: a dump of many messages */

static size_t page_size;
static char *area;

/* The secret: which frames the target has, one bit each. */
static unsigned char *secret;
static uint64_t secret_end;

static uint64_t own_frame(int pagemap, size_t page)
{
	uint64_t at = ((uintptr_t)area / page_size + page) * sizeof(uint64_t);
	uint64_t entry;

	if (pread(pagemap, &entry, sizeof(entry), at) != sizeof(entry))
		ktap_bail("/proc/self/pagemap: %m");
	return entry & ((1ULL << 55) - 1);
}

static void learn_frames(void)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	for (size_t i = 0; i < PAGES; i++) {
		uint64_t frame = own_frame(pagemap, i);

		/*
		 * Small numbers would be found in anything, and the header of a
		 * short attribute, before a number that begins with zeroes, is
		 * its type << 16 | its length.
		 */
		if (frame < 0x1000 || (frame & 0xffff) < 0x40)
			continue;
		if (frame >= secret_end) {
			size_t size = (frame / 8 + 1) * 2;

			secret = realloc(secret, size);
			if (!secret)
				ktap_bail("out of memory");
			memset(secret + secret_end / 8, 0, size - secret_end / 8);
			secret_end = size * 8;
		}
		secret[frame / 8] |= 1 << frame % 8;
	}
	close(pagemap);
}

/* Neighbours get frames that do not follow each other: one extent a page. */
static void set_up_target(void)
{
	page_size = sysconf(_SC_PAGESIZE);
	area = mmap(NULL, PAGES * page_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		ktap_bail("mmap: %m");
	madvise(area, PAGES * page_size, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < PAGES; i++)
		area[i * 10007 % PAGES * page_size] = 1;
	learn_frames();
}

static unsigned int frames_in(const unsigned char *bytes, size_t len)
{
	unsigned int found = 0;
	uint64_t word;

	for (size_t i = 0; i + sizeof(word) <= len; i += NLA_ALIGNTO) {
		memcpy(&word, bytes + i, sizeof(word));
		if (word < secret_end && secret[word / 8] & 1 << word % 8)
			found++;
	}
	return found;
}

/* Requests */

struct request {
	const char *name;
	uint8_t cmd;
	bool dump, pid, addr;
	bool tells_frames;	/* to those who may know */
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
};

#define NR_REQUESTS (sizeof(requests) / sizeof(requests[0]))
#define PAGE_GET_DUMP 6
#define FRAME_GET_DUMP 7

static pid_t target;

static struct nlmsghdr *build(struct genl *g, void *buf, const struct request *r)
{
	struct nlmsghdr *nlh;

	nlh = genl_request(g, buf, r->cmd, r->dump ? NLM_F_DUMP : NLM_F_ACK);
	if (r->pid)
		mnl_attr_put_u32(nlh, MMLENS_A_PID, target);
	if (r->cmd == MMLENS_CMD_FRAME_GET)	/* so that there is much to be told */
		mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, MMLENS_FRAME_COL_ALL);
	if (r->addr)
		mnl_attr_put_u64(nlh, MMLENS_A_ADDR, (uintptr_t)area);
	return nlh;
}

/* What came of it; lies in memory that children share. */
struct outcome {
	bool tried;
	int error;
	unsigned int messages;	/* of the family, whatever is in them */
	unsigned int with_data;	/* ... that hold extents */
	unsigned int frames;
};

static struct outcome *outcomes;

static void count_data(const struct nlmsghdr *nlh, void *arg)
{
	struct outcome *o = arg;

	o->messages++;
	if (genl_attr(nlh, MMLENS_A_EXTENTS))
		o->with_data++;
}

/* Receives @limit times at most; true when the request is over. */
static bool receive(struct genl *g, unsigned int limit, struct outcome *o)
{
	static unsigned char buf[GENL_BUFFER];
	struct genl_answer answer = {};
	ssize_t n;

	while (limit--) {
		n = genl_recv(g, buf, sizeof(buf), 10000);
		if (n < 0) {
			o->error = -n;
			return true;
		}
		o->frames += frames_in(buf, n);
		if (genl_take(g, buf, n, count_data, o, &answer)) {
			o->error = answer.error;
			return true;
		}
	}
	return false;
}

static void try_request(struct genl *g, const struct request *r,
			struct outcome *o)
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

/* Identities */

static void drop_uid(void)
{
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
}

static void set_caps(uint64_t caps)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps },
		{ .effective = caps >> 32, .permitted = caps >> 32 },
	};

	if (syscall(SYS_capset, &header, data))
		_exit(1);
}

static uint64_t all_caps(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		_exit(1);
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

static void drop_to_net_admin(void)
{
	set_caps(1ULL << CAP_NET_ADMIN);
}

static void drop_sys_admin(void)
{
	set_caps(all_caps() & ~(1ULL << CAP_SYS_ADMIN));
}

static void keep_only_sys_admin(void)
{
	if (prctl(PR_SET_KEEPCAPS, 1))
		_exit(1);
	drop_uid();
	set_caps(1ULL << CAP_SYS_ADMIN);
}

static void enter_user_ns(void)
{
	static const char map[] = "0 0 1\n";
	int fd;

	if (unshare(CLONE_NEWUSER))
		_exit(1);
	fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	if (write(fd, map, sizeof(map) - 1) != sizeof(map) - 1 || setresuid(0, 0, 0))
		_exit(1);
	close(fd);
}

static void enter_user_and_net_ns(void)
{
	enter_user_ns();
	if (unshare(CLONE_NEWNET))
		_exit(1);
}

static void stay_root(void)
{
}

static void enter_net_ns(void)
{
	if (unshare(CLONE_NEWNET))
		_exit(1);
}

/* A process in namespaces of its own; dies with us. */
static pid_t start_guest(void)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe(ready))
		_exit(1);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		enter_user_and_net_ns();
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	if (pid < 0 || read(ready[0], &c, 1) != 1)
		_exit(1);
	return pid;
}

/*
 * All rights kept, but in a network that belongs to a user namespace: its
 * owner may tap netlink there (nlmon), and would see the answers.
 */
static void enter_guest_net_ns(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", start_guest());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		_exit(1);
	close(fd);
}

static const struct identity {
	const char *name;
	void (*become)(void);
	bool may;
} identities[] = {
	{ "root", stay_root, true },
	{ "uid 65534 with only CAP_SYS_ADMIN", keep_only_sys_admin, true },
	{ "root in a network namespace of its own", enter_net_ns, true },
	{ "root in a network namespace of a user namespace", enter_guest_net_ns, false },
	{ "uid 65534", drop_uid, false },
	{ "uid 0 with only CAP_NET_ADMIN", drop_to_net_admin, false },
	{ "uid 0 without CAP_SYS_ADMIN", drop_sys_admin, false },
	{ "root of a user namespace", enter_user_ns, false },
	{ "... with its own network namespace", enter_user_and_net_ns, false },
};

#define NR_IDENTITIES (sizeof(identities) / sizeof(identities[0]))

/* Runs in a child, so that we stay who we are; false if it could not. */
static bool in_child(void (*fn)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	memset(outcomes, 0, NR_REQUESTS * sizeof(*outcomes));
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		ktap_bail("fork: %m");
	if (!pid) {
		fn(arg);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && !status;
}

static void ask_as(void *arg)
{
	const struct identity *who = arg;
	struct genl g;

	who->become();
	if (!genl_try_mmlens(&g))
		_exit(1);
	try_all(&g);
}

static void check_refused(const char *who, const struct request *r,
			  const struct outcome *o)
{
	if (!ktap_test(o->tried && o->error == EPERM && !o->messages && !o->frames,
		       "%s: %s is refused with EPERM", who, r->name))
		ktap_note("%s, %u messages, %u frame numbers",
			  o->tried ? genl_errno(o->error) : "not tried",
			  o->messages, o->frames);
}

static void check_answered(const char *who, const struct request *r,
			   const struct outcome *o)
{
	if (!ktap_test(o->tried && !o->error && o->messages &&
		       (o->frames || !r->tells_frames),
		       "%s: %s is answered%s", who, r->name,
		       r->tells_frames ? ", frame numbers in it" : ""))
		ktap_note("%s, %u messages, %u frame numbers",
			  o->tried ? genl_errno(o->error) : "not tried",
			  o->messages, o->frames);
}

static void test_identity(const struct identity *who)
{
	bool ran = in_child(ask_as, (void *)who);

	if (!ran)
		ktap_note("%s: the child failed", who->name);
	for (size_t i = 0; i < NR_REQUESTS; i++) {
		if (who->may)
			check_answered(who->name, &requests[i], &outcomes[i]);
		else
			check_refused(who->name, &requests[i], &outcomes[i]);
	}
}

/* One socket, two owners */

static void send_dropped(void *arg)
{
	drop_uid();
	try_all(arg);
}

static void test_dropped_sender(void)
{
	struct genl g;

	genl_open_mmlens(&g);
	in_child(send_dropped, &g);
	for (size_t i = 0; i < NR_REQUESTS; i++)
		check_refused("root opened, uid 65534 sends", &requests[i],
			      &outcomes[i]);
	genl_close(&g);
}

/* As a privileged program that is given a descriptor to write to. */
static void send_for_another(void *arg)
{
	struct genl g;

	(void)arg;
	if (seteuid(NOBODY) || !genl_try_mmlens(&g) || seteuid(0))
		_exit(1);
	try_all(&g);
}

static void test_confused_deputy(void)
{
	in_child(send_for_another, NULL);
	for (size_t i = 0; i < NR_REQUESTS; i++)
		check_refused("uid 65534 opened, root sends", &requests[i],
			      &outcomes[i]);
}

static void receive_dropped(void *arg)
{
	drop_uid();
	outcomes[0].tried = true;
	receive(arg, UINT32_MAX, &outcomes[0]);
}

/* Root sends a dump and reads @first messages; the rest is for nobody. */
static struct outcome hand_over(const struct request *dump, unsigned int first)
{
	struct outcome roots = {};
	char buf[1024];
	struct genl g;

	genl_open_mmlens(&g);
	if (genl_send(&g, build(&g, buf, dump)))
		ktap_bail("send: %m");
	if (receive(&g, first, &roots))
		ktap_bail("the dump was over after %u messages", roots.messages);
	if (first)
		ktap_note("root had read %u messages, %u frame numbers",
			  roots.messages, roots.frames);
	in_child(receive_dropped, &g);
	genl_close(&g);
	ktap_note("uid 65534 then read %u messages, %u of them with extents, %u frame numbers, %s",
		  outcomes[0].messages, outcomes[0].with_data,
		  outcomes[0].frames, genl_errno(outcomes[0].error));
	return outcomes[0];
}

static void test_hand_over(const struct request *dump, unsigned int first)
{
	struct outcome o;

	o = hand_over(dump, 0);
	ktap_test(o.tried && !o.with_data && !o.frames,
		  "%s handed over right after send: no frame number", dump->name);
	ktap_test(o.error == EPERM, "... and it ends with EPERM");

	o = hand_over(dump, first);
	ktap_test(o.tried && o.messages <= 1,
		  "%s handed over midway: at most the message that was queued", dump->name);
	ktap_test(o.error == EPERM, "... and it ends with EPERM");
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

static void enter_pid_ns(void *arg)
{
	pid_t pid;

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
	in_child(enter_pid_ns, NULL);
	ktap_test(outcomes[0].tried && !outcomes[0].error && outcomes[0].messages == 1,
		  "in a PID namespace, PID 1 is its own first process");
	ktap_test(outcomes[0].tried && outcomes[1].error == ESRCH,
		  "... and what has no number there is not found: %s",
		  genl_errno(outcomes[1].error));
}

int main(void)
{
	ktap_begin();
	target = getpid();
	set_up_target();
	outcomes = mmap(NULL, NR_REQUESTS * sizeof(*outcomes),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcomes == MAP_FAILED)
		ktap_bail("mmap: %m");

	for (size_t i = 0; i < NR_IDENTITIES; i++)
		test_identity(&identities[i]);
	test_dropped_sender();
	test_confused_deputy();
	test_hand_over(&requests[PAGE_GET_DUMP], 3);
	test_hand_over(&requests[FRAME_GET_DUMP], 1);
	test_pid_namespace();
	return ktap_end();
}
