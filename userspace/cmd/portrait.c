// SPDX-License-Identifier: GPL-2.0
/* mmlens PID: a process's memory on one screen. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/area.h"
#include "cmd/mm.h"
#include "lib/names.h"

/* So many lines of layout leave room for the rest on a screen of 24. */
#define LAYOUT_LINES 12

#define PERMS (MMLENS_VM_READ | MMLENS_VM_WRITE | MMLENS_VM_EXEC | MMLENS_VM_MAYSHARE)

/* Neighbouring areas of one name: a program's segments, a library's. */
struct group {
	uint64_t start, end;
	uint64_t size;		/* of its areas: what lies between is not counted */
	uint64_t areas;
	bool mixed;		/* their permissions differ */
	const struct mml_vma *first;
	bool hidden;		/* too small to have a line */
};

struct groups {
	struct group *v;
	size_t n;
	uint64_t hidden, hidden_size;
};

static struct show_value get_label(const void *row)
{
	static char label[PATH_MAX];
	const struct group *group = row;

	return show_str(mml_vma_label(group->first, label, sizeof(label)));
}

static struct show_value get_perms(const void *row)
{
	static char perms[5];
	const struct group *group = row;

	if (group->mixed)
		return show_str("mixed");
	return show_str(mml_vm_perms(group->first->flags, perms));
}

static struct show_value get_kind(const void *row)
{
	const struct group *group = row;

	return show_name(group->first->kind, mml_vma_kind_names);
}

#define GROUP(field, kind) SHOW_FIELD(struct group, field, kind)

static const struct show_column layout_columns[] = {
	{ "START", "start", "", SHOW_ALWAYS | SHOW_RIGHT, GROUP(start, SHOW_ADDR) },
	{ "END", "end", "", SHOW_ALWAYS | SHOW_RIGHT, GROUP(end, SHOW_ADDR) },
	{ "SIZE", "size", "", SHOW_ALWAYS | SHOW_RIGHT, GROUP(size, SHOW_BYTES) },
	{ "AREAS", "areas", "", SHOW_ALWAYS | SHOW_RIGHT, GROUP(areas, SHOW_UINT) },
	{ "PERMS", "perms", "", SHOW_ALWAYS, .get = get_perms },
	{ "KIND", "kind", "", SHOW_ALWAYS, .get = get_kind },
	{ "NAME", "label", "", SHOW_ALWAYS, .get = get_label },
	{ }
};

static bool same_label(const struct mml_vma *a, const struct mml_vma *b)
{
	char left[PATH_MAX], right[PATH_MAX];

	return !strcmp(mml_vma_label(a, left, sizeof(left)),
		       mml_vma_label(b, right, sizeof(right)));
}

static void add_area(struct groups *groups, const struct mml_vma *vma)
{
	struct group *group = groups->n ? &groups->v[groups->n - 1] : NULL;

	if (!group || group->first->kind != vma->kind ||
	    !same_label(group->first, vma)) {
		group = &groups->v[groups->n++];
		*group = (struct group){ .start = vma->start, .first = vma };
	}
	group->end = vma->end;
	group->size += vma->end - vma->start;
	group->mixed |= (group->first->flags ^ vma->flags) & PERMS;
	group->areas++;
}

static int by_size(const void *a, const void *b)
{
	const struct group *const *left = a, *const *right = b;

	return ((*left)->size < (*right)->size) - ((*left)->size > (*right)->size);
}

static bool is_landmark(const struct group *group)
{
	return group->first->name && (!strcmp(group->first->name, "[heap]") ||
				      !strcmp(group->first->name, "[stack]"));
}

