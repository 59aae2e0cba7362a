/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * mmlens: what the kernel answers about a process's memory map and page tables.
 *
 * Generic netlink family "mmlens", version 1. Every command needs
 * CAP_SYS_ADMIN in the initial user namespace, of whoever sends and opened the
 * socket and, for a dump, of whoever receives; and a network namespace that the
 * initial user namespace owns, since others' owners may tap it (who has both
 * CAP_NET_ADMIN and CAP_NET_RAW in this one may, too). PIDs are numbers of the
 * caller's PID namespace. Policies are strict: an unknown attribute, one that the
 * command does not take, or one of another length is refused, and the refusal
 * names it (extended ACK). All integers have the host's byte order.
 * Receive with 16 KiB or more; with 32 KiB a dump needs fewest messages.
 *
 * The messages, request (>) and reply (<). "?" marks what may be absent, "*"
 * what may repeat; a name in braces is a nest.
 *
 *  INFO_GET (do)
 *   >  nothing
 *   <  VERSION, RELEASE, PAGE_SIZE, LEVELS, USER_END, COMMANDS, COLUMNS,
 *      VMA_COLUMNS, STATES, ENTRY_BITS, PAGE_FLAGS, VM_FLAGS, CAN, VMA_STORE
 *
 *  MM_GET (do)
 *   >  PID
 *   <  ENVELOPE{...}, MM{...}
 *
 *  VMA_GET (do: the area at an address)
 *   >  PID, ADDR
 *   <  ENVELOPE{...}, ADDR, VMA{...}, DEPTH        or, when ADDR is in a hole,
 *      ENVELOPE{...}, ADDR, PREV{...}?, NEXT{...}?, DEPTH
 *
 *  VMA_GET (dump: every area that meets the range)
 *   >  PID, START?, END?, COLUMNS?, SUM?
 *   <  the dump form below, with VMA{...}*
 *      or, with SUM: no VMA, but COUNTS{...} of all in the trailer
 *
 *  WALK_GET (do)
 *   >  PID, ADDR
 *   <  ENVELOPE{...}, ADDR, VMA{...}, LEVEL{...}*, START, END, COUNT = 1,
 *      EXTENTS{...}       the leaf, or the entry that stands in its place;
 *                         [START, END) is what that entry maps
 *      or, in a hole,     ENVELOPE{...}, ADDR, PREV{...}?, NEXT{...}?
 *
 *  PAGE_GET (dump)
 *   >  PID, START?, END?, COLUMNS?, FILTER{...}?
 *   <  the dump form below, with COUNT and EXTENTS{...}
 *
 *  TABLE_GET (dump: every page-table page that serves the range, once)
 *   >  PID, START?, END?
 *   <  the dump form below, with COUNT and TABLES{...}
 *
 *  FRAME_GET (dump: page frames by their numbers, whoever maps them)
 *   >  START?, END?, COLUMNS?          START and END are PFNs here
 *   <  the dump form below, with COUNT and EXTENTS{...}, no EPOCH, and in
 *      ENVELOPE and TRAILER nothing that is of a process. Frames that no
 *      memory is behind are in no extent. Nothing holds a frame while it is
 *      looked at: each is as it was at that moment
 *
 *  TRACE_START (dump: page faults as they happen, until somebody ends it)
 *   >  PID, FOLLOW?
 *   <  ENVELOPE{...}, then LOSSES{...}, COUNT?, FAULTS{...}? again and again,
 *      and last LOSSES{...}, TRAILER{REASON, RECORDS}
 *
 *  TRACE_STOP (do: end the trace that this socket has started)
 *   >  nothing
 *
 * A dump but TRACE_START's is three kinds of message, all of the asked command:
 *
 *   first   ENVELOPE{...}, START = END      and no data: who answers
 *   then    START, END, EPOCH?, data?       [START, END) is what this message
 *           has walked; the next one starts where it ended. No data means
 *           that nothing is there; but an area is in the message that comes
 *           to its end, or where that is full in the next one. START = END
 *           and no data means that the process's mmap lock (or that of a
 *           hugetlb file) could not be had within the time budget: read on to
 *           try again, or give up.
 *   last    START = END, EPOCH?, TRAILER{...}       why it ended, and totals
 *
 * so that "nothing there" and "stopped early" never look alike. A socket has one
 * dump at a time, and ends it when it is closed. An open dump takes at most 128
 * KiB, charged to the memory cgroup of who asked for it, and 32 KiB of a message
 * that waits to be read. A torn dump
 * has NLM_F_DUMP_INTR on the messages after the tear and TORN in the trailer.
 * VMA_GET, TABLE_GET and FRAME_GET are not watched: they have no EPOCH and no
 * TORN, and the list of areas is one picture when HOLDS in the trailer is 1 (what
 * is counted in them, and tables, may come and go under the lock even so). If an
 * area changes between two holds of the lock, its parts may be reported as they
 * were each time.
 *
 * A trace is a dump, too, so that the kernel makes each message when there is
 * somebody to receive it, asks each time whether he may, and ends with the
 * socket. Without FAULTS nothing has happened since the message before: receive
 * again a little later. The faults are those in the process's address space,
 * whoever causes them (ptrace, process_vm_readv(), vfork()), since the second
 * message; an exec does not end a trace, FOLLOW takes in the processes that
 * are forked from then on. They come in the order in which they were over,
 * though not to the nanosecond where there is more than one CPU. One access can
 * take several: MMLENS_FAULT_RETRY. Of those that are decided before
 * handle_mm_fault() would be called, for want of a VMA or of its permission, the
 * SIGSEGV is told (MMLENS_FAULT_MAPERR and so on); where a system call fails
 * with EFAULT instead, nothing is.
 *
 * EXTENTS holds *columns*: for each column that was granted, one binary
 * attribute, its type the column's number, that is a C array of COUNT
 * elements. Element i of every column belongs to extent i. A u64 array may
 * not be aligned to 8: copy, do not cast. An extent is a run of neighbouring
 * pages in one VMA whose granted columns are equal; frames and swap offsets
 * that follow each other count as equal. Extents also stop at the end of a
 * message, or anywhere else; join those that fit, if that matters.
 */
#ifndef _UAPI_LINUX_MMLENS_H
#define _UAPI_LINUX_MMLENS_H

#include <linux/types.h>

#define MMLENS_GENL_NAME	"mmlens"
#define MMLENS_GENL_VERSION	1

