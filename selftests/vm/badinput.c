// SPDX-License-Identifier: GPL-2.0
/*
 * badinput: requests that make no sense, sent raw, as one printed table:
 * input, errno, attribute that the refusal points at, the kernel's words.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"
#include "lib/judge.h"
#include "vm/lib/genl.h"

#define CMD(name) MMLENS_CMD_##name
#define A(name) MMLENS_A_##name

/* Stand for what is known only at run time. */
enum { SELF = 1ULL << 40, DEAD, KTHREAD, ZOMBIE, LEADER, THREAD, PAGE, HOLE };

struct attr {
	uint16_t type;
	uint16_t size;		/* bytes of value */
	uint64_t value;
};

#define PID(who)	{ A(PID), 4, who }
#define U64(name, v)	{ A(name), 8, v }
#define U32(name, v)	{ A(name), 4, v }
#define FLAG(name)	{ A(name), 0, 0 }

/* A row: a request, and how it is to end. */
struct row {
	const char *name;
	uint8_t cmd;
	uint16_t flags;
	struct attr attrs[4];
	/* what cannot be said by attributes */
	void (*spoil)(struct nlmsghdr *nlh);
	int error;
	int attr;		/* to be pointed at; 0: none */
	bool wordless;		/* netlink itself refuses, without a sentence */
	bool header;		/* genl_header_check() refuses */
};

static uint64_t pids[PAGE - SELF];
static char *page;

static uint64_t run_time_value(uint64_t value)
{
	if (value == PAGE)
		return (uintptr_t)page;
	if (value == HOLE)
		return (uintptr_t)page + sysconf(_SC_PAGESIZE);
	if (value >= SELF && value < PAGE)
		return pids[value - SELF];
	return value;
}

/* Spoilers */

static void reserved_field(struct nlmsghdr *nlh)
{
	struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	genl->reserved = 1;
}

static void other_version(struct nlmsghdr *nlh)
{
	struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	genl->version = 99;
}

static void no_genl_header(struct nlmsghdr *nlh)
{
	nlh->nlmsg_len = NLMSG_HDRLEN;
}

static void half_genl_header(struct nlmsghdr *nlh)
{
	nlh->nlmsg_len = NLMSG_HDRLEN + 2;
}

static struct nlattr *last_attr(struct nlmsghdr *nlh)
{
	struct nlattr *attr, *last = NULL;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		last = attr;
	return last;
}

static void longer_than_message(struct nlmsghdr *nlh)
{
	last_attr(nlh)->nla_len += 64;
}

static void shorter_than_header(struct nlmsghdr *nlh)
{
	last_attr(nlh)->nla_len = 2;
}

static void cut_in_the_middle(struct nlmsghdr *nlh)
{
	nlh->nlmsg_len -= 2;
}

static void said_to_nest(struct nlmsghdr *nlh)
{
	last_attr(nlh)->nla_type |= NLA_F_NESTED;
}

static void put_filter(struct nlmsghdr *nlh, uint16_t type, const void *value,
		       size_t size)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, A(FILTER));

	mnl_attr_put(nlh, type, size, value);
	mnl_attr_nest_end(nlh, nest);
}

static void filter_unknown(struct nlmsghdr *nlh)
{
	static const uint64_t value;

	put_filter(nlh, MMLENS_FILTER_MAX + 1, &value, sizeof(value));
}

static void filter_short(struct nlmsghdr *nlh)
{
	static const uint32_t value;

	put_filter(nlh, MMLENS_FILTER_STATES, &value, sizeof(value));
}

static void filter_unknown_state(struct nlmsghdr *nlh)
{
	static const uint64_t states = 1ULL << (MMLENS_STATE_MAX + 1);

	put_filter(nlh, MMLENS_FILTER_STATES, &states, sizeof(states));
}

static void filter_unknown_flag(struct nlmsghdr *nlh)
{
	static const uint64_t flags = 1ULL << 63;

	put_filter(nlh, MMLENS_FILTER_FLAGS_ALL, &flags, sizeof(flags));
}

static void filter_empty_frames(struct nlmsghdr *nlh)
{
	static const uint64_t start = 7, end = 7;
	struct nlattr *nest = mnl_attr_nest_start(nlh, A(FILTER));

	mnl_attr_put(nlh, MMLENS_FILTER_FRAME_START, sizeof(start), &start);
	mnl_attr_put(nlh, MMLENS_FILTER_FRAME_END, sizeof(end), &end);
	mnl_attr_nest_end(nlh, nest);
}