/* Leaves the largest, and what everybody looks for, when they are too many. */
static int hide_small(struct groups *groups)
{
	struct group **order;
	size_t i, lines = 0;

	if (groups->n <= LAYOUT_LINES)
		return 0;
	order = malloc(groups->n * sizeof(*order));
	if (!order)
		return -1;
	for (i = 0; i < groups->n; i++)
		order[i] = &groups->v[i];
	qsort(order, groups->n, sizeof(*order), by_size);
	for (i = 0; i < groups->n; i++) {
		if (lines < LAYOUT_LINES - 2 || is_landmark(order[i])) {
			lines++;
			continue;
		}
		order[i]->hidden = true;
		groups->hidden += order[i]->areas;
		groups->hidden_size += order[i]->size;
	}
	free(order);
	return 0;
}

static int group_areas(struct groups *groups, const struct mml_vmas *vmas,
		       bool all)
{
	size_t i;

	groups->v = calloc(vmas->n ? vmas->n : 1, sizeof(*groups->v));
	if (!groups->v)
		return -1;
	for (i = 0; i < vmas->n; i++)
		add_area(groups, &vmas->v[i]);
	return all ? 0 : hide_small(groups);
}

/* From the top down, as memory is drawn. */
static int show_layout(struct mml_ctx *ctx, const struct mml_vmas *vmas)
{
	struct show *s = &ctx->show;
	struct groups groups = { .n = 0 };
	struct show_table table;
	char error[64], size[32];
	size_t i;

	if (group_areas(&groups, vmas, s->json) ||
	    show_table_begin(&table, s, "layout", layout_columns, 0, error,
			     sizeof(error))) {
		free(groups.v);
		return ctx_usage(ctx, "out of memory");
	}
	for (i = groups.n; i--; )
		if (!groups.v[i].hidden)
			show_row(&table, &groups.v[i]);
	show_table_end(&table);
	if (groups.hidden)
		show_text(s, "and %" PRIu64 " smaller areas, %s\n", groups.hidden,
			  show_value_text(show_bytes(groups.hidden_size), size,
					  sizeof(size)));
	free(groups.v);
	return 0;
}

static void show_task(struct show *s, const struct mm_row *row)
{
	const struct mml_mm *mm = &row->mm;

	show_style(s, SHOW_BOLD);
	show(s, "comm", "%s", show_str(mm->comm));
	show_style(s, SHOW_PLAIN);
	show(s, "pid", "  process %s", show_uint(mm->envelope.pid));
	show(s, "tgid", NULL, show_uint(mm->envelope.tgid));
	show(s, "ppid", ", child of %s", show_uint(mm->ppid));
	show(s, "threads", mm->threads == 1 ? ", %s thread" : ", %s threads",
	     show_uint(mm->threads));
	show(s, "task_state", NULL, show_name(mm->task_state, mml_task_state_names));
	show(s, "exe", *mm->exe ? "  %s" : NULL,
	     show_str(*mm->exe ? mm->exe : NULL));
	show_text(s, "\n");
}

static void show_mm(struct show *s, const struct mm_row *row)
{
	const struct mml_mm *mm = &row->mm;

	show(s, "mm_id", "\naddress space %s", show_hex(mm->envelope.mm_id));
	show(s, "mm_users", NULL, show_uint32(mm->users));
	show(s, "map_count", "  %s areas", show_uint32(mm->map_count));
	show(s, "total_vm", ", %s mapped", show_bytes(mm->total_vm));
	show(s, "pgtables", "; page tables %s", show_bytes(mm->pgtables));
	show(s, "pgd", " from frame %s\n", show_frame(mm->pgd));
	show(s, "rss", row->rss_exact ? "resident %s" : "resident about %s",
	     show_bytes(row->rss));
	show(s, "rss_anon", ": anon %s", show_bytes(mm->rss_anon));
	show(s, "rss_file", ", file %s", show_bytes(mm->rss_file));
	show(s, "rss_shmem", ", shmem %s", show_bytes(mm->rss_shmem));
	show(s, "swap", "; in swap %s\n", show_bytes(mm->swap));
	show(s, "rss_exact", NULL, show_bool(row->rss_exact));
}

