// SPDX-License-Identifier: GPL-2.0
/*
 * mmlens frame: page frames by their numbers, whoever uses them. As with
 * pages, rows are printed as they come, and what the kernel leaves out, since
 * no memory is there, is a row of its own: "none".
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/frame.h"
#include "lib/names.h"
#include "lib/parse.h"

static struct show_value get_end(const void *row)
{
	const struct frame_row *r = row;

	return show_frame(r->extent.frame + r->pages);
}

static struct show_value get_size(const void *row)
{
	const struct frame_row *r = row;

	return show_bytes(r->pages * sysconf(_SC_PAGESIZE));
}

static struct show_value get_kind(const void *row)
{
	const struct frame_row *r = row;

	return show_str(mml_frame_kind(r->extent.flags));
}

#define BIT(column) MMLENS_COL_BIT(MMLENS_COL_##column)
#define FRAME(field, kind, column) \
	SHOW_FIELD(struct frame_row, extent.field, kind), .needs = BIT(column)

static const struct show_column columns[] = {
	{ "FRAME", "frame", "first frame number (PFN)", SHOW_ALWAYS | SHOW_RIGHT, FRAME(frame, SHOW_FRAME, FRAME), .width = 9 },
	{ "END", "end", "first frame after it", SHOW_RIGHT, .get = get_end, .width = 9 },
	{ "PAGES", "pages", "frames", SHOW_ALWAYS | SHOW_RIGHT, SHOW_FIELD(struct frame_row, pages, SHOW_UINT), .width = 7 },
	{ "SIZE", "size", "bytes", SHOW_RIGHT, .get = get_size, .width = 10 },
	{ "STATE", "state", "memory; none: no memory; offline; device: ZONE_DEVICE; unreadable", SHOW_ALWAYS, FRAME(state, SHOW_NAME, STATE), .names = mml_frame_state_names, .width = 10 },
	{ "KIND", "kind", "what it is used for: free, table, slab, anon, file, shmem, hugetlb, ksm, zero, reserved, other, ...", SHOW_ALWAYS, .get = get_kind, .needs = BIT(FLAGS), .width = 8 },
	{ "MAPS", "mapcount", "how many page-table entries map it", SHOW_ALWAYS | SHOW_RIGHT, FRAME(mapcount, SHOW_UINT, MAPCOUNT) | BIT(MAPKIND) },
	{ "MAPKIND", "mapcount_kind", "what MAPS is: precise, or the folio's average", SHOW_IN_JSON, FRAME(mapkind, SHOW_NAME, MAPKIND), .names = mml_mapkind_names },
	{ "REFS", "refcount", "references to it, or its folio; of ranges, only if named: they shred extents", SHOW_ALWAYS | SHOW_RIGHT, FRAME(refcount, SHOW_UINT, REFCOUNT) },
	{ "HEAD", "head", "first frame of its folio, or free block", SHOW_IN_JSON, FRAME(head, SHOW_FRAME, HEAD) | BIT(ORDER), .width = 9 },
	{ "ORDER", "order", "the folio, or free block, has 2^ORDER frames", SHOW_ALWAYS | SHOW_RIGHT, FRAME(order, SHOW_UINT, ORDER) },
	{ "NODE", "node", "NUMA node", SHOW_IN_JSON | SHOW_RIGHT, FRAME(node, SHOW_UINT, NODE) },
	{ "ZONE", "zone", "memory zone", SHOW_ALWAYS, FRAME(zone, SHOW_NAME, ZONE), .names = mml_zone_names, .width = 7 },
	{ "FLAGS", "page_flags", "flags of its folio, and of its type", SHOW_ALWAYS, FRAME(flags, SHOW_BITS, FLAGS), .names = mml_page_names },
	{ }
};

/* A read on its way to the table. */
struct reading {
	struct mml_ctx *ctx;
	struct show_table table;
	uint64_t columns;
	uint64_t next, end;	/* where the next extent, or a gap, begins; the range's end */
	uint64_t start;		/* of the range */
	uint64_t frames, memory, rows;
	bool average;		/* a mapcount was no more than that */
};

static void print_row(struct reading *reading, const struct frame_row *row)
{
	reading->frames += row->pages;
	reading->rows++;
	show_row(&reading->table, row);
}

static void no_frames(struct frame_row *row, uint64_t start, uint64_t end)
{
	memset(&row->extent, 0xff, sizeof(row->extent));
	row->extent.start = start;
	row->extent.frame = start;
	row->extent.state = MMLENS_FRAME_NONE;
	row->extent.mapkind = MMLENS_MAPKIND_NONE;
	row->pages = end - start;
}

static void print_gap(struct reading *reading, uint64_t end)
{
	struct frame_row row;

	if (reading->next >= end)
		return;
	no_frames(&row, reading->next, end);
	print_row(reading, &row);
	reading->next = end;
}

static int take_extent(const struct mml_extent *extent, void *arg)
{
	struct reading *reading = arg;
	struct frame_row row = { .extent = *extent, .pages = extent->pages };

	print_gap(reading, extent->frame);
	if (extent->state == MMLENS_FRAME_MEMORY)
		reading->memory += extent->pages;
	if (extent->mapkind == MMLENS_MAPKIND_AVERAGE)
		reading->average = true;
	print_row(reading, &row);
	reading->next = extent->frame + extent->pages;
	if (!isatty(STDOUT_FILENO))
		ctx_progress(reading->ctx, "reading frames",
			     reading->next - reading->start,
			     reading->end - reading->start);
	return show_failed(&reading->ctx->show) ? -EIO : 0;
}

static int read_range(struct reading *reading, const struct mml_range *range,
		      struct mml_dump *dump)
{
	struct mml_error err = { .text = "" };
	int ret;

