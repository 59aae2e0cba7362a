/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libmmlens: ask the mmlens kernel module, and understand what it answers.
 *
 * Nothing here prints. Numbers, names and units are those of
 * <linux/mmlens.h>; a value the kernel did not give is MMLENS_UNKNOWN or
 * MMLENS_UNKNOWN32. Functions return 0 or a negative errno and, when they
 * fail, say in @err what a user should read.
 */
#ifndef MML_MMLENS_H
#define MML_MMLENS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/mmlens.h>

/* Exit codes of the tool; a failure carries the one that fits it. */
enum mml_exit {
	MML_EXIT_OK = 0,
	MML_EXIT_USAGE = 1,	/* usage, or reading and writing failed */
	MML_EXIT_REFUSED = 2,	/* the kernel refused, no such process, no module */
	MML_EXIT_VANISHED = 3,	/* the target went away midway */
	MML_EXIT_TORN = 4,	/* complete, but torn */
};

struct mml_error {
	enum mml_exit exit;
	int errnum;		/* positive errno, or 0 */
	char text[512];		/* one sentence: what was wrong, what to do */
	char extack[256];	/* the kernel's own words, or "": they are in text too */
	char attr[32];		/* the attribute it pointed at, or "" */
};

/* Of a process that has answered before: has it gone since? */
bool mml_has_gone(const struct mml_error *err);

struct mml_client;

/* One generic netlink socket. -ENOENT: the module is not loaded. */
int mml_open(struct mml_client **client, struct mml_error *err);
void mml_close(struct mml_client *client);

/*
 * How long to wait for a process whose mmap lock is held, in milliseconds,
 * before a request fails with -ETIMEDOUT. MML_TIMEOUT_MS unless set.
 */
#define MML_TIMEOUT_MS 5000
void mml_set_timeout(struct mml_client *client, unsigned int ms);

struct mml_info {
	char version[64];
	char release[128];
	uint32_t page_size;
	uint32_t levels;
	uint64_t user_end;
	uint64_t commands;
	uint64_t columns;
	uint64_t vma_columns;
	uint64_t states;
	uint64_t entry_bits;
	uint64_t page_flags;
	uint64_t vm_flags;
	uint64_t can;
	uint32_t vma_store;	/* enum mmlens_vma_store, or MMLENS_UNKNOWN32 */
};

int mml_info(struct mml_client *client, struct mml_info *info,
	     struct mml_error *err);

/* Who answered, and how the answer ended. */
struct mml_envelope {
	uint64_t columns;
	uint64_t mm_id;		/* MMLENS_UNKNOWN without an mm */
	uint32_t pid;
	uint32_t tgid;
	uint64_t exec_id;
	uint64_t start_time;
};

struct mml_dump {
	struct mml_envelope envelope;
	bool ended;		/* a trailer came */
	bool complete;		/* ... and says complete */
	enum mmlens_reason reason;
	bool torn;
	bool blind;		/* nobody looked for tears: so it is with areas */
	uint64_t epoch;		/* the latest, MMLENS_UNKNOWN when there is none */
	uint64_t unwatched;
	uint64_t holds;		/* of the mmap lock: 1 is one picture */
	uint64_t records;
	uint64_t pages;
	uint64_t bytes;
	uint64_t deposited;	/* of tables: those that huge pages keep; or MMLENS_UNKNOWN */
	uint64_t walked_start;	/* what was walked before it ended */
	uint64_t walked_end;
	uint64_t received;	/* bytes of replies, for benches */
	uint64_t messages;
};

struct mml_mm {
	struct mml_envelope envelope;
	bool has_mm;
	char comm[64];
	uint32_t task_state;	/* enum mmlens_task_state */
	uint32_t ppid;
	uint32_t threads;
	uint64_t min_flt, maj_flt;

	char exe[PATH_MAX];	/* "" when unknown */
	uint64_t pgd;
	uint32_t users, count, map_count, dumpable;
	uint64_t def_flags;
	uint64_t task_size, mmap_base;
	uint64_t start_code, end_code, start_data, end_data;
	uint64_t start_brk, brk, start_stack;
	uint64_t arg_start, arg_end, env_start, env_end;
	uint64_t rss_file, rss_anon, rss_shmem, swap, hiwater_rss;	/* pages */
	uint64_t total_vm, locked_vm, pinned_vm, data_vm, exec_vm, stack_vm;
	uint64_t pgtables;	/* bytes */
};

