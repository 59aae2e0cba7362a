// SPDX-License-Identifier: GPL-2.0
/*
 * mkreply DIR: writes tapes of conversations as the protocol allows them, and
 * of some that it does not. One function a tape.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/columns.h"
#include "lib/mmlens.h"
#include "lib/trace.h"
#include "tape.h"

#define FAMILY	0x1c
#define PID	4101
#define PAGE	4096ULL
#define RW	(MMLENS_VM_READ | MMLENS_VM_WRITE)
#define MAYRW	(MMLENS_VM_MAYREAD | MMLENS_VM_MAYWRITE | MMLENS_VM_MAYEXEC)
#define U	MMLENS_UNKNOWN
#define U32	MMLENS_UNKNOWN32
#define HEAP	0x55d0c8a00000ULL

static FILE *tape;
static char buf[65536] __attribute__((aligned(8)));

/* ---- messages ---- */

static struct nlmsghdr *message(uint16_t type, uint16_t flags, int cmd)
{
	struct nlmsghdr *nlh;
	struct genlmsghdr *genl;

	memset(buf, 0, sizeof(buf));
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	if (cmd < 0)
		return nlh;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = MMLENS_GENL_VERSION;
	return nlh;
}

static void put(const struct nlmsghdr *nlh)
{
	fwrite(nlh, MNL_ALIGN(nlh->nlmsg_len), 1, tape);
}

static void asked(int cmd)
{
	put(message(FAMILY, NLM_F_REQUEST | NLM_F_ACK, cmd));
}

static void asked_dump(int cmd)
{
	put(message(FAMILY, NLM_F_REQUEST | NLM_F_DUMP, cmd));
}

static struct nlmsghdr *answer(int cmd)
{
	return message(FAMILY, 0, cmd);
}

static struct nlmsghdr *part(int cmd)
{
	return message(FAMILY, NLM_F_MULTI, cmd);
}

static void put_extack(struct nlmsghdr *nlh, const char *words, uint32_t offset)
{
	if (words)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, words);
	if (offset)
		mnl_attr_put_u32(nlh, NLMSGERR_ATTR_OFFS, offset);
	if (words || offset)
		nlh->nlmsg_flags |= NLM_F_ACK_TLVS;
}

/* The end of a do, or the refusal of anything. */
static void error(int errnum, const char *words, uint32_t offset)
{
	struct nlmsghdr *nlh = message(NLMSG_ERROR, NLM_F_CAPPED, -1);
	struct nlmsgerr *err = mnl_nlmsg_put_extra_header(nlh, sizeof(*err));

	err->error = -errnum;
	put_extack(nlh, words, offset);
	put(nlh);
}

static void ack(void)
{
	error(0, NULL, 0);
}

static void done(int errnum, const char *words)
{
	struct nlmsghdr *nlh = message(NLMSG_DONE, NLM_F_MULTI, -1);
	int *ret = mnl_nlmsg_put_extra_header(nlh, sizeof(*ret));

	*ret = -errnum;
	put_extack(nlh, words, 0);
	put(nlh);
}

static void recv_fails(int errnum)
{
	struct nlmsghdr *nlh = message(TAPE_FAILS, 0, -1);
	int *ret = mnl_nlmsg_put_extra_header(nlh, sizeof(*ret));

	*ret = errnum;
	put(nlh);
}

static void ask_family(void)
{
	put(message(GENL_ID_CTRL, NLM_F_REQUEST | NLM_F_ACK, CTRL_CMD_GETFAMILY));
}

static void family(uint32_t version)
{
	struct nlmsghdr *nlh;

	ask_family();
	nlh = message(GENL_ID_CTRL, 0, CTRL_CMD_NEWFAMILY);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, MMLENS_GENL_NAME);
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAMILY);
	mnl_attr_put_u32(nlh, CTRL_ATTR_VERSION, version);
	put(nlh);
	ack();
}

/* ---- the parts of answers ---- */

#define CAN_6_1 (MMLENS_CAN_MAPCOUNT | MMLENS_CAN_EXCLUSIVE | \
		 MMLENS_CAN_SOFT_DIRTY | MMLENS_CAN_UFFD_WP | MMLENS_CAN_EPOCH)
#define CAN_5_10 (CAN_6_1 & ~MMLENS_CAN_EXCLUSIVE)

struct kernel {
	const char *release;
	uint32_t levels;
	uint64_t user_end;
	uint64_t beyond;	/* bits that this tool does not know */
	uint64_t can;
	uint32_t store;
};

static const struct kernel debian_6_1 = {
	"6.1.0-31-amd64", 4, 0x7ffffffff000, 0, CAN_6_1, MMLENS_VMA_STORE_MAPLE,
};

static const struct kernel debian_5_10 = {
	"5.10.0-46-amd64", 4, 0x7ffffffff000, 0, CAN_5_10, MMLENS_VMA_STORE_RBTREE,
};

/* A kernel with CONFIG_NO_PAGE_MAPCOUNT */
static const struct kernel averaging_7_2 = {
	"7.2.13", 4, 0x7ffffffff000, 0,
	(CAN_6_1 & ~MMLENS_CAN_MAPCOUNT) | MMLENS_CAN_FOLIO_SHARED | MMLENS_CAN_RSS,
	MMLENS_VMA_STORE_MAPLE,
};

static void info(const struct kernel *kernel)
{
	uint64_t beyond = kernel->beyond;
	struct nlmsghdr *nlh;

	asked(MMLENS_CMD_INFO_GET);
	nlh = answer(MMLENS_CMD_INFO_GET);
	mnl_attr_put_strz(nlh, MMLENS_A_VERSION, "0.1.0");
	mnl_attr_put_strz(nlh, MMLENS_A_RELEASE, kernel->release);
	mnl_attr_put_u32(nlh, MMLENS_A_PAGE_SIZE, PAGE);
	mnl_attr_put_u32(nlh, MMLENS_A_LEVELS, kernel->levels);
	mnl_attr_put_u64(nlh, MMLENS_A_USER_END, kernel->user_end);
	mnl_attr_put_u64(nlh, MMLENS_A_COMMANDS, 0x7e | beyond);
	mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, MMLENS_COL_ALL | beyond);
	mnl_attr_put_u64(nlh, MMLENS_A_VMA_COLUMNS, MMLENS_VMA_COL_ALL | beyond);
	mnl_attr_put_u64(nlh, MMLENS_A_STATES, 0xffff | beyond);
	mnl_attr_put_u64(nlh, MMLENS_A_ENTRY_BITS,
			 MMLENS_ENTRY_PKEY_MASK | 0x1ffff | beyond);
	mnl_attr_put_u64(nlh, MMLENS_A_PAGE_FLAGS, 0x7f07ffffffULL | beyond << 1);
	mnl_attr_put_u64(nlh, MMLENS_A_VM_FLAGS, 0xfffffffffULL | beyond);
	mnl_attr_put_u64(nlh, MMLENS_A_CAN, kernel->can | beyond);
	mnl_attr_put_u32(nlh, MMLENS_A_VMA_STORE, kernel->store);
	put(nlh);
	ack();
}

/* Who answers, and at which epoch; 0: none is told. */
static uint32_t who = PID;
static uint64_t whose = 0x1234abcd5678ef01, epoch;

static void envelope(struct nlmsghdr *nlh, uint64_t columns)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, MMLENS_A_ENVELOPE);

	mnl_attr_put_u64(nlh, MMLENS_ENVELOPE_COLUMNS, columns);
	mnl_attr_put_u64(nlh, MMLENS_ENVELOPE_MM_ID, whose);
	mnl_attr_put_u32(nlh, MMLENS_ENVELOPE_PID, who);
	mnl_attr_put_u32(nlh, MMLENS_ENVELOPE_TGID, who);
	mnl_attr_put_u64(nlh, MMLENS_ENVELOPE_EXEC_ID, 3);
	mnl_attr_put_u64(nlh, MMLENS_ENVELOPE_START_TIME, 123456789 + who - PID);
	mnl_attr_nest_end(nlh, nest);
}

static void span(struct nlmsghdr *nlh, uint64_t start, uint64_t end)
{
	mnl_attr_put_u64(nlh, MMLENS_A_START, start);
	mnl_attr_put_u64(nlh, MMLENS_A_END, end);
}

static void first(int cmd, uint64_t columns, uint64_t start)
{
	struct nlmsghdr *nlh = part(cmd);

	envelope(nlh, columns);
	span(nlh, start, start);
	put(nlh);
}

static uint64_t holds = 1;
static uint64_t sums;	/* of so many areas; 0: none are told */

/* Each column has its own number, in each area. */
static void put_pages(struct nlmsghdr *nlh, uint64_t areas)
{
	int column;

	for (column = MMLENS_VMA_COL_RSS; column < MMLENS_VMA_COL_DEPTH; column++)
		mnl_attr_put_u64(nlh, column, column * areas);
}

static void last(int cmd, uint64_t end, uint32_t reason, uint32_t torn,
		 uint64_t unwatched)
{
	struct nlmsghdr *nlh = part(cmd);
	struct nlattr *nest, *counts;

	if (torn)
		nlh->nlmsg_flags |= NLM_F_DUMP_INTR;
	span(nlh, end, end);
	if (epoch)
		mnl_attr_put_u64(nlh, MMLENS_A_EPOCH, epoch);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_TRAILER);
	mnl_attr_put_u32(nlh, MMLENS_TRAILER_REASON, reason);
	if (cmd == MMLENS_CMD_PAGE_GET) {
		mnl_attr_put_u32(nlh, MMLENS_TRAILER_TORN, torn);
		mnl_attr_put_u64(nlh, MMLENS_TRAILER_UNWATCHED, unwatched);
	}
	mnl_attr_put_u64(nlh, MMLENS_TRAILER_HOLDS, holds);
	mnl_attr_put_u64(nlh, MMLENS_TRAILER_RECORDS, 1);
	mnl_attr_put_u64(nlh, MMLENS_TRAILER_PAGES, 1);
	mnl_attr_put_u64(nlh, MMLENS_TRAILER_BYTES, PAGE);
	if (sums) {
		counts = mnl_attr_nest_start(nlh, MMLENS_TRAILER_COUNTS);
		put_pages(nlh, sums);
		mnl_attr_nest_end(nlh, counts);
	}
	mnl_attr_nest_end(nlh, nest);
	put(nlh);
	done(0, NULL);
}

static void put_str(struct nlmsghdr *nlh, int attr, const char *text)
{
	if (text)
		mnl_attr_put_strz(nlh, attr, text);
}

/* Counted columns: each its own number, in pages. */
static bool counted;
static uint64_t depth = 1, deeper;

static void put_counts(struct nlmsghdr *nlh)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, MMLENS_VMA_COUNTS);

	put_pages(nlh, 1);
	mnl_attr_put_u64(nlh, MMLENS_VMA_COL_DEPTH, 1 + depth);
	depth += deeper;
	mnl_attr_put_u64(nlh, 63, 1);	/* of a newer kernel */
	mnl_attr_nest_end(nlh, nest);
}

static void put_vma(struct nlmsghdr *nlh, int attr, const struct mml_vma *vma)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);

	mnl_attr_put_u64(nlh, MMLENS_VMA_START, vma->start);
	mnl_attr_put_u64(nlh, MMLENS_VMA_END, vma->end);
	mnl_attr_put_u64(nlh, MMLENS_VMA_FLAGS, vma->flags);
	mnl_attr_put_u32(nlh, MMLENS_VMA_KIND, vma->kind);
	mnl_attr_put_u64(nlh, MMLENS_VMA_PGOFF, vma->pgoff);
	put_str(nlh, MMLENS_VMA_PATH, vma->path);
	put_str(nlh, MMLENS_VMA_NAME, vma->name);
	put_str(nlh, MMLENS_VMA_OPS, vma->ops);
	if (vma->path) {
		mnl_attr_put_u32(nlh, MMLENS_VMA_MAJOR, vma->major);
		mnl_attr_put_u32(nlh, MMLENS_VMA_MINOR, vma->minor);
		mnl_attr_put_u64(nlh, MMLENS_VMA_INODE, vma->inode);
		mnl_attr_put_u64(nlh, MMLENS_VMA_FILE_SIZE, vma->file_size);
	}
	if (vma->anon_id) {
		mnl_attr_put_u64(nlh, MMLENS_VMA_ANON_ID, vma->anon_id);
		mnl_attr_put_u64(nlh, MMLENS_VMA_ANON_ROOT, vma->anon_root);
	}
	if (counted)
		put_counts(nlh);
	mnl_attr_put_u32(nlh, MMLENS_VMA_PKEY, vma->pkey);
	mnl_attr_put_u64(nlh, MMLENS_VMA_PAGE_SIZE, vma->page_size);
	mnl_attr_nest_end(nlh, nest);
}

