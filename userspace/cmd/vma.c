// SPDX-License-Identifier: GPL-2.0
/* mmlens vma: the areas of an address space, or the one at an address. */
#include <string.h>

#include "cmd/area.h"
#include "lib/parse.h"

static int print_areas(struct mml_ctx *ctx, const struct show_columns *chosen,
		       const struct mml_vma *areas, size_t n)
{
	struct show_table table;
	size_t i;

	if (show_table_open(&table, &ctx->show, "areas", chosen, 0))
		return ctx_usage(ctx, "out of memory");
	for (i = 0; i < n; i++)
		show_row(&table, &areas[i]);
	show_table_end(&table);
	return 0;
}

/* What the kernel counts in pages is bytes from here on. */
static void counts_to_bytes(struct mml_vmas *vmas, uint64_t page_size)
{
	uint64_t *counts;
	size_t i, j;

	for (i = 0; i < vmas->n; i++)
		for (j = MMLENS_VMA_COL_RSS; j < MMLENS_VMA_COL_OTHER; j++) {
			counts = vmas->v[i].counts;
			if (counts[j] != MMLENS_UNKNOWN)
				counts[j] *= page_size;
		}
}

static int all_areas(struct mml_ctx *ctx, const struct show_columns *chosen,
		     uint32_t pid)
{
	uint64_t counted = show_needs(chosen);
	struct mml_info info = { .page_size = 0 };
	struct mml_error err;
	struct mml_vmas vmas;
	int failed, code;

	if (counted && mml_info(ctx->client, &info, &err))
		return ctx_error(ctx, &err);
	failed = mml_vmas_counted(ctx->client, pid, 0, 0, counted, &vmas, &err);
	if (failed && !vmas.n) {
		mml_vmas_free(&vmas);
		return ctx_error(ctx, &err);
	}
	counts_to_bytes(&vmas, info.page_size);
	show_begin(&ctx->show);
	show(&ctx->show, "pid", NULL, show_uint(pid));
	code = print_areas(ctx, chosen, vmas.v, vmas.n);
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

static int area_at(struct mml_ctx *ctx, const struct show_columns *chosen,
		   uint32_t pid, uint64_t addr)
{
	struct mml_error err;
	struct mml_walk walk;
	int code;

	if (mml_vma_at(ctx->client, pid, addr, &walk, &err))
		return ctx_error(ctx, &err);
	show_begin(&ctx->show);
	show(&ctx->show, "pid", NULL, show_uint(pid));
	show(&ctx->show, "address", NULL, show_addr(addr));
	if (!walk.in_vma && !ctx->show.json) {
		hole_show(&ctx->show, &walk);
		code = 0;
	} else {
		code = print_areas(ctx, chosen, &walk.vma, walk.in_vma);
	}
	if (ctx->show.json) {
		area_json(&ctx->show, "prev", walk.has_prev ? &walk.prev : NULL);
		area_json(&ctx->show, "next", walk.has_next ? &walk.next : NULL);
	}
	show_end(&ctx->show);
	mml_walk_free(&walk);
	return code;
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
	bool stop = false;
	const struct cmd_option own[] = { CMD_OPTION_STOP(&stop), { } };
	const struct cmd_usage usage = {
		.args = "PID [ADDR]", .min = 1, .max = 2, .columns = area_columns,
		.options = own,
		.about = "Lists the areas (VMAs) of a process, or shows the one that holds an address.",
	};
	struct show_columns chosen;
	struct mml_error err = { .text = "" };
	uint64_t addr = 0;
	uint32_t pid;
	int ret = cmd_parse(ctx, &argc, &argv, &usage);

	if (!ret)
		ret = ctx_choose(ctx, area_columns, &chosen);
	if (!ret)
		ret = ctx_pid(ctx, argv[0], &pid);
	if (!ret && argc > 1 && mml_parse_addr(argv[1], &addr, &err))
		ret = ctx_error(ctx, &err);
	if (ret)
		return cmd_exit(ret);
	if (argc > 1 && show_needs(&chosen))
		return ctx_usage(ctx, "columns that the kernel counts are not for one address: leave it out");
	ret = ctx_open(ctx);
	if (!ret && stop)
		ret = ctx_stop(ctx, pid);
	if (ret)
		return ret;
	return argc > 1 ? area_at(ctx, &chosen, pid, addr) :
			  all_areas(ctx, &chosen, pid);
}
