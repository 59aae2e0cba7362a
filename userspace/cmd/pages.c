// SPDX-License-Identifier: GPL-2.0
/*
 * mmlens pages: what stands in the page tables, as extents.
 *
 * There may be millions of them, so rows are printed as they come. The gaps
 * between the kernel's extents, inside areas, are rows of their own: "none".
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/area.h"
#include "lib/filter.h"
#include "lib/join.h"
#include "lib/judge.h"
#include "lib/names.h"
#include "lib/parse.h"

/* What a row is made of. */
struct page_row {
	struct mml_extent extent;
	uint64_t pages;		/* a gap may have more than 32 bits hold */
	const struct mml_vma *vma;	/* or NULL */
	const struct mml_info *info;
	enum mml_class class;
	bool predicted;
};

static struct show_value get_end(const void *row)
{
	const struct page_row *r = row;

	return show_addr(r->extent.start + r->pages * r->info->page_size);
}

static struct show_value get_size(const void *row)
{
	const struct page_row *r = row;

	return show_bytes(r->pages * r->info->page_size);
}

static struct show_value get_kind(const void *row)
{
	const struct page_row *r = row;
	const struct mml_judge facts = { .vma = r->vma, .extent = &r->extent };

	return show_str(mml_judge_kind(&facts));
}

static struct show_value get_folio(const void *row)
{
	const struct page_row *r = row;

	return show_str(mml_name(mml_folio_names, mml_judge_folio(&r->extent)));
}

/* Where nothing is there is nothing to judge, but that nothing can come. */
static bool is_judged(const struct page_row *row)
{
	return row->extent.state != MMLENS_STATE_NONE ||
	       row->class == MML_CLASS_BEYOND_FILE;
}

static struct show_value get_class(const void *row)
{
	const struct page_row *r = row;

	return is_judged(r) ? show_name(r->class, mml_class_names) :
			      show_unknown();
}

static struct show_value get_predicted(const void *row)
{
	const struct page_row *r = row;

	return is_judged(r) ? show_bool(r->predicted) : show_unknown();
}

static struct show_value get_area(const void *row)
{
	static char label[PATH_MAX];
	const struct page_row *r = row;

	if (!r->vma)
		return show_unknown();
	return show_str(mml_vma_label(r->vma, label, sizeof(label)));
}

static const char *letters(struct show_value value, char *buf, size_t size)
{
	char entry[MML_ENTRY_LETTERS];

	snprintf(buf, size, "%s", mml_entry_letters(value.number, entry));
	return buf;
}

#define BIT(column) MMLENS_COL_BIT(MMLENS_COL_##column)
#define PAGE(field, kind, column) \
	SHOW_FIELD(struct page_row, extent.field, kind), .needs = BIT(column)