#define ANON(from, to, more)						\
	{ .start = (from), .end = (to), .flags = RW | MAYRW | (more),	\
	  .pgoff = (from) / PAGE, .page_size = PAGE,			\
	  .anon_id = 0xa1, .anon_root = 0xa0 }
#define NAMED(from, to, label)						\
	{ .start = (from), .end = (to), .flags = RW | MAYRW,		\
	  .pgoff = (from) / PAGE, .page_size = PAGE, .name = (label),	\
	  .anon_id = 0xa1, .anon_root = 0xa0 }
#define MAPPED(from, to, bits, backed, offset, file)			\
	{ .start = (from), .end = (to), .flags = (bits), .kind = (backed), \
	  .pgoff = (offset), .page_size = PAGE, .path = (file),		\
	  .ops = "ext4_file_vm_ops", .major = 8, .minor = 1,		\
	  .inode = 4711, .file_size = 123456 }

/* A VMA_GET dump, two areas a message. */
static void vmas(const struct mml_vma *v, size_t n)
{
	uint64_t at = 0, end;
	struct nlmsghdr *nlh;
	size_t i;

	asked_dump(MMLENS_CMD_VMA_GET);
	first(MMLENS_CMD_VMA_GET, 0, 0);
	for (i = 0; i < n; i += 2) {
		end = i + 1 < n ? v[i + 1].end : v[i].end;
		nlh = part(MMLENS_CMD_VMA_GET);
		span(nlh, at, end);
		put_vma(nlh, MMLENS_A_VMA, &v[i]);
		if (i + 1 < n)
			put_vma(nlh, MMLENS_A_VMA, &v[i + 1]);
		put(nlh);
		at = end;
	}
	last(MMLENS_CMD_VMA_GET, at, MMLENS_REASON_COMPLETE, 0, 0);
}

#define COLUMN(number, field) \
	{ number, offsetof(struct mml_extent, field), \
	  sizeof(((struct mml_extent *)0)->field) }

static const struct {
	int number;
	size_t offset, size;
} fields[] = {
	COLUMN(MMLENS_COL_START, start), COLUMN(MMLENS_COL_PAGES, pages),
	COLUMN(MMLENS_COL_STATE, state), COLUMN(MMLENS_COL_LEVEL, level),
	COLUMN(MMLENS_COL_FRAME, frame), COLUMN(MMLENS_COL_SWAP, swap),
	COLUMN(MMLENS_COL_ENTRY, entry), COLUMN(MMLENS_COL_FLAGS, flags),
	COLUMN(MMLENS_COL_MAPCOUNT, mapcount), COLUMN(MMLENS_COL_MAPKIND, mapkind),
	COLUMN(MMLENS_COL_REFCOUNT, refcount), COLUMN(MMLENS_COL_HEAD, head),
	COLUMN(MMLENS_COL_ORDER, order),
	COLUMN(MMLENS_COL_FOLIO_MAPCOUNT, folio_mapcount),
	COLUMN(MMLENS_COL_FOLIO_SHARED, folio_shared),
	COLUMN(MMLENS_COL_NODE, node), COLUMN(MMLENS_COL_ZONE, zone),
	COLUMN(MMLENS_COL_ANON_ID, anon_id),
};

static void put_extents(struct nlmsghdr *nlh, uint64_t columns,
			const struct mml_extent *v, uint32_t n)
{
	struct nlattr *nest;
	char column[4096];
	size_t i, j;

	mnl_attr_put_u32(nlh, MMLENS_A_COUNT, n);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_EXTENTS);
	for (i = 0; i < MNL_ARRAY_SIZE(fields); i++) {
		if (!(columns & MMLENS_COL_BIT(fields[i].number)))
			continue;
		for (j = 0; j < n; j++)
			memcpy(column + j * fields[i].size,
			       (const char *)&v[j] + fields[i].offset,
			       fields[i].size);
		mnl_attr_put(nlh, fields[i].number, n * fields[i].size, column);
	}
	mnl_attr_nest_end(nlh, nest);
}

static uint64_t granted = MMLENS_COL_ALL;

static void extents(uint64_t start, uint64_t end, uint16_t more_flags,
		    const struct mml_extent *v, uint32_t n)
{
	struct nlmsghdr *nlh = part(MMLENS_CMD_PAGE_GET);

	nlh->nlmsg_flags |= more_flags;
	span(nlh, start, end);
	if (n)
		put_extents(nlh, granted, v, n);
	put(nlh);
}

static void nothing_walked(uint64_t at)
{
	extents(at, at, 0, NULL, 0);
}

/* What every reading of pages begins with; two adjacent areas. */
static const struct mml_vma two_areas[] = {
	NAMED(HEAP, HEAP + 16 * PAGE, "[heap]"),
	ANON(HEAP + 16 * PAGE, HEAP + 32 * PAGE, 0),
};

static void pages_begin_of(const struct kernel *kernel,
			   const struct mml_vma *v, size_t n)
{
	family(1);
	info(kernel);
	vmas(v, n);
	asked_dump(MMLENS_CMD_PAGE_GET);
}

static void pages_begin(void)
{
	pages_begin_of(&debian_6_1, two_areas, MNL_ARRAY_SIZE(two_areas));
	first(MMLENS_CMD_PAGE_GET, granted, HEAP);
}

static void pages_end(uint64_t unwatched)
{
	last(MMLENS_CMD_PAGE_GET, HEAP + 32 * PAGE, MMLENS_REASON_COMPLETE, 0,
	     unwatched);
}

#define ENTRY_RO (MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_USER | \
		  MMLENS_ENTRY_ACCESSED | MMLENS_ENTRY_DIRTY | MMLENS_ENTRY_LEAF)
#define ENTRY_RW (ENTRY_RO | MMLENS_ENTRY_WRITE)
#define FLAGS_ANON (MMLENS_PAGE_UPTODATE | MMLENS_PAGE_LRU | MMLENS_PAGE_MMAP | \
		    MMLENS_PAGE_ANON | MMLENS_PAGE_SWAPBACKED)

/* A page of frame @at, written by one process. */
static struct mml_extent present(uint64_t addr, uint32_t pages, uint64_t frame)
{
	return (struct mml_extent){
		.start = addr, .pages = pages, .state = MMLENS_STATE_PRESENT,
		.level = MMLENS_LEVEL_PTE, .frame = frame, .swap = U,
		.entry = ENTRY_RW, .flags = FLAGS_ANON | MMLENS_PAGE_ANON_EXCLUSIVE,
		.mapcount = 1, .mapkind = MMLENS_MAPKIND_PRECISE, .refcount = 1,
		.head = frame, .order = 0, .folio_mapcount = 1,
		.folio_shared = MMLENS_SHARED_NO, .zone = MMLENS_ZONE_DMA32,
	};
}

/* Something that is no page. */
static struct mml_extent absent(uint64_t addr, uint32_t state)
{
	struct mml_extent extent;

	memset(&extent, 0xff, sizeof(extent));
	extent.start = addr;
	extent.pages = 1;
	extent.state = state;
	extent.level = MMLENS_LEVEL_PTE;
	extent.entry = 0;
	extent.mapkind = MMLENS_MAPKIND_NONE;
	return extent;
}

/* ---- info, mm, errors ---- */

static void info_6_1(void)
{
	family(1);
	info(&debian_6_1);
}

/* What 5.10 has not, and what is an average elsewhere. */
static void info_5_10(void)
{
	family(1);
	info(&debian_5_10);
}

static void info_average(void)
{
	family(1);
	info(&averaging_7_2);
}

static void info_future(void)
{
	static const struct kernel future = {
		"9.9.9\033[31m", 5, 0xfffffffffff000, 1ULL << 50, 0x7f, 9,
	};

	family(1);
	info(&future);
}

static void info_no_answer(void)
{
	family(1);
	asked(MMLENS_CMD_INFO_GET);
	ack();
}

static void no_module(void)
{
	ask_family();
	error(ENOENT, NULL, 0);
}

static void other_version(void)
{
	family(2);
}

static void permission(void)
{
	family(1);
	asked(MMLENS_CMD_INFO_GET);
	error(EPERM, "CAP_SYS_ADMIN in the initial user namespace is needed", 0);
}

static void permission_bare(void)
{
	family(1);
	asked(MMLENS_CMD_INFO_GET);
	error(EPERM, NULL, 0);
}

static void no_process(void)
{
	family(1);
	info(&debian_6_1);
	asked(MMLENS_CMD_MM_GET);
	error(ESRCH, "no such process", NLMSG_HDRLEN + GENL_HDRLEN);
}

static void no_process_bare(void)
{
	family(1);
	info(&debian_6_1);
	asked(MMLENS_CMD_MM_GET);
	error(ESRCH, NULL, 0);
}

static void lost(void)
{
	family(1);
	info(&debian_6_1);
	asked(MMLENS_CMD_MM_GET);
	recv_fails(ENOBUFS);
}

static uint64_t pgtables = 61440;

static void mm_numbers(struct nlmsghdr *nlh)
{
	int attr;

	mnl_attr_put_strz(nlh, MMLENS_MM_EXE, "/usr/bin/se\xffrver");
	mnl_attr_put_u64(nlh, MMLENS_MM_PGD, 0xa3f1);
	mnl_attr_put_u32(nlh, MMLENS_MM_USERS, 3);
	mnl_attr_put_u32(nlh, MMLENS_MM_COUNT, 1);
	mnl_attr_put_u32(nlh, MMLENS_MM_MAP_COUNT, 2);
	mnl_attr_put_u32(nlh, MMLENS_MM_DUMPABLE, 2);
	mnl_attr_put_u64(nlh, MMLENS_MM_DEF_FLAGS, MMLENS_VM_LOCKED);
	mnl_attr_put_u64(nlh, MMLENS_MM_TASK_SIZE, 0x7ffffffff000);
	for (attr = MMLENS_MM_MMAP_BASE; attr <= MMLENS_MM_ENV_END; attr++)
		mnl_attr_put_u64(nlh, attr, 0x7f0000000000 + attr * PAGE);
	for (attr = MMLENS_MM_RSS_FILE; attr <= MMLENS_MM_STACK_VM; attr++)
		mnl_attr_put_u64(nlh, attr, attr);
	mnl_attr_put_u64(nlh, MMLENS_MM_PGTABLES, pgtables);
}

static void mm_answer(const char *comm, uint32_t state)
{
	struct nlmsghdr *nlh = answer(MMLENS_CMD_MM_GET);
	struct nlattr *nest;

	if (state == MMLENS_TASK_ALIVE) {
		envelope(nlh, 0);
	} else {
		nest = mnl_attr_nest_start(nlh, MMLENS_A_ENVELOPE);
		mnl_attr_put_u32(nlh, MMLENS_ENVELOPE_PID, PID);
		mnl_attr_put_u32(nlh, MMLENS_ENVELOPE_TGID, PID);
		mnl_attr_nest_end(nlh, nest);
	}
	nest = mnl_attr_nest_start(nlh, MMLENS_A_MM);
	mnl_attr_put_strz(nlh, MMLENS_MM_COMM, comm);
	mnl_attr_put_u32(nlh, MMLENS_MM_TASK_STATE, state);
	mnl_attr_put_u32(nlh, MMLENS_MM_PPID, 1);
	mnl_attr_put_u32(nlh, MMLENS_MM_THREADS, 3);
	mnl_attr_put_u64(nlh, MMLENS_MM_MIN_FLT, 1000);
	mnl_attr_put_u64(nlh, MMLENS_MM_MAJ_FLT, 5);
	if (state == MMLENS_TASK_ALIVE)
		mm_numbers(nlh);
	mnl_attr_nest_end(nlh, nest);
	put(nlh);
	ack();
}

static void mm_known(void)
{
	family(1);
	info(&debian_6_1);
	asked(MMLENS_CMD_MM_GET);
	mm_answer("ev\nil\033[2J", MMLENS_TASK_ALIVE);
}

/* Its data end with a file's page; behind that zeroes, and in the same area the heap. */
static void mm_alive(void)
{
	static const struct mml_vma around[] = {
		MAPPED(0x7f0000013000, 0x7f0000014000, RW | MAYRW, MMLENS_VMA_KIND_FILE, 0x52, "/usr/bin/server"),
		NAMED(0x7f0000014000, 0x7f0000016000, "[heap]"),
	};

	mm_known();
	vmas(around, MNL_ARRAY_SIZE(around));
}

/* Whose areas cannot be had: bounds that they tell are unknown. */
static void mm_areas_locked(void)
{
	mm_known();
	asked_dump(MMLENS_CMD_VMA_GET);
	error(EAGAIN, "the process's mmap lock is held: try again", 0);
}

