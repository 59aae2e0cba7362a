// SPDX-License-Identifier: GPL-2.0
/* mmlens tables: every page-table page of a process, and what they sum to. */
#include <stdio.h>
#include <string.h>

#include "cmd/mm.h"
#include "lib/names.h"
#include "lib/tables.h"

/* More PTE tables than this below one PMD table share lines in a tree. */
#define TREE_LINES 8

/* A table, or in a tree some of one level that share a line. */
struct table_row {
	struct mml_table table;
	uint64_t parent;	/* frame of the table above */
	uint64_t tables;
};

static struct show_value get_level(const void *row)
{
	static char text[48];
	const struct table_row *r = row;
	const char *name = mml_name(mml_level_names, r->table.level);

	if (r->tables == 1)
		return show_name(r->table.level, mml_level_names);
	snprintf(text, sizeof(text), "%llu %s", (unsigned long long)r->tables,
		 name);
	return show_str(text);
}

#define TABLE(field, kind) SHOW_FIELD(struct table_row, table.field, kind)

static const struct show_column columns[] = {
	{ "LEVEL", "level", "of its entries: pgd, p4d, pud, pmd, pte; in a tree, how many share the line", SHOW_ALWAYS | SHOW_TREE, .get = get_level },
	{ "START", "start", "first address that it serves", SHOW_ALWAYS | SHOW_RIGHT, TABLE(start, SHOW_ADDR) },
	{ "END", "end", "first address after those", SHOW_ALWAYS | SHOW_RIGHT, TABLE(end, SHOW_ADDR) },
	{ "FRAME", "frame", "its own frame number (PFN)", SHOW_ALWAYS, TABLE(frame, SHOW_FRAME) },
	{ "PARENT", "parent", "frame of the table whose entry leads to it", SHOW_IN_JSON, SHOW_FIELD(struct table_row, parent, SHOW_FRAME) },
	{ "USED", "used", "entries that are not empty", SHOW_ALWAYS | SHOW_RIGHT, TABLE(used, SHOW_UINT) },
	{ "SLOTS", "slots", "entries that there are, for user addresses", SHOW_ALWAYS | SHOW_RIGHT, TABLE(slots, SHOW_UINT) },
	{ "LEAVES", "leaves", "of USED: those that map a page, not a table", SHOW_ALWAYS | SHOW_RIGHT, TABLE(leaves, SHOW_UINT) },
	{ "UNCOVERED", "uncovered", "of USED: those where no area is; they are not followed", SHOW_IN_JSON | SHOW_RIGHT, TABLE(uncovered, SHOW_UINT) },
	{ }
};

/* What was read, and what is to be printed of it. */
struct report {
	struct mml_ctx *ctx;
	struct mml_tables tables;
	struct mml_tables_sum sum;
	struct mml_info info;
	uint64_t before, after;		/* the kernel's own count, in bytes */
	bool had_mm;			/* when that was asked for before */
	bool tree, each;
	struct show_columns chosen;
	struct show_table table;
};

static struct table_row row_of(const struct report *report, size_t i)
{
	const struct mml_table *parent = mml_tables_parent(&report->tables, i);

	return (struct table_row){
		.table = report->tables.v[i], .tables = 1,
		.parent = parent ? parent->frame : MMLENS_UNKNOWN,
	};
}

/* Adds the next table of the same level; frames are told if they count up. */
static void row_add(struct table_row *row, const struct mml_table *next)
{
	struct mml_table *table = &row->table;

	if (table->frame != MMLENS_UNKNOWN &&
	    next->frame != table->frame + row->tables)
		table->frame = MMLENS_UNKNOWN;
	table->end = next->end;
	table->used += next->used;
	table->slots += next->slots;
	table->leaves += next->leaves;
	table->uncovered += next->uncovered;
	row->tables++;
}

/* PTE tables from the @i-th on that follow each other below one table. */
static size_t count_siblings(const struct report *report, size_t i)
{
	const struct mml_table *v = report->tables.v;
	const struct mml_table *parent = mml_tables_parent(&report->tables, i);
	size_t n = 1;

	while (i + n < report->tables.n && v[i + n].level == v[i].level &&
	       (!parent || v[i + n].start < parent->end))
		n++;
	return n;
}

static size_t count_runs(const struct mml_table *v, size_t n)
{
	size_t i, runs = 1;

	for (i = 1; i < n; i++)
		runs += v[i].start != v[i - 1].end;
	return runs;
}

/*
 * The @n PTE tables from the @first on. Many share lines: neighbours do, and if
 * that is not enough, all from the last line on.
 */
static void draw_ptes(struct report *report, size_t first, size_t n,
		      struct libscols_line *parent)
{
	const struct mml_table *v = &report->tables.v[first];
	bool join = !report->each && n > TREE_LINES;
	bool many = join && count_runs(v, n) > TREE_LINES;
	size_t i, lines = 0;
	struct table_row row;