enum mmlens_cmd {
	MMLENS_CMD_UNSPEC,
	MMLENS_CMD_INFO_GET,
	MMLENS_CMD_MM_GET,
	MMLENS_CMD_VMA_GET,
	MMLENS_CMD_WALK_GET,
	MMLENS_CMD_PAGE_GET,
	MMLENS_CMD_TABLE_GET,
	MMLENS_CMD_FRAME_GET,
	MMLENS_CMD_TRACE_START,
	MMLENS_CMD_TRACE_STOP,

	__MMLENS_CMD_MAX
};
#define MMLENS_CMD_MAX (__MMLENS_CMD_MAX - 1)

/* Top-level attributes of every message. */
enum mmlens_attr {
	MMLENS_A_UNSPEC,
	MMLENS_A_PAD,		/* alignment only: skip */

	/* asked, and repeated in the answer */
	MMLENS_A_PID,		/* u32: a task; its thread group's mm answers */
	MMLENS_A_ADDR,		/* u64: any byte address of the user half */
	MMLENS_A_START,		/* u64: first address, a multiple of the page size;
				 * of FRAME_GET, the first PFN
				 */
	MMLENS_A_END,		/* u64: first address (PFN) after the range, likewise */
	MMLENS_A_COLUMNS,	/* u64: MMLENS_COL_BIT() or MMLENS_VMA_COL_BIT() mask */
	MMLENS_A_FILTER,	/* nest: enum mmlens_filter_attr */

	/* the frame around every answer */
	MMLENS_A_ENVELOPE,	/* nest: enum mmlens_envelope_attr */
	MMLENS_A_EPOCH,		/* u64: PAGE_GET, with MMLENS_CAN_EPOCH: opaque; while it
				 * is equal, nothing accessible was taken away
				 */
	MMLENS_A_TRAILER,	/* nest: enum mmlens_trailer_attr */

	/* data */
	MMLENS_A_MM,		/* nest: enum mmlens_mm_attr */
	MMLENS_A_VMA,		/* nest: enum mmlens_vma_attr */
	MMLENS_A_PREV,		/* nest: the VMA below a hole */
	MMLENS_A_NEXT,		/* nest: the VMA above a hole */
	MMLENS_A_LEVEL,		/* nest: enum mmlens_level_attr, top level first */
	MMLENS_A_COUNT,		/* u32: elements in each column */
	MMLENS_A_EXTENTS,	/* nest: enum mmlens_col, each a binary array */
	MMLENS_A_TABLES,	/* nest: enum mmlens_table_col, likewise */

	/* INFO_GET */
	MMLENS_A_VERSION,	/* string: the module's version */
	MMLENS_A_RELEASE,	/* string: the kernel's release, as uname -r */
	MMLENS_A_PAGE_SIZE,	/* u32: bytes of a base page */
	MMLENS_A_LEVELS,	/* u32: page-table levels in use */
	MMLENS_A_USER_END,	/* u64: first address after the user half */
	MMLENS_A_COMMANDS,	/* u64: 1 << enum mmlens_cmd */
	MMLENS_A_VMA_COLUMNS,	/* u64: MMLENS_VMA_COL_BIT() mask */
	MMLENS_A_STATES,	/* u64: 1 << enum mmlens_state that this kernel can have */
	MMLENS_A_ENTRY_BITS,	/* u64: MMLENS_ENTRY_* that this kernel can report */
	MMLENS_A_PAGE_FLAGS,	/* u64: MMLENS_PAGE_* that this kernel can report */
	MMLENS_A_VM_FLAGS,	/* u64: MMLENS_VM_* that this kernel can report */
	MMLENS_A_CAN,		/* u64: MMLENS_CAN_* */

	MMLENS_A_VMA_STORE,	/* u32: INFO_GET: enum mmlens_vma_store */
	MMLENS_A_DEPTH,		/* u32: VMA_GET: nodes of the store that ADDR's lookup visits */

	/* TRACE_START */
	MMLENS_A_FOLLOW,	/* flag: processes that it forks, too */
	MMLENS_A_FAULTS,	/* nest: enum mmlens_fault_col, each a binary array */
	MMLENS_A_LOSSES,	/* nest: enum mmlens_losses_attr */

	MMLENS_A_SUM,		/* flag: VMA_GET: COLUMNS of all areas together; not DEPTH */

	__MMLENS_A_MAX
};
#define MMLENS_A_MAX (__MMLENS_A_MAX - 1)

/* What is exact, or can be had at all, on the running kernel. */
#define MMLENS_CAN_MAPCOUNT	(1ULL << 0)	/* per-page mapcounts are precise */
#define MMLENS_CAN_EXCLUSIVE	(1ULL << 1)	/* MMLENS_PAGE_ANON_EXCLUSIVE is kept */
#define MMLENS_CAN_SOFT_DIRTY	(1ULL << 2)
#define MMLENS_CAN_UFFD_WP	(1ULL << 3)
#define MMLENS_CAN_EPOCH	(1ULL << 4)	/* tears are seen: see MMLENS_TRAILER_TORN */
#define MMLENS_CAN_FOLIO_SHARED	(1ULL << 5)	/* MMLENS_COL_FOLIO_SHARED is tracked by the kernel */
#define MMLENS_CAN_RSS	(1ULL << 6)	/* MM_GET's rss counters are exact sums */
#define MMLENS_CAN_TRACE	(1ULL << 7)	/* TRACE_START: the kernel has kretprobes, tracepoints */

/* Who answered. MM_ID tells two address spaces apart; it is no address. */
enum mmlens_envelope_attr {
	MMLENS_ENVELOPE_UNSPEC,
	MMLENS_ENVELOPE_PAD,
	MMLENS_ENVELOPE_COLUMNS,	/* u64: the columns granted */
	MMLENS_ENVELOPE_MM_ID,		/* u64: opaque, per module load; absent without an mm */
	MMLENS_ENVELOPE_PID,		/* u32: as asked; absent, as are the following, of FRAME_GET */
	MMLENS_ENVELOPE_TGID,		/* u32: its thread group */
	MMLENS_ENVELOPE_EXEC_ID,	/* u64: grows with each exec; inherited by fork */
	MMLENS_ENVELOPE_START_TIME,	/* u64: ns since boot, as /proc/PID/stat field 22 */

	__MMLENS_ENVELOPE_MAX
};
#define MMLENS_ENVELOPE_MAX (__MMLENS_ENVELOPE_MAX - 1)