static const struct show_column columns[] = {
	{ "START", "start", "first address", SHOW_ALWAYS | SHOW_RIGHT | SHOW_PLACE, PAGE(start, SHOW_ADDR, START), .width = 12 },
	{ "END", "end", "first address after it", SHOW_RIGHT | SHOW_PLACE, .get = get_end, .width = 12 },
	{ "PAGES", "pages", "base pages", SHOW_ALWAYS | SHOW_RIGHT | SHOW_PLACE, SHOW_FIELD(struct page_row, pages, SHOW_UINT), .width = 6 },
	{ "SIZE", "size", "bytes", SHOW_RIGHT | SHOW_PLACE, .get = get_size, .width = 10 },
	{ "FRAME", "frame", "frame number (PFN) of the first page", SHOW_ALWAYS | SHOW_PLACE, PAGE(frame, SHOW_FRAME, FRAME), .width = 9 },
	{ "STATE", "state", "what stands in the table", SHOW_ALWAYS, PAGE(state, SHOW_NAME, STATE), .names = mml_state_names, .width = 9 },
	{ "LEVEL", "level", "of the entry: pte, pmd, pud", SHOW_IN_JSON, PAGE(level, SHOW_NAME, LEVEL), .names = mml_level_names },
	{ "SWAP", "swap", "type and offset of the first page's slot", SHOW_IN_JSON | SHOW_PLACE, PAGE(swap, SHOW_SWAP, SWAP), .width = 10 },
	{ "ENTRY", "bits", "the entry's bits: r present, w write, u user, a accessed, d dirty, x exec, s soft-dirty, p uffd-wp, n protnone, S special, e exclusive", SHOW_ALWAYS, PAGE(entry, SHOW_BITS, ENTRY), .names = mml_entry_names, .text = letters, .width = 7 },
	{ "KIND", "kind", "of the page: anon, lazyfree (MADV_FREE), ksm, file, shmem, hugetlb, zero, secretmem, driver, device, reserved", SHOW_ALWAYS, .get = get_kind, .needs = BIT(FLAGS) | BIT(ENTRY), .width = 7 },
	{ "FLAGS", "page_flags", "flags of the page", SHOW_IN_JSON, PAGE(flags, SHOW_BITS, FLAGS), .names = mml_page_names, .width = 40 },
	{ "MAPS", "mapcount", "how many page-table entries map it", SHOW_ALWAYS | SHOW_RIGHT, PAGE(mapcount, SHOW_UINT, MAPCOUNT) | BIT(MAPKIND) },
	{ "MAPKIND", "mapcount_kind", "what MAPS is: precise, or the folio's average", SHOW_IN_JSON, PAGE(mapkind, SHOW_NAME, MAPKIND), .names = mml_mapkind_names },
	{ "REFS", "refcount", "references to the folio; they come and go, and shred extents: only if named", SHOW_IN_JSON | SHOW_RIGHT, PAGE(refcount, SHOW_UINT, REFCOUNT) },
	{ "HEAD", "head", "frame of the folio's first page", SHOW_PLACE, PAGE(head, SHOW_FRAME, HEAD) | BIT(ORDER), .width = 9 },
	{ "ORDER", "order", "the folio has 2^ORDER pages", SHOW_RIGHT, PAGE(order, SHOW_UINT, ORDER) },
	{ "FOLIO_MAPS", "folio_mapcount", "entries that map any page of the folio", SHOW_RIGHT, PAGE(folio_mapcount, SHOW_UINT, FOLIO_MAPCOUNT) },
	{ "FOLIO", "folio", "how a folio of several pages is mapped: pmd, pud, ptes, partly (some of it is not)", 0, .get = get_folio, .needs = BIT(LEVEL) | BIT(HEAD) | BIT(ORDER) | BIT(FOLIO_MAPCOUNT), .width = 6 },
	{ "FOLIO_SHARED", "folio_shared", "may more than one process map the folio?", 0, PAGE(folio_shared, SHOW_NAME, FOLIO_SHARED), .names = mml_shared_names },
	{ "NODE", "node", "NUMA node", SHOW_IN_JSON | SHOW_RIGHT, PAGE(node, SHOW_UINT, NODE) },
	{ "ZONE", "zone", "memory zone", 0, PAGE(zone, SHOW_NAME, ZONE), .names = mml_zone_names, .width = 7 },
	{ "ANON_ID", "anon_id", "anon_vma of an anonymous page: that of the area which took the frame", 0, PAGE(anon_id, SHOW_HEX, ANON_ID), .width = 18 },
	{ "CLASS", "class", "what it is to copy-on-write; if named, by references too, and so with the fewest of cannot-tell", SHOW_ALWAYS, .get = get_class, .needs = BIT(LEVEL) | BIT(ENTRY) | BIT(FLAGS) | BIT(MAPCOUNT) | BIT(MAPKIND), .width = 18 },
	{ "PREDICTED", "predicted", "is CLASS for references that come and go to change?", SHOW_IN_JSON, .get = get_predicted },
	{ "AREA", "area", "short name of the area", 0, .get = get_area },
	{ }
};

/* A read on its way to the table. */
struct reading {
	struct mml_ctx *ctx;
	struct show_table table;
	struct mml_vmas vmas;
	struct mml_info info;
	unsigned int kernel;
	bool each;		/* one row a page */
	bool filtered;		/* what is not reported may be there: no gaps */
	bool on_terminal;	/* the rows themselves show the progress */