	for (i = 0; i < n; ) {
		row = row_of(report, first + i);
		lines++;
		for (i++; join && i < n; i++) {
			if (v[i].start != v[i - 1].end &&
			    !(many && lines == TREE_LINES))
				break;
			row_add(&row, &v[i]);
		}
		show_row_under(&report->table, &row, parent);
	}
}

/* Each below the last one of a higher level that was drawn. */
static void draw_tree(struct report *report)
{
	struct libscols_line *last[MMLENS_LEVEL_PGD + 2] = { NULL };
	const struct mml_table *v = report->tables.v;
	struct libscols_line *parent;
	struct table_row row;
	uint32_t level;
	size_t i, n;

	for (i = 0; i < report->tables.n; i += n) {
		n = 1;
		for (level = v[i].level + 1, parent = NULL;
		     !parent && level <= MMLENS_LEVEL_PGD; level++)
			parent = last[level];
		if (v[i].level == MMLENS_LEVEL_PTE) {
			n = count_siblings(report, i);
			draw_ptes(report, i, n, parent);
			continue;
		}
		row = row_of(report, i);
		last[v[i].level] = show_row_under(&report->table, &row, parent);
		/* what was drawn below an earlier one of its level is no parent */
		for (level = v[i].level; --level; )
			last[level] = NULL;
	}
}

static int show_tables(struct report *report)
{
	struct table_row row;
	size_t i;

	if (show_table_open(&report->table, &report->ctx->show, "tables",
			    &report->chosen, 0))
		return ctx_usage(report->ctx, "out of memory");
	if (report->tree && !report->ctx->show.json) {
		draw_tree(report);
	} else {
		for (i = 0; i < report->tables.n; i++) {
			row = row_of(report, i);
			show_row(&report->table, &row);
		}
	}
	show_table_end(&report->table);
	return 0;
}

static bool is_folded(const struct report *report, uint32_t level)
{
	return level == MMLENS_LEVEL_P4D && report->info.levels < 5;
}

static void show_level(struct report *report, uint32_t level)
{
	const struct mml_tables_level *sum = &report->sum.level[level];
	struct show *s = &report->ctx->show;
	bool folded = is_folded(report, level);

	show_open_row(s, NULL);
	show(s, "level", "%-6s", show_name(level, mml_level_names));
	show(s, "folded", NULL, show_bool(folded));
	show(s, "tables", folded ? NULL : "%6s", show_uint(sum->tables));
	show(s, "bytes", folded ? NULL : "  %10s",
	     show_bytes(sum->tables * report->sum.table_size));
	show(s, "used", folded ? NULL : "  %8s", show_uint(sum->used));
	show(s, "slots", folded ? NULL : " of %s entries used", show_uint(sum->slots));
	show(s, "leaves", sum->leaves ? ", %s map pages" : NULL, show_uint(sum->leaves));
	show(s, "uncovered", sum->uncovered ? ", %s lie where no area is" : NULL,
	     show_uint(sum->uncovered));
	show_text(s, folded ? "folded (%u levels)\n" : "\n", report->info.levels);
	show_close(s);
}

static void show_term(struct show *s, const struct mml_tables_sum *sum,
		      uint32_t level, const char *fmt)
{
	show(s, mml_name(mml_level_names, level), fmt,
	     show_uint(sum->level[level].tables));
}

static enum mml_tables_verdict show_formula(struct report *report)
{
	const struct mml_tables_sum *sum = &report->sum;
	struct show *s = &report->ctx->show;
	enum mml_tables_verdict verdict =
		mml_tables_judge(&report->tables, sum, report->before,
				 report->after);

	show_open(s, "vmpte");
	show_term(s, sum, MMLENS_LEVEL_PTE, "VmPTE  (%s pte");
	show_term(s, sum, MMLENS_LEVEL_PMD, " + %s pmd");
	show_term(s, sum, MMLENS_LEVEL_PUD, " + %s pud");
	show(s, "deposited", " + %s deposited)", show_uint(sum->deposited));
	show(s, "table_size", " x %s", show_bytes(sum->table_size));
	show(s, "bytes", " = %s", show_bytes(sum->bytes));
	show(s, "kernel_before", NULL, show_bytes(report->before));
	show(s, "kernel_after", "; the kernel counts %s: ",
	     show_bytes(report->after));
	show_style(s, verdict == MML_TABLES_EQUAL ? SHOW_GOOD : SHOW_WARN);
	show(s, "verdict", "%s", show_name(verdict, mml_tables_verdict_names));
	show_style(s, SHOW_PLAIN);
	show_text(s, "\n");
	show_close(s);
	return verdict;
}

