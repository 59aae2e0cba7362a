// SPDX-License-Identifier: GPL-2.0
/* mmlens vma: the areas of an address space, or the one at an address. */
#include <string.h>

#include "cmd/area.h"
#include "lib/names.h"
#include "lib/parse.h"

/* What of a process is wanted. */
struct request {
	struct mml_ctx *ctx;
	struct show_columns chosen;
	uint32_t pid;
	bool gaps, sum;
	uint64_t task_size;	/* where the last gap ends */
};

static void print_area(struct show_table *table, const struct mml_vma *vma)
{
	const struct area_row row = { .vma = *vma };

	show_row(table, &row);
}

static void print_gap(struct show_table *table, const struct mml_vma *below,
		      const struct mml_vma *above, uint64_t end)
{
	struct area_row row = { .hole = true, .below = below, .above = above };

	/* an area that nobody knows anything of */
	memset(&row.vma, 0xff, sizeof(row.vma));
	row.vma.path = row.vma.name = row.vma.ops = NULL;
	row.vma.start = below ? below->end : 0;
	row.vma.end = above ? above->start : end;
	if (row.vma.start < row.vma.end && row.vma.end != MMLENS_UNKNOWN)
		show_row(table, &row);
}

/* @gaps: up to @end. Of what was not read, nobody knows whether it is a gap. */
static int print_areas(struct mml_ctx *ctx, const struct show_columns *chosen,
		       const struct mml_vma *areas, size_t n, bool gaps,
		       uint64_t end)
{
	struct show_table table;
	size_t i;

	if (show_table_open(&table, &ctx->show, "areas", chosen, 0))
		return ctx_usage(ctx, "out of memory");
	for (i = 0; i < n; i++) {
		if (gaps)
			print_gap(&table, i ? &areas[i - 1] : NULL, &areas[i], 0);
		print_area(&table, &areas[i]);
	}
	if (gaps && end)
		print_gap(&table, n ? &areas[n - 1] : NULL, NULL, end);
	show_table_end(&table);
	return 0;
}

/* What the kernel counts in pages is bytes from here on. */
static void counts_to_bytes(struct mml_vma *vma, uint64_t page_size)
{
	size_t i;

	for (i = MMLENS_VMA_COL_RSS; i < MMLENS_VMA_COL_OTHER; i++)
		if (vma->counts[i] != MMLENS_UNKNOWN)
			vma->counts[i] *= page_size;
}

static int all_areas(struct request *request)
{
	struct mml_ctx *ctx = request->ctx;
	uint64_t counted = show_needs(&request->chosen);
	struct mml_info info = { .page_size = 0 };
	struct mml_error err;
	struct mml_vmas vmas;
	int failed, code;
	size_t i;

	if (counted && mml_info(ctx->client, &info, &err))
		return ctx_error(ctx, &err);
	failed = mml_vmas_counted(ctx->client, request->pid, 0, 0, counted,
				  &vmas, &err);
	if (failed && !vmas.n) {
		mml_vmas_free(&vmas);
		return ctx_error(ctx, &err);
	}
	for (i = 0; i < vmas.n; i++)
		counts_to_bytes(&vmas.v[i], info.page_size);
	show_begin(&ctx->show);
	show(&ctx->show, "pid", NULL, show_uint(request->pid));
	code = print_areas(ctx, &request->chosen, vmas.v, vmas.n, request->gaps,
			   failed ? 0 : request->task_size);
	if (ctx->show.json)
		ctx_show_dump(ctx, &vmas.dump);
	show_end(&ctx->show);
	if (failed)
		code = ctx_error(ctx, &err);
	else if (!code)
		code = ctx_outcome(ctx, &vmas.dump);
	mml_vmas_free(&vmas);
	return code;
}

/* All areas as one; they themselves are not even asked for. */
static int sum_areas(struct request *request)
{
	struct mml_ctx *ctx = request->ctx;
	struct mml_error err;
	struct mml_dump dump;
	struct mml_info info;
	struct mml_vma sum;

	if (mml_info(ctx->client, &info, &err) ||
	    mml_vmas_sum(ctx->client, request->pid,
			 show_needs(&request->chosen), &sum, &dump, &err))
		return ctx_error(ctx, &err);
	counts_to_bytes(&sum, info.page_size);
	show_begin(&ctx->show);
	show(&ctx->show, "pid", NULL, show_uint(request->pid));
	show_record(&ctx->show, &request->chosen, &sum);
	if (ctx->show.json)
		ctx_show_dump(ctx, &dump);
	show_end(&ctx->show);
	return ctx_outcome(ctx, &dump);
}

static bool has_sum(const struct show_column *column)
{
	return column->needs &&
	       !(column->needs & MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_DEPTH));
}