	/* Asked for CLASS alone, what it is judged by does not tear rows apart. */
	uint64_t hidden;	/* MMLENS_COL_BIT() of those columns */
	struct mml_join join;
	enum mml_class class;	/* of what @join holds */
	bool predicted;

	struct page_row last;	/* printed as it was; those since are like it */
	const struct mml_vma *vma;	/* of the extent printed last, or NULL */

	uint64_t next;		/* where the next extent, or a gap, begins */
	size_t area;		/* no gap of an area before this one is due */

	struct mml_dump dump;	/* of all ranges */
	uint64_t pages, present, rows;
	uint64_t expected;	/* pages in all ranges, for the progress */
	bool average;		/* a mapcount was no more than that */
};

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A frame, or the place that holds the page for the moment. */
static bool is_present(uint32_t state)
{
	return state >= MMLENS_STATE_PRESENT && state <= MMLENS_STATE_NUMA_HINT;
}

/* Rows by the million mostly differ in nothing but address and frame. */
static bool is_alike(const struct page_row *a, const struct page_row *b)
{
	return a->vma == b->vma && a->class == b->class &&
	       a->predicted == b->predicted &&
	       mml_extents_alike(&a->extent, &b->extent);
}

static void print_row(struct reading *reading, const struct page_row *row)
{
	if (reading->rows && is_alike(&reading->last, row)) {
		show_row_alike(&reading->table, row);
	} else {
		show_row(&reading->table, row);
		reading->last = *row;
	}
	reading->rows++;
}

static uint64_t step(uint64_t value, uint64_t by)
{
	return value == MMLENS_UNKNOWN ? value : value + by;
}

/* The page after this one in its extent. */
static void next_page(struct page_row *row)
{
	struct mml_extent *extent = &row->extent;
	/* the page of zeroes is everywhere the same */
	uint64_t frames = extent->state == MMLENS_STATE_ZERO ? 0 : 1;

	extent->start += row->info->page_size;
	extent->frame = step(extent->frame, frames);
	extent->swap = step(extent->swap, MMLENS_SWAP(0, 1ULL));
	if (extent->order == 0)
		extent->head = step(extent->head, frames);
}

static void print_extent(struct reading *reading, const struct mml_extent *extent)
{
	struct page_row row = {
		.extent = *extent, .pages = extent->pages, .vma = reading->vma,
		.info = &reading->info, .class = reading->class,
		.predicted = reading->predicted,
	};
	uint32_t i;

	reading->pages += extent->pages;
	if (is_present(extent->state))
		reading->present += extent->pages;
	if (extent->mapkind == MMLENS_MAPKIND_AVERAGE)
		reading->average = true;
	if (!reading->each) {
		print_row(reading, &row);
		return;
	}
	row.pages = 1;
	for (i = 0; i < extent->pages; i++) {
		print_row(reading, &row);
		next_page(&row);
	}
}

static void print_gap_row(struct reading *reading, const struct mml_vma *vma,
			  uint64_t start, uint64_t end, enum mml_class class)
{
	struct page_row row = {
		.vma = vma, .info = &reading->info, .class = class,
	};

	memset(&row.extent, 0xff, sizeof(row.extent));
	row.extent.start = start;
	row.extent.state = MMLENS_STATE_NONE;
	row.pages = (end - start) / reading->info.page_size;
	reading->pages += row.pages;
	print_row(reading, &row);
}

/* What the file does not reach is a row of its own: nothing can come there. */
static void print_gap(struct reading *reading, const struct mml_vma *vma,
		      uint64_t start, uint64_t end)
{
	uint64_t file_end = mml_judge_file_end(vma, reading->info.page_size);

	if (start < file_end)
		print_gap_row(reading, vma, start, min(file_end, end), MML_CLASS_NONE);
	if (file_end < end)
		print_gap_row(reading, vma, max(start, file_end), end,
			      MML_CLASS_BEYOND_FILE);
}