int mml_mm(struct mml_client *client, uint32_t pid, struct mml_mm *mm,
	   struct mml_error *err);

struct mml_vma {
	uint64_t start, end;
	uint64_t flags;		/* MMLENS_VM_* */
	uint32_t kind;		/* enum mmlens_vma_kind */
	uint64_t pgoff;		/* pages */
	char *path;		/* NULL without a file; any bytes, NUL-ended */
	char *name;		/* NULL, or [heap], [stack], [vdso], ... */
	char *ops;		/* NULL when it has none or its name is unknown */
	uint32_t major, minor;
	uint64_t inode, file_size;
	uint64_t anon_id, anon_root;	/* MMLENS_UNKNOWN without an anon_vma */
	uint32_t pkey;
	uint64_t page_size;
	/* pages, or what else <linux/mmlens.h> says; MMLENS_UNKNOWN if not asked */
	uint64_t counts[MMLENS_VMA_COL_MAX + 1];
};

/* All areas that meet a range, in order; a growing array that owns its strings. */
struct mml_vmas {
	struct mml_vma *v;
	size_t n;
	struct mml_dump dump;
};

/* [start, end) = [0, 0) asks for the whole address space. */
int mml_vmas(struct mml_client *client, uint32_t pid, uint64_t start,
	     uint64_t end, struct mml_vmas *vmas, struct mml_error *err);
/* The same, with columns that the kernel counts: MMLENS_VMA_COL_BIT() mask. */
int mml_vmas_counted(struct mml_client *client, uint32_t pid, uint64_t start,
		     uint64_t end, uint64_t columns, struct mml_vmas *vmas,
		     struct mml_error *err);
void mml_vmas_free(struct mml_vmas *vmas);
/*
 * What all areas together have in counted columns, but DEPTH: the counts of
 * @sum are set. For this the kernel need not tell the areas.
 */
int mml_vmas_sum(struct mml_client *client, uint32_t pid, uint64_t columns,
		 struct mml_vma *sum, struct mml_dump *dump,
		 struct mml_error *err);

/*
 * How people call an area: heap, stack, vdso, anon:NAME, the last part of its
 * file's path, anon, shared-anon. For its full name: path, or name.
 */
const char *mml_vma_label(const struct mml_vma *vma, char *buf, size_t size);

/* The area that holds @addr, or NULL. */
const struct mml_vma *mml_vmas_find(const struct mml_vmas *vmas, uint64_t addr);

/*
 * Where a program's zeroed data (.bss) ends, of those that begin where its data
 * end: the kernel keeps no bounds of it. To the page; @mm->end_data if it has none.
 */
uint64_t mml_end_bss(const struct mml_mm *mm, const struct mml_vmas *vmas);

struct mml_extent {
	uint64_t start;
	uint32_t pages;
	uint32_t state;		/* enum mmlens_state */
	uint32_t level;		/* enum mmlens_level */
	uint64_t frame;
	uint64_t swap;
	uint64_t entry;		/* MMLENS_ENTRY_* */
	uint64_t flags;		/* MMLENS_PAGE_* */
	uint32_t mapcount;
	uint32_t mapkind;	/* enum mmlens_mapkind */
	uint32_t refcount;
	uint64_t head;
	uint32_t order;
	uint32_t folio_mapcount;
	uint32_t folio_shared;	/* enum mmlens_shared */
	uint32_t node;
	uint32_t zone;		/* enum mmlens_zone */
	uint64_t anon_id;
};

/* Makes columns, an MMLENS_COL_BIT() mask, as unknown as if never asked for. */
void mml_extent_forget(struct mml_extent *extent, uint64_t forgotten);

struct mml_level {
	uint32_t level;		/* enum mmlens_level */
	bool folded;
	uint32_t index;
	uint64_t table;
	uint64_t raw;
	uint64_t bits;		/* MMLENS_ENTRY_* */
};

