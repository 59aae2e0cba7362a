// SPDX-License-Identifier: GPL-2.0
/*
 * The readers: every command, of whatever process there is at that moment, with
 * ranges, columns and filters by chance. Of each answer it is seen to that it is
 * well formed, ends as it may end, and holds nothing of the kernel's half.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storm.h"
#include "vm/lib/genl.h"

#define KERNEL_HALF	0xff00000000000000ULL	/* of four levels and of five */
#define PIDS		256
#define TOP		0x7ffffffff000ULL	/* behind the last address of four levels */

static struct genl genl;

/* Whom to ask about */

static pid_t pids[PIDS];
static unsigned int nr_pids, pid_age;

static void list_pids(void)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	nr_pids = 0;
	pid_age = 32;
	while (dir && nr_pids < PIDS && (entry = readdir(dir))) {
		pids[nr_pids] = atoi(entry->d_name);
		/* the last ones are the new ones, and ours */
		nr_pids += pids[nr_pids] > 80;
	}
	if (dir)
		closedir(dir);
}

static pid_t any_pid(void)
{
	if (!pid_age--)
		list_pids();
	return nr_pids ? pids[storm_random(nr_pids)] : 1;
}

/* An address that something was at, a moment ago */
static uint64_t place = 0x400000;

static uint64_t any_address(void)
{
	static const uint64_t around[] = { 0, PAGE, HUGE, 64 * HUGE, 1ULL << 30, 1ULL << 39 };

	return (place + storm_random(512) * around[storm_random(6)]) % TOP & -PAGE;
}

/* What is in an answer */

struct seen {
	bool envelope, trailer;
	unsigned int messages;
};

/* Numbers that look like anything: opaque ones, and the entry itself. */
static bool may_be_anything(uint16_t nest, uint16_t type)
{
	switch (nest) {
	case 0:
		return type == MMLENS_A_EPOCH;
	case MMLENS_A_ENVELOPE:
		return type == MMLENS_ENVELOPE_MM_ID;
	case MMLENS_A_VMA:
	case MMLENS_A_PREV:
	case MMLENS_A_NEXT:
		/* and an inode's number is its file system's choice */
		return type == MMLENS_VMA_ANON_ID || type == MMLENS_VMA_ANON_ROOT ||
		       type == MMLENS_VMA_INODE;
	case MMLENS_A_LEVEL:
		return type == MMLENS_LEVEL_A_RAW || type == MMLENS_LEVEL_A_BITS;
	case MMLENS_A_EXTENTS:
		/* a protection key is in the top bits */
		return type == MMLENS_COL_ANON_ID || type == MMLENS_COL_ENTRY;
	}
	return false;
}

static bool is_text(uint16_t nest, uint16_t type)
{
	switch (nest) {
	case 0:
		return type == MMLENS_A_VERSION || type == MMLENS_A_RELEASE;
	case MMLENS_A_MM:
		return type == MMLENS_MM_COMM || type == MMLENS_MM_EXE;
	case MMLENS_A_VMA:
	case MMLENS_A_PREV:
	case MMLENS_A_NEXT:
		return type == MMLENS_VMA_PATH || type == MMLENS_VMA_NAME || type == MMLENS_VMA_OPS;
	}
	return false;
}

static void look_at_number(uint16_t nest, uint16_t type, uint64_t value)
{
	if (value == MMLENS_UNKNOWN || may_be_anything(nest, type))
		return;
	if ((value & KERNEL_HALF) == KERNEL_HALF)
		storm_wrong("attribute %u of nest %u holds %#lx", type, nest, value);
	if (nest == MMLENS_A_EXTENTS && type == MMLENS_COL_START)
		place = value;
}

static void look_at_attr(uint16_t nest, const struct nlattr *attr)
{
	uint16_t type = mnl_attr_get_type(attr), len = mnl_attr_get_payload_len(attr);
	const struct nlattr *inner;
	uint64_t value;

	if (attr->nla_type & NLA_F_NESTED) {
		mnl_attr_for_each_nested(inner, attr)
			look_at_attr(nest == MMLENS_A_VMA ? UINT16_MAX : type, inner);
		return;
	}
	if (is_text(nest, type) || len % sizeof(value))
		return;
	for (uint16_t i = 0; i < len; i += sizeof(value)) {
		memcpy(&value, (const char *)mnl_attr_get_payload(attr) + i, sizeof(value));
		/* two columns of 32 bits are no address */
		if (nest == MMLENS_A_EXTENTS &&
		    (1U << type) & ~(1U << MMLENS_COL_START | 1U << MMLENS_COL_FRAME |
				     1U << MMLENS_COL_SWAP | 1U << MMLENS_COL_FLAGS |
				     1U << MMLENS_COL_HEAD))
			return;
		if (nest == MMLENS_A_TABLES && type != MMLENS_TABLE_COL_START &&
		    type != MMLENS_TABLE_COL_END && type != MMLENS_TABLE_COL_FRAME)
			return;
		look_at_number(nest, type, value);
	}
}