/* Rows for what is in areas, between the last extent and @end. */
static void print_gaps(struct reading *reading, uint64_t end)
{
	const struct mml_vma *vma;
	uint64_t from, to;

	if (reading->filtered)
		return;
	for (; reading->area < reading->vmas.n; reading->area++) {
		vma = &reading->vmas.v[reading->area];
		if (vma->start >= end)
			break;
		from = max(vma->start, reading->next);
		to = min(vma->end, end);
		if (from < to)
			print_gap(reading, vma, from, to);
		if (vma->end > end)
			break;
	}
	reading->next = max(reading->next, end);
}

/* Most extents are where the one before was. */
static const struct mml_vma *find_vma(const struct reading *reading, uint64_t addr)
{
	const struct mml_vma *vma = reading->vma;

	return vma && vma->start <= addr && addr < vma->end ? vma :
	       mml_vmas_find(&reading->vmas, addr);
}

/* What is to be shown, joined. */
static int take_extent(const struct mml_extent *extent, void *arg)
{
	struct reading *reading = arg;

	reading->vma = find_vma(reading, extent->start);
	if (reading->next < extent->start)
		print_gaps(reading, extent->start);
	print_extent(reading, extent);
	reading->next = extent->start +
			extent->pages * (uint64_t)reading->info.page_size;
	if (!reading->on_terminal)
		ctx_progress(reading->ctx, "reading page tables",
			     reading->pages, reading->expected);
	return show_failed(&reading->ctx->show) ? -EIO : 0;
}

/* Forgets what is not to be shown, which may have torn the extent apart. */
static int join_shown(struct reading *reading, const struct mml_extent *extent)
{
	struct mml_extent shown = *extent;
	int ret;

	mml_extent_forget(&shown, reading->hidden);
	ret = mml_join(&reading->join, &shown);
	mml_join_keep(&reading->join);
	return ret;
}

static int judge_extent(const struct mml_extent *extent, void *arg)
{
	struct reading *reading = arg;
	const struct mml_judge facts = {
		.vma = find_vma(reading, extent->start),
		.extent = extent, .can = reading->info.can,
		.page_size = reading->info.page_size,
		.kernel = reading->kernel,
	};
	bool predicted;
	enum mml_class class = mml_judge(&facts, &predicted);
	int ret = 0;

	if (class != reading->class || predicted != reading->predicted)
		ret = mml_join_flush(&reading->join);
	reading->class = class;
	reading->predicted = predicted;
	if (ret)
		return ret;
	return reading->hidden ? join_shown(reading, extent) :
				 take_extent(extent, reading);
}

/*
 * Several ranges are several dumps, of which the kernel sees no more than one at
 * a time: that all of them are not torn takes one epoch for all. And an exec
 * since the areas were read leaves areas of one program and pages of another.
 */
static bool has_changed(const struct reading *reading, const struct mml_dump *dump)
{
	if (!dump->ended)
		return false;
	return dump->envelope.mm_id != reading->vmas.dump.envelope.mm_id ||
	       (reading->dump.epoch != MMLENS_UNKNOWN &&
		dump->epoch != MMLENS_UNKNOWN && dump->epoch != reading->dump.epoch);
}

static void add_dump(struct mml_dump *sum, const struct mml_dump *dump)
{
	sum->complete &= dump->complete;
	sum->ended &= dump->ended;
	sum->torn |= dump->torn;
	sum->epoch = dump->epoch;
	sum->reason = dump->reason;
	sum->unwatched += dump->unwatched;
}

static int read_range(struct reading *reading, struct mml_page_query *query,
		      const struct mml_range *range, struct mml_error *err)
{
	struct mml_dump dump;
	int ret, flushed;

	reading->next = range->start;
	query->start = range->start;
	query->end = range->end;
	ret = mml_pages(reading->ctx->client, query, judge_extent, reading,
			&dump, err);
	flushed = mml_join_flush(&reading->join);
	/* What was not walked is no gap. */
	print_gaps(reading, dump.complete ? range->end : dump.walked_end);
	dump.torn |= has_changed(reading, &dump);
	/* between two ranges: it was there when the areas were asked for */
	if (ret && !dump.messages && mml_has_gone(err)) {
		dump.ended = true;
		dump.reason = MMLENS_REASON_EXITED;
	}
	add_dump(&reading->dump, &dump);
	return ret ? ret : flushed;
}