static int area_at(struct request *request, uint64_t addr)
{
	struct mml_ctx *ctx = request->ctx;
	struct mml_error err;
	struct mml_walk walk;
	int code = 0;

	if (mml_vma_at(ctx->client, request->pid, addr, &walk, &err))
		return ctx_error(ctx, &err);
	show_begin(&ctx->show);
	show(&ctx->show, "pid", NULL, show_uint(request->pid));
	show(&ctx->show, "address", NULL, show_addr(addr));
	if (walk.in_vma || ctx->show.json)
		code = print_areas(ctx, &request->chosen, &walk.vma,
				   walk.in_vma, false, 0);
	if (!walk.in_vma) {
		hole_show(&ctx->show, &walk);
	} else if (ctx->show.json) {
		area_json(&ctx->show, "prev", NULL);
		area_json(&ctx->show, "next", NULL);
	}
	show_end(&ctx->show);
	mml_walk_free(&walk);
	return code;
}

static const char *store_words(uint32_t store)
{
	switch (store) {
	case MMLENS_VMA_STORE_RBTREE:
		return "a sorted list, and a red-black tree of which each node is an area (up to Linux 6.0)";
	case MMLENS_VMA_STORE_MAPLE:
		return "a maple tree: a B-tree of address ranges, with up to 16 in a node of 256 bytes (since Linux 6.1)";
	default:
		return "in a way that this module does not tell";
	}
}

static void show_store(struct show *s, const struct mml_info *info)
{
	show(s, "store", NULL, info->vma_store == MMLENS_UNKNOWN32 ?
	     show_unknown() : show_name(info->vma_store, mml_vma_store_names));
	show_text(s, "kept in %s\n", store_words(info->vma_store));
}

/* vmacache went together with the tree */
static void show_store_note(struct show *s, const struct mml_info *info)
{
	if (info->vma_store == MMLENS_VMA_STORE_RBTREE)
		show_text(s, "not counted: each thread remembers its last four answers (vmacache), which cost nothing\n");
	else if (info->vma_store == MMLENS_VMA_STORE_MAPLE)
		show_text(s, "all leaves of the tree are equally deep: every address costs the same\n");
}

static void show_depths(struct show *s, const struct mml_vmas *vmas)
{
	uint64_t low = MMLENS_UNKNOWN, high = 0, sum = 0, depth;
	size_t i;

	for (i = 0; i < vmas->n; i++) {
		depth = vmas->v[i].counts[MMLENS_VMA_COL_DEPTH];
		sum += depth;
		low = depth < low ? depth : low;
		high = depth > high ? depth : high;
	}
	if (!vmas->n)
		low = high = sum = MMLENS_UNKNOWN;
	show(s, "areas", "%s areas", show_uint(vmas->n));
	show_open_row(s, "lookup");
	show(s, "min", low == high ? "; a lookup visits %s nodes" :
				     "; a lookup visits %s", show_uint(low));
	show(s, "max", low == high ? NULL : " to %s nodes", show_uint(high));
	show(s, "sum", NULL, show_uint(sum));
	if (low != high)
		show_text(s, ", %.1f on average", (double)sum / vmas->n);
	show_text(s, "\n");
	show_close(s);
}

/* How the kernel finds areas, and what the lookup of each costs. */
static int store_all(struct request *request, const struct mml_info *info)
{
	struct mml_ctx *ctx = request->ctx;
	struct mml_error err;
	struct mml_vmas vmas;
	int failed;

	failed = mml_vmas_counted(ctx->client, request->pid, 0, 0,
				  MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_DEPTH),
				  &vmas, &err);
	if (failed) {
		mml_vmas_free(&vmas);
		return ctx_error(ctx, &err);
	}
	show_begin(&ctx->show);
	show(&ctx->show, "pid", NULL, show_uint(request->pid));
	show_store(&ctx->show, info);
	show_depths(&ctx->show, &vmas);
	show_store_note(&ctx->show, info);
	if (ctx->show.json)
		ctx_show_dump(ctx, &vmas.dump);
	show_end(&ctx->show);
	mml_vmas_free(&vmas);
	return MML_EXIT_OK;
}

static int store_at(struct request *request, const struct mml_info *info,
		    uint64_t addr)
{
	struct mml_ctx *ctx = request->ctx;
	struct mml_error err;
	struct mml_walk walk;

	if (mml_vma_at(ctx->client, request->pid, addr, &walk, &err))
		return ctx_error(ctx, &err);
	show_begin(&ctx->show);
	show(&ctx->show, "pid", NULL, show_uint(request->pid));
	show_store(&ctx->show, info);
	show(&ctx->show, "address", "the lookup of %s", show_addr(addr));
	show(&ctx->show, "depth", " visits %s nodes\n", show_uint32(walk.depth));
	show_store_note(&ctx->show, info);
	show_end(&ctx->show);
	mml_walk_free(&walk);
	return MML_EXIT_OK;
}

