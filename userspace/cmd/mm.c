// SPDX-License-Identifier: GPL-2.0
/* mmlens mm: the address space as a whole. */
#include <stddef.h>
#include <string.h>

#include "cmd/mm.h"
#include "lib/names.h"
#include "lib/parse.h"
#include "lib/sharers.h"
#include "lib/snap.h"

static const struct mml_name dumpable_names[] = {
	{ "no", 0 },
	{ "yes", 1 },
	{ "as root only", 2 },
	{ }
};

static struct show_value get_exe(const void *row)
{
	const struct mm_row *r = row;

	return show_str(*r->mm.exe ? r->mm.exe : NULL);
}

static struct show_value get_exact(const void *row)
{
	const struct mm_row *r = row;

	return r->mm.has_mm ? show_bool(r->rss_exact) : show_unknown();
}

#define MM(field, kind) \
	SHOW_ALWAYS, SHOW_FIELD(struct mm_row, mm.field, kind)
#define ROW(field, kind) \
	SHOW_ALWAYS, SHOW_FIELD(struct mm_row, field, kind)

#define NEEDS_AREAS 1

const struct show_column mm_columns[] = {
	{ "PID", "pid", "the task that was asked for", MM(envelope.pid, SHOW_UINT) },
	{ "TGID", "tgid", "its thread group", MM(envelope.tgid, SHOW_UINT) },
	{ "COMM", "comm", "its name", MM(comm, SHOW_STR) },
	{ "STATE", "task_state", "alive, kernel thread, zombie, exiting", MM(task_state, SHOW_NAME), .names = mml_task_state_names },
	{ "PPID", "ppid", "its parent; 0 outside this PID namespace", MM(ppid, SHOW_UINT) },
	{ "THREADS", "threads", "tasks in the thread group", MM(threads, SHOW_UINT) },
	{ "EXE", "exe", "its executable", SHOW_ALWAYS, .get = get_exe },
	{ "START_TIME", "start_time", "ns since boot", MM(envelope.start_time, SHOW_UINT) },
	{ "EXEC_ID", "exec_id", "counts its execs", MM(envelope.exec_id, SHOW_UINT) },
	{ "MM_ID", "mm_id", "tells address spaces apart; no address", MM(envelope.mm_id, SHOW_HEX) },
	{ "PGD", "pgd", "frame of the top table: what cr3 points to", MM(pgd, SHOW_FRAME) },
	{ "MM_USERS", "mm_users", "tasks that use it", MM(users, SHOW_UINT) },
	{ "MM_COUNT", "mm_count", "references to the structure", MM(count, SHOW_UINT) },
	{ "AREAS", "map_count", "areas (VMAs)", MM(map_count, SHOW_UINT) },
	{ "DUMPABLE", "dumpable", "may it dump core?", MM(dumpable, SHOW_NAME), .names = dumpable_names },
	{ "DEF_FLAGS", "def_flags", "flags that new areas get", MM(def_flags, SHOW_CODES), .names = mml_vm_names },
	{ "RSS", "rss", "resident memory", ROW(rss, SHOW_BYTES) },
	{ "RSS_ANON", "rss_anon", "of it anonymous", MM(rss_anon, SHOW_BYTES) },
	{ "RSS_FILE", "rss_file", "of it from files", MM(rss_file, SHOW_BYTES) },
	{ "RSS_SHMEM", "rss_shmem", "of it shared memory", MM(rss_shmem, SHOW_BYTES) },
	{ "RSS_EXACT", "rss_exact", "are these exact on this kernel?", SHOW_ALWAYS, .get = get_exact },
	{ "RSS_PEAK", "rss_peak", "the most there was, as last recorded", MM(hiwater_rss, SHOW_BYTES) },
	{ "SWAP", "swap", "in swap", MM(swap, SHOW_BYTES) },
	{ "PGTABLES", "pgtables", "page tables", MM(pgtables, SHOW_BYTES) },
	{ "TOTAL_VM", "total_vm", "mapped addresses", MM(total_vm, SHOW_BYTES) },
	{ "DATA_VM", "data_vm", "of them private and writable", MM(data_vm, SHOW_BYTES) },
	{ "EXEC_VM", "exec_vm", "of them executable", MM(exec_vm, SHOW_BYTES) },
	{ "STACK_VM", "stack_vm", "of them stack", MM(stack_vm, SHOW_BYTES) },
	{ "LOCKED_VM", "locked_vm", "of them locked", MM(locked_vm, SHOW_BYTES) },
	{ "PINNED_VM", "pinned_vm", "pinned", MM(pinned_vm, SHOW_BYTES) },
	{ "START_CODE", "start_code", "code begins", MM(start_code, SHOW_ADDR) },
	{ "END_CODE", "end_code", "code ends", MM(end_code, SHOW_ADDR) },
	{ "START_DATA", "start_data", "data begins", MM(start_data, SHOW_ADDR) },
	{ "END_DATA", "end_data", "data ends", MM(end_data, SHOW_ADDR) },
	{ "START_BSS", "start_bss", "zeroed data (.bss) begins, in the data's last page", ROW(start_bss, SHOW_ADDR), .needs = NEEDS_AREAS },
	{ "END_BSS", "end_bss", "zeroed data ends, to the page", ROW(end_bss, SHOW_ADDR), .needs = NEEDS_AREAS },
	{ "START_BRK", "start_brk", "heap begins", MM(start_brk, SHOW_ADDR) },
	{ "BRK", "brk", "heap ends", MM(brk, SHOW_ADDR) },
	{ "MMAP_BASE", "mmap_base", "mmap() begins here, and goes down", MM(mmap_base, SHOW_ADDR) },
	{ "START_STACK", "start_stack", "stack at the start of the program", MM(start_stack, SHOW_ADDR) },
	{ "ARG_START", "arg_start", "arguments begin", MM(arg_start, SHOW_ADDR) },
	{ "ARG_END", "arg_end", "arguments end", MM(arg_end, SHOW_ADDR) },
	{ "ENV_START", "env_start", "environment begins", MM(env_start, SHOW_ADDR) },
	{ "ENV_END", "env_end", "environment ends", MM(env_end, SHOW_ADDR) },
	{ "TASK_SIZE", "task_size", "first address that it may not map", MM(task_size, SHOW_ADDR) },
	{ "BITS", "bits", "of its addresses: 32 for a 32-bit program on this kernel", ROW(bits, SHOW_UINT) },
	{ "LEVELS", "levels", "of page tables", ROW(levels, SHOW_UINT) },
	{ "KERNEL_START", "kernel_start", "the kernel's half begins", ROW(kernel_start, SHOW_ADDR) },
	{ "MIN_FLT", "min_flt", "minor faults", MM(min_flt, SHOW_UINT) },
	{ "MAJ_FLT", "maj_flt", "major faults", MM(maj_flt, SHOW_UINT) },
	{ }
};