static void print_totals(struct reading *reading)
{
	struct show *s = &reading->ctx->show;

	show_close(s);
	show_open_row(s, "totals");
	show(s, "pages", "%s pages, ", show_uint(reading->pages));
	show(s, "present", "%s present, ", show_uint(reading->present));
	show(s, "extents", reading->each ? "%s rows; " : "%s extents; ",
	     show_uint(reading->rows));
	if (reading->filtered)
		show_text(s, "of those asked for; ");
	show_close(s);
	ctx_show_dump(reading->ctx, &reading->dump);
	if (reading->average && !s->json)
		show_text(s, "MAPS of large folios are averages on this kernel\n");
}

static int read_ranges(struct reading *reading, struct mml_page_query *query,
		       const struct mml_ranges *ranges)
{
	struct mml_ctx *ctx = reading->ctx;
	struct mml_error err = { .text = "" };
	int ret = 0;
	size_t i;

	show_begin(&ctx->show);
	show(&ctx->show, "pid", NULL, show_uint(query->pid));
	if (show_table_open(&reading->table, &ctx->show, "extents",
			    &reading->table.chosen, SHOW_STREAM))
		return ctx_usage(ctx, "out of memory");
	for (i = 0; !ret && i < ranges->n; i++)
		ret = read_range(reading, query, &ranges->v[i], &err);
	ctx_progress_end(ctx);
	/* Refused at once: there is nothing to sum up. */
	if (!ret || reading->rows || ctx->show.json)
		print_totals(reading);
	show_end(&ctx->show);
	if (show_failed(&ctx->show))
		return MML_EXIT_USAGE;	/* main() says why */
	return ret ? ctx_error_midway(ctx, &err) : ctx_outcome(ctx, &reading->dump);
}

/* Both ascend: an area that ends before one range does so before the next. */
static uint64_t count_pages(const struct reading *reading,
			    const struct mml_ranges *ranges)
{
	const struct mml_vma *vma;
	uint64_t bytes = 0, from, to;
	size_t first = 0, i, j;

	for (i = 0; i < ranges->n; i++) {
		while (first < reading->vmas.n &&
		       reading->vmas.v[first].end <= ranges->v[i].start)
			first++;
		for (j = first; j < reading->vmas.n; j++) {
			vma = &reading->vmas.v[j];
			if (vma->start >= ranges->v[i].end)
				break;
			from = max(vma->start, ranges->v[i].start);
			to = min(vma->end, ranges->v[i].end);
			bytes += from < to ? to - from : 0;
		}
	}
	return bytes / reading->info.page_size;
}

/* The areas come first: they name ranges, bound extents, and have the gaps. */
static int read_pages(struct reading *reading, struct mml_page_query *query,
		      const char *arg)
{
	struct mml_ctx *ctx = reading->ctx;
	struct mml_ranges ranges = { .n = 0 };
	struct mml_error err;
	int ret;

	if (mml_info(ctx->client, &reading->info, &err) ||
	    mml_vmas(ctx->client, query->pid, 0, 0, &reading->vmas, &err))
		return ctx_error(ctx, &err);
	reading->kernel = mml_kernel(reading->info.release);
	reading->join = (struct mml_join){
		.page_size = reading->info.page_size, .vmas = &reading->vmas,
		.extent = take_extent, .arg = reading,
	};
	reading->on_terminal = isatty(STDOUT_FILENO);
	if (!arg)
		ret = mml_whole_range(&reading->vmas, &ranges, &err);
	else
		ret = mml_parse_ranges(arg, reading->info.page_size,
				       &reading->vmas, &ranges, &err);
	if (ret)
		return ctx_error(ctx, &err);
	query->vmas = &reading->vmas;
	reading->expected = count_pages(reading, &ranges);
	ret = read_ranges(reading, query, &ranges);
	mml_ranges_free(&ranges);
	return ret;
}