static void filter_unnested(struct nlmsghdr *nlh)
{
	filter_short(nlh);
	last_attr(nlh)->nla_type &= ~NLA_F_NESTED;
}

static void filter_fine(struct nlmsghdr *nlh)
{
	static const uint64_t states = 1 << MMLENS_STATE_PRESENT;

	put_filter(nlh, MMLENS_FILTER_STATES, &states, sizeof(states));
}

static void filter_without_tests(struct nlmsghdr *nlh)
{
	mnl_attr_nest_end(nlh, mnl_attr_nest_start(nlh, A(FILTER)));
}

/* The user half on x86-64: canonical, the last page left out. */
#define USER_END	0x7ffffffff000ULL
#define NON_CANONICAL	0x800000000000ULL
#define KERNEL_HALF	0xffff888000000000ULL

/* and that many frames can be addressed */
#define FRAMES_END	(1ULL << 52)

#define DUMP NLM_F_DUMP

static const struct row rows[] = {
	/* which task */
	{ "no PID", CMD(MM_GET), .error = EINVAL },
	{ "no PID", CMD(PAGE_GET), DUMP, .error = EINVAL },
	{ "PID 0", CMD(MM_GET), 0, { PID(0) }, NULL, EINVAL, A(PID) },
	{ "PID 0", CMD(PAGE_GET), DUMP, { PID(0) }, NULL, EINVAL, A(PID) },
	{ "PID -1", CMD(MM_GET), 0, { PID(-1) }, NULL, EINVAL, A(PID) },
	{ "PID 2^31", CMD(MM_GET), 0, { PID(1U << 31) }, NULL, EINVAL, A(PID) },
	{ "PID 2^31-1", CMD(MM_GET), 0, { PID(INT32_MAX) }, NULL, ESRCH, A(PID) },
	{ "PID 2^32, as u64", CMD(MM_GET), 0, { U64(PID, 1ULL << 32) }, NULL,
	  EINVAL, A(PID) },
	{ "PID of 2 bytes", CMD(MM_GET), 0, { { A(PID), 2, 1 } }, NULL, EINVAL, A(PID) },
	{ "PID of 0 bytes", CMD(MM_GET), 0, { { A(PID), 0, 1 } }, NULL, EINVAL, A(PID) },
	{ "a dead process", CMD(MM_GET), 0, { PID(DEAD) }, NULL, ESRCH, A(PID) },
	{ "a dead process", CMD(VMA_GET), DUMP, { PID(DEAD) }, NULL, ESRCH, A(PID) },
	{ "a dead process", CMD(PAGE_GET), DUMP, { PID(DEAD) }, NULL, ESRCH, A(PID) },
	{ "a dead process", CMD(WALK_GET), 0, { PID(DEAD), U64(ADDR, PAGE) }, NULL,
	  ESRCH, A(PID) },

	/* tasks without memory */
	{ "a kernel thread", CMD(MM_GET), 0, { PID(KTHREAD) } },
	{ "a kernel thread", CMD(VMA_GET), DUMP, { PID(KTHREAD) }, NULL, ENODATA, A(PID) },
	{ "a kernel thread", CMD(PAGE_GET), DUMP, { PID(KTHREAD) }, NULL, ENODATA, A(PID) },
	{ "a kernel thread", CMD(WALK_GET), 0, { PID(KTHREAD), U64(ADDR, PAGE) }, NULL,
	  ENODATA, A(PID) },
	{ "a zombie", CMD(MM_GET), 0, { PID(ZOMBIE) } },
	{ "a zombie", CMD(VMA_GET), DUMP, { PID(ZOMBIE) }, NULL, ENODATA, A(PID) },
	{ "a zombie", CMD(PAGE_GET), DUMP, { PID(ZOMBIE) }, NULL, ENODATA, A(PID) },
	{ "a zombie", CMD(WALK_GET), 0, { PID(ZOMBIE), U64(ADDR, PAGE) }, NULL,
	  ENODATA, A(PID) },
	{ "a kernel thread", CMD(TABLE_GET), DUMP, { PID(KTHREAD) }, NULL, ENODATA, A(PID) },
	{ "a zombie leader whose thread lives", CMD(MM_GET), 0, { PID(LEADER) } },
	{ "a zombie leader whose thread lives", CMD(VMA_GET), DUMP, { PID(LEADER) } },
	{ "a zombie leader whose thread lives", CMD(PAGE_GET), DUMP, { PID(LEADER) } },
	{ "a zombie leader whose thread lives", CMD(WALK_GET), 0,
	  { PID(LEADER), U64(ADDR, PAGE) } },
	{ "a zombie leader whose thread lives", CMD(TABLE_GET), DUMP, { PID(LEADER) } },
	{ "that thread", CMD(MM_GET), 0, { PID(THREAD) } },
	{ "that thread", CMD(PAGE_GET), DUMP, { PID(THREAD) } },

	/* addresses */
	{ "no address", CMD(WALK_GET), 0, { PID(SELF) }, NULL, EINVAL },
	{ "no address", CMD(VMA_GET), 0, { PID(SELF) }, NULL, EINVAL },
	{ "a byte in a page", CMD(WALK_GET), 0, { PID(SELF), U64(ADDR, PAGE) } },
	{ "a hole", CMD(WALK_GET), 0, { PID(SELF), U64(ADDR, HOLE) } },
	{ "address 0", CMD(WALK_GET), 0, { PID(SELF), U64(ADDR, 0) } },
	{ "the last user address", CMD(WALK_GET), 0, { PID(SELF), U64(ADDR, USER_END - 1) } },
	{ "beyond the user half", CMD(WALK_GET), 0, { PID(SELF), U64(ADDR, USER_END) },
	  NULL, EINVAL, A(ADDR) },
	{ "not canonical", CMD(WALK_GET), 0, { PID(SELF), U64(ADDR, NON_CANONICAL) },
	  NULL, EINVAL, A(ADDR) },
	{ "not canonical", CMD(VMA_GET), 0, { PID(SELF), U64(ADDR, NON_CANONICAL) },
	  NULL, EINVAL, A(ADDR) },
	{ "kernel half", CMD(WALK_GET), 0, { PID(SELF), U64(ADDR, KERNEL_HALF) },
	  NULL, EINVAL, A(ADDR) },
	{ "kernel half", CMD(VMA_GET), 0, { PID(SELF), U64(ADDR, KERNEL_HALF) },
	  NULL, EINVAL, A(ADDR) },
	{ "address 2^64-1", CMD(WALK_GET), 0, { PID(SELF), U64(ADDR, -1) }, NULL,
	  EINVAL, A(ADDR) },
	{ "address of 4 bytes", CMD(WALK_GET), 0, { PID(SELF), U32(ADDR, 0x1000) }, NULL,
	  EINVAL, A(ADDR) },

	/* ranges */
	{ "everything", CMD(PAGE_GET), DUMP, { PID(SELF), U64(START, 0), U64(END, USER_END) } },
	{ "start not aligned", CMD(PAGE_GET), DUMP, { PID(SELF), U64(START, 0x1001) }, NULL,
	  EINVAL, A(START) },
	{ "end not aligned", CMD(PAGE_GET), DUMP, { PID(SELF), U64(END, 0x1fff) }, NULL,
	  EINVAL, A(END) },
	{ "end not aligned", CMD(VMA_GET), DUMP, { PID(SELF), U64(END, 0x1fff) }, NULL,
	  EINVAL, A(END) },
	{ "ends before it starts", CMD(PAGE_GET), DUMP,
	  { PID(SELF), U64(START, 0x2000), U64(END, 0x1000) }, NULL, EINVAL, A(END) },
	{ "ends before it starts", CMD(TABLE_GET), DUMP,
	  { PID(SELF), U64(START, 0x2000), U64(END, 0x1000) }, NULL, EINVAL, A(END) },
	{ "ends before it starts", CMD(VMA_GET), DUMP,
	  { PID(SELF), U64(START, 0x2000), U64(END, 0x1000) }, NULL, EINVAL, A(END) },
	{ "empty", CMD(PAGE_GET), DUMP,
	  { PID(SELF), U64(START, 0x1000), U64(END, 0x1000) }, NULL, EINVAL, A(END) },
	{ "starts at the end", CMD(PAGE_GET), DUMP, { PID(SELF), U64(START, USER_END) }, NULL,
	  EINVAL, A(START) },
	{ "starts in the kernel half", CMD(PAGE_GET), DUMP, { PID(SELF), U64(START, KERNEL_HALF) },
	  NULL, EINVAL, A(START) },
	{ "huge", CMD(PAGE_GET), DUMP, { PID(SELF), U64(END, -4096ULL) }, NULL,
	  EINVAL, A(END) },
	{ "one page too far", CMD(VMA_GET), DUMP, { PID(SELF), U64(END, USER_END + 4096) },
	  NULL, EINVAL, A(END) },
	{ "start of 4 bytes", CMD(PAGE_GET), DUMP, { PID(SELF), U32(START, 0x1000) }, NULL,
	  EINVAL, A(START) },

	/* columns and filters */
	{ "column 0", CMD(PAGE_GET), DUMP, { PID(SELF), U64(COLUMNS, 1) }, NULL,
	  EINVAL, A(COLUMNS) },
	{ "an unknown column", CMD(PAGE_GET), DUMP,
	  { PID(SELF), U64(COLUMNS, MMLENS_COL_BIT(MMLENS_COL_MAX + 1)) }, NULL,
	  EINVAL, A(COLUMNS) },
	{ "column 63", CMD(PAGE_GET), DUMP, { PID(SELF), U64(COLUMNS, 1ULL << 63 | 2) }, NULL,
	  EINVAL, A(COLUMNS) },
	{ "no column at all", CMD(PAGE_GET), DUMP, { PID(SELF), U64(COLUMNS, 0) }, NULL,
	  EINVAL, A(COLUMNS) },
	{ "columns of 4 bytes", CMD(PAGE_GET), DUMP, { PID(SELF), U32(COLUMNS, 2) }, NULL,
	  EINVAL, A(COLUMNS) },
	{ "every counted column", CMD(VMA_GET), DUMP,
	  { PID(SELF), U64(COLUMNS, MMLENS_VMA_COL_ALL) } },
	{ "the sum of a column", CMD(VMA_GET), DUMP,
	  { PID(SELF), U64(COLUMNS, MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_RSS)), FLAG(SUM) } },
	{ "the sum of no column", CMD(VMA_GET), DUMP, { PID(SELF), FLAG(SUM) }, NULL,
	  EINVAL, A(SUM) },
	{ "the sum of depths", CMD(VMA_GET), DUMP,
	  { PID(SELF), U64(COLUMNS, MMLENS_VMA_COL_ALL), FLAG(SUM) }, NULL,
	  EINVAL, A(SUM) },
	{ "the sum of pages", CMD(PAGE_GET), DUMP, { PID(SELF), FLAG(SUM) }, NULL,
	  EINVAL, A(SUM) },
	{ "an unknown counted column", CMD(VMA_GET), DUMP,
	  { PID(SELF), U64(COLUMNS, MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_MAX + 1)) }, NULL,
	  EINVAL, A(COLUMNS) },
	{ "a fine filter", CMD(PAGE_GET), DUMP, { PID(SELF) }, filter_fine },
	{ "a filter without tests", CMD(PAGE_GET), DUMP, { PID(SELF) }, filter_without_tests },
	{ "a filter's unknown attribute", CMD(PAGE_GET), DUMP, { PID(SELF) }, filter_unknown,
	  EINVAL, MMLENS_FILTER_MAX + 1 },
	{ "a filter's attribute of 4 bytes", CMD(PAGE_GET), DUMP, { PID(SELF) }, filter_short,
	  EINVAL, MMLENS_FILTER_STATES },
	{ "a filter of no frames", CMD(PAGE_GET), DUMP, { PID(SELF) }, filter_empty_frames,
	  EINVAL, A(FILTER) },
	{ "a filter for an unknown state", CMD(PAGE_GET), DUMP, { PID(SELF) },
	  filter_unknown_state, EINVAL, MMLENS_FILTER_STATES },
	{ "a filter for an unknown flag", CMD(PAGE_GET), DUMP, { PID(SELF) },
	  filter_unknown_flag, EINVAL, MMLENS_FILTER_FLAGS_ALL },
	{ "a filter that is no nest", CMD(PAGE_GET), DUMP, { PID(SELF) }, filter_unnested,
	  EINVAL, A(FILTER) },

	/* frames, which nobody need have */
	{ "frame 0", CMD(FRAME_GET), DUMP, { U64(START, 0), U64(END, 1) } },
	{ "the last frame of 64 bits", CMD(FRAME_GET), DUMP,
	  { U64(START, FRAMES_END - 1), U64(END, FRAMES_END) } },
	{ "every frame", CMD(FRAME_GET), DUMP },
	{ "frame 2^52", CMD(FRAME_GET), DUMP, { U64(START, FRAMES_END) }, NULL,
	  EINVAL, A(START) },
	{ "frame 2^64-1", CMD(FRAME_GET), DUMP, { U64(START, -1) }, NULL, EINVAL, A(START) },
	{ "a frame too far", CMD(FRAME_GET), DUMP, { U64(END, FRAMES_END + 1) }, NULL,
	  EINVAL, A(END) },
	{ "ends before it starts", CMD(FRAME_GET), DUMP, { U64(START, 2), U64(END, 1) }, NULL,
	  EINVAL, A(END) },
	{ "empty", CMD(FRAME_GET), DUMP, { U64(START, 7), U64(END, 7) }, NULL, EINVAL, A(END) },
	{ "start of 4 bytes", CMD(FRAME_GET), DUMP, { U32(START, 7) }, NULL, EINVAL, A(START) },
	{ "every column of frames", CMD(FRAME_GET), DUMP,
	  { U64(END, 4096), U64(COLUMNS, MMLENS_FRAME_COL_ALL) } },
	{ "a column of pages only", CMD(FRAME_GET), DUMP,
	  { U64(COLUMNS, MMLENS_COL_BIT(MMLENS_COL_ENTRY)) }, NULL, EINVAL, A(COLUMNS) },
	{ "no column at all", CMD(FRAME_GET), DUMP, { U64(COLUMNS, 0) }, NULL,
	  EINVAL, A(COLUMNS) },
	{ "a process", CMD(FRAME_GET), DUMP, { PID(SELF) }, NULL, EINVAL, A(PID) },
	{ "a filter", CMD(FRAME_GET), DUMP, {}, filter_fine, EINVAL, A(FILTER) },
	{ "do, but it is dump only", CMD(FRAME_GET), 0, { U64(START, 0) }, NULL,
	  EOPNOTSUPP, .wordless = true },

	/* traces, none of which begins */
	{ "no PID", CMD(TRACE_START), DUMP, .error = EINVAL },
	{ "a dead process", CMD(TRACE_START), DUMP, { PID(DEAD) }, NULL, ESRCH, A(PID) },
	{ "a kernel thread", CMD(TRACE_START), DUMP, { PID(KTHREAD) }, NULL, ENODATA, A(PID) },
	{ "a zombie", CMD(TRACE_START), DUMP, { PID(ZOMBIE) }, NULL, ENODATA, A(PID) },
	{ "another command's attribute", CMD(TRACE_START), DUMP, { PID(SELF), U64(START, 0) },
	  NULL, EINVAL, A(START) },
	{ "do, but it is dump only", CMD(TRACE_START), 0, { PID(SELF) }, NULL,
	  EOPNOTSUPP, .wordless = true },
	{ "where there is no trace", CMD(TRACE_STOP), .error = ENOENT },
	{ "any attribute", CMD(TRACE_STOP), 0, { PID(SELF) }, NULL, EINVAL, A(PID) },
	{ "dump, but it is do only", CMD(TRACE_STOP), DUMP, .error = EOPNOTSUPP,
	  .wordless = true },

	/* attributes */
	{ "an unknown attribute", CMD(MM_GET), 0, { PID(SELF), { A(MAX) + 1, 4, 0 } }, NULL,
	  EINVAL, A(MAX) + 1 },
	{ "an unknown attribute", CMD(PAGE_GET), DUMP, { PID(SELF), { 200, 4, 0 } }, NULL,
	  EINVAL, 200 },
	{ "attribute 0", CMD(MM_GET), 0, { PID(SELF), { 0, 4, 0 } }, NULL, EINVAL, 0 },
	{ "another command's attribute", CMD(PAGE_GET), DUMP, { PID(SELF), U64(ADDR, PAGE) },
	  NULL, EINVAL, A(ADDR) },
	{ "another command's attribute", CMD(TABLE_GET), DUMP, { PID(SELF), U64(COLUMNS, 2) },
	  NULL, EINVAL, A(COLUMNS) },
	{ "another command's attribute", CMD(MM_GET), 0, { PID(SELF), U64(START, 0) }, NULL,
	  EINVAL, A(START) },
	{ "a dump's attribute", CMD(VMA_GET), 0, { PID(SELF), U64(ADDR, PAGE), U64(START, 0) },
	  NULL, EINVAL, A(START) },
	{ "an address for a dump", CMD(VMA_GET), DUMP, { PID(SELF), U64(ADDR, PAGE) }, NULL,
	  EINVAL, A(ADDR) },
	{ "an answer's attribute", CMD(MM_GET), 0, { PID(SELF), U64(EPOCH, 0) }, NULL,
	  EINVAL, A(EPOCH) },
	{ "any attribute", CMD(INFO_GET), 0, { PID(SELF) }, NULL, EINVAL, A(PID) },
	{ "a pad", CMD(INFO_GET), 0, { { A(PAD), 0, 0 } }, NULL, EINVAL, A(PAD) },
	{ "a number said to be a nest", CMD(MM_GET), 0, { PID(SELF) }, said_to_nest,
	  EINVAL, A(PID) },
	{ "an attribute longer than the message", CMD(MM_GET), 0, { PID(SELF) },
	  longer_than_message, EINVAL },
	{ "an attribute shorter than its header", CMD(MM_GET), 0, { PID(SELF) },
	  shorter_than_header, EINVAL },
	{ "a message that ends within an attribute", CMD(MM_GET), 0, { PID(SELF) },
	  cut_in_the_middle, EINVAL },

	/* commands and headers */
	{ "do, but it is dump only", CMD(TABLE_GET), 0, { PID(SELF) }, NULL,
	  EOPNOTSUPP, .wordless = true },
	{ "do, but it is dump only", CMD(PAGE_GET), 0, { PID(SELF) }, NULL,
	  EOPNOTSUPP, .wordless = true },
	{ "dump, but it is do only", CMD(MM_GET), DUMP, { PID(SELF) }, NULL,
	  EOPNOTSUPP, .wordless = true },
	{ "dump, but it is do only", CMD(WALK_GET), DUMP, { PID(SELF), U64(ADDR, PAGE) }, NULL,
	  EOPNOTSUPP, .wordless = true },
	{ "dump, but it is do only", CMD(INFO_GET), DUMP, .error = EOPNOTSUPP,
	  .wordless = true },
	{ "command 0", CMD(UNSPEC), .error = EOPNOTSUPP, .wordless = true },
	{ "an unknown command", CMD(MAX) + 1, .error = EOPNOTSUPP, .wordless = true },
	{ "command 255, dump", 255, DUMP, .error = EOPNOTSUPP, .wordless = true },
	{ "another family version", CMD(MM_GET), 0, { PID(SELF) }, other_version },
	{ "the reserved field is set", CMD(MM_GET), 0, { PID(SELF) }, reserved_field, EINVAL,
	  .header = true },
	{ "half a dump flag", CMD(MM_GET), NLM_F_ROOT, { PID(SELF) }, NULL, EINVAL,
	  .header = true },
	{ "an unknown flag", CMD(MM_GET), 0x8000, { PID(SELF) }, NULL, EINVAL,
	  .header = true },
	{ "no generic netlink header", CMD(MM_GET), 0, {}, no_genl_header, EINVAL,
	  .wordless = true },
	{ "half a generic netlink header", CMD(MM_GET), 0, {}, half_genl_header, EINVAL,
	  .wordless = true },
};