static void mm_kthread(void)
{
	family(1);
	info(&debian_6_1);
	asked(MMLENS_CMD_MM_GET);
	mm_answer("kswapd0", MMLENS_TASK_KTHREAD);
}

static void mm_busy(void)
{
	family(1);
	info(&debian_6_1);
	asked(MMLENS_CMD_MM_GET);
	error(EAGAIN, "the process's mmap lock is held: try again", 0);
	asked(MMLENS_CMD_MM_GET);
	error(EAGAIN, "the process's mmap lock is held: try again", 0);
	asked(MMLENS_CMD_MM_GET);
	mm_answer("patient", MMLENS_TASK_ALIVE);
}

/* A string that does not end. */
static void mm_endless(void)
{
	struct nlmsghdr *nlh;
	struct nlattr *nest;

	family(1);
	info(&debian_6_1);
	asked(MMLENS_CMD_MM_GET);
	nlh = answer(MMLENS_CMD_MM_GET);
	envelope(nlh, 0);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_MM);
	mnl_attr_put(nlh, MMLENS_MM_COMM, 4, "ever");
	mnl_attr_nest_end(nlh, nest);
	put(nlh);
	ack();
}

/* ---- areas ---- */

static const struct mml_vma areas[] = {
	MAPPED(0x400000, 0x452000, MMLENS_VM_READ | MMLENS_VM_EXEC | MAYRW,
	       MMLENS_VMA_KIND_FILE, 0, "/usr/bin/dbus daemon"),
	MAPPED(0x652000, 0x655000, RW | MAYRW | MMLENS_VM_ACCOUNT,
	       MMLENS_VMA_KIND_FILE, 0x52, "/tmp/we\xff\x1b[31mird\\x41\n\xc3\xa9\"file"),
	NAMED(HEAP, HEAP + 40 * PAGE, "[heap]"),
	{ .start = 0x7f0000000000, .end = 0x7f0000400000, .flags = RW | MAYRW | MMLENS_VM_HUGETLB,
	  .kind = MMLENS_VMA_KIND_HUGETLB, .page_size = 2 << 20, .path = "/anon_hugepage (deleted)",
	  .major = 0, .minor = 15, .inode = 9, .file_size = 4 << 20 },
	MAPPED(0x7f1000000000, 0x7f1000100000, RW | MMLENS_VM_SHARED | MAYRW | MMLENS_VM_MAYSHARE,
	       MMLENS_VMA_KIND_SHMEM, 0, "/dev/zero (deleted)"),
	MAPPED(0x7f2000000000, 0x7f2000001000, RW | MMLENS_VM_SHARED | MAYRW | MMLENS_VM_MAYSHARE |
	       MMLENS_VM_PFNMAP | MMLENS_VM_IO | MMLENS_VM_DONTEXPAND | MMLENS_VM_DONTDUMP,
	       MMLENS_VMA_KIND_DEVICE, 0xfebf0, "/dev/mem"),
	{ .start = 0x7f3000000000, .end = 0x7f3000001000, .flags = RW | 1ULL << 50 | MMLENS_VM_UNKNOWN,
	  .kind = 42, .pgoff = 0x7f3000000, .page_size = PAGE, .name = "[anon:new kind]", .pkey = 3 },
	{ .start = 0x7f4000000000, .end = 0x7f4000004000, .flags = 0,
	  .pgoff = 0x7f4000000, .page_size = PAGE },
	{ .start = 0x7ffd00000000, .end = 0x7ffd00021000,
	  .flags = RW | MAYRW | MMLENS_VM_GROWSDOWN | MMLENS_VM_ACCOUNT,
	  .pgoff = 0x7ffffffdf, .page_size = PAGE, .name = "[stack]", .anon_id = 0xb1, .anon_root = 0xb0 },
	{ .start = 0x7ffd00100000, .end = 0x7ffd00102000, .flags = MMLENS_VM_READ | MMLENS_VM_EXEC | MAYRW,
	  .kind = MMLENS_VMA_KIND_SPECIAL, .page_size = PAGE, .name = "[vdso]", .ops = "special_mapping_vmops" },
	MAPPED(0xfffffffff0000000, 0xfffffffffffff000, MMLENS_VM_READ, MMLENS_VMA_KIND_FILE,
	       0xffffffffffff, "/huge"),
};

static void vma_all(void)
{
	family(1);
	vmas(areas, MNL_ARRAY_SIZE(areas));
}

static void vma_counted(void)
{
	family(1);
	info(&debian_6_1);
	counted = true;
	vmas(areas, 3);
	counted = false;
}

/* No area is told; what is asked for is what the request says. */
static void vma_sum(void)
{
	const uint64_t asked = MMLENS_VMA_COL_ALL &
			       ~MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_DEPTH);
	struct nlmsghdr *nlh;

	family(1);
	info(&debian_6_1);
	nlh = message(FAMILY, NLM_F_REQUEST | NLM_F_DUMP, MMLENS_CMD_VMA_GET);
	mnl_attr_put_u32(nlh, MMLENS_A_PID, PID);
	mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, asked);
	mnl_attr_put(nlh, MMLENS_A_SUM, 0, NULL);
	put(nlh);
	first(MMLENS_CMD_VMA_GET, asked, 0);
	nlh = part(MMLENS_CMD_VMA_GET);
	span(nlh, 0, 32 * PAGE);
	put(nlh);
	sums = 3;
	last(MMLENS_CMD_VMA_GET, 32 * PAGE, MMLENS_REASON_COMPLETE, 0, 0);
	sums = 0;
}

/* Read in several goes: nobody knows whether it is one picture. */
static void vma_goes(void)
{
	holds = 3;
	vma_all();
	holds = 1;
}

static void portrait(void)
{
	mm_known();
	counted = true;
	vmas(areas, MNL_ARRAY_SIZE(areas));
	counted = false;
}

static void portrait_many(void)
{
	static struct mml_vma many[60];
	static char names[60][32];
	size_t i;

	for (i = 0; i < 60; i++) {
		snprintf(names[i], sizeof(names[i]), "/lib/lib%zu.so", i / 2);
		many[i] = (struct mml_vma){
			.start = 0x7f0000000000 + i * 0x100000,
			.end = 0x7f0000000000 + i * 0x100000 + PAGE * (i + 1),
			.flags = i & 1 ? RW : MMLENS_VM_READ,
			.kind = MMLENS_VMA_KIND_FILE, .page_size = PAGE,
			.path = names[i],
		};
	}
	many[3] = (struct mml_vma)NAMED(many[3].start, many[3].end, "[heap]");
	mm_known();
	vmas(many, 60);
}

static void asked_at(void)
{
	struct nlmsghdr *nlh;

	asked(MMLENS_CMD_VMA_GET);
	nlh = answer(MMLENS_CMD_VMA_GET);
	envelope(nlh, 0);
	mnl_attr_put_u64(nlh, MMLENS_A_ADDR, HEAP);
	put_vma(nlh, MMLENS_A_VMA, &areas[2]);
	mnl_attr_put_u32(nlh, MMLENS_A_DEPTH, 2);
	put(nlh);
	ack();
}

static void vma_at(void)
{
	family(1);
	asked_at();
}

static void vma_gaps(void)
{
	family(1);
	asked(MMLENS_CMD_MM_GET);
	mm_answer("holey", MMLENS_TASK_ALIVE);
	vmas(areas, MNL_ARRAY_SIZE(areas) - 1);
}

/* Each area as deep in the tree as its numbers say: see put_counts(). */
static void vma_store(void)
{
	family(1);
	info(&debian_6_1);
	counted = true;
	vmas(areas, 3);
	counted = false;
}

static void vma_store_rbtree(void)
{
	family(1);
	info(&debian_5_10);
	counted = true;
	deeper = 3;
	vmas(areas, 3);
	deeper = 0;
	counted = false;
}

static void vma_store_at(void)
{
	family(1);
	info(&debian_6_1);
	asked_at();
}

static void hole(int cmd, const struct mml_vma *prev, const struct mml_vma *next,
		 uint64_t addr)
{
	struct nlmsghdr *nlh;

	asked(cmd);
	nlh = answer(cmd);
	envelope(nlh, 0);
	mnl_attr_put_u64(nlh, MMLENS_A_ADDR, addr);
	if (prev)
		put_vma(nlh, MMLENS_A_PREV, prev);
	if (next)
		put_vma(nlh, MMLENS_A_NEXT, next);
	put(nlh);
	ack();
}

static void vma_hole(void)
{
	family(1);
	hole(MMLENS_CMD_VMA_GET, &areas[7], &areas[8], 0x7ffcfffff000);
}

static void vma_exited(void)
{
	struct nlmsghdr *nlh;

	family(1);
	asked_dump(MMLENS_CMD_VMA_GET);
	first(MMLENS_CMD_VMA_GET, 0, 0);
	nlh = part(MMLENS_CMD_VMA_GET);
	span(nlh, 0, areas[0].end);
	put_vma(nlh, MMLENS_A_VMA, &areas[0]);
	put(nlh);
	last(MMLENS_CMD_VMA_GET, areas[0].end, MMLENS_REASON_EXITED, 0, 0);
}

/* ---- walks ---- */

struct step {
	uint32_t level;
	uint32_t index;
	uint64_t table, raw, bits;
};

#define TABLE (MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_WRITE | MMLENS_ENTRY_USER | \
	       MMLENS_ENTRY_ACCESSED | MMLENS_ENTRY_DIRTY | MMLENS_ENTRY_EXEC)
#define FOLDED U32

static void put_level(struct nlmsghdr *nlh, const struct step *step)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, MMLENS_A_LEVEL);

	mnl_attr_put_u32(nlh, MMLENS_LEVEL_A_LEVEL, step->level);
	if (step->index == FOLDED) {
		mnl_attr_put(nlh, MMLENS_LEVEL_A_FOLDED, 0, NULL);
	} else {
		mnl_attr_put_u32(nlh, MMLENS_LEVEL_A_INDEX, step->index);
		mnl_attr_put_u64(nlh, MMLENS_LEVEL_A_TABLE, step->table);
		mnl_attr_put_u64(nlh, MMLENS_LEVEL_A_RAW, step->raw);
		mnl_attr_put_u64(nlh, MMLENS_LEVEL_A_BITS, step->bits);
	}
	mnl_attr_nest_end(nlh, nest);
}

static void walk(const struct mml_vma *vma, uint64_t addr,
		 const struct step *steps, size_t n, uint64_t size,
		 const struct mml_extent *leaf)
{
	struct nlmsghdr *nlh;
	size_t i;

	asked(MMLENS_CMD_WALK_GET);
	nlh = answer(MMLENS_CMD_WALK_GET);
	envelope(nlh, MMLENS_COL_ALL);
	mnl_attr_put_u64(nlh, MMLENS_A_ADDR, addr);
	put_vma(nlh, MMLENS_A_VMA, vma);
	for (i = 0; i < n; i++)
		put_level(nlh, &steps[i]);
	mnl_attr_put_u64(nlh, MMLENS_A_START, addr & -size);
	mnl_attr_put_u64(nlh, MMLENS_A_END, (addr & -size) + size);
	put_extents(nlh, MMLENS_COL_ALL, leaf, 1);
	put(nlh);
	ack();
}

#define TOP	{ MMLENS_LEVEL_PGD, 171, 0xa3f1, 0xa3f2067, TABLE },		\
		{ MMLENS_LEVEL_P4D, FOLDED, 0, 0, 0 },				\
		{ MMLENS_LEVEL_PUD, 323, 0xa3f2, 0xa3f7067, TABLE }
#define DOWN	TOP, { MMLENS_LEVEL_PMD, 69, 0xa3f7, 0xa401067, TABLE }

static void walk_pte(struct mml_extent leaf, uint64_t raw)
{
	const struct step steps[] = {
		DOWN, { MMLENS_LEVEL_PTE, 3, 0xa401, raw, leaf.entry },
	};

	walk(&areas[2], leaf.start + 0xa10, steps, MNL_ARRAY_SIZE(steps), PAGE,
	     &leaf);
}

static void walk_copies(void)
{
	struct mml_extent leaf = present(HEAP + 3 * PAGE, 1, 0x21090);

	leaf.entry = ENTRY_RO | MMLENS_ENTRY_SOFT_DIRTY;
	leaf.flags = FLAGS_ANON;
	leaf.mapcount = leaf.refcount = leaf.folio_mapcount = 2;
	family(1);
	info(&debian_6_1);
	walk_pte(leaf, 0x8000000021090845);
}