/* One address: the area around it and, in an area, the way down to its page. */
struct mml_walk {
	struct mml_envelope envelope;
	uint64_t addr;
	bool in_vma;
	struct mml_vma vma;	/* if in_vma */
	bool has_prev, has_next;
	struct mml_vma prev, next;	/* a hole's neighbours */
	uint32_t depth;			/* nodes its lookup visits; of mml_vma_at() only */
	unsigned int nr_levels;
	struct mml_level levels[5];
	struct mml_extent leaf;	/* state NONE where a level ended the walk */
	uint64_t leaf_start, leaf_end;	/* what that entry covers */
};

int mml_walk(struct mml_client *client, uint32_t pid, uint64_t addr,
	     struct mml_walk *walk, struct mml_error *err);
/* The same without the descent: VMA_GET for one address. */
int mml_vma_at(struct mml_client *client, uint32_t pid, uint64_t addr,
	       struct mml_walk *walk, struct mml_error *err);
void mml_walk_free(struct mml_walk *walk);

struct mml_filter {
	uint64_t states;	/* 0: any */
	uint64_t entry_all, entry_none;
	uint64_t flags_all, flags_none;
	uint64_t frame_start, frame_end;	/* end 0: any */
};

struct mml_page_query {
	uint32_t pid;
	uint64_t start, end;	/* 0, 0: everything */
	uint64_t columns;	/* MMLENS_COL_BIT(); 0: MMLENS_COL_DEFAULT */
	const struct mml_filter *filter;	/* or NULL */
	/*
	 * The areas, or NULL. With them no extent crosses an area's end; without,
	 * one that the end of a message had cut there may (only two adjacent
	 * areas whose pages are alike and whose frames follow each other).
	 */
	const struct mml_vmas *vmas;
};

/*
 * Streams the extents of a range in ascending order, those joined that the
 * end of a message had cut. @extent may stop the dump by returning non-zero,
 * which mml_pages() then returns. When it fails midway, what came before has
 * been handed over and @dump says how far that was.
 */
typedef int (*mml_extent_fn)(const struct mml_extent *extent, void *arg);
int mml_pages(struct mml_client *client, const struct mml_page_query *query,
	      mml_extent_fn extent, void *arg, struct mml_dump *dump,
	      struct mml_error *err);

/*
 * Streams the frames [start, end) in ascending order, end 0: all there are, as
 * extents whose start is a frame number, as frame is, and whose state is an
 * enum mmlens_frame_state. Frames that no memory is behind are left out.
 * @columns: MMLENS_COL_BIT() of MMLENS_FRAME_COL_ALL; 0: the default
 */
int mml_frames(struct mml_client *client, uint64_t start, uint64_t end,
	       uint64_t columns, mml_extent_fn extent, void *arg,
	       struct mml_dump *dump, struct mml_error *err);

/* A page-table page. */
struct mml_table {
	uint32_t level;		/* enum mmlens_level of its entries */
	uint64_t start, end;	/* the addresses that it serves */
	uint64_t frame;		/* its own */
	uint32_t slots;		/* entries for user addresses */
	uint32_t used;		/* of those: not empty */
	uint32_t leaves;	/* of those: map a page, not a table */
	uint32_t uncovered;	/* used, where no area is: not followed */
	uint32_t kernel;	/* used entries of the kernel's half: of the top table */
};

/* All tables, each before those below it: see lib/tables.h for what they sum to. */
struct mml_tables {
	struct mml_table *v;
	size_t n;
	struct mml_dump dump;
};

/* Free with mml_tables_free(), after a failure too: it holds what had come. */
int mml_tables(struct mml_client *client, uint32_t pid,
	       struct mml_tables *tables, struct mml_error *err);
void mml_tables_free(struct mml_tables *tables);

/*
 * Takes one recorded or received netlink message of PAGE_GET apart; for tests
 * and fuzzing. Returns the number of extents handed over or -EBADMSG.
 */
struct nlmsghdr;
int mml_decode_pages(const struct nlmsghdr *nlh, mml_extent_fn extent, void *arg,
		     struct mml_dump *dump);

#endif /* MML_MMLENS_H */