	reading->next = range->start;
	reading->start = range->start;
	reading->end = range->end;
	ret = mml_frames(reading->ctx->client, range->start, range->end,
			 reading->columns, take_extent, reading, dump, &err);
	ctx_progress_end(reading->ctx);
	/* What was not walked is no gap. */
	if (dump->messages)
		print_gap(reading, dump->complete ? range->end : dump->walked_end);
	if (show_failed(&reading->ctx->show))
		return MML_EXIT_USAGE;	/* main() says why */
	return ret ? ctx_error(reading->ctx, &err) : 0;
}

static void print_totals(struct reading *reading, bool complete)
{
	struct show *s = &reading->ctx->show;

	show_table_end(&reading->table);
	show_open_row(s, "totals");
	show(s, "frames", "%s frames, ", show_uint(reading->frames));
	show(s, "memory", "%s of memory, ", show_uint(reading->memory));
	show(s, "extents", "%s extents; ", show_uint(reading->rows));
	show_close(s);
	show_text(s, "%s\n", complete ? "complete" : "INCOMPLETE");
	show(s, "complete", NULL, show_bool(complete));
	if (reading->average && !s->json)
		show_text(s, "MAPS of large folios are averages on this kernel\n");
}

static int list_frames(struct mml_ctx *ctx, const struct show_columns *chosen,
		       const struct mml_range *ranges, int n, bool wants_refs)
{
	struct reading reading = { .ctx = ctx, .columns = show_needs(chosen) };
	struct mml_dump dump = { .complete = true };
	int ret = 0;
	int i;

	reading.columns |= BIT(STATE);
	if (!wants_refs)
		reading.columns &= ~BIT(REFCOUNT);
	show_begin(&ctx->show);
	if (show_table_open(&reading.table, &ctx->show, "extents", chosen, SHOW_STREAM))
		return ctx_usage(ctx, "out of memory");
	for (i = 0; !ret && i < n; i++)
		ret = read_range(&reading, &ranges[i], &dump);
	/* Refused at once: there is nothing to sum up. */
	if (!ret || reading.rows || ctx->show.json)
		print_totals(&reading, !ret);
	show_end(&ctx->show);
	return ret;
}

static int keep_one(const struct mml_extent *extent, void *arg)
{
	struct frame_row *row = arg;

	row->extent = *extent;
	return 0;
}

/**
 * frame_read() - all there is to say about one frame
 * @ctx: the context, open
 * @frame: its number
 * @row: where to
 *
 * Return: 0, or an exit code: the error is printed
 */
int frame_read(struct mml_ctx *ctx, uint64_t frame, struct frame_row *row)
{
	struct mml_error err = { .text = "" };
	struct mml_dump dump;

	no_frames(row, frame, frame + 1);
	if (mml_frames(ctx->client, frame, frame + 1, MMLENS_FRAME_COL_ALL, keep_one,
		       row, &dump, &err))
		return ctx_error(ctx, &err);
	return 0;
}

static int show_one(struct mml_ctx *ctx, const struct show_columns *chosen,
		    uint64_t frame)
{
	struct show *s = &ctx->show;
	struct frame_row row;
	int ret = frame_read(ctx, frame, &row);

	if (ret)
		return ret;
	show_open(s, NULL);
	show_record(s, chosen, &row);
	ret = who_show(ctx, &row);
	show_close(s);
	return ret;
}

static int show_mappers(struct mml_ctx *ctx, const struct show_columns *chosen,
			const struct mml_range *ranges, int n)
{
	int ret = 0;
	int i;

	show_begin_list(&ctx->show);
	for (i = 0; !ret && i < n; i++) {
		if (i)
			show_text(&ctx->show, "\n");
		ret = show_one(ctx, chosen, ranges[i].start);
	}
	show_end(&ctx->show);
	return ret;
}

/* The operands; *@single says that each is one frame. */
static int parse_operands(struct mml_ctx *ctx, char **args, int n,
			  struct mml_range *ranges, bool *single)
{
	struct mml_error err = { .text = "" };
	int i;

	*single = true;
	for (i = 0; i < n; i++) {
		if (mml_parse_frames(args[i], &ranges[i], &err))
			return ctx_error(ctx, &err);
		*single &= ranges[i].start + 1 == ranges[i].end;
	}
	return 0;
}

/**
 * cmd_frame() - mmlens frame PFN...|START-END
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_frame(struct mml_ctx *ctx, int argc, char **argv)
{
	bool who = false, single;
	const struct cmd_option own[] = {
		{ "who", 'w', NULL, "search all processes for who maps each frame", .flag = &who },
		{ }
	};
	const struct cmd_usage usage = {
		.args = "PFN...|START-END", .min = 1, .max = -1, .columns = columns,
		.options = own,
		.about = "Lists page frames by their numbers, whoever uses them, as runs of alike frames; or, with --who, every process and address that maps them.",
		.epilogue = "PFN: a page frame number, decimal, or hexadecimal with 0x. Of START-END the second is the first after the range.",
	};
	struct show_columns chosen;
	int ret = cmd_parse(ctx, &argc, &argv, &usage);

	if (!ret)
		ret = ctx_choose(ctx, columns, &chosen);
	if (ret)
		return cmd_exit(ret);

	struct mml_range ranges[argc];

	ret = parse_operands(ctx, argv, argc, ranges, &single);
	if (!ret && who && !single)
		ret = ctx_usage(ctx, "--who takes single frames, not a range");
	if (!ret)
		ret = ctx_open(ctx);
	if (ret)
		return ret;
	if (who)
		return show_mappers(ctx, &chosen, ranges, argc);
	return list_frames(ctx, &chosen, ranges, argc,
			   single || show_named(&ctx->show, "REFS"));
}