static void walk_swap(void)
{
	struct mml_extent leaf = absent(HEAP + 3 * PAGE, MMLENS_STATE_SWAP);

	leaf.swap = MMLENS_SWAP(3, 512ULL);
	leaf.entry = MMLENS_ENTRY_SOFT_DIRTY | MMLENS_ENTRY_EXCLUSIVE;
	family(1);
	info(&debian_6_1);
	walk_pte(leaf, 0x7fffffffffbfe02);
}

static void walk_unknown(void)
{
	struct mml_extent leaf = absent(HEAP + 3 * PAGE, 99);

	leaf.entry = 1ULL << 40 | 5ULL << MMLENS_ENTRY_PKEY_SHIFT;
	leaf.flags = 1ULL << 50 | MMLENS_PAGE_LRU;
	leaf.zone = 17;
	leaf.frame = 0xfffffffffffULL;
	family(1);
	info(&debian_6_1);
	walk_pte(leaf, ~0ULL);
}

static void walk_huge(void)
{
	struct mml_extent leaf = present(HEAP + 5 * PAGE, 1, 0x7205);
	const struct step steps[] = {
		TOP, { MMLENS_LEVEL_PMD, 69, 0xa3f7, 0x80000000072008e7, ENTRY_RW },
	};

	leaf.level = MMLENS_LEVEL_PMD;
	leaf.head = 0x7200;
	leaf.order = 9;
	leaf.flags |= MMLENS_PAGE_THP;
	family(1);
	info(&debian_6_1);
	walk(&areas[2], HEAP + 0x5123, steps, MNL_ARRAY_SIZE(steps), 2 << 20,
	     &leaf);
}

static void walk_five(void)
{
	static const struct kernel five = {
		"6.12.9-amd64", 5, 0xfffffffffff000, 0, CAN_6_1,
	};
	const struct mml_vma vma = ANON(0x3f7f0000000000, 0x3f7f0000400000, 0);
	const struct step steps[] = {
		{ MMLENS_LEVEL_PGD, 63, 0x100, 0x101067, TABLE },
		{ MMLENS_LEVEL_P4D, 254, 0x101, 0x102067, TABLE },
		{ MMLENS_LEVEL_PUD, 0, 0x102, 0x103067, TABLE },
		{ MMLENS_LEVEL_PMD, 0, 0x103, 0x104067, TABLE },
		{ MMLENS_LEVEL_PTE, 1, 0x104, 0, 0 },
	};
	struct mml_extent leaf = absent(0x3f7f0000001000, MMLENS_STATE_NONE);

	family(1);
	info(&five);
	walk(&vma, 0x3f7f0000001000, steps, MNL_ARRAY_SIZE(steps), PAGE, &leaf);
}

static void walk_two(void)
{
	const struct mml_vma vma = ANON(0x6fa6f4e00000, 0x7fa6f4e00000, 0);
	const struct step steps[] = {
		{ MMLENS_LEVEL_PGD, 223, 0x4a04, 0, 0 },
		{ MMLENS_LEVEL_P4D, FOLDED, 0, 0, 0 },
	};
	struct mml_extent leaf = absent(0x6fa6f4e00000, MMLENS_STATE_NONE);

	leaf.level = MMLENS_LEVEL_PGD;
	family(1);
	info(&debian_6_1);
	walk(&vma, 0x6fa6f4e00001, steps, MNL_ARRAY_SIZE(steps), 1ULL << 39, &leaf);
	hole(MMLENS_CMD_WALK_GET, NULL, NULL, 0);
}

static void walk_refused(void)
{
	family(1);
	info(&debian_6_1);
	hole(MMLENS_CMD_WALK_GET, &areas[0], &areas[1], 0x500000);
	asked(MMLENS_CMD_WALK_GET);
	error(EINVAL, "the address is in the kernel's half",
	      NLMSG_HDRLEN + GENL_HDRLEN + 8);
}

static void walk_gone_between(void)
{
	family(1);
	info(&debian_6_1);
	hole(MMLENS_CMD_WALK_GET, &areas[0], &areas[1], 0x500000);
	asked(MMLENS_CMD_WALK_GET);
	error(ESRCH, "no such process", NLMSG_HDRLEN + GENL_HDRLEN);
}

/* ---- pages ---- */

static void pages_heap(void)
{
	struct mml_extent v[] = {
		present(HEAP, 3, 0x21100), present(HEAP + 3 * PAGE, 2, 0x1ff8c),
		present(HEAP + 5 * PAGE, 4, 0x2110e), present(HEAP + 12 * PAGE, 4, 0x30a40),
		present(HEAP + 16 * PAGE, 1, 0x40000),
	};

	v[0].entry = v[2].entry = ENTRY_RO;
	v[0].flags = v[2].flags = FLAGS_ANON;
	v[0].mapcount = v[2].mapcount = 2;
	pages_begin();
	extents(HEAP, HEAP + 32 * PAGE, 0, v, MNL_ARRAY_SIZE(v));
	pages_end(0);
}

/* A request's filter, of which only what is given is sent. */
static void pages_filtered(void)
{
	struct mml_extent v[] = {
		present(HEAP, 3, 0x21100), present(HEAP + 12 * PAGE, 4, 0x30a40),
	};
	struct nlmsghdr *nlh;
	struct nlattr *nest;

	family(1);
	info(&debian_6_1);
	vmas(two_areas, MNL_ARRAY_SIZE(two_areas));
	nlh = message(FAMILY, NLM_F_REQUEST | NLM_F_DUMP, MMLENS_CMD_PAGE_GET);
	mnl_attr_put_u32(nlh, MMLENS_A_PID, PID);
	mnl_attr_put_u64(nlh, MMLENS_A_START, HEAP);
	mnl_attr_put_u64(nlh, MMLENS_A_END, HEAP + 32 * PAGE);
	mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, MMLENS_COL_BIT(MMLENS_COL_START) |
			 MMLENS_COL_BIT(MMLENS_COL_PAGES) |
			 MMLENS_COL_BIT(MMLENS_COL_STATE) |
			 MMLENS_COL_BIT(MMLENS_COL_FRAME));
	nest = mnl_attr_nest_start(nlh, MMLENS_A_FILTER);
	mnl_attr_put_u64(nlh, MMLENS_FILTER_STATES, 1 << MMLENS_STATE_PRESENT |
			 1 << MMLENS_STATE_PROTNONE);
	mnl_attr_put_u64(nlh, MMLENS_FILTER_ENTRY_ALL, MMLENS_ENTRY_WRITE |
			 1ULL << MMLENS_ENTRY_PKEY_SHIFT);
	mnl_attr_put_u64(nlh, MMLENS_FILTER_ENTRY_NONE, MMLENS_ENTRY_SOFT_DIRTY |
			 0xeULL << MMLENS_ENTRY_PKEY_SHIFT);
	mnl_attr_put_u64(nlh, MMLENS_FILTER_FLAGS_ALL, MMLENS_PAGE_ANON);
	mnl_attr_put_u64(nlh, MMLENS_FILTER_FLAGS_NONE, MMLENS_PAGE_KSM | MMLENS_PAGE_THP);
	mnl_attr_put_u64(nlh, MMLENS_FILTER_FRAME_START, 0x20000);
	mnl_attr_put_u64(nlh, MMLENS_FILTER_FRAME_END, 0x40000);
	mnl_attr_nest_end(nlh, nest);
	put(nlh);
	first(MMLENS_CMD_PAGE_GET, granted, HEAP);
	extents(HEAP, HEAP + 32 * PAGE, 0, v, MNL_ARRAY_SIZE(v));
	pages_end(0);
}

/* No column but those that are granted unless others are asked for. */
static void pages_default(void)
{
	granted = MMLENS_COL_DEFAULT;
	pages_heap();
	granted = MMLENS_COL_ALL;
}

/* One of each, and what this tool does not know yet. */
static void pages_states(void)
{
	static const uint32_t read[] = {
		MMLENS_STATE_PRESENT, MMLENS_STATE_ZERO, MMLENS_STATE_HUGE_ZERO,
		MMLENS_STATE_PFNMAP, MMLENS_STATE_PROTNONE, MMLENS_STATE_NUMA_HINT,
	};
	struct mml_extent v[24];
	uint32_t n = 0, state;
	size_t i;

	for (i = 0; i < MNL_ARRAY_SIZE(read); i++) {
		v[n] = present(HEAP + n * PAGE, 1, 0x100 * (n + 1));
		v[n].state = read[i];
		n++;
	}
	v[1].flags = MMLENS_PAGE_ZERO_PAGE | MMLENS_PAGE_RESERVED;
	v[1].entry = ENTRY_RO | MMLENS_ENTRY_SPECIAL;
	v[2].flags = MMLENS_PAGE_ZERO_PAGE | MMLENS_PAGE_THP;
	v[2].entry = ENTRY_RO;
	v[3] = absent(v[3].start, MMLENS_STATE_PFNMAP);
	v[3].entry = ENTRY_RW | MMLENS_ENTRY_SPECIAL | MMLENS_ENTRY_CACHE_DISABLE;
	v[3].frame = 0xfebf0;
	v[4].entry = MMLENS_ENTRY_PROTNONE | MMLENS_ENTRY_LEAF;
	v[5].entry = MMLENS_ENTRY_PROTNONE | MMLENS_ENTRY_LEAF;
	for (state = MMLENS_STATE_SWAP; state <= MMLENS_STATE_MAX; state++, n++)
		v[n] = absent(HEAP + n * PAGE, state);
	v[6].swap = MMLENS_SWAP(1, 4660ULL);
	v[7].frame = 0x777;
	v[7].entry = MMLENS_ENTRY_WRITE | MMLENS_ENTRY_EXCLUSIVE;
	v[8].frame = 0x888;
	v[n] = absent(HEAP + n * PAGE, 99);
	v[n].level = 9;
	v[n].entry = 1ULL << 40 | MMLENS_ENTRY_PKEY_MASK;
	v[n].flags = 1ULL << 50 | MMLENS_PAGE_KSM;
	v[n].mapkind = 7;
	v[n].zone = 44;
	n++;
	pages_begin();
	extents(HEAP, HEAP + 32 * PAGE, 0, v, n);
	pages_end(12);
}

/* More than a pipe holds, or two: every second page. */
static const struct mml_vma long_area = ANON(HEAP, HEAP + 8000 * PAGE, 0);

static void long_pages(void)
{
	struct mml_extent v[20];
	uint64_t at = HEAP;

	asked_dump(MMLENS_CMD_PAGE_GET);
	first(MMLENS_CMD_PAGE_GET, granted, HEAP);
	for (int part = 0; part < 200; part++, at += 40 * PAGE) {
		for (int i = 0; i < 20; i++)
			v[i] = present(at + 2 * i * PAGE, 1, 0x1000 + 3 * i);
		extents(at, at + 40 * PAGE, 0, v, MNL_ARRAY_SIZE(v));
	}
	last(MMLENS_CMD_PAGE_GET, at, MMLENS_REASON_COMPLETE, 0, 0);
}

static void pages_long(void)
{
	family(1);
	info(&debian_6_1);
	vmas(&long_area, 1);
	long_pages();
}

/* A snapshot's processes now: the first has died, the other is as ever. */
static void diff_gone(void)
{
	family(1);
	info(&debian_6_1);
	asked(MMLENS_CMD_MM_GET);
	error(ESRCH, "no such process", 0);
	asked(MMLENS_CMD_MM_GET);
	mm_answer("server", MMLENS_TASK_ALIVE);
	vmas(&long_area, 1);
	long_pages();
}

static void diff_all_gone(void)
{
	family(1);
	info(&debian_6_1);
	for (int i = 0; i < 2; i++) {
		asked(MMLENS_CMD_MM_GET);
		error(ESRCH, "no such process", 0);
	}
}

/* Runs of rows that differ in address, frame and slot; and where that ends. */
static void pages_alike(void)
{
	struct mml_extent v[14];
	uint32_t n = 0, i;

	for (; n < 4; n++)
		v[n] = present(HEAP + n * PAGE, 1, 9 * n * n * n * n + 8);
	v[n] = present(HEAP + n * PAGE, 2, 0x1000000);
	v[n++].frame = MMLENS_UNKNOWN;
	v[n] = present(HEAP + 6 * PAGE, 1, 0x77);
	v[n++].mapcount = 5;
	v[n] = present(HEAP + 7 * PAGE, 1, 0x99);
	v[n++].mapcount = 5;
	for (i = 0; i < 3; i++, n++) {
		v[n] = absent(HEAP + (8 + 2 * i) * PAGE, MMLENS_STATE_SWAP);
		v[n].swap = MMLENS_SWAP(i / 2, 9 + i);
	}
	for (; n < 14; n++)
		v[n] = present(HEAP + (16 + n) * PAGE, 1, 0xfff - n);
	pages_begin();
	extents(HEAP, HEAP + 32 * PAGE, 0, v, n);
	pages_end(3);
}