enum mmlens_reason {
	MMLENS_REASON_COMPLETE,	/* the whole range was walked */
	MMLENS_REASON_EXITED,	/* the process is gone: up to END only */
	MMLENS_REASON_EXECED,	/* the PID has another address space now: likewise */
	MMLENS_REASON_STOPPED,	/* by TRACE_STOP */
};

/*
 * TORN, where a dump is watched: not zero when an accessible present entry may
 * have changed its frame or lost a permission between the dump's first and
 * last look. UNWATCHED counts the pages reported for which that cannot be
 * told: PROT_NONE and NUMA-hint entries, entries not present, and all where
 * there is no MMLENS_CAN_EPOCH. Pages that appear behind the walk are not seen.
 */
enum mmlens_trailer_attr {
	MMLENS_TRAILER_UNSPEC,
	MMLENS_TRAILER_PAD,
	MMLENS_TRAILER_REASON,		/* u32: enum mmlens_reason */
	MMLENS_TRAILER_TORN,		/* u32 */
	MMLENS_TRAILER_UNWATCHED,	/* u64: pages */
	MMLENS_TRAILER_RECORDS,		/* u64: extents or areas sent */
	MMLENS_TRAILER_PAGES,		/* u64: base pages that those hold */
	MMLENS_TRAILER_BYTES,		/* u64: bytes of VMAs walked */
	MMLENS_TRAILER_HOLDS,		/* u64: times the mmap lock was taken */
	MMLENS_TRAILER_DEPOSITED,	/* u64: TABLE_GET: PTE tables that huge pages keep in reserve */
	MMLENS_TRAILER_COUNTS,		/* nest: VMA_GET with SUM: enum mmlens_vma_col */

	__MMLENS_TRAILER_MAX
};
#define MMLENS_TRAILER_MAX (__MMLENS_TRAILER_MAX - 1)

/*
 * The columns of an extent. A value that does not apply, or cannot be read
 * safely, is MMLENS_UNKNOWN (u64) or MMLENS_UNKNOWN32 (u32), never 0.
 */
#define MMLENS_UNKNOWN		(~0ULL)
#define MMLENS_UNKNOWN32	(~0U)

enum mmlens_col {
	MMLENS_COL_UNSPEC,
	MMLENS_COL_START,	/* u64: first address */
	MMLENS_COL_PAGES,	/* u32: base pages */
	MMLENS_COL_STATE,	/* u32: enum mmlens_state; of FRAME_GET, enum mmlens_frame_state */
	MMLENS_COL_LEVEL,	/* u32: enum mmlens_level of the entry */
	MMLENS_COL_FRAME,	/* u64: PFN of the first page; the others' count up,
				 * but in state ZERO all pages have this one, and
				 * this HEAD
				 */
	MMLENS_COL_SWAP,	/* u64: swap type (low 5 bits) and offset << 5 of the first page */
	MMLENS_COL_ENTRY,	/* u64: MMLENS_ENTRY_* */
	MMLENS_COL_FLAGS,	/* u64: MMLENS_PAGE_* */
	MMLENS_COL_MAPCOUNT,	/* u32: page-table entries that map this page. One in a
				 * table of hugetlb that processes share is one:
				 * FOLIO_SHARED knows of those
				 */
	MMLENS_COL_MAPKIND,	/* u32: enum mmlens_mapkind, what MAPCOUNT is */
	MMLENS_COL_REFCOUNT,	/* u32: references to the folio */
	MMLENS_COL_HEAD,	/* u64: PFN of the folio's first page; ORDER comes with it,
				 * and where that is 0 each page of the extent is its own head
				 */
	MMLENS_COL_ORDER,	/* u32: the folio has 1 << order pages; of FRAME_GET, so
				 * has any compound page, and a free block (BUDDY)
				 */
	MMLENS_COL_FOLIO_MAPCOUNT, /* u32: entries that map any page of the folio */
	MMLENS_COL_FOLIO_SHARED, /* u32: enum mmlens_shared */
	MMLENS_COL_NODE,	/* u32: NUMA node */
	MMLENS_COL_ZONE,	/* u32: enum mmlens_zone */
	MMLENS_COL_ANON_ID,	/* u64: opaque id of an anonymous page's anon_vma: that of
				 * the VMA which took the frame (see MMLENS_VMA_ANON_ID),
				 * or its root when it was swapped in shared
				 */

	__MMLENS_COL_MAX
};
#define MMLENS_COL_MAX (__MMLENS_COL_MAX - 1)
#define MMLENS_COL_BIT(col)	(1ULL << (col))
#define MMLENS_COL_ALL		(MMLENS_COL_BIT(__MMLENS_COL_MAX) - MMLENS_COL_BIT(1))

/* What PAGE_GET grants when COLUMNS is absent. */
#define MMLENS_COL_DEFAULT						\
	(MMLENS_COL_BIT(MMLENS_COL_START) |				\
	 MMLENS_COL_BIT(MMLENS_COL_PAGES) |				\
	 MMLENS_COL_BIT(MMLENS_COL_STATE) |				\
	 MMLENS_COL_BIT(MMLENS_COL_LEVEL) |				\
	 MMLENS_COL_BIT(MMLENS_COL_FRAME) |				\
	 MMLENS_COL_BIT(MMLENS_COL_SWAP) |				\
	 MMLENS_COL_BIT(MMLENS_COL_ENTRY) |				\
	 MMLENS_COL_BIT(MMLENS_COL_FLAGS) |				\
	 MMLENS_COL_BIT(MMLENS_COL_MAPCOUNT) |				\
	 MMLENS_COL_BIT(MMLENS_COL_MAPKIND))

/*
 * What FRAME_GET takes, and what it grants when COLUMNS is absent. FRAME says
 * where an extent begins. MAPCOUNT is unknown of what keeps something else in
 * its place: free frames, page tables, slab and other typed pages.
 */
#define MMLENS_FRAME_COL_ALL						\
	(MMLENS_FRAME_COL_DEFAULT |					\
	 MMLENS_COL_BIT(MMLENS_COL_REFCOUNT) |				\
	 MMLENS_COL_BIT(MMLENS_COL_HEAD) |				\
	 MMLENS_COL_BIT(MMLENS_COL_ORDER) |				\
	 MMLENS_COL_BIT(MMLENS_COL_NODE) |				\
	 MMLENS_COL_BIT(MMLENS_COL_ZONE))