static void look(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr, *trailer;
	struct seen *seen = arg;
	uint64_t reason;

	seen->messages++;
	atomic_fetch_add(&self->messages, 1);
	if (nlh->nlmsg_type != genl.family)
		storm_wrong("a message of type %u", nlh->nlmsg_type);
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		look_at_attr(0, attr);
	seen->envelope |= !!genl_attr(nlh, MMLENS_A_ENVELOPE);
	trailer = genl_attr(nlh, MMLENS_A_TRAILER);
	if (!trailer)
		return;
	if (seen->trailer)
		storm_wrong("two trailers");
	seen->trailer = true;
	reason = genl_u64(genl_nested(trailer, MMLENS_TRAILER_REASON));
	if (reason > MMLENS_REASON_EXECED)
		storm_wrong("reason %lu", reason);
	atomic_fetch_add(&storm->reasons[reason], 1);
	if (genl_u64(genl_nested(trailer, MMLENS_TRAILER_TORN)))
		atomic_fetch_add(&storm->torn, 1);
}

/* Requests */

static uint64_t some_of(uint64_t all)
{
	uint64_t mask = (uint64_t)storm_random(~0U) << 32 | storm_random(~0U);

	return storm_random(3) ? all : all & mask ?: all;
}

static void put_range(struct nlmsghdr *nlh)
{
	uint64_t start = any_address(), end;

	if (storm_random(2))
		return;
	end = start + (1 + storm_random(4096)) * PAGE;
	mnl_attr_put_u64(nlh, MMLENS_A_START, start);
	mnl_attr_put_u64(nlh, MMLENS_A_END, end > TOP ? TOP : end);
}

static void put_filter(struct nlmsghdr *nlh)
{
	struct nlattr *nest;

	if (storm_random(4))
		return;
	nest = mnl_attr_nest_start(nlh, MMLENS_A_FILTER);
	if (storm_random(2))
		mnl_attr_put_u64(nlh, MMLENS_FILTER_STATES, 1ULL << MMLENS_STATE_PRESENT);
	if (storm_random(2))
		mnl_attr_put_u64(nlh, MMLENS_FILTER_FLAGS_ALL, MMLENS_PAGE_ANON);
	if (storm_random(2))
		mnl_attr_put_u64(nlh, MMLENS_FILTER_FRAME_START, storm_random(1U << 20));
	mnl_attr_nest_end(nlh, nest);
}

static void put_frames(struct nlmsghdr *nlh)
{
	uint64_t start = storm_random(1U << 21);

	mnl_attr_put_u64(nlh, MMLENS_A_START, start);
	mnl_attr_put_u64(nlh, MMLENS_A_END, start + 1 + storm_random(4096));
	mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, some_of(MMLENS_FRAME_COL_ALL));
}

static void put_request(struct nlmsghdr *nlh, uint8_t cmd, bool dump)
{
	snprintf(self->request, sizeof(self->request), "%s of command %u",
		 dump ? "a dump" : "a request", cmd);
	self->subject = 0;
	if (cmd == MMLENS_CMD_INFO_GET)
		return;
	if (cmd == MMLENS_CMD_FRAME_GET) {
		put_frames(nlh);
		return;
	}
	self->subject = any_pid();
	mnl_attr_put_u32(nlh, MMLENS_A_PID, self->subject);
	if (cmd == MMLENS_CMD_MM_GET)
		return;
	if (!dump) {
		mnl_attr_put_u64(nlh, MMLENS_A_ADDR, any_address());
		return;
	}
	put_range(nlh);
	if (cmd == MMLENS_CMD_VMA_GET && storm_random(2))
		mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, some_of(MMLENS_VMA_COL_ALL));
	if (cmd == MMLENS_CMD_PAGE_GET) {
		mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, some_of(MMLENS_COL_ALL));
		put_filter(nlh);
	}
}

static bool may_end_with(int error)
{
	switch (error) {
	case 0:
	case ESRCH:	/* it has gone */
	case ENODATA:	/* it is dead, or a kernel thread */
	case EAGAIN:	/* its lock is held: try again */
		return true;
	}
	return false;
}