/* Four extents in five messages; areas meet where one could be joined. */
static void pages_cut(void)
{
	struct mml_extent a = present(HEAP, 6, 0x1000);
	struct mml_extent b = present(HEAP + 6 * PAGE, 4, 0x1006);
	struct mml_extent c = present(HEAP + 10 * PAGE, 6, 0x100a);
	struct mml_extent d = present(HEAP + 16 * PAGE, 4, 0x1010);
	struct mml_extent e[] = {
		absent(HEAP + 20 * PAGE, MMLENS_STATE_SWAP),
		absent(HEAP + 22 * PAGE, MMLENS_STATE_SWAP),
	};
	struct mml_extent f = absent(HEAP + 23 * PAGE, MMLENS_STATE_SWAP);

	e[0].pages = 2;
	e[0].swap = MMLENS_SWAP(0, 100ULL);
	e[1].swap = MMLENS_SWAP(0, 200ULL);
	f.swap = MMLENS_SWAP(0, 201ULL);
	pages_begin();
	extents(HEAP, HEAP + 6 * PAGE, 0, &a, 1);
	extents(HEAP + 6 * PAGE, HEAP + 10 * PAGE, 0, &b, 1);
	extents(HEAP + 10 * PAGE, HEAP + 16 * PAGE, 0, &c, 1);
	extents(HEAP + 16 * PAGE, HEAP + 20 * PAGE, 0, &d, 1);
	extents(HEAP + 20 * PAGE, HEAP + 23 * PAGE, 0, e, 2);
	extents(HEAP + 23 * PAGE, HEAP + 32 * PAGE, 0, &f, 1);
	pages_end(0);
}

static void pages_folio(void)
{
	struct mml_extent a = present(HEAP, 4, 0x2000);
	struct mml_extent b = present(HEAP + 4 * PAGE, 4, 0x2004);
	struct mml_extent c = present(HEAP + 8 * PAGE, 8, 0x2008);

	a.order = b.order = c.order = 3;
	a.head = b.head = 0x2000;
	c.head = 0x2008;
	a.mapkind = b.mapkind = c.mapkind = MMLENS_MAPKIND_AVERAGE;
	pages_begin();
	extents(HEAP, HEAP + 4 * PAGE, 0, &a, 1);
	extents(HEAP + 4 * PAGE, HEAP + 8 * PAGE, 0, &b, 1);
	extents(HEAP + 8 * PAGE, HEAP + 32 * PAGE, 0, &c, 1);
	pages_end(0);
}

/* The page of zeroes is one frame, wherever it is. */
static void pages_zero(void)
{
	struct mml_extent a = present(HEAP, 4, 0x3310);
	struct mml_extent b, c;

	a.state = MMLENS_STATE_ZERO;
	a.flags = MMLENS_PAGE_ZERO_PAGE | MMLENS_PAGE_RESERVED;
	a.entry = ENTRY_RO | MMLENS_ENTRY_SPECIAL;
	a.mapcount = U32;
	a.mapkind = MMLENS_MAPKIND_NONE;
	b = c = a;
	b.start = HEAP + 4 * PAGE;
	c.start = HEAP + 8 * PAGE;
	c.frame = c.head = 0x3314;
	pages_begin();
	extents(HEAP, HEAP + 4 * PAGE, 0, &a, 1);
	extents(HEAP + 4 * PAGE, HEAP + 8 * PAGE, 0, &b, 1);
	extents(HEAP + 8 * PAGE, HEAP + 32 * PAGE, 0, &c, 1);
	pages_end(0);
}

static void pages_empty(void)
{
	pages_begin();
	extents(HEAP, HEAP + 8 * PAGE, 0, NULL, 0);
	extents(HEAP + 8 * PAGE, HEAP + 32 * PAGE, 0, NULL, 0);
	pages_end(0);
}

static void pages_torn(void)
{
	struct mml_extent a = present(HEAP, 4, 0x1000);
	struct mml_extent b = present(HEAP + 8 * PAGE, 4, 0x3000);

	pages_begin();
	extents(HEAP, HEAP + 8 * PAGE, 0, &a, 1);
	extents(HEAP + 8 * PAGE, HEAP + 32 * PAGE, NLM_F_DUMP_INTR, &b, 1);
	last(MMLENS_CMD_PAGE_GET, HEAP + 32 * PAGE, MMLENS_REASON_COMPLETE, 1, 3);
}

static void pages_gone(uint32_t reason)
{
	struct mml_extent a = present(HEAP, 4, 0x1000);

	pages_begin();
	extents(HEAP, HEAP + 8 * PAGE, 0, &a, 1);
	last(MMLENS_CMD_PAGE_GET, HEAP + 8 * PAGE, reason, 0, 0);
}

static void pages_exited(void)
{
	pages_gone(MMLENS_REASON_EXITED);
}

static void pages_execed(void)
{
	pages_gone(MMLENS_REASON_EXECED);
}

/* Refused midway: the socket was handed to somebody without the capability. */
static void pages_refused(void)
{
	struct mml_extent a = present(HEAP, 4, 0x1000);

	pages_begin();
	extents(HEAP, HEAP + 8 * PAGE, 0, &a, 1);
	done(EPERM, "CAP_SYS_ADMIN in the initial user namespace is needed");
}

static void pages_refused_at_once(void)
{
	pages_begin_of(&debian_6_1, two_areas, MNL_ARRAY_SIZE(two_areas));
	error(EINVAL, "column 40 is unknown", NLMSG_HDRLEN + GENL_HDRLEN + 8 + 12 + 12);
}

static void pages_overrun(void)
{
	struct mml_extent a = present(HEAP, 4, 0x1000);

	pages_begin();
	extents(HEAP, HEAP + 8 * PAGE, 0, &a, 1);
	recv_fails(ENOBUFS);
}

/* The lock is not to be had, for a while or for good. */
static void pages_stalled(void)
{
	struct mml_extent a = present(HEAP, 4, 0x1000);
	int i;

	pages_begin();
	extents(HEAP, HEAP + 8 * PAGE, 0, &a, 1);
	for (i = 0; i < 5; i++)
		nothing_walked(HEAP + 8 * PAGE);
	extents(HEAP + 8 * PAGE, HEAP + 32 * PAGE, 0, NULL, 0);
	pages_end(0);
}

/* ---- pages in several dumps ---- */

/* Two areas of one name, which do not touch. */
static const struct mml_vma three_areas[] = {
	NAMED(HEAP, HEAP + 16 * PAGE, "[heap]"),
	ANON(HEAP + 32 * PAGE, HEAP + 48 * PAGE, 0),
	ANON(HEAP + 64 * PAGE, HEAP + 80 * PAGE, 0),
};

static void pages_of_area(uint32_t i, uint64_t frame)
{
	uint64_t start = three_areas[i].start, end = three_areas[i].end;
	struct mml_extent e = present(start, 4, frame);

	asked_dump(MMLENS_CMD_PAGE_GET);
	first(MMLENS_CMD_PAGE_GET, granted, start);
	extents(start, end, 0, &e, 1);
	last(MMLENS_CMD_PAGE_GET, end, MMLENS_REASON_COMPLETE, 0, 0);
}

static void pages_of_first(void)
{
	family(1);
	info(&debian_6_1);
	vmas(three_areas, MNL_ARRAY_SIZE(three_areas));
	epoch = 7;
	pages_of_area(1, 0x100);
}

static void pages_two_ranges(void)
{
	pages_of_first();
	pages_of_area(2, 0x200);
	epoch = 0;
}

/* The first has changed when the second is read. */
static void pages_two_epochs(void)
{
	pages_of_first();
	epoch = 9;
	pages_of_area(2, 0x200);
	epoch = 0;
}

static void pages_gone_between(void)
{
	pages_of_first();
	epoch = 0;
	asked_dump(MMLENS_CMD_PAGE_GET);
	error(ESRCH, "no such process", NLMSG_HDRLEN + GENL_HDRLEN);
}

/* An exec, when the areas were read and the pages were not. */
static void pages_exec_between(void)
{
	uint64_t mm_id = whose;

	family(1);
	info(&debian_6_1);
	vmas(three_areas, MNL_ARRAY_SIZE(three_areas));
	whose = 0xbbbb;
	pages_of_area(0, 0x777);
	whose = mm_id;
}

/* A newer module: attributes, columns and trailers that we never heard of. */
static void pages_newer(void)
{
	struct mml_extent a = present(HEAP, 4, 0x1000);
	struct nlmsghdr *nlh;
	struct nlattr *nest;

	pages_begin_of(&debian_6_1, two_areas, MNL_ARRAY_SIZE(two_areas));
	first(MMLENS_CMD_PAGE_GET, MMLENS_COL_ALL | 1ULL << 40, HEAP);
	nlh = part(MMLENS_CMD_PAGE_GET);
	mnl_attr_put_u64(nlh, 200, 1);
	span(nlh, HEAP, HEAP + 32 * PAGE);
	mnl_attr_put_u32(nlh, MMLENS_A_COUNT, 1);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_EXTENTS);
	mnl_attr_put_u32(nlh, 40, 5);
	mnl_attr_nest_end(nlh, nest);
	put_extents(nlh, MMLENS_COL_ALL, &a, 1);
	put(nlh);
	pages_end(0);
}

/* ---- trace ---- */

static void put_losses(struct nlmsghdr *nlh, uint64_t ring, uint64_t others)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, MMLENS_A_LOSSES);

	mnl_attr_put_u64(nlh, MMLENS_LOSSES_RING, ring);
	mnl_attr_put_u64(nlh, MMLENS_LOSSES_MISSED, others);
	mnl_attr_put_u64(nlh, MMLENS_LOSSES_UNFINISHED, others);
	mnl_attr_put_u64(nlh, MMLENS_LOSSES_UNFOLLOWED, others);
	mnl_attr_nest_end(nlh, nest);
}

static void put_faults(struct nlmsghdr *nlh, const struct mml_traced *v, uint32_t n)
{
#define FAULT(name, member) MML_COLUMN(MMLENS_FAULT_COL_##name, struct mml_traced, member)
	static const struct mml_column columns[] = {
		FAULT(TIME, time), FAULT(LATENCY, latency), FAULT(ADDR, addr),
		FAULT(IP, ip), FAULT(VMA_START, vma_start),
		FAULT(VMA_FLAGS, vma_flags), FAULT(OLD_FRAME, old.frame),
		FAULT(OLD_SWAP, old.swap), FAULT(OLD_ENTRY, old.entry),
		FAULT(NEW_FRAME, new.frame), FAULT(NEW_SWAP, new.swap),
		FAULT(NEW_ENTRY, new.entry), FAULT(TID, tid), FAULT(TGID, tgid),
		FAULT(ACCESS, access), FAULT(RESULT, result),
		FAULT(VMA_KIND, vma_kind), FAULT(OLD_STATE, old.state),
		FAULT(OLD_LEVEL, old.level), FAULT(NEW_STATE, new.state),
		FAULT(NEW_LEVEL, new.level),
	};
	struct nlattr *nest;
	char column[1024];
	uint32_t i, j;

	mnl_attr_put_u32(nlh, MMLENS_A_COUNT, n);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_FAULTS);
	for (i = 1; i < MNL_ARRAY_SIZE(columns); i++) {
		for (j = 0; j < n; j++)
			memcpy(column + j * columns[i].size,
			       (const char *)&v[j] + columns[i].offset,
			       columns[i].size);
		mnl_attr_put(nlh, i, n * columns[i].size, column);
	}
	mnl_attr_nest_end(nlh, nest);
}

#define NO_PAGE	{ MMLENS_STATE_NONE, MMLENS_LEVEL_PTE, U, U, 0 }
#define UNSEEN	{ U32, U32, U, U, U }
#define PAGE_AT(number, bits) {						\
	MMLENS_STATE_PRESENT, MMLENS_LEVEL_PTE, number, U,		\
	MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_USER |			\
	MMLENS_ENTRY_LEAF | MMLENS_ENTRY_ACCESSED | (bits) }
#define NOW	987654321000ULL