/* The kernel's half has tables, too, but they are nobody's own. */
static void show_rest(struct report *report)
{
	const struct mml_tables_sum *sum = &report->sum;
	struct show *s = &report->ctx->show;
	uint64_t tops = sum->level[MMLENS_LEVEL_PGD].tables +
			sum->level[MMLENS_LEVEL_P4D].tables;

	if (sum->deposited && sum->deposited != MMLENS_UNKNOWN)
		show_text(s, "       deposited: the table that a huge page keeps for its split\n");
	show(s, "not_counted", "       not in VmPTE: %s", show_uint(tops));
	show_text(s, is_folded(report, MMLENS_LEVEL_P4D) ? " pgd\n" : " pgd and p4d\n");
	show_open_row(s, "kernel_half");
	show(s, "used", "kernel half: %s", show_uint(sum->kernel_used));
	show(s, "slots", " of %s entries of the top table used, the same for all processes\n",
	     show_uint(sum->kernel_slots));
	show_close(s);
}

static void explain(struct report *report, enum mml_tables_verdict verdict)
{
	if (verdict == MML_TABLES_CHANGED)
		ctx_warn(report->ctx, "tables came or went while they were read: --stop holds the process still");
	else if (verdict == MML_TABLES_DIFFERS)
		ctx_warn(report->ctx, "the sum is not what the kernel counts, and nothing here says why: an LDT (modify_ldt) has tables that no area leads to");
}

static void show_sums(struct report *report)
{
	struct show *s = &report->ctx->show;
	enum mml_tables_verdict verdict;
	uint32_t level;

	show_text(s, "\n");
	show_open_list(s, "levels");
	for (level = MMLENS_LEVEL_PGD; level; level--)
		show_level(report, level);
	show_close(s);
	show_text(s, "\n");
	verdict = show_formula(report);
	show_rest(report);
	if (s->json)
		ctx_show_dump(report->ctx, &report->tables.dump);
	explain(report, verdict);
}

/* The kernel's count is read before and after: who knows what the process does. */
static int read_tables(struct report *report, uint32_t pid,
		       struct mml_error *err)
{
	struct mml_client *client = report->ctx->client;
	struct mml_mm mm;
	uint64_t mm_id;

	report->before = report->after = MMLENS_UNKNOWN;
	if (mml_info(client, &report->info, err) ||
	    mml_mm(client, pid, &mm, err))
		return -1;
	report->before = mm.pgtables;
	report->had_mm = mm.has_mm;
	mm_id = mm.envelope.mm_id;
	if (mml_tables(client, pid, &report->tables, err) ||
	    mml_mm(client, pid, &mm, err))
		return -1;
	if (mm_id != report->tables.dump.envelope.mm_id)	/* exec */
		report->before = MMLENS_UNKNOWN;
	if (mm.envelope.mm_id == report->tables.dump.envelope.mm_id)
		report->after = mm.pgtables;
	return 0;
}

static int report_tables(struct report *report, uint32_t pid)
{
	struct show *s = &report->ctx->show;
	struct mml_error err;
	int failed, code;

	failed = read_tables(report, pid, &err);
	if (failed && !report->tables.n)
		return report->had_mm ? ctx_error_midway(report->ctx, &err) :
					ctx_error(report->ctx, &err);
	mml_tables_sum(&report->tables, report->info.page_size, &report->sum);
	show_begin(s);
	show(s, "pid", NULL, show_uint(pid));
	code = show_tables(report);
	if (!code)
		show_sums(report);
	show_end(s);
	if (failed)
		return ctx_error_midway(report->ctx, &err);
	return code ? code : ctx_outcome(report->ctx, &report->tables.dump);
}

/**
 * cmd_tables() - mmlens tables PID
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_tables(struct mml_ctx *ctx, int argc, char **argv)
{
	struct report report = { .ctx = ctx };
	bool stop = false;
	const struct cmd_option own[] = {
		{ "tree", 0, NULL, "draw them as a tree; where there are many PTE tables they share lines", .flag = &report.tree },
		{ "each", 'e', NULL, "in a tree, a line for each table", .flag = &report.each },
		CMD_OPTION_STOP(&stop),
		{ }
	};
	const struct cmd_usage usage = {
		.args = "PID", .min = 1, .max = 1, .columns = columns,
		.options = own,
		.about = "Lists every page-table page of a process once, and what they sum to.",
	};
	uint32_t pid;
	int ret = cmd_parse(ctx, &argc, &argv, &usage);

	if (!ret)
		ret = ctx_choose(ctx, columns, &report.chosen);
	if (!ret)
		ret = ctx_pid(ctx, argv[0], &pid);
	if (ret)
		return cmd_exit(ret);
	ret = ctx_open(ctx);
	if (!ret && stop)
		ret = ctx_stop(ctx, pid);
	if (!ret)
		ret = report_tables(&report, pid);
	mml_tables_free(&report.tables);
	return ret;
}