static void show_part(struct show *s, const char *name, uint64_t start, uint64_t end,
		      const char *after)
{
	char size[32];

	if (start == MMLENS_UNKNOWN || end == MMLENS_UNKNOWN)
		show_text(s, "%s unknown%s", name, after);
	else if (start == end)
		show_text(s, "no %s%s", name, after);
	else
		show_text(s, "%s %s at %" PRIx64 "%s", name,
			  show_value_text(show_bytes(end - start), size, sizeof(size)),
			  start, after);
}

static void show_program(struct show *s, const struct mm_row *row)
{
	const struct mml_mm *mm = &row->mm;

	show_part(s, "code", mm->start_code, mm->end_code, ", ");
	show_part(s, "data", mm->start_data, mm->end_data, ", ");
	show_part(s, "bss", row->start_bss, row->end_bss, ", ");
	show_part(s, "heap", mm->start_brk, mm->brk, "\n");
	show(s, "start_code", NULL, show_addr(mm->start_code));
	show(s, "end_code", NULL, show_addr(mm->end_code));
	show(s, "start_data", NULL, show_addr(mm->start_data));
	show(s, "end_data", NULL, show_addr(mm->end_data));
	show(s, "start_bss", NULL, show_addr(row->start_bss));
	show(s, "end_bss", NULL, show_addr(row->end_bss));
	show(s, "start_brk", NULL, show_addr(mm->start_brk));
	show(s, "brk", NULL, show_addr(mm->brk));
}

/* From the last level up: each needs one table less than the one before. */
static const struct {
	enum mmlens_vma_col column;
	const char *size, *key;
} leaf_sizes[] = {
	{ MMLENS_VMA_COL_LEAVES_PTE, "4K", "leaves_pte" },
	{ MMLENS_VMA_COL_LEAVES_PMD, "2M", "leaves_pmd" },
	{ MMLENS_VMA_COL_LEAVES_PUD, "1G", "leaves_pud" },
};

#define LEAF_COLUMNS (MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_LEAVES_PTE) |	\
		      MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_LEAVES_PMD) |	\
		      MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_LEAVES_PUD))
#define LEAF_SIZES (sizeof(leaf_sizes) / sizeof(*leaf_sizes))

static uint64_t leaves_of(const struct mml_vmas *vmas, size_t size)
{
	uint64_t sum = 0, n;
	size_t i;

	for (i = 0; i < vmas->n; i++) {
		n = vmas->v[i].counts[leaf_sizes[size].column];
		if (n == MMLENS_UNKNOWN)
			return MMLENS_UNKNOWN;
		sum += n;
	}
	return sum;
}

/* Of each size that there is: how many, or with @levels what a miss costs. */
static void list_leaves(struct show *s, const uint64_t *leaves, uint64_t levels)
{
	const char *between = "";
	size_t i;

	for (i = 0; i < LEAF_SIZES; i++) {
		if (!leaves[i])
			continue;
		if (levels)
			show_text(s, "%s%" PRIu64, between, levels - i);
		else
			show_text(s, "%s%" PRIu64 " of %s", between, leaves[i],
				  leaf_sizes[i].size);
		between = ", ";
	}
}

/*
 * What it takes to translate all addresses that are mapped: an entry of the TLB
 * for each leaf, and for one that is not there a read of a table a level.
 */
static void show_translation(struct show *s, const struct mm_row *row,
			     const struct mml_vmas *vmas)
{
	uint64_t leaves[LEAF_SIZES], sum = 0;
	bool known = true;
	size_t i;

	for (i = 0; i < LEAF_SIZES; i++) {
		leaves[i] = leaves_of(vmas, i);
		known = known && leaves[i] != MMLENS_UNKNOWN;
		sum += leaves[i];
	}
	show_open_row(s, "translation");
	show(s, "tlb_entries", "translation takes %s TLB entries",
	     show_uint(known ? sum : MMLENS_UNKNOWN));
	for (i = 0; i < LEAF_SIZES; i++)
		show(s, leaf_sizes[i].key, NULL, show_uint(leaves[i]));
	show_close(s);
	if (known && sum) {
		show_text(s, ": ");
		list_leaves(s, leaves, 0);
		show_text(s, "; a miss reads ");
		list_leaves(s, leaves, row->levels);
		show_text(s, " tables");
	}
	show_text(s, "\n\n");
}