static const struct mml_traced faults[] = {
	{ NOW, 9400, HEAP + 0x10, 0x55d0c8000123, HEAP, RW | MAYRW,
	  MMLENS_VMA_KIND_ANON, PID, PID,
	  MMLENS_ACCESS_WRITE | MMLENS_ACCESS_USER, 0, NO_PAGE,
	  PAGE_AT(0x21100, MMLENS_ENTRY_WRITE | MMLENS_ENTRY_DIRTY) },
	{ NOW + 1500000, 21050, HEAP + PAGE, 0x55d0c8000140, HEAP, RW | MAYRW,
	  MMLENS_VMA_KIND_ANON, PID + 1, PID,
	  MMLENS_ACCESS_WRITE | MMLENS_ACCESS_USER, 0, PAGE_AT(0x21090, 0),
	  PAGE_AT(0x1ff8c, MMLENS_ENTRY_WRITE | MMLENS_ENTRY_DIRTY) },
	{ NOW + 2000000, 5000000, HEAP + 2 * PAGE, 0x55d0c8000150, HEAP, RW | MAYRW,
	  MMLENS_VMA_KIND_ANON, PID, PID, 0, MMLENS_FAULT_MAJOR,
	  { MMLENS_STATE_SWAP, MMLENS_LEVEL_PTE, U, MMLENS_SWAP(0ULL, 512ULL), 0 },
	  PAGE_AT(0x30a40, 0) },
	{ NOW + 1900000000, 700, 0x7f0000000000, 0x55d0c8000160, 0x7f0000000000,
	  MMLENS_VM_READ, MMLENS_VMA_KIND_FILE, PID, PID, MMLENS_ACCESS_USER,
	  MMLENS_FAULT_SIGBUS, NO_PAGE, NO_PAGE },
	{ NOW + 1950000000, U, 0x10, 0x55d0c8000160, U, U, U32, PID, PID,
	  MMLENS_ACCESS_WRITE | MMLENS_ACCESS_USER, MMLENS_FAULT_MAPERR, UNSEEN, UNSEEN },
	{ NOW + 2000000000, 800, HEAP + 3 * PAGE, U, HEAP, RW | MAYRW,
	  MMLENS_VMA_KIND_ANON, U32, U32, MMLENS_ACCESS_REMOTE, 0, UNSEEN, UNSEEN },
};

static void trace_begin(void)
{
	struct nlmsghdr *nlh;

	family(1);
	family(1);
	asked_dump(MMLENS_CMD_TRACE_START);
	nlh = part(MMLENS_CMD_TRACE_START);
	envelope(nlh, MMLENS_FAULT_COL_ALL);
	put(nlh);
	nlh = part(MMLENS_CMD_TRACE_START);
	put_losses(nlh, 0, 0);
	put(nlh);
}

static void trace_end(uint64_t records, uint64_t ring, uint64_t others)
{
	struct nlmsghdr *nlh = part(MMLENS_CMD_TRACE_START);
	struct nlattr *nest;

	put_losses(nlh, ring, others);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_TRAILER);
	mnl_attr_put_u32(nlh, MMLENS_TRAILER_REASON, MMLENS_REASON_EXITED);
	mnl_attr_put_u64(nlh, MMLENS_TRAILER_RECORDS, records);
	mnl_attr_nest_end(nlh, nest);
	put(nlh);
	done(0, NULL);
}

static void trace_of(uint64_t records, uint64_t ring, uint64_t others)
{
	struct nlmsghdr *nlh;

	trace_begin();
	nlh = part(MMLENS_CMD_TRACE_START);
	put_losses(nlh, ring, 0);
	put_faults(nlh, faults, MNL_ARRAY_SIZE(faults));
	put(nlh);
	vmas(two_areas, 2);
	trace_end(records, ring, others);
}

static void trace_some(void)
{
	trace_of(MNL_ARRAY_SIZE(faults), 0, 0);
}

static void trace_losses(void)
{
	trace_of(MNL_ARRAY_SIZE(faults), 12, 3);
}

/* The kernel has sent more than has come. */
static void trace_short(void)
{
	trace_of(MNL_ARRAY_SIZE(faults) + 1, 0, 0);
}

static void trace_refused(void)
{
	family(1);
	family(1);
	asked_dump(MMLENS_CMD_TRACE_START);
	done(EOPNOTSUPP, "this kernel is built without kretprobes or tracepoints: it cannot be traced");
}

/* ---- tables ---- */

#define TABLE_COLUMN(name, field) \
	{ MMLENS_TABLE_COL_##name, offsetof(struct mml_table, field), \
	  sizeof(((struct mml_table *)0)->field) }

static const struct {
	int number;
	size_t offset, size;
} table_fields[] = {
	TABLE_COLUMN(LEVEL, level), TABLE_COLUMN(START, start),
	TABLE_COLUMN(END, end), TABLE_COLUMN(FRAME, frame),
	TABLE_COLUMN(SLOTS, slots), TABLE_COLUMN(USED, used),
	TABLE_COLUMN(LEAVES, leaves), TABLE_COLUMN(UNCOVERED, uncovered),
	TABLE_COLUMN(KERNEL, kernel),
};

static void table_rows(uint64_t start, uint64_t end, const struct mml_table *v,
		       uint32_t n)
{
	struct nlmsghdr *nlh = part(MMLENS_CMD_TABLE_GET);
	struct nlattr *nest;
	char column[4096];
	size_t i, j;

	span(nlh, start, end);
	mnl_attr_put_u32(nlh, MMLENS_A_COUNT, n);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_TABLES);
	for (i = 0; i < MNL_ARRAY_SIZE(table_fields); i++) {
		for (j = 0; j < n; j++)
			memcpy(column + j * table_fields[i].size,
			       (const char *)&v[j] + table_fields[i].offset,
			       table_fields[i].size);
		mnl_attr_put(nlh, table_fields[i].number,
			     n * table_fields[i].size, column);
	}
	mnl_attr_put_u64(nlh, 60, 1);	/* of a newer kernel */
	mnl_attr_nest_end(nlh, nest);
	put(nlh);
}

static void tables_last(uint64_t end, uint32_t reason, uint64_t deposited,
			uint64_t times)
{
	struct nlmsghdr *nlh = part(MMLENS_CMD_TABLE_GET);
	struct nlattr *nest;

	span(nlh, end, end);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_TRAILER);
	mnl_attr_put_u32(nlh, MMLENS_TRAILER_REASON, reason);
	mnl_attr_put_u64(nlh, MMLENS_TRAILER_HOLDS, times);
	mnl_attr_put_u64(nlh, MMLENS_TRAILER_DEPOSITED, deposited);
	mnl_attr_nest_end(nlh, nest);
	put(nlh);
	done(0, NULL);
}

static void asked_mm(uint64_t bytes)
{
	pgtables = bytes;
	asked(MMLENS_CMD_MM_GET);
	mm_answer("tabular", MMLENS_TASK_ALIVE);
	pgtables = 61440;
}

static void tables_begin(const struct kernel *kernel, uint64_t before)
{
	family(1);
	info(kernel);
	asked_mm(before);
	asked_dump(MMLENS_CMD_TABLE_GET);
	first(MMLENS_CMD_TABLE_GET, 0, 0);
}

#define GIB	(1ULL << 30)
#define MIB2	(2ULL << 20)
#define LIB	0x7f0000000000ULL

static struct mml_table a_table(uint32_t level, uint64_t start, uint64_t frame,
				uint32_t used)
{
	static const uint64_t spans[] = {
		[MMLENS_LEVEL_PTE] = MIB2, [MMLENS_LEVEL_PMD] = GIB,
		[MMLENS_LEVEL_PUD] = 512 * GIB, [MMLENS_LEVEL_P4D] = 512 * 512 * GIB,
		[MMLENS_LEVEL_PGD] = 512 * 512 * GIB,
	};

	return (struct mml_table){
		.level = level, .start = start, .end = start + spans[level],
		.frame = frame, .used = used,
		.slots = level == MMLENS_LEVEL_PGD ? 256 : 512,
		.leaves = level == MMLENS_LEVEL_PTE ? used : 0,
	};
}

/*
 * 22 PTE tables: one alone; two side by side; and below one PMD table eleven
 * that are neighbours, five that stand alone, three more neighbours. Their
 * message is cut in the middle.
 */
static size_t many_tables(struct mml_table *v)
{
	size_t n = 0, i;

	v[n] = a_table(MMLENS_LEVEL_PGD, 0, 0xa3f1, 2);
	v[n].end = 0x7ffffffff000;
	v[n++].kernel = 69;
	v[n++] = a_table(MMLENS_LEVEL_PUD, 0x558000000000, 0x100, 2);
	v[n++] = a_table(MMLENS_LEVEL_PMD, 0x55d0c0000000, 0x101, 1);
	v[n++] = a_table(MMLENS_LEVEL_PTE, HEAP, 0x102, 12);
	v[n++] = a_table(MMLENS_LEVEL_PMD, 0x55d100000000, 0x103, 2);
	v[n++] = a_table(MMLENS_LEVEL_PTE, 0x55d100000000, 0x104, 0);
	v[n++] = a_table(MMLENS_LEVEL_PTE, 0x55d100200000, 0x107, 512);
	v[n++] = a_table(MMLENS_LEVEL_PUD, LIB, 0x200, 1);
	v[n] = a_table(MMLENS_LEVEL_PMD, LIB, 0x201, 23);
	v[n].uncovered = 1;
	v[n++].leaves = 3;
	for (i = 0; i < 11; i++)
		v[n++] = a_table(MMLENS_LEVEL_PTE, LIB + i * MIB2, 0x300 + i, 100 + i);
	for (i = 0; i < 5; i++)
		v[n++] = a_table(MMLENS_LEVEL_PTE, LIB + (20 + 2 * i) * MIB2, 0x400 + 2 * i, 7);
	for (i = 0; i < 3; i++)
		v[n++] = a_table(MMLENS_LEVEL_PTE, LIB + (40 + i) * MIB2, 0x500 - i, 9);
	return n;
}

static void tables_of(uint64_t before, uint64_t after, uint64_t deposited,
		      uint64_t times)
{
	struct mml_table v[40];
	size_t n = many_tables(v);

	tables_begin(&debian_6_1, before);
	table_rows(0, LIB + 4 * MIB2, v, 12);
	table_rows(LIB + 4 * MIB2, 0x7ffffffff000, v + 12, n - 12);
	tables_last(0x7ffffffff000, MMLENS_REASON_COMPLETE, deposited, times);
	asked_mm(after);
}

/* 22 pte, 3 pmd, 2 pud, 3 deposited */
#define MANY_BYTES (30 * PAGE)

static void tables_many(void)
{
	tables_of(MANY_BYTES, MANY_BYTES, 3, 1);
}

/* More lines below one table than there is room for. */
static void tables_scattered(void)
{
	struct mml_table v[24];
	size_t n = 0, i;

	v[n] = a_table(MMLENS_LEVEL_PGD, 0, 0xa3f1, 1);
	v[n].end = 0x7ffffffff000;
	v[n++].kernel = 69;
	v[n++] = a_table(MMLENS_LEVEL_PUD, LIB, 0x200, 1);
	v[n++] = a_table(MMLENS_LEVEL_PMD, LIB, 0x201, 20);
	for (i = 0; i < 20; i++)
		v[n++] = a_table(MMLENS_LEVEL_PTE, LIB + 2 * i * MIB2, 0x300 + i, 1);
	tables_begin(&debian_6_1, 22 * PAGE);
	table_rows(0, 0x7ffffffff000, v, n);
	tables_last(0x7ffffffff000, MMLENS_REASON_COMPLETE, 0, 1);
	asked_mm(22 * PAGE);
}

static void tables_five(void)
{
	static const struct kernel five = {
		"6.12.9-amd64", 5, 0xfffffffffff000, 0, CAN_6_1,
	};
	struct mml_table v[] = {
		a_table(MMLENS_LEVEL_PGD, 0, 0xa3f1, 1),
		a_table(MMLENS_LEVEL_P4D, 0, 0xa3f2, 1),
		a_table(MMLENS_LEVEL_PUD, LIB, 0xa3f3, 1),
		a_table(MMLENS_LEVEL_PMD, LIB, 0xa3f4, 1),
		a_table(MMLENS_LEVEL_PTE, LIB, 0xa3f5, 5),
	};

	v[0].end = 0xfffffffffff000;
	v[0].kernel = 3;
	tables_begin(&five, 3 * PAGE);
	table_rows(0, 0xfffffffffff000, v, MNL_ARRAY_SIZE(v));
	tables_last(0xfffffffffff000, MMLENS_REASON_COMPLETE, 0, 1);
	asked_mm(3 * PAGE);
}

/* It does not come to what the kernel says, for a reason or for none. */
static void tables_changed(void)
{
	tables_of(MANY_BYTES - 2 * PAGE, MANY_BYTES + PAGE, 3, 2);
}

static void tables_differ(void)
{
	tables_of(MANY_BYTES + PAGE, MANY_BYTES + PAGE, 3, 1);
}