#define MMLENS_FRAME_COL_DEFAULT					\
	(MMLENS_COL_BIT(MMLENS_COL_PAGES) |				\
	 MMLENS_COL_BIT(MMLENS_COL_STATE) |				\
	 MMLENS_COL_BIT(MMLENS_COL_FRAME) |				\
	 MMLENS_COL_BIT(MMLENS_COL_FLAGS) |				\
	 MMLENS_COL_BIT(MMLENS_COL_MAPCOUNT) |				\
	 MMLENS_COL_BIT(MMLENS_COL_MAPKIND))

/*
 * What a frame number stands for. NONE is never an extent. A struct page that
 * is there may be of no memory: firmware's holes are RESERVED.
 */
enum mmlens_frame_state {
	MMLENS_FRAME_NONE,		/* no memory, as far as this kernel knows */
	MMLENS_FRAME_MEMORY,		/* struct page was read */
	MMLENS_FRAME_OFFLINE,		/* a memory block that is offline: struct page means nothing */
	MMLENS_FRAME_DEVICE,		/* a device's memory (ZONE_DEVICE): struct page is its driver's */
	MMLENS_FRAME_UNREADABLE,	/* struct page made no sense: it was changing at each look, or
					 * has never been set up
					 */

	__MMLENS_FRAME_MAX
};
#define MMLENS_FRAME_MAX (__MMLENS_FRAME_MAX - 1)

/* As in /proc/PID/pagemap: the type in the low bits, the offset above. */
#define MMLENS_SWAP_SHIFT		5
#define MMLENS_SWAP_TYPE(swap)		((swap) & ((1U << MMLENS_SWAP_SHIFT) - 1))
#define MMLENS_SWAP_OFFSET(swap)	((swap) >> MMLENS_SWAP_SHIFT)
#define MMLENS_SWAP(type, offset)					\
	(((offset) << MMLENS_SWAP_SHIFT) | MMLENS_SWAP_TYPE(type))

/*
 * What stands in the page table for a page. NONE is never an extent: it is
 * what lies between them; only WALK_GET says it.
 */
enum mmlens_state {
	MMLENS_STATE_NONE,
	MMLENS_STATE_PRESENT,		/* mapped; struct page was read */
	MMLENS_STATE_ZERO,		/* mapped: the shared page of zeroes */
	MMLENS_STATE_HUGE_ZERO,		/* mapped: the shared huge page of zeroes */
	MMLENS_STATE_PFNMAP,		/* mapped: a frame that has, or shows, no struct page */
	MMLENS_STATE_PROTNONE,		/* in place, no access: mprotect(PROT_NONE) */
	MMLENS_STATE_NUMA_HINT,		/* in place, no access until NUMA balancing's fault */
	MMLENS_STATE_SWAP,		/* swapped out: SWAP holds where */
	MMLENS_STATE_MIGRATION,		/* being moved: FRAME is the old place */
	MMLENS_STATE_HWPOISON,		/* broken memory: a touch is SIGBUS; FRAME holds which */
	MMLENS_STATE_DEVICE_PRIVATE,	/* in device memory: FRAME is its stand-in */
	MMLENS_STATE_DEVICE_EXCLUSIVE,	/* lent to a device: FRAME is the page */
	MMLENS_STATE_MARKER_UFFD_WP,	/* no page; userfaultfd write-protects what comes */
	MMLENS_STATE_MARKER_POISON,	/* no page; a touch is SIGBUS */
	MMLENS_STATE_MARKER_GUARD,	/* no page; a touch is SIGSEGV */
	MMLENS_STATE_BAD,		/* an entry that no rule explains: look at the raw one */

	__MMLENS_STATE_MAX
};
#define MMLENS_STATE_MAX (__MMLENS_STATE_MAX - 1)

/* The kernel's names; numbers grow towards the root. */
enum mmlens_level {
	MMLENS_LEVEL_PTE = 1,
	MMLENS_LEVEL_PMD,
	MMLENS_LEVEL_PUD,
	MMLENS_LEVEL_P4D,
	MMLENS_LEVEL_PGD,
};

/*
 * The columns of a page-table page; all are always granted. A top table comes
 * first, and each table before those below it. An entry is used when it is
 * not empty.
 */
enum mmlens_table_col {
	MMLENS_TABLE_COL_UNSPEC,
	MMLENS_TABLE_COL_LEVEL,		/* u32: enum mmlens_level of its entries */
	MMLENS_TABLE_COL_START,		/* u64: first address that it serves */
	MMLENS_TABLE_COL_END,		/* u64: first address after those */
	MMLENS_TABLE_COL_FRAME,		/* u64: its own PFN */
	MMLENS_TABLE_COL_SLOTS,		/* u32: entries for user addresses */
	MMLENS_TABLE_COL_USED,		/* u32: of those, used */
	MMLENS_TABLE_COL_LEAVES,	/* u32: of those, mapping a page and not a table */
	MMLENS_TABLE_COL_UNCOVERED,	/* u32: used, but no VMA is there: not followed */
	MMLENS_TABLE_COL_KERNEL,	/* u32: used entries of the kernel's half; top table only */

	__MMLENS_TABLE_COL_MAX
};
#define MMLENS_TABLE_COL_MAX (__MMLENS_TABLE_COL_MAX - 1)

/*
 * The columns of a page fault; all are always granted. OLD is the page's entry
 * when the kernel began to handle the fault, NEW when it was done: as it was
 * seen without the page-table lock, while others may change it. Where it was
 * not looked at, because somebody else than the process caused the fault,
 * STATE and LEVEL are MMLENS_UNKNOWN32. A huge page of zeroes is PRESENT here.
 */