/* A key of JSON that tears rows apart is null unless it is wanted. */
static uint64_t choose_columns(struct reading *reading)
{
	const struct show *s = &reading->ctx->show;
	uint64_t wanted = show_needs(&reading->table.chosen) | BIT(STATE);

	if (!show_named(s, "REFS"))
		wanted &= ~BIT(REFCOUNT);
	if (show_named(s, "CLASS") || show_named(s, "PREDICTED"))
		reading->hidden = MML_JUDGE_COLUMNS & ~wanted;
	return wanted | reading->hidden;
}

/* What was typed to have only some pages. */
struct filter_options {
	const char *states, *entry, *flags, *frames;
};

static int parse_filter(struct reading *reading,
			const struct filter_options *options,
			struct mml_page_query *query, struct mml_filter *filter)
{
	const struct {
		const char *arg;
		int (*parse)(struct mml_filter *filter, const char *arg,
			     struct mml_error *err);
	} tests[] = {
		{ options->states, mml_filter_states },
		{ options->entry, mml_filter_entry },
		{ options->flags, mml_filter_flags },
		{ options->frames, mml_filter_frames },
	};
	struct mml_error err = { .text = "" };
	size_t i;

	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		if (!tests[i].arg)
			continue;
		if (tests[i].parse(filter, tests[i].arg, &err))
			return ctx_error(reading->ctx, &err);
		reading->filtered = true;
		query->filter = filter;
	}
	return 0;
}

/**
 * cmd_pages() - mmlens pages PID [RANGE]
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_pages(struct mml_ctx *ctx, int argc, char **argv)
{
	struct reading reading = {
		.ctx = ctx, .dump.complete = true, .dump.ended = true,
		.dump.epoch = MMLENS_UNKNOWN,
	};
	struct mml_page_query query = { .columns = 0 };
	struct filter_options options = { .states = NULL };
	struct mml_filter filter = { .states = 0 };
	bool stop = false;
	const struct cmd_option own[] = {
		{ "state", 0, "STATES", "only pages of these states: present,swap", .value = &options.states },
		{ "entry", 0, "BITS", "only where the entry has these bits, and not those after a ^: write,^dirty", .value = &options.entry },
		{ "flags", 0, "FLAGS", "only pages with these flags, and without those after a ^: ksm,^lru", .value = &options.flags },
		{ "frame", 0, "FRAMES", "only these frames: FRAME, START-END or START+COUNT", .value = &options.frames },
		{ "each", 'e', NULL, "one line for each page, not for runs of them (gaps stay whole)", .flag = &reading.each },
		CMD_OPTION_STOP(&stop),
		{ }
	};
	const struct cmd_usage usage = {
		.args = "PID [RANGE]", .min = 1, .max = 2, .columns = columns,
		.options = own,
		.about = "Lists what stands in the page tables of a process, as runs of alike pages.",
		.epilogue = "RANGE: START-END, START+LENGTH, an ADDRESS (its page), or the name of areas:\nheap, stack, anon, a file's name or path.",
	};
	int ret = cmd_parse(ctx, &argc, &argv, &usage);

	if (!ret)
		ret = ctx_choose(ctx, columns, &reading.table.chosen);
	if (!ret)
		ret = ctx_pid(ctx, argv[0], &query.pid);
	if (!ret)
		ret = parse_filter(&reading, &options, &query, &filter);
	if (ret)
		return cmd_exit(ret);
	query.columns = choose_columns(&reading);
	ret = ctx_open(ctx);
	if (!ret && stop)
		ret = ctx_stop(ctx, query.pid);
	if (!ret)
		ret = read_pages(&reading, &query, argc > 1 ? argv[1] : NULL);
	mml_vmas_free(&reading.vmas);
	return ret;
}