static void show_kernel_half(struct show *s, const struct mm_row *row)
{
	show(s, "bits", NULL, show_uint32(row->bits));
	show_text(s, row->bits == 32 ? "a 32-bit program; " : "");
	show(s, "levels", "%s levels of tables", show_uint32(row->levels));
	show(s, "kernel_start", "; the kernel's half begins at %s, below it:\n",
	     show_addr(row->kernel_start));
}

static void hint(struct show *s, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void hint(struct show *s, const char *what, const char *fmt, ...)
{
	char command[96];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	show_text(s, "  %-36s %s\n", command, what);
}

static bool has_heap(const struct mml_vmas *vmas)
{
	size_t i;

	for (i = 0; i < vmas->n; i++)
		if (vmas->v[i].name && !strcmp(vmas->v[i].name, "[heap]"))
			return true;
	return false;
}

static void show_next(struct show *s, const struct mml_mm *mm,
		      const struct mml_vmas *vmas)
{
	uint32_t pid = mm->envelope.pid;

	show_text(s, "\nwhat to try next\n");
	hint(s, "the pages there", "mmlens pages %u %s", pid,
	     has_heap(vmas) ? "heap" : "stack");
	hint(s, "from the top table down to its stack", "mmlens walk %u %" PRIx64,
	     pid, mm->start_stack);
	if (mm->ppid > 0)
		hint(s, "what it shares with its parent", "mmlens cow %u %u",
		     mm->ppid, pid);
}

static int show_portrait(struct mml_ctx *ctx, uint32_t pid,
			 struct mm_row *row)
{
	struct show *s = &ctx->show;
	struct mml_vmas vmas;
	struct mml_error err;
	int code = MML_EXIT_OK;

	memset(&err, 0, sizeof(err));
	memset(&vmas, 0, sizeof(vmas));
	show_begin(s);
	show_task(s, row);
	if (row->mm.has_mm && mml_vmas_counted(ctx->client, pid, 0, 0,
					       LEAF_COLUMNS, &vmas, &err))
		code = err.exit;
	if (row->mm.has_mm && !code) {
		mm_add_bss(row, &vmas);
		show_mm(s, row);
		show_program(s, row);
		show_translation(s, row, &vmas);
		show_kernel_half(s, row);
		code = show_layout(ctx, &vmas);
		if (s->json)
			ctx_show_dump(ctx, &vmas.dump);
		show_next(s, &row->mm, &vmas);
	}
	show_end(s);
	if (*err.text)
		ctx_error(ctx, &err);
	else if (!row->mm.has_mm)
		ctx_warn(ctx, "process %u is %s", pid, mm_absent(&row->mm));
	mml_vmas_free(&vmas);
	return code;
}

/**
 * cmd_portrait() - mmlens PID
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_portrait(struct mml_ctx *ctx, int argc, char **argv)
{
	const struct cmd_usage usage = {
		.args = "PID", .min = 1, .max = 1,
		.about = "Shows the memory of a process on one screen. See also: mmlens help.",
	};
	struct mm_row row;
	uint32_t pid;
	int ret = cmd_parse(ctx, &argc, &argv, &usage);

	if (!ret)
		ret = ctx_pid(ctx, argv[0], &pid);
	if (ret)
		return cmd_exit(ret);
	ret = ctx_open(ctx);
	if (!ret)
		ret = mm_read(ctx, pid, &row);
	return ret ? ret : show_portrait(ctx, pid, &row);
}