enum mmlens_fault_col {
	MMLENS_FAULT_COL_UNSPEC,
	MMLENS_FAULT_COL_TIME,		/* u64: ns of CLOCK_MONOTONIC when it began */
	MMLENS_FAULT_COL_LATENCY,	/* u64: ns until it was handled */
	MMLENS_FAULT_COL_ADDR,		/* u64: the address accessed; its page, with REMOTE */
	MMLENS_FAULT_COL_IP,		/* u64: where the process was in its own code;
					 * MMLENS_UNKNOWN with REMOTE
					 */
	MMLENS_FAULT_COL_VMA_START,	/* u64: vm_start of the area, when it began */
	MMLENS_FAULT_COL_VMA_FLAGS,	/* u64: MMLENS_VM_* of the area */
	MMLENS_FAULT_COL_OLD_FRAME,	/* u64: PFN */
	MMLENS_FAULT_COL_OLD_SWAP,	/* u64: as MMLENS_COL_SWAP */
	MMLENS_FAULT_COL_OLD_ENTRY,	/* u64: MMLENS_ENTRY_* */
	MMLENS_FAULT_COL_NEW_FRAME,	/* u64 */
	MMLENS_FAULT_COL_NEW_SWAP,	/* u64 */
	MMLENS_FAULT_COL_NEW_ENTRY,	/* u64 */
	MMLENS_FAULT_COL_TID,		/* u32: who caused it; MMLENS_UNKNOWN32: a task
					 * of another PID namespace
					 */
	MMLENS_FAULT_COL_TGID,		/* u32: its thread group, likewise */
	MMLENS_FAULT_COL_ACCESS,	/* u32: MMLENS_ACCESS_* */
	MMLENS_FAULT_COL_RESULT,	/* u32: MMLENS_FAULT_* */
	MMLENS_FAULT_COL_VMA_KIND,	/* u32: enum mmlens_vma_kind of the area */
	MMLENS_FAULT_COL_OLD_STATE,	/* u32: enum mmlens_state */
	MMLENS_FAULT_COL_OLD_LEVEL,	/* u32: enum mmlens_level */
	MMLENS_FAULT_COL_NEW_STATE,	/* u32 */
	MMLENS_FAULT_COL_NEW_LEVEL,	/* u32 */

	__MMLENS_FAULT_COL_MAX
};
#define MMLENS_FAULT_COL_MAX (__MMLENS_FAULT_COL_MAX - 1)
#define MMLENS_FAULT_COL_ALL						\
	(MMLENS_COL_BIT(__MMLENS_FAULT_COL_MAX) - MMLENS_COL_BIT(1))

/* What was tried: FAULT_FLAG_ of the kernel. Neither WRITE nor EXEC: a read. */
#define MMLENS_ACCESS_WRITE	(1ULL << 0)
#define MMLENS_ACCESS_EXEC	(1ULL << 1)
#define MMLENS_ACCESS_USER	(1ULL << 2)	/* by user code, not in a system call */
#define MMLENS_ACCESS_REMOTE	(1ULL << 3)	/* not through the accessor's own tables */
#define MMLENS_ACCESS_TRIED	(1ULL << 4)	/* again, after a RETRY */
#define MMLENS_ACCESS_UNSHARE	(1ULL << 5)	/* a read that wants a page of its own */
#define MMLENS_ACCESS_VMA_LOCK	(1ULL << 6)	/* without the mmap lock */

/* What came of it: VM_FAULT_ of the kernel. */
#define MMLENS_FAULT_OOM	(1ULL << 0)
#define MMLENS_FAULT_SIGBUS	(1ULL << 1)
#define MMLENS_FAULT_MAJOR	(1ULL << 2)	/* it took I/O */
#define MMLENS_FAULT_HWPOISON	(1ULL << 3)	/* broken memory: SIGBUS */
#define MMLENS_FAULT_SIGSEGV	(1ULL << 4)
#define MMLENS_FAULT_RETRY	(1ULL << 5)	/* it comes again */
#define MMLENS_FAULT_COMPLETED	(1ULL << 6)	/* done, and the lock given back */
#define MMLENS_FAULT_NOPAGE	(1ULL << 7)	/* done, and no page was handed over */
/*
 * Not of the kernel's fault handler, but the signal that the process got, by its
 * si_code. LATENCY, VMA_*, OLD_* and NEW_* are unknown then. An access for which
 * handle_mm_fault() returns SIGSEGV (to a guard region) has a row for that and
 * one for the signal.
 */
#define MMLENS_FAULT_MAPERR	(1ULL << 8)	/* no area there */
#define MMLENS_FAULT_ACCERR	(1ULL << 9)	/* the area forbids it */
#define MMLENS_FAULT_PKUERR	(1ULL << 10)	/* the protection key does */

/* What a trace has not told, up to this message. */
enum mmlens_losses_attr {
	MMLENS_LOSSES_UNSPEC,
	MMLENS_LOSSES_PAD,
	MMLENS_LOSSES_RING,		/* u64: faults that found the buffer full: exact */
	MMLENS_LOSSES_MISSED,		/* u64: faults, of any process, that the kernel
					 * let pass without calling us
					 */
	MMLENS_LOSSES_UNFINISHED,	/* u64: faults that have begun and are not over */
	MMLENS_LOSSES_UNFOLLOWED,	/* u64: forked processes that there was no room for */

	__MMLENS_LOSSES_MAX
};
#define MMLENS_LOSSES_MAX (__MMLENS_LOSSES_MAX - 1)

enum mmlens_mapkind {
	MMLENS_MAPKIND_NONE,		/* not counted: no struct page, or a page of zeroes */
	MMLENS_MAPKIND_PRECISE,		/* of this very page */
	MMLENS_MAPKIND_AVERAGE,		/* averaged over the folio's pages: the kernel keeps no more */
};

enum mmlens_shared {
	MMLENS_SHARED_NO,		/* the kernel knows of one mm only */
	MMLENS_SHARED_MAYBE,		/* more than one mm may map the folio */
};

enum mmlens_zone {
	MMLENS_ZONE_DMA,
	MMLENS_ZONE_DMA32,
	MMLENS_ZONE_NORMAL,
	MMLENS_ZONE_HIGHMEM,
	MMLENS_ZONE_MOVABLE,
	MMLENS_ZONE_DEVICE,
};

/*
 * Bits of a page-table entry, whatever the architecture calls them. For an
 * entry that is not present only SOFT_DIRTY, UFFD_WP, EXCLUSIVE, WRITE (a
 * migration or device entry that was writable), and, for migration, ACCESSED
 * and DIRTY have a meaning. A PROTNONE entry is in place, with the bits it will
 * have again, but EXEC and PAT are not told.
 */