static const char *const cmd_names[] = {
	[CMD(INFO_GET)] = "INFO_GET", [CMD(MM_GET)] = "MM_GET",
	[CMD(VMA_GET)] = "VMA_GET", [CMD(WALK_GET)] = "WALK_GET",
	[CMD(PAGE_GET)] = "PAGE_GET", [CMD(TABLE_GET)] = "TABLE_GET",
	[CMD(FRAME_GET)] = "FRAME_GET", [CMD(TRACE_START)] = "TRACE_START",
	[CMD(TRACE_STOP)] = "TRACE_STOP",
};

static const char *cmd_name(uint8_t cmd)
{
	return cmd && cmd <= CMD(MAX) ? cmd_names[cmd] : "-";
}

static void build(struct genl *g, void *buf, const struct row *row)
{
	struct nlmsghdr *nlh;

	nlh = genl_request(g, buf, row->cmd, row->flags | NLM_F_ACK);
	for (int i = 0; row->attrs[i].type || row->attrs[i].size; i++) {
		uint64_t value = run_time_value(row->attrs[i].value);

		mnl_attr_put(nlh, row->attrs[i].type, row->attrs[i].size, &value);
	}
	if (row->spoil)
		row->spoil(nlh);
}

/*
 * Up to 6.8 a dump's .start has no extack: the refusal comes as the end of an
 * empty dump, and such a message has room for words only.
 */