static void tables_exited(void)
{
	struct mml_table v[40];

	many_tables(v);
	tables_begin(&debian_6_1, MANY_BYTES);
	table_rows(0, HEAP + MIB2, v, 4);
	tables_last(HEAP + MIB2, MMLENS_REASON_EXITED, 0, 1);
}

static void tables_kthread(void)
{
	family(1);
	info(&debian_6_1);
	asked(MMLENS_CMD_MM_GET);
	mm_answer("kswapd0", MMLENS_TASK_KTHREAD);
	asked_dump(MMLENS_CMD_TABLE_GET);
	error(ENODATA, "a kernel thread has no address space of its own",
	      NLMSG_HDRLEN + GENL_HDRLEN);
}

/* More entries in use than there are. */
static void bad_tables(void)
{
	struct mml_table table = a_table(MMLENS_LEVEL_PTE, HEAP, 0x102, 513);

	tables_begin(&debian_6_1, MANY_BYTES);
	table_rows(0, HEAP + MIB2, &table, 1);
}

/* It was there for the tables, and not for the kernel's count. */
static void tables_gone_after(void)
{
	struct mml_table v[40];

	many_tables(v);
	tables_begin(&debian_6_1, MANY_BYTES);
	table_rows(0, 0x7ffffffff000, v, 4);
	tables_last(0x7ffffffff000, MMLENS_REASON_COMPLETE, 0, 1);
	asked(MMLENS_CMD_MM_GET);
	error(ESRCH, "no such process", NLMSG_HDRLEN + GENL_HDRLEN);
}

/* It was there to be counted, and not for its tables. */
static void tables_gone_before(void)
{
	family(1);
	info(&debian_6_1);
	asked_mm(MANY_BYTES);
	asked_dump(MMLENS_CMD_TABLE_GET);
	error(ENODATA, "the process is dead: its address space is gone",
	      NLMSG_HDRLEN + GENL_HDRLEN);
}

/* ---- what the protocol forbids ---- */

/* ---- frames ---- */

static void frames_first(uint64_t columns, uint64_t start)
{
	struct nlmsghdr *nlh = part(MMLENS_CMD_FRAME_GET);
	struct nlattr *nest = mnl_attr_nest_start(nlh, MMLENS_A_ENVELOPE);

	mnl_attr_put_u64(nlh, MMLENS_ENVELOPE_COLUMNS, columns);
	mnl_attr_nest_end(nlh, nest);
	span(nlh, start, start);
	put(nlh);
}

static void frames_walked(uint64_t columns, uint64_t start, uint64_t end,
			  const struct mml_extent *v, uint32_t n)
{
	struct nlmsghdr *nlh = part(MMLENS_CMD_FRAME_GET);

	span(nlh, start, end);
	if (n)
		put_extents(nlh, columns, v, n);
	put(nlh);
}

static void frames_last(uint64_t end)
{
	struct nlmsghdr *nlh = part(MMLENS_CMD_FRAME_GET);
	struct nlattr *nest;

	span(nlh, end, end);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_TRAILER);
	mnl_attr_put_u32(nlh, MMLENS_TRAILER_REASON, MMLENS_REASON_COMPLETE);
	mnl_attr_put_u64(nlh, MMLENS_TRAILER_RECORDS, 1);
	mnl_attr_put_u64(nlh, MMLENS_TRAILER_PAGES, 1);
	mnl_attr_nest_end(nlh, nest);
	put(nlh);
	done(0, NULL);
}

static struct mml_extent frames(uint64_t frame, uint32_t pages, uint64_t flags,
				uint32_t mapcount)
{
	struct mml_extent extent = {
		.pages = pages, .state = MMLENS_FRAME_MEMORY, .frame = frame,
		.flags = flags, .mapcount = mapcount,
		.mapkind = mapcount == U32 ? MMLENS_MAPKIND_NONE :
					     MMLENS_MAPKIND_PRECISE,
		.refcount = 1, .head = frame, .zone = MMLENS_ZONE_DMA32,
	};

	return extent;
}

static struct mml_extent frames_without(uint64_t frame, uint32_t pages,
					uint32_t state)
{
	struct mml_extent extent;

	memset(&extent, 0xff, sizeof(extent));
	extent.frame = frame;
	extent.pages = pages;
	extent.state = state;
	extent.mapkind = MMLENS_MAPKIND_NONE;
	return extent;
}

/* A range: a hole at both ends, one of each kind, a run cut by a message. */
static void frame_range(void)
{
	const uint64_t columns = MMLENS_FRAME_COL_ALL & ~MMLENS_COL_BIT(MMLENS_COL_REFCOUNT);
	struct mml_extent v[] = {
		frames(0x10, 6, MMLENS_PAGE_RESERVED, 0),
		frames(0x20, 16, MMLENS_PAGE_BUDDY, U32),
		frames(0x30, 1, MMLENS_PAGE_PGTABLE, U32),
		frames(0x31, 1, MMLENS_PAGE_SLAB, U32),
		frames(0x32, 2, FLAGS_ANON, 2),
	};
	struct mml_extent more[] = {
		frames(0x34, 4, FLAGS_ANON, 2),
		frames(0x38, 8, MMLENS_PAGE_UPTODATE | MMLENS_PAGE_LRU | MMLENS_PAGE_FILE, 0),
		frames(0x40, 1, MMLENS_PAGE_UPTODATE | MMLENS_PAGE_LRU | MMLENS_PAGE_FILE |
		       MMLENS_PAGE_SWAPBACKED | MMLENS_PAGE_MMAP, 1),
		frames(0x41, 1, MMLENS_PAGE_ZERO_PAGE | MMLENS_PAGE_RESERVED, U32),
		frames(0x42, 1, 0, 0),
		frames(0x43, 1, MMLENS_PAGE_TYPED, U32),
		frames_without(0x44, 1, MMLENS_FRAME_UNREADABLE),
		frames_without(0x80, 64, MMLENS_FRAME_OFFLINE),
		frames_without(0xc0, 16, MMLENS_FRAME_DEVICE),
	};

	v[1].order = 4;
	family(1);
	asked_dump(MMLENS_CMD_FRAME_GET);
	frames_first(columns, 0);
	frames_walked(columns, 0, 0x34, v, MNL_ARRAY_SIZE(v));
	frames_walked(columns, 0x34, 0xd0, more, MNL_ARRAY_SIZE(more));
	frames_walked(columns, 0xd0, 0x100, NULL, 0);
	frames_last(0x100);
}

static void one_frame(struct mml_extent extent)
{
	asked_dump(MMLENS_CMD_FRAME_GET);
	frames_first(MMLENS_FRAME_COL_ALL, extent.frame);
	frames_walked(MMLENS_FRAME_COL_ALL, extent.frame, extent.frame + 1, &extent,
		      extent.state != MMLENS_FRAME_NONE);
	frames_last(extent.frame + 1);
}

static void frame_two(void)
{
	family(1);
	one_frame(frames(0x21090, 1, FLAGS_ANON, 2));
	one_frame(frames_without(0x7fffffff, 1, MMLENS_FRAME_NONE));
}

static void frame_beyond(void)
{
	family(1);
	asked_dump(MMLENS_CMD_FRAME_GET);
	done(EINVAL, "START is a frame number that no address of 64 bits has");
}

/* The second row lies before the first. */
static void bad_frames(void)
{
	struct mml_extent v[] = { frames(0x21, 1, 0, 0), frames(0x20, 1, 0, 0) };

	family(1);
	asked_dump(MMLENS_CMD_FRAME_GET);
	frames_first(MMLENS_FRAME_COL_ALL, 0x20);
	frames_walked(MMLENS_FRAME_COL_ALL, 0x20, 0x30, v, 2);
}

static void asked_space(void)
{
	asked(MMLENS_CMD_MM_GET);
	mm_answer("worker", MMLENS_TASK_ALIVE);
}

/* What one address space has of a frame. */
static void searched(const struct mml_extent *v, uint32_t n)
{
	asked_dump(MMLENS_CMD_PAGE_GET);
	first(MMLENS_CMD_PAGE_GET, granted, 0);
	extents(0, 0x7ffffffff000, 0, v, n);
	last(MMLENS_CMD_PAGE_GET, 0x7ffffffff000, MMLENS_REASON_COMPLETE, 0, 0);
}

/*
 * One process 4101: the envelope says that whoever is asked. It maps the frame
 * once, by an entry that counts, and has it in one that is being moved.
 */
static void who_maps(uint32_t before, uint32_t after)
{
	struct mml_extent v[] = {
		present(HEAP, 1, 0x21090), absent(HEAP + 5 * PAGE, MMLENS_STATE_MIGRATION),
	};

	v[1].frame = 0x21090;
	one_frame(frames(0x21090, 1, FLAGS_ANON, before));
	asked_space();
	searched(v, 2);
	asked_at();
	one_frame(frames(0x21090, 1, FLAGS_ANON, after));
}

static void frame_who(void)
{
	family(1);
	who_maps(1, 1);
}

static void frame_who_fewer(void)
{
	family(1);
	who_maps(2, 3);
}

static void frame_who_nobody(void)
{
	struct mml_extent table = frames(0x21090, 1, MMLENS_PAGE_PGTABLE, U32);

	family(1);
	one_frame(table);
	asked_space();
	searched(NULL, 0);
	one_frame(table);
}

/* The process is dead by the time that it is its turn. */
static void frame_who_gone(void)
{
	struct mml_extent free = frames_without(0x21090, 1, MMLENS_FRAME_OFFLINE);

	family(1);
	one_frame(free);
	asked(MMLENS_CMD_MM_GET);
	error(ESRCH, "no such process", 20);
	one_frame(free);
}

/* It has called exec by the time that it is its turn. */
static void frame_who_exec(void)
{
	uint64_t mm_id = whose;
	struct mml_extent v = present(HEAP, 1, 0x21090);

	family(1);
	one_frame(frames(0x21090, 1, FLAGS_ANON, 1));
	asked_space();
	whose = 0xbbbb;
	searched(&v, 1);
	whose = mm_id;
	one_frame(frames(0x21090, 1, FLAGS_ANON, 1));
}

static void bad_no_trailer(void)
{
	struct mml_extent a = present(HEAP, 4, 0x1000);

	pages_begin();
	extents(HEAP, HEAP + 32 * PAGE, 0, &a, 1);
	done(0, NULL);
}

/* @column one element short, or missing. */
static void bad_column(int column, bool missing)
{
	struct mml_extent v[] = { present(HEAP, 4, 0x1000),
				  present(HEAP + 4 * PAGE, 4, 0x3000) };
	struct nlmsghdr *nlh;
	struct nlattr *nest;
	size_t i;

	pages_begin();
	nlh = part(MMLENS_CMD_PAGE_GET);
	span(nlh, HEAP, HEAP + 32 * PAGE);
	mnl_attr_put_u32(nlh, MMLENS_A_COUNT, 2);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_EXTENTS);
	for (i = 0; i < MNL_ARRAY_SIZE(fields); i++) {
		size_t n = fields[i].number == column ? 1 : 2;

		if (n == 1 && missing)
			continue;
		mnl_attr_put(nlh, fields[i].number, n * fields[i].size, v);
	}
	mnl_attr_nest_end(nlh, nest);
	put(nlh);
	pages_end(0);
}

static void bad_length(void)
{
	bad_column(MMLENS_COL_ENTRY, false);
}

static void bad_missing(void)
{
	bad_column(MMLENS_COL_FRAME, true);
}

static void bad_extent(struct mml_extent extent)
{
	struct mml_extent a = present(HEAP + 4 * PAGE, 4, 0x1000);

	pages_begin();
	extents(HEAP, HEAP + 8 * PAGE, 0, &a, 1);
	extents(HEAP + 8 * PAGE, HEAP + 16 * PAGE, 0, &extent, 1);
	pages_end(0);
}

static void bad_order(void)
{
	bad_extent(present(HEAP + 6 * PAGE, 4, 0x1000));
}

static void bad_beyond(void)
{
	bad_extent(present(HEAP + 12 * PAGE, 5, 0x1000));
}

static void bad_no_pages(void)
{
	bad_extent(present(HEAP + 12 * PAGE, 0, 0x1000));
}

static void bad_wraps(void)
{
	bad_extent(present(0xfffffffffffff000, 2, 0x1000));
}

static void bad_jump(void)
{
	pages_begin();
	extents(HEAP + PAGE, HEAP + 32 * PAGE, 0, NULL, 0);
	pages_end(0);
}

static void bad_short(void)
{
	pages_begin();
	put(message(FAMILY, NLM_F_MULTI, -1));
	pages_end(0);
}

static void bad_type(void)
{
	pages_begin();
	put(message(FAMILY + 1, NLM_F_MULTI, MMLENS_CMD_PAGE_GET));
	pages_end(0);
}