#define MMLENS_ENTRY_PRESENT		(1ULL << 0)	/* the hardware may use it */
#define MMLENS_ENTRY_WRITE		(1ULL << 1)
#define MMLENS_ENTRY_USER		(1ULL << 2)
#define MMLENS_ENTRY_ACCESSED		(1ULL << 3)
#define MMLENS_ENTRY_DIRTY		(1ULL << 4)
#define MMLENS_ENTRY_EXEC		(1ULL << 5)
#define MMLENS_ENTRY_LEAF		(1ULL << 6)	/* maps a page, not a table */
#define MMLENS_ENTRY_GLOBAL		(1ULL << 7)
#define MMLENS_ENTRY_WRITE_THROUGH	(1ULL << 8)
#define MMLENS_ENTRY_CACHE_DISABLE	(1ULL << 9)
#define MMLENS_ENTRY_PAT		(1ULL << 10)
#define MMLENS_ENTRY_SOFT_DIRTY		(1ULL << 11)
#define MMLENS_ENTRY_UFFD_WP		(1ULL << 12)
#define MMLENS_ENTRY_SPECIAL		(1ULL << 13)	/* no struct page, or not to be looked at */
#define MMLENS_ENTRY_DEVMAP		(1ULL << 14)
#define MMLENS_ENTRY_PROTNONE		(1ULL << 15)	/* in place, but no access */
#define MMLENS_ENTRY_EXCLUSIVE		(1ULL << 16)	/* swap or migration: of an exclusive anonymous page */
#define MMLENS_ENTRY_PKEY_SHIFT		60		/* protection key, 4 bits */
#define MMLENS_ENTRY_PKEY_MASK		(0xfULL << MMLENS_ENTRY_PKEY_SHIFT)

/*
 * Page flags. Bits 0 to 26 are the kernel's KPF_* numbers
 * (linux/kernel-page-flags.h); from 32 on they are ours. All describe the
 * page's folio, but for HWPOISON and ANON_EXCLUSIVE: theirs is the page (for a
 * PMD or PUD leaf, its first).
 * KPF_COMPOUND_HEAD and _TAIL are not used here: HEAD and ORDER say it.
 */
#define MMLENS_PAGE_LOCKED		(1ULL << 0)
#define MMLENS_PAGE_ERROR		(1ULL << 1)
#define MMLENS_PAGE_REFERENCED		(1ULL << 2)
#define MMLENS_PAGE_UPTODATE		(1ULL << 3)
#define MMLENS_PAGE_DIRTY		(1ULL << 4)
#define MMLENS_PAGE_LRU			(1ULL << 5)
#define MMLENS_PAGE_ACTIVE		(1ULL << 6)
#define MMLENS_PAGE_SLAB		(1ULL << 7)
#define MMLENS_PAGE_WRITEBACK		(1ULL << 8)
#define MMLENS_PAGE_RECLAIM		(1ULL << 9)
#define MMLENS_PAGE_BUDDY		(1ULL << 10)
#define MMLENS_PAGE_MMAP		(1ULL << 11)
#define MMLENS_PAGE_ANON		(1ULL << 12)
#define MMLENS_PAGE_SWAPCACHE		(1ULL << 13)
#define MMLENS_PAGE_SWAPBACKED		(1ULL << 14)
#define MMLENS_PAGE_COMPOUND_HEAD	(1ULL << 15)
#define MMLENS_PAGE_COMPOUND_TAIL	(1ULL << 16)
#define MMLENS_PAGE_HUGE		(1ULL << 17)	/* hugetlb */
#define MMLENS_PAGE_UNEVICTABLE		(1ULL << 18)
#define MMLENS_PAGE_HWPOISON		(1ULL << 19)
#define MMLENS_PAGE_NOPAGE		(1ULL << 20)
#define MMLENS_PAGE_KSM			(1ULL << 21)
#define MMLENS_PAGE_THP			(1ULL << 22)	/* large and not hugetlb */
#define MMLENS_PAGE_OFFLINE		(1ULL << 23)
#define MMLENS_PAGE_ZERO_PAGE		(1ULL << 24)
#define MMLENS_PAGE_IDLE		(1ULL << 25)
#define MMLENS_PAGE_PGTABLE		(1ULL << 26)
#define MMLENS_PAGE_ANON_EXCLUSIVE	(1ULL << 32)
#define MMLENS_PAGE_MLOCKED		(1ULL << 33)
#define MMLENS_PAGE_RESERVED		(1ULL << 34)
#define MMLENS_PAGE_WORKINGSET		(1ULL << 35)
#define MMLENS_PAGE_PRIVATE		(1ULL << 36)
#define MMLENS_PAGE_PINNED		(1ULL << 37)	/* maybe pinned for DMA */
#define MMLENS_PAGE_DEVICE		(1ULL << 38)	/* ZONE_DEVICE */
#define MMLENS_PAGE_FILE		(1ULL << 39)	/* in a page cache: of a file, or shmem */
/*
 * Page types, which are kept in place of a mapcount; so are SLAB, BUDDY,
 * OFFLINE and PGTABLE. On kernels before 6.12 SLAB is a flag.
 */
#define MMLENS_PAGE_GUARD		(1ULL << 40)	/* debug_pagealloc's */
#define MMLENS_PAGE_ZSMALLOC		(1ULL << 41)
#define MMLENS_PAGE_UNACCEPTED		(1ULL << 42)	/* memory that the host has not handed over yet */
#define MMLENS_PAGE_KMALLOC		(1ULL << 43)	/* a large kmalloc() */
#define MMLENS_PAGE_TYPED		(1ULL << 44)	/* of a type that has no bit here */
#define MMLENS_PAGE_YOUNG		(1ULL << 45)	/* was accessed, before idle tracking or DAMON cleared
							 * that in the entry
							 */

/*
 * PAGE_GET's filter: only pages that pass every given test are reported.
 * FLAGS and FRAME tests fail for an entry that has no such thing. A bit that
 * INFO_GET does not list is refused.
 */
enum mmlens_filter_attr {
	MMLENS_FILTER_UNSPEC,
	MMLENS_FILTER_PAD,
	MMLENS_FILTER_STATES,		/* u64: mask of 1 << enum mmlens_state */
	MMLENS_FILTER_ENTRY_ALL,	/* u64: MMLENS_ENTRY_* that must all be set */
	MMLENS_FILTER_ENTRY_NONE,	/* u64: MMLENS_ENTRY_* of which none may be set */
	MMLENS_FILTER_FLAGS_ALL,	/* u64: MMLENS_PAGE_* likewise */
	MMLENS_FILTER_FLAGS_NONE,	/* u64 */
	MMLENS_FILTER_FRAME_START,	/* u64: first PFN */
	MMLENS_FILTER_FRAME_END,	/* u64: first PFN after the range */

	__MMLENS_FILTER_MAX
};
#define MMLENS_FILTER_MAX (__MMLENS_FILTER_MAX - 1)