static int pointed_at(const struct row *row, const struct genl_answer *answer)
{
	return answer->done ? 0 : row->attr;
}

/* Before, generic netlink takes any header that is long enough. */
#define HEADER_CHECKED MML_KERNEL(6, 1)

static unsigned int kernel_version(void)
{
	struct utsname uts;

	if (uname(&uts))
		ktap_bail("uname: %m");
	return mml_kernel(uts.release);
}

static void test_row(struct genl *g, const struct row *row)
{
	char buf[1024], attr[32] = "-";
	struct genl_answer answer;
	bool ok;

	if (row->header && kernel_version() < HEADER_CHECKED) {
		ktap_skip(row->name, "generic netlink has genl_header_check() since 6.1");
		return;
	}
	build(g, buf, row);
	genl_ask(g, (struct nlmsghdr *)buf, NULL, NULL, &answer);
	if (answer.attr)
		snprintf(attr, sizeof(attr), "attribute %d", answer.attr);
	ok = answer.error == row->error;
	if (row->error)
		ok = ok && answer.attr == pointed_at(row, &answer) &&
		     !answer.messages && (row->wordless || answer.text[0]);
	else
		ok = ok && answer.messages;
	if (!ktap_test(ok, "%-11s %-4s %-39s | %-10s | %-13s | %s",
		       cmd_name(row->cmd),
		       (row->flags & NLM_F_DUMP) == NLM_F_DUMP ? "dump" : "do",
		       row->name, genl_errno(answer.error), attr,
		       answer.text[0] ? answer.text : "-"))
		ktap_note("expected %s, attribute %d%s; %u messages came",
			  genl_errno(row->error), row->attr,
			  row->wordless || !row->error ? "" : ", a sentence",
			  answer.messages);
}