/* What the kernel counts in pages. */
static const size_t in_pages[] = {
	offsetof(struct mml_mm, rss_file), offsetof(struct mml_mm, rss_anon),
	offsetof(struct mml_mm, rss_shmem), offsetof(struct mml_mm, swap),
	offsetof(struct mml_mm, hiwater_rss), offsetof(struct mml_mm, total_vm),
	offsetof(struct mml_mm, locked_vm), offsetof(struct mml_mm, pinned_vm),
	offsetof(struct mml_mm, data_vm), offsetof(struct mml_mm, exec_vm),
	offsetof(struct mml_mm, stack_vm),
};

static void pages_to_bytes(struct mml_mm *mm, uint64_t page_size)
{
	uint64_t *field;
	size_t i;

	for (i = 0; i < sizeof(in_pages) / sizeof(*in_pages); i++) {
		field = (uint64_t *)((char *)mm + in_pages[i]);
		if (*field != MMLENS_UNKNOWN)
			*field *= page_size;
	}
}

static uint64_t rss_sum(const struct mml_mm *mm)
{
	if (mm->rss_file == MMLENS_UNKNOWN || mm->rss_anon == MMLENS_UNKNOWN ||
	    mm->rss_shmem == MMLENS_UNKNOWN)
		return MMLENS_UNKNOWN;
	return mm->rss_file + mm->rss_anon + mm->rss_shmem;
}

/* The halves are equally large, and the user's ends a page before its middle. */
static uint64_t kernel_start(uint64_t user_end)
{
	uint64_t half = 1;

	while (half < user_end && half < 1ULL << 63)
		half <<= 1;
	return -half;
}

static void read_layout(struct mm_row *row, const struct mml_info *info)
{
	row->bits = row->levels = MMLENS_UNKNOWN32;
	row->kernel_start = MMLENS_UNKNOWN;
	row->start_bss = row->end_bss = MMLENS_UNKNOWN;
	if (!row->mm.has_mm)
		return;
	row->levels = info->levels;
	row->kernel_start = kernel_start(info->user_end);
	if (row->mm.task_size != MMLENS_UNKNOWN)
		row->bits = row->mm.task_size <= 1ULL << 32 ? 32 : 64;
}

/**
 * mm_read() - ask for an address space
 * @ctx: the context
 * @pid: the process
 * @row: where to
 *
 * Return: 0, or an exit code: the error is printed
 */
int mm_read(struct mml_ctx *ctx, uint32_t pid, struct mm_row *row)
{
	struct mml_error err;
	struct mml_info info;

	if (mml_info(ctx->client, &info, &err) ||
	    mml_mm(ctx->client, pid, &row->mm, &err))
		return ctx_error(ctx, &err);
	pages_to_bytes(&row->mm, info.page_size);
	row->page_size = info.page_size;
	row->rss = rss_sum(&row->mm);
	row->rss_exact = info.can & MMLENS_CAN_RSS;
	read_layout(row, &info);
	return 0;
}