/* One level of a walk. FOLDED levels have nothing but LEVEL and FOLDED. */
enum mmlens_level_attr {
	MMLENS_LEVEL_A_UNSPEC,
	MMLENS_LEVEL_A_PAD,
	MMLENS_LEVEL_A_LEVEL,		/* u32: enum mmlens_level */
	MMLENS_LEVEL_A_FOLDED,		/* flag: this kernel runs without this level */
	MMLENS_LEVEL_A_INDEX,		/* u32: the entry's place in its table */
	MMLENS_LEVEL_A_TABLE,		/* u64: PFN of the table */
	MMLENS_LEVEL_A_RAW,		/* u64: the entry as the hardware sees it */
	MMLENS_LEVEL_A_BITS,		/* u64: MMLENS_ENTRY_* */

	__MMLENS_LEVEL_A_MAX
};
#define MMLENS_LEVEL_A_MAX (__MMLENS_LEVEL_A_MAX - 1)

enum mmlens_vma_attr {
	MMLENS_VMA_UNSPEC,
	MMLENS_VMA_PAD,
	MMLENS_VMA_START,	/* u64: vm_start */
	MMLENS_VMA_END,		/* u64: vm_end */
	MMLENS_VMA_FLAGS,	/* u64: MMLENS_VM_* */
	MMLENS_VMA_KIND,	/* u32: enum mmlens_vma_kind */
	MMLENS_VMA_PGOFF,	/* u64: offset in pages, in the file or the object */
	MMLENS_VMA_PATH,	/* string: file, as the caller's root shows it; any bytes */
	MMLENS_VMA_NAME,	/* string: [heap], [stack], [vdso], ... */
	MMLENS_VMA_MAJOR,	/* u32: device of the file */
	MMLENS_VMA_MINOR,	/* u32 */
	MMLENS_VMA_INODE,	/* u64 */
	MMLENS_VMA_FILE_SIZE,	/* u64: bytes */
	MMLENS_VMA_ANON_ID,	/* u64: opaque id of its anon_vma; absent without one */
	MMLENS_VMA_ANON_ROOT,	/* u64: opaque id of that anon_vma's root: equal across forks */
	MMLENS_VMA_OPS,		/* string: name of its vm_operations_struct */
	MMLENS_VMA_PKEY,	/* u32: protection key */
	MMLENS_VMA_PAGE_SIZE,	/* u64: bytes: hugetlb and device-dax map larger pages only */
	MMLENS_VMA_COUNTS,	/* nest: enum mmlens_vma_col, those granted */

	__MMLENS_VMA_MAX
};
#define MMLENS_VMA_MAX (__MMLENS_VMA_MAX - 1)

/*
 * Counted columns of VMA_GET, for a dump that asks for them by COLUMNS: u64,
 * base pages unless said otherwise. As smaps counts: RSS has no zero pages, no
 * frames without struct page, and nothing of hugetlb.
 */
enum mmlens_vma_col {
	MMLENS_VMA_COL_UNSPEC,
	MMLENS_VMA_COL_PAD,
	MMLENS_VMA_COL_RSS,
	MMLENS_VMA_COL_SWAP,		/* swap entries */
	MMLENS_VMA_COL_ANON,		/* of RSS: anonymous pages */
	MMLENS_VMA_COL_FILE,		/* of RSS: pages of files */
	MMLENS_VMA_COL_SHMEM,		/* of RSS: pages of shmem */
	MMLENS_VMA_COL_KSM,		/* of ANON: merged by KSM */
	MMLENS_VMA_COL_LAZYFREE,	/* of ANON: given up by MADV_FREE */
	MMLENS_VMA_COL_SHARED,		/* of RSS: mapcount above 1 */
	MMLENS_VMA_COL_EXCLUSIVE,	/* of RSS: mapcount 1 */
	MMLENS_VMA_COL_DIRTY,		/* of RSS: entry or page dirty */
	MMLENS_VMA_COL_REFERENCED,	/* of RSS: entry accessed or page referenced */
	MMLENS_VMA_COL_HUGE,		/* of RSS: mapped by a PMD or PUD entry */
	MMLENS_VMA_COL_HUGETLB,		/* hugetlb pages, those that are moved included */
	MMLENS_VMA_COL_ZERO,		/* the shared pages of zeroes */
	/*
	 * entries of any other kind; in RSS as well, and in none of its parts, are
	 * those of small or huge pages that are moved or lent to a device
	 */
	MMLENS_VMA_COL_OTHER,
	MMLENS_VMA_COL_TABLES,		/* PTE tables that hold entries for it */
	MMLENS_VMA_COL_LEAVES_PTE,	/* entries that map something, by level */
	MMLENS_VMA_COL_LEAVES_PMD,
	MMLENS_VMA_COL_LEAVES_PUD,
	MMLENS_VMA_COL_DEPTH,		/* nodes of the store that a lookup of its start visits */

	__MMLENS_VMA_COL_MAX
};
#define MMLENS_VMA_COL_MAX (__MMLENS_VMA_COL_MAX - 1)
#define MMLENS_VMA_COL_BIT(col)	(1ULL << (col))
#define MMLENS_VMA_COL_ALL						\
	(MMLENS_VMA_COL_BIT(__MMLENS_VMA_COL_MAX) -			\
	 MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_RSS))

/* How this kernel keeps the VMAs of an mm, and finds the one at an address. */
enum mmlens_vma_store {
	MMLENS_VMA_STORE_RBTREE,	/* a sorted list and a red-black tree: a node is a VMA */
	MMLENS_VMA_STORE_MAPLE,		/* a maple tree: all its leaves are equally deep */
};

/* What backs a VMA; MMLENS_VM_SHARED says whether writes stay private. */
enum mmlens_vma_kind {
	MMLENS_VMA_KIND_ANON,
	MMLENS_VMA_KIND_FILE,
	MMLENS_VMA_KIND_SHMEM,		/* tmpfs, memfd, SysV shm, MAP_SHARED|MAP_ANONYMOUS, /dev/zero */
	MMLENS_VMA_KIND_HUGETLB,
	MMLENS_VMA_KIND_SPECIAL,	/* vdso, vvar, ...: the kernel's own */
	MMLENS_VMA_KIND_DEVICE,		/* VM_PFNMAP, VM_MIXEDMAP or VM_IO; or of a file that
					 * is neither regular nor a block device
					 */
	MMLENS_VMA_KIND_SECRETMEM,
};