/* Tasks */

static pid_t start_child(void (*run)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		ktap_bail("fork: %m");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run();
		_exit(0);
	}
	return pid;
}

static void nothing(void)
{
}

static volatile pid_t *thread_id;	/* shared with the child */

static void *live_on(void *leader)
{
	pthread_join(*(pthread_t *)leader, NULL);
	*thread_id = gettid();
	for (;;)
		pause();
	return NULL;
}

static void end_leader(void)
{
	static pthread_t leader, thread;

	leader = pthread_self();
	if (!pthread_create(&thread, NULL, live_on, &leader))
		pthread_exit(NULL);
}

static void make_tasks(void)
{
	siginfo_t info;

	pids[0] = getpid();
	pids[DEAD - SELF] = start_child(nothing);
	waitpid(pids[DEAD - SELF], NULL, 0);
	pids[KTHREAD - SELF] = 2;	/* kthreadd */
	pids[ZOMBIE - SELF] = start_child(nothing);
	waitid(P_PID, pids[ZOMBIE - SELF], &info, WEXITED | WNOWAIT);

	thread_id = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pids[LEADER - SELF] = start_child(end_leader);
	while (!*thread_id)
		usleep(1000);
	pids[THREAD - SELF] = *thread_id;
}

/* A page, and a hole behind it. */
static void make_page(void)
{
	size_t size = sysconf(_SC_PAGESIZE);

	page = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		ktap_bail("mmap: %m");
	munmap(page + size, size);
	page[0] = 1;
}

int main(void)
{
	struct genl g;

	ktap_begin();
	make_page();
	make_tasks();
	genl_open_mmlens(&g);
	ktap_note("command    kind input | errno | points at | the kernel's words");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&g, &rows[i]);
	genl_close(&g);
	return ktap_end();
}