static int report_store(struct request *request, const uint64_t *addr)
{
	struct mml_ctx *ctx = request->ctx;
	struct mml_error err;
	struct mml_info info;

	if (mml_info(ctx->client, &info, &err))
		return ctx_error(ctx, &err);
	return addr ? store_at(request, &info, *addr) : store_all(request, &info);
}

/* The last gap ends where the process may map no more. */
static int read_task_size(struct request *request)
{
	struct mml_error err;
	struct mml_mm mm;

	if (!request->gaps)
		return 0;
	if (mml_mm(request->ctx->client, request->pid, &mm, &err))
		return ctx_error(request->ctx, &err);
	request->task_size = mm.task_size;
	return 0;
}

static int report(struct request *request, bool store, const uint64_t *addr)
{
	int ret;

	if (store)
		return report_store(request, addr);
	if (addr)
		return area_at(request, *addr);
	if (request->sum)
		return sum_areas(request);
	ret = read_task_size(request);
	return ret ? ret : all_areas(request);
}

/* --sum: all that is counted in each area and can be added up, or what -o names. */
static int choose_sum(struct request *request)
{
	struct mml_ctx *ctx = request->ctx;
	struct show_columns *chosen = &request->chosen;
	const struct show_column *column;
	size_t i;

	if (!ctx->show.columns)
		chosen->n = 0;
	for (column = area_columns; !ctx->show.columns && column->name; column++)
		if (has_sum(column))
			chosen->column[chosen->n++] = column;
	for (i = 0; i < chosen->n; i++)
		if (!has_sum(chosen->column[i]))
			return ctx_usage(ctx, "--sum is of what the kernel counts in pages, entries or tables: %s has no sum",
					 chosen->column[i]->name);
	return 0;
}

/* Options that do not go together. */
static int check(struct request *request, bool store, bool at)
{
	struct mml_ctx *ctx = request->ctx;

	if (store && ctx->show.columns)
		return ctx_usage(ctx, "--store has no columns: leave -o out (+DEPTH without --store is the cost of each area)");
	if (store && request->gaps)
		return ctx_usage(ctx, "--store and --gaps do not go together");
	if (request->sum && (store || request->gaps || at))
		return ctx_usage(ctx, "--sum is of all areas: it takes none of --store, --gaps and an address");
	if (request->gaps && at)
		return ctx_usage(ctx, "--gaps is not for one address: leave it out, and the gap around the address is told");
	if (at && show_needs(&request->chosen))
		return ctx_usage(ctx, "columns that the kernel counts are not for one address: leave it out");
	return 0;
}

/**
 * cmd_vma() - mmlens vma PID [ADDR]
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_vma(struct mml_ctx *ctx, int argc, char **argv)
{
	struct request request = { .ctx = ctx };
	bool stop = false, store = false;
	const struct cmd_option own[] = {
		{ "gaps", 'g', NULL, "the holes between areas, too, and what is around them", .flag = &request.gaps },
		{ "store", 0, NULL, "how this kernel keeps areas, and what the lookup of an address costs", .flag = &store },
		{ "sum", 0, NULL, "what the kernel counts, of all areas together", .flag = &request.sum },
		CMD_OPTION_STOP(&stop),
		{ }
	};
	const struct cmd_usage usage = {
		.args = "PID [ADDR]", .min = 1, .max = 2, .columns = area_columns,
		.options = own,
		.about = "Lists the areas (VMAs) of a process, or shows the one that holds an address.",
	};
	struct mml_error err = { .text = "" };
	uint64_t addr = 0;
	int ret = cmd_parse(ctx, &argc, &argv, &usage);

	/* the rows of holes have little else to say */
	if (!ret && request.gaps && !request.sum && !ctx->show.columns)
		ctx->show.columns = "+SIZE,BELOW,ABOVE";
	if (!ret)
		ret = ctx_choose(ctx, area_columns, &request.chosen);
	if (!ret && request.sum)
		ret = choose_sum(&request);
	if (!ret)
		ret = ctx_pid(ctx, argv[0], &request.pid);
	if (!ret && argc > 1 && mml_parse_addr(argv[1], &addr, &err))
		ret = ctx_error(ctx, &err);
	if (!ret)
		ret = check(&request, store, argc > 1);
	if (ret)
		return cmd_exit(ret);
	ret = ctx_open(ctx);
	if (!ret && stop)
		ret = ctx_stop(ctx, request.pid);
	return ret ? ret : report(&request, store, argc > 1 ? &addr : NULL);
}