static void bad_error(void)
{
	pages_begin();
	put(message(NLMSG_ERROR, 0, -1));
}

static void bad_levels(void)
{
	static const struct step step = { MMLENS_LEVEL_PTE, 0, 1, 1, 1 };
	const struct step steps[] = { step, step, step, step, step, step };
	struct mml_extent leaf = present(HEAP, 1, 0x1000);

	family(1);
	info(&debian_6_1);
	walk(&areas[2], HEAP, steps, MNL_ARRAY_SIZE(steps), PAGE, &leaf);
}

static void bad_vma(void)
{
	struct mml_vma v[] = { areas[2], areas[1] };

	family(1);
	vmas(v, 2);
}

/* ---- a family, for cow ---- */

#define ROOT	0x5000
#define OWN(pid) (ROOT + (pid) - PID)

static void is_asked(uint32_t pid)
{
	who = pid;
	whose = 0x1000 + pid;
}

static struct mml_extent heap_page(uint32_t page, uint32_t pages, uint64_t frame,
				   bool old, uint32_t maps, uint32_t taker)
{
	struct mml_extent v = present(HEAP + page * PAGE, pages, frame);

	if (old)
		v.flags &= ~MMLENS_PAGE_ANON_EXCLUSIVE;
	v.mapcount = maps;
	v.anon_id = OWN(taker);
	return v;
}

static void cow_look(uint32_t pid)
{
	is_asked(pid);
	asked(MMLENS_CMD_MM_GET);
	mm_answer("worker", MMLENS_TASK_ALIVE);
}

/* Each child has written two pages of its own, and the parent one between the forks. */
static void cow_read(uint32_t pid)
{
	struct mml_vma v[2] = { two_areas[0], two_areas[1] };
	uint32_t kid = pid - PID;
	struct mml_extent e[4];
	size_t n = 0;

	is_asked(pid);
	v[0].anon_id = OWN(pid);
	v[0].anon_root = OWN(PID);
	vmas(v, 2);
	asked_dump(MMLENS_CMD_PAGE_GET);
	first(MMLENS_CMD_PAGE_GET, granted, 0);
	e[n++] = kid == 1 ? heap_page(0, 1, 0x100, true, 1, PID) :
			    heap_page(0, 1, 0x200, true, 2, PID);
	if (kid)
		e[n++] = heap_page(2 * kid, 2, 0x300 + 16 * kid, false, 1, pid);
	else
		e[n++] = heap_page(2, 2, 0x102, true, 2, PID);
	e[n++] = kid == 1 ? heap_page(4, 12, 0x104, true, 3, PID) :
			    heap_page(6, 10, 0x106, true, 3, PID);
	extents(0, HEAP + 32 * PAGE, 0, e, n);
	last(MMLENS_CMD_PAGE_GET, HEAP + 32 * PAGE, MMLENS_REASON_COMPLETE, 0, 0);
}

static void cow_look_again(uint32_t pid)
{
	is_asked(pid);
	asked_dump(MMLENS_CMD_PAGE_GET);
	first(MMLENS_CMD_PAGE_GET, granted, HEAP);
	extents(HEAP, HEAP + PAGE, 0, NULL, 0);
	last(MMLENS_CMD_PAGE_GET, HEAP + PAGE, MMLENS_REASON_COMPLETE, 0, 0);
}

static void cow_begin(uint32_t n)
{
	epoch = 7;
	for (uint32_t i = 0; i < n; i++)
		cow_look(PID + i);
	for (uint32_t i = 0; i < n; i++)
		cow_read(PID + i);
}

static void cow_end(void)
{
	is_asked(PID);
	whose = 0x1234abcd5678ef01;
	epoch = 0;
}

static void cow_pair(void)
{
	family(1);
	info(&debian_6_1);
	cow_begin(2);
	cow_look_again(PID);
	cow_end();
}

static void cow_family(void)
{
	family(1);
	info(&debian_6_1);
	cow_begin(3);
	cow_look_again(PID);
	cow_look_again(PID + 1);
	cow_end();
}

/* The first process changes while the last is read: once, or for ever. */
static void cow_changing(unsigned int times, unsigned int readings)
{
	family(1);
	info(&debian_6_1);
	for (unsigned int i = 0; i < readings; i++) {
		cow_begin(3);
		epoch = i < times ? 8 : 7;
		cow_look_again(PID);
		if (i >= times)
			cow_look_again(PID + 1);
	}
	cow_end();
}

static void cow_changed(void)
{
	cow_changing(1, 2);
}

static void cow_torn(void)
{
	cow_changing(3, 3);
}

static void cow_gone(void)
{
	family(1);
	info(&debian_6_1);
	cow_begin(3);
	cow_look_again(PID);
	asked_dump(MMLENS_CMD_PAGE_GET);
	error(ESRCH, NULL, 0);
	cow_end();
}

/* The second had an address space when MM_GET was answered, and then no more. */
static void cow_gone_before(uint8_t cmd, int errnum, const char *words)
{
	family(1);
	info(&debian_6_1);
	epoch = 7;
	for (uint32_t i = 0; i < 3; i++)
		cow_look(PID + i);
	cow_read(PID);
	is_asked(PID + 1);
	if (cmd == MMLENS_CMD_PAGE_GET)
		vmas(two_areas, 2);
	asked_dump(cmd);
	error(errnum, words, NLMSG_HDRLEN + GENL_HDRLEN);
	cow_read(PID + 2);
	cow_look_again(PID);
	cow_end();
}

static void cow_gone_early(void)
{
	cow_gone_before(MMLENS_CMD_VMA_GET, ENODATA,
			"the process is dead: its address space is gone");
}

static void cow_gone_late(void)
{
	cow_gone_before(MMLENS_CMD_PAGE_GET, ESRCH, "no such process");
}

/* The mmap lock of the first is held when it is looked at again. */
static void cow_stuck(void)
{
	family(1);
	info(&debian_6_1);
	cow_begin(3);
	is_asked(PID);
	asked_dump(MMLENS_CMD_PAGE_GET);
	first(MMLENS_CMD_PAGE_GET, granted, HEAP);
	nothing_walked(HEAP);
	nothing_walked(HEAP);
	cow_end();
}

/* @n processes, one address space, which goes when its first four pages were read. */
static void cow_gone_alone(uint32_t n)
{
	struct mml_extent e = heap_page(0, 4, 0x100, true, 1, PID);

	family(1);
	info(&debian_6_1);
	epoch = 7;
	for (who = PID; who < PID + n; who++) {
		asked(MMLENS_CMD_MM_GET);
		mm_answer("worker", MMLENS_TASK_ALIVE);
	}
	who = PID;
	vmas(two_areas, 2);
	asked_dump(MMLENS_CMD_PAGE_GET);
	first(MMLENS_CMD_PAGE_GET, granted, 0);
	extents(0, HEAP + 4 * PAGE, 0, &e, 1);
	last(MMLENS_CMD_PAGE_GET, HEAP + 4 * PAGE, MMLENS_REASON_EXITED, 0, 0);
	cow_end();
}

static void cow_gone_one(void)
{
	cow_gone_alone(1);
}

static void cow_gone_twins(void)
{
	cow_gone_alone(2);
}

/* No process has so high a number: it ends before it can be held still. */
static void cow_stop_gone(void)
{
	family(1);
	info(&debian_6_1);
	cow_look(4194304);
	cow_end();
}

/* ---- cow --watch ---- */

static void watch_misses(uint32_t pid)
{
	is_asked(pid);
	asked(MMLENS_CMD_MM_GET);
	error(ESRCH, "no such process", NLMSG_HDRLEN + GENL_HDRLEN);
}

static void watch_sees(uint32_t pid)
{
	struct mml_extent e = heap_page(0, 4, 0x100, true, 1, PID);

	is_asked(pid);
	vmas(two_areas, 2);
	asked_dump(MMLENS_CMD_PAGE_GET);
	first(MMLENS_CMD_PAGE_GET, granted, 0);
	extents(0, HEAP + 32 * PAGE, 0, &e, 1);
	last(MMLENS_CMD_PAGE_GET, HEAP + 32 * PAGE, MMLENS_REASON_COMPLETE, 0, 0);
}

/* The master and his worker, the worker alone, nobody. */
static void watch_master(void)
{
	family(1);
	info(&debian_6_1);
	epoch = 7;
	cow_look(PID - 1);
	cow_look(PID);
	watch_sees(PID - 1);
	watch_sees(PID);
	cow_look_again(PID - 1);
	watch_misses(PID - 1);
	cow_look(PID);
	watch_sees(PID);
	watch_misses(PID - 1);
	watch_misses(PID);
	cow_end();
}

static void watch_one(void)
{
	family(1);
	info(&debian_6_1);
	epoch = 7;
	cow_look(PID);
	watch_sees(PID);
	cow_end();
}

#define TAPE(function) { #function, function }

static const struct {
	const char *name;
	void (*make)(void);
} tapes[] = {
	TAPE(info_6_1), TAPE(info_5_10), TAPE(info_average), TAPE(info_future), TAPE(info_no_answer),
	TAPE(no_module), TAPE(other_version), TAPE(permission),
	TAPE(permission_bare), TAPE(no_process), TAPE(no_process_bare),
	TAPE(lost), TAPE(mm_alive), TAPE(mm_areas_locked), TAPE(mm_kthread), TAPE(mm_busy),
	TAPE(mm_endless), TAPE(vma_all), TAPE(vma_counted), TAPE(vma_sum),
	TAPE(vma_goes), TAPE(portrait), TAPE(portrait_many),
	TAPE(vma_at), TAPE(vma_gaps), TAPE(vma_store), TAPE(vma_store_rbtree),
	TAPE(vma_store_at),
	TAPE(vma_hole), TAPE(vma_exited), TAPE(walk_copies),
	TAPE(walk_swap), TAPE(walk_unknown), TAPE(walk_huge), TAPE(walk_five),
	TAPE(walk_two), TAPE(walk_refused), TAPE(walk_gone_between),
	TAPE(pages_heap), TAPE(pages_default), TAPE(pages_filtered),
	TAPE(pages_states), TAPE(pages_alike), TAPE(pages_cut), TAPE(pages_folio),
	TAPE(pages_zero), TAPE(pages_empty), TAPE(pages_torn), TAPE(pages_exited),
	TAPE(pages_execed), TAPE(pages_refused), TAPE(pages_refused_at_once),
	TAPE(pages_overrun), TAPE(pages_stalled), TAPE(pages_newer),
	TAPE(pages_two_ranges), TAPE(pages_two_epochs), TAPE(pages_gone_between),
	TAPE(pages_exec_between),
	TAPE(pages_long), TAPE(diff_gone), TAPE(diff_all_gone),
	TAPE(trace_some), TAPE(trace_losses), TAPE(trace_short), TAPE(trace_refused),
	TAPE(tables_many), TAPE(tables_scattered), TAPE(tables_five),
	TAPE(tables_changed), TAPE(tables_differ), TAPE(tables_exited),
	TAPE(tables_kthread), TAPE(tables_gone_after), TAPE(tables_gone_before),
	TAPE(cow_pair), TAPE(cow_family), TAPE(cow_changed), TAPE(cow_torn), TAPE(cow_gone),
	TAPE(cow_gone_early), TAPE(cow_gone_late), TAPE(cow_gone_one), TAPE(cow_gone_twins),
	TAPE(cow_stuck), TAPE(cow_stop_gone), TAPE(watch_master), TAPE(watch_one),
	TAPE(bad_tables),
	TAPE(frame_range), TAPE(frame_two), TAPE(frame_beyond), TAPE(bad_frames),
	TAPE(frame_who), TAPE(frame_who_fewer), TAPE(frame_who_nobody),
	TAPE(frame_who_gone), TAPE(frame_who_exec),
	TAPE(bad_no_trailer), TAPE(bad_length), TAPE(bad_missing),
	TAPE(bad_order), TAPE(bad_beyond), TAPE(bad_no_pages), TAPE(bad_wraps),
	TAPE(bad_jump), TAPE(bad_short), TAPE(bad_type), TAPE(bad_error),
	TAPE(bad_levels), TAPE(bad_vma),
};

int main(int argc, char **argv)
{
	char path[4096];
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: mkreply DIR\n");
		return 1;
	}
	for (i = 0; i < sizeof(tapes) / sizeof(*tapes); i++) {
		snprintf(path, sizeof(path), "%s/%s.nl", argv[1], tapes[i].name);
		tape = fopen(path, "wb");
		if (!tape) {
			perror(path);
			return 1;
		}
		tapes[i].make();
		if (fclose(tape)) {
			perror(path);
			return 1;
		}
	}
	return 0;
}