/**
 * mm_add_bss() - where its zeroed data is
 * @row: from mm_read()
 * @vmas: see mml_end_bss()
 */
void mm_add_bss(struct mm_row *row, const struct mml_vmas *vmas)
{
	row->end_bss = mml_end_bss(&row->mm, vmas);
	if (row->end_bss != MMLENS_UNKNOWN)
		row->start_bss = row->mm.end_data;
}

/* A process that is stuck with its mmap lock is answered, but for this. */
static void read_bss(struct mml_ctx *ctx, struct mm_row *row)
{
	uint64_t page = row->mm.end_data & -row->page_size;
	struct mml_error err;
	struct mml_vmas vmas;

	if (!row->mm.has_mm || row->mm.end_data == MMLENS_UNKNOWN)
		return;
	if (mml_vmas(ctx->client, row->mm.envelope.pid, page,
		     page + 2 * row->page_size, &vmas, &err))
		ctx_warn(ctx, "bounds of bss are unknown: %s", err.text);
	else
		mm_add_bss(row, &vmas);
	mml_vmas_free(&vmas);
}

/**
 * mm_absent() - why a task has no address space
 * @mm: what was answered
 *
 * Return: a sentence
 */
const char *mm_absent(const struct mml_mm *mm)
{
	switch (mm->task_state) {
	case MMLENS_TASK_KTHREAD:
		return "a kernel thread: it has no address space of its own";
	case MMLENS_TASK_ZOMBIE:
		return "a zombie: its address space is gone, only its exit status is left";
	case MMLENS_TASK_EXITING:
		return "exiting: it has given up its address space";
	default:
		return "it has no address space";
	}
}

#define LABEL "%-12s  "	/* as wide as KERNEL_START */

static void show_threads(struct show *s, const struct mml_sharers *sharers)
{
	size_t i;

	if (!sharers->threads_known) {
		show(s, "thread_ids", NULL, show_unknown());
		return;
	}
	show_open_list_row(s, "thread_ids");
	for (i = 0; i < sharers->nr_threads; i++) {
		if (i && i % 10 == 0)
			show_text(s, "\n" LABEL, "");
		else if (!i)
			show_text(s, LABEL, "THREAD_IDS");
		show(s, NULL, i % 10 ? " %s" : "%s",
		     show_uint(sharers->threads[i]));
	}
	show_text(s, "\n");
	show_close(s);
}

/* vfork() children, and what clone(CLONE_VM) made */
static void show_processes(struct show *s, const struct mml_sharers *sharers)
{
	size_t i;

	show_open_list(s, "shared_with");
	for (i = 0; i < sharers->n; i++) {
		show_text(s, LABEL, i ? "" : "SHARED_WITH");
		show_open_row(s, NULL);
		show(s, "pid", "process %s", show_uint(sharers->v[i].pid));
		show(s, "comm", " (%s)\n", show_str(sharers->v[i].comm));
		show_close(s);
	}
	show_close(s);
}

/* Who uses it, which /proc must be searched for: not of a snapshot. */
static int show_users(struct mml_ctx *ctx, const struct mml_mm *mm)
{
	struct mml_sharers sharers;
	struct mml_error err;
	int code = 0;

	if (!mm->has_mm || ctx->show.columns || mml_snap_info(ctx->client))
		return 0;
	if (mml_sharers(ctx->client, mm, &sharers, &err))
		code = ctx_error(ctx, &err);
	show_threads(&ctx->show, &sharers);
	show_processes(&ctx->show, &sharers);
	mml_sharers_free(&sharers);
	return code;
}

/**
 * cmd_mm() - mmlens mm PID
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_mm(struct mml_ctx *ctx, int argc, char **argv)
{
	const struct cmd_usage usage = {
		.args = "PID", .min = 1, .max = 1, .columns = mm_columns,
		.about = "Shows the address space of a process as a whole: its bounds, sizes and counters.",
	};
	struct show_columns chosen;
	struct mm_row row;
	uint32_t pid;
	int ret = cmd_parse(ctx, &argc, &argv, &usage);

	if (!ret)
		ret = ctx_choose(ctx, mm_columns, &chosen);
	if (!ret)
		ret = ctx_pid(ctx, argv[0], &pid);
	if (ret)
		return cmd_exit(ret);
	ret = ctx_open(ctx);
	if (!ret)
		ret = mm_read(ctx, pid, &row);
	if (ret)
		return ret;
	if (show_needs(&chosen) & NEEDS_AREAS)
		read_bss(ctx, &row);
	show_begin(&ctx->show);
	show_record(&ctx->show, &chosen, &row);
	ret = show_users(ctx, &row.mm);
	show_end(&ctx->show);
	if (!row.mm.has_mm)
		ctx_warn(ctx, "process %u is %s", pid, mm_absent(&row.mm));
	return ret;
}