/* VM_ flags; numbered here, since the kernel's own numbers move. */
#define MMLENS_VM_READ		(1ULL << 0)
#define MMLENS_VM_WRITE		(1ULL << 1)
#define MMLENS_VM_EXEC		(1ULL << 2)
#define MMLENS_VM_SHARED	(1ULL << 3)
#define MMLENS_VM_MAYREAD	(1ULL << 4)
#define MMLENS_VM_MAYWRITE	(1ULL << 5)
#define MMLENS_VM_MAYEXEC	(1ULL << 6)
#define MMLENS_VM_MAYSHARE	(1ULL << 7)
#define MMLENS_VM_GROWSDOWN	(1ULL << 8)
#define MMLENS_VM_PFNMAP	(1ULL << 9)
#define MMLENS_VM_LOCKED	(1ULL << 10)
#define MMLENS_VM_IO		(1ULL << 11)
#define MMLENS_VM_SEQ_READ	(1ULL << 12)
#define MMLENS_VM_RAND_READ	(1ULL << 13)
#define MMLENS_VM_DONTCOPY	(1ULL << 14)
#define MMLENS_VM_DONTEXPAND	(1ULL << 15)
#define MMLENS_VM_LOCKONFAULT	(1ULL << 16)
#define MMLENS_VM_ACCOUNT	(1ULL << 17)
#define MMLENS_VM_NORESERVE	(1ULL << 18)
#define MMLENS_VM_HUGETLB	(1ULL << 19)
#define MMLENS_VM_SYNC		(1ULL << 20)
#define MMLENS_VM_ARCH_1	(1ULL << 21)
#define MMLENS_VM_WIPEONFORK	(1ULL << 22)
#define MMLENS_VM_DONTDUMP	(1ULL << 23)
#define MMLENS_VM_SOFTDIRTY	(1ULL << 24)
#define MMLENS_VM_MIXEDMAP	(1ULL << 25)
#define MMLENS_VM_HUGEPAGE	(1ULL << 26)
#define MMLENS_VM_NOHUGEPAGE	(1ULL << 27)
#define MMLENS_VM_MERGEABLE	(1ULL << 28)
#define MMLENS_VM_UFFD_MISSING	(1ULL << 29)
#define MMLENS_VM_UFFD_WP	(1ULL << 30)
#define MMLENS_VM_UFFD_MINOR	(1ULL << 31)
#define MMLENS_VM_SHADOW_STACK	(1ULL << 32)
#define MMLENS_VM_SEALED	(1ULL << 33)
#define MMLENS_VM_DROPPABLE	(1ULL << 34)
#define MMLENS_VM_DENYWRITE	(1ULL << 35)	/* up to 5.14 */
#define MMLENS_VM_MAYBE_GUARD	(1ULL << 36)
#define MMLENS_VM_ALLOW_ANY_UNCACHED (1ULL << 37)
#define MMLENS_VM_UNKNOWN	(1ULL << 63)	/* it has a flag that is not in this list */

enum mmlens_task_state {
	MMLENS_TASK_ALIVE,
	MMLENS_TASK_KTHREAD,	/* a kernel thread: has no mm of its own */
	MMLENS_TASK_ZOMBIE,	/* all threads are dead: the mm is gone */
	MMLENS_TASK_EXITING,	/* has given up its mm, not yet dead */
};

/* From COMM to START_TIME always there; the rest only if the task has an mm. */
enum mmlens_mm_attr {
	MMLENS_MM_UNSPEC,
	MMLENS_MM_PAD,
	MMLENS_MM_COMM,		/* string: of the asked task */
	MMLENS_MM_TASK_STATE,	/* u32: enum mmlens_task_state */
	MMLENS_MM_PPID,		/* u32: parent, 0 when it is outside the PID namespace */
	MMLENS_MM_THREADS,	/* u32: tasks in the thread group */
	MMLENS_MM_MIN_FLT,	/* u64: the group's minor faults */
	MMLENS_MM_MAJ_FLT,	/* u64: the group's major faults */

	MMLENS_MM_EXE,		/* string: path of the executable */
	MMLENS_MM_PGD,		/* u64: PFN of the top table: what cr3 points to; with
				 * page-table isolation, while in the kernel
				 */
	MMLENS_MM_USERS,	/* u32: mm_users, ours not counted */
	MMLENS_MM_COUNT,	/* u32: mm_count, ours not counted */
	MMLENS_MM_MAP_COUNT,	/* u32: VMAs */
	MMLENS_MM_DUMPABLE,	/* u32: 0 no, 1 yes, 2 as root only */
	MMLENS_MM_DEF_FLAGS,	/* u64: MMLENS_VM_* that new VMAs get */
	MMLENS_MM_TASK_SIZE,	/* u64: first address that it may not map */
	MMLENS_MM_MMAP_BASE,	/* u64 */
	MMLENS_MM_START_CODE,	/* u64 */
	MMLENS_MM_END_CODE,	/* u64 */
	MMLENS_MM_START_DATA,	/* u64 */
	MMLENS_MM_END_DATA,	/* u64 */
	MMLENS_MM_START_BRK,	/* u64 */
	MMLENS_MM_BRK,		/* u64 */
	MMLENS_MM_START_STACK,	/* u64 */
	MMLENS_MM_ARG_START,	/* u64 */
	MMLENS_MM_ARG_END,	/* u64 */
	MMLENS_MM_ENV_START,	/* u64 */
	MMLENS_MM_ENV_END,	/* u64 */
	MMLENS_MM_RSS_FILE,	/* u64: pages, here and below */
	MMLENS_MM_RSS_ANON,	/* u64 */
	MMLENS_MM_RSS_SHMEM,	/* u64 */
	MMLENS_MM_SWAP,		/* u64 */
	MMLENS_MM_HIWATER_RSS,	/* u64: peak, as last recorded by the kernel */
	MMLENS_MM_TOTAL_VM,	/* u64 */
	MMLENS_MM_LOCKED_VM,	/* u64 */
	MMLENS_MM_PINNED_VM,	/* u64 */
	MMLENS_MM_DATA_VM,	/* u64 */
	MMLENS_MM_EXEC_VM,	/* u64 */
	MMLENS_MM_STACK_VM,	/* u64 */
	MMLENS_MM_PGTABLES,	/* u64: bytes of page tables */

	__MMLENS_MM_MAX
};
#define MMLENS_MM_MAX (__MMLENS_MM_MAX - 1)

#endif /* _UAPI_LINUX_MMLENS_H */