/* Most of what is read is pages. */
static uint8_t any_command(bool *dump)
{
	static const uint8_t commands[] = {
		MMLENS_CMD_PAGE_GET, MMLENS_CMD_PAGE_GET, MMLENS_CMD_PAGE_GET,
		MMLENS_CMD_VMA_GET, MMLENS_CMD_VMA_GET, MMLENS_CMD_WALK_GET, MMLENS_CMD_WALK_GET,
		MMLENS_CMD_TABLE_GET, MMLENS_CMD_MM_GET, MMLENS_CMD_FRAME_GET, MMLENS_CMD_INFO_GET,
	};
	uint8_t cmd = commands[storm_random(sizeof(commands))];

	*dump = cmd == MMLENS_CMD_PAGE_GET || cmd == MMLENS_CMD_TABLE_GET ||
		cmd == MMLENS_CMD_FRAME_GET || (cmd == MMLENS_CMD_VMA_GET && storm_random(2));
	return cmd;
}

/* Now and then somebody does not read on. */
static void walk_away(const struct nlmsghdr *nlh)
{
	static char buf[GENL_BUFFER];

	if (!genl_send(&genl, nlh))
		for (int i = storm_random(4); i; i--)
			genl_recv(&genl, buf, sizeof(buf), 1000);
	genl_close(&genl);
	genl_open_mmlens(&genl);
}

static void ask_once(void)
{
	char buf[512];
	struct genl_answer answer;
	struct seen seen = {};
	struct nlmsghdr *nlh;
	bool dump;
	uint8_t cmd = any_command(&dump);

	nlh = genl_request(&genl, buf, cmd, dump ? NLM_F_DUMP : NLM_F_ACK);
	put_request(nlh, cmd, dump);
	atomic_fetch_add(&storm->asked[cmd], 1);
	atomic_fetch_add(&self->done, 1);
	if (dump && !storm_random(32)) {
		walk_away(nlh);
		return;
	}
	genl_ask(&genl, nlh, look, &seen, &answer);
	atomic_fetch_add(&storm->messages, answer.messages);
	atomic_fetch_add(&storm->bytes, answer.bytes);
	if (answer.error >= 0 && answer.error < ERRNOS)
		atomic_fetch_add(&storm->ended[answer.error], 1);
	if (!may_end_with(answer.error))
		storm_wrong("command %u ended with %s: %s", cmd, genl_errno(answer.error),
			    answer.text);
	if (answer.error || !dump)
		return;
	atomic_fetch_add(&storm->dumps[cmd], 1);
	if (!seen.envelope || !seen.trailer)
		storm_wrong("a dump of command %u has no %s", cmd,
			    seen.envelope ? "trailer" : "envelope");
}

void storm_read(void)
{
	genl_open_mmlens(&genl);
	do
		ask_once();
	while (!atomic_load(&storm->over));
	genl_close(&genl);
}

/* The tool, whole */

static void exec_tool(void)
{
	char one[16], two[16];
	const char *const commands[][5] = {
		{ one }, { "pages", one }, { "cow", one, two }, { "tables", one },
		{ "vma", one, "-o", "+RSS,SWAP,SHARED" }, { "cow", "--json", one },
		{ "pages", "--json", one }, { "mm", one },
		{ "snap", one, two, "-w", "-" }, { "walk", one, "400000" },
	};
	const char *argv[8] = { "mmlens" };
	unsigned int which = storm_random(sizeof(commands) / sizeof(commands[0]));
	int null = open("/dev/null", O_RDWR);

	list_pids();
	snprintf(one, sizeof(one), "%d", any_pid());
	snprintf(two, sizeof(two), "%d", any_pid());
	for (int i = 0; i < 5; i++)
		argv[1 + i] = commands[which][i];
	dup2(null, 0);
	dup2(null, 1);
	execvp("mmlens", (char **)argv);
	_exit(127);
}

/* 1 is a mistake of whoever asks, or of ours: there is none. */
static void run_tool_once(void)
{
	pid_t pid = storm_fork();
	int status;

	if (!pid)
		exec_tool();
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 1 || WEXITSTATUS(status) > 4)
		storm_wrong("mmlens ended with %#x", status);
	atomic_fetch_add(&storm->tool[WEXITSTATUS(status)], 1);
	atomic_fetch_add(&self->done, 1);
}

void storm_run_tool(void)
{
	do
		run_tool_once();
	while (!atomic_load(&storm->over));
}
