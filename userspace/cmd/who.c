// SPDX-License-Identifier: GPL-2.0
/* Who maps a frame: the answer of "frame --who" and "walk --who". */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/area.h"
#include "cmd/frame.h"
#include "lib/names.h"
#include "lib/who.h"

static struct show_value get_also(const void *row)
{
	static char text[64];
	const struct mml_mapper *mapper = row;

	if (!mapper->nr_also)
		return show_unknown();
	snprintf(text, sizeof(text), "%" PRIu32 "%s", mapper->also[0],
		 mapper->nr_also > 1 ? ", ..." : "");
	return show_str(text);
}

static struct show_value get_addr(const void *row)
{
	const struct mml_mapper *mapper = row;

	return show_addr(mapper->extent->start);
}

static struct show_value get_pages(const void *row)
{
	const struct mml_mapper *mapper = row;

	return show_uint(mapper->extent->pages);
}

static struct show_value get_state(const void *row)
{
	const struct mml_mapper *mapper = row;

	return show_name(mapper->extent->state, mml_state_names);
}

static struct show_value get_level(const void *row)
{
	const struct mml_mapper *mapper = row;

	return show_name(mapper->extent->level, mml_level_names);
}

static struct show_value get_entry(const void *row)
{
	const struct mml_mapper *mapper = row;

	return show_bits(mapper->extent->entry, mml_entry_names);
}

static const char *letters(struct show_value value, char *buf, size_t size)
{
	char entry[MML_ENTRY_LETTERS];

	snprintf(buf, size, "%s", mml_entry_letters(value.number, entry));
	return buf;
}

static struct show_value get_area(const void *row)
{
	static char label[PATH_MAX];
	const struct mml_mapper *mapper = row;

	if (!mapper->vma)
		return show_unknown();
	return show_str(mml_vma_label(mapper->vma, label, sizeof(label)));
}

static const struct show_column columns[] = {
	{ "PID", "pid", "", SHOW_ALWAYS | SHOW_RIGHT, SHOW_FIELD(struct mml_mapper, pid, SHOW_UINT), .width = 7 },
	{ "ALSO", NULL, "", SHOW_IN_TEXT | SHOW_RIGHT, .get = get_also, .width = 7 },
	{ "COMM", "comm", "", SHOW_ALWAYS, SHOW_FIELD(struct mml_mapper, comm, SHOW_STR), .width = 15 },
	{ "ADDRESS", "address", "", SHOW_ALWAYS | SHOW_RIGHT, .get = get_addr, .width = 12 },
	{ "PAGES", "pages", "", SHOW_ALWAYS | SHOW_RIGHT, .get = get_pages },
	{ "STATE", "state", "", SHOW_ALWAYS, .get = get_state, .width = 9 },
	{ "LEVEL", "level", "", SHOW_ALWAYS, .get = get_level },
	{ "ENTRY", "bits", "", SHOW_ALWAYS, .get = get_entry, .text = letters, .width = 7 },
	{ "AREA", "area", "", SHOW_ALWAYS, .get = get_area },
	{ }
};

struct listing {
	struct show *show;
	struct show_table table;
};

/* The others of an address space are a list, which no column can be. */
static void json_mapper(struct show *s, const struct mml_mapper *mapper)
{
	const struct show_column *column;
	size_t i;

	show_open_row(s, NULL);
	for (column = columns; column->name; column++)
		if (column->key)
			show(s, column->key, NULL, show_column_value(column, mapper));
	show_open_list_row(s, "also");
	for (i = 0; i < mapper->nr_also; i++)
		show(s, NULL, NULL, show_uint(mapper->also[i]));
	show_close(s);
	show_close(s);
}

static int print_mapper(const struct mml_mapper *mapper, void *arg)
{
	struct listing *listing = arg;

	if (listing->show->json)
		json_mapper(listing->show, mapper);
	else
		show_row(&listing->table, mapper);
	return 0;
}

/* Why nobody may be expected to map it. */
static const char *no_mapper_words(const struct mml_extent *frame)
{
	static const struct mml_name words[] = {	/* first come, first served */
		{ "it is free", MMLENS_PAGE_BUDDY },
		{ "it is a page table", MMLENS_PAGE_PGTABLE },
		{ "it is slab, the kernel's own small objects", MMLENS_PAGE_SLAB },
		{ "it is the kernel's own", MMLENS_PAGE_KMALLOC | MMLENS_PAGE_ZSMALLOC |
		  MMLENS_PAGE_GUARD | MMLENS_PAGE_TYPED },
		{ "the host has taken it, or not given it yet",
		  MMLENS_PAGE_OFFLINE | MMLENS_PAGE_UNACCEPTED },
		{ "it is reserved: of the kernel's image, or the firmware's", MMLENS_PAGE_RESERVED },
		{ "it is in a file's page cache, and mapped by nobody", MMLENS_PAGE_FILE },
		{ }
	};
	const struct mml_name *word = words;

	if (frame->state == MMLENS_FRAME_NONE)
		return "no memory is there";
	if (frame->state == MMLENS_FRAME_OFFLINE)
		return "it is offline";
	while (word->name && (frame->flags == MMLENS_UNKNOWN || !(frame->flags & word->value)))
		word++;
	return word->name;
}

static void explain_nobody(struct show *s, const struct mml_extent *frame)
{
	const char *words = no_mapper_words(frame);

	show_text(s, "no process maps it%s%s", words ? ": " : "", words ? words : "");
}

/* Why the two numbers may differ, if they do. */
static void explain_difference(struct show *s, const struct mml_who *who,
			       const struct mml_extent *before,
			       const struct mml_extent *after)
{
	if (before->mapcount != after->mapcount)
		show_text(s, "; the mapcount was %" PRIu32 " before the search", before->mapcount);
	if (after->mapkind != MMLENS_MAPKIND_PRECISE || who->found == after->mapcount)
		return;
	if (who->found > after->mapcount && after->flags & MMLENS_PAGE_HUGE)
		show_text(s, "; a page table of hugetlb that processes share counts once");
	else if (who->found < after->mapcount)
		show_text(s, "; the others came, went or moved meanwhile, or are out of sight (another PID namespace)");
	else
		show_text(s, "; some came, went or moved meanwhile");
}

static void text_summary(struct show *s, const struct mml_who *who,
			 const struct mml_extent *before,
			 const struct mml_extent *after)
{
	char kind[32];

	if (!who->found && !who->uncounted &&
	    (!after->mapcount || after->mapcount == MMLENS_UNKNOWN32)) {
		explain_nobody(s, after);
	} else if (after->mapcount == MMLENS_UNKNOWN32) {
		show_text(s, "found %" PRIu64 ": no mapcount is kept of it",
			  who->found + who->uncounted);
	} else {
		show_text(s, "found %" PRIu64 " of mapcount %" PRIu32 " (%s)", who->found,
			  after->mapcount,
			  show_value_text(show_name(after->mapkind, mml_mapkind_names),
					  kind, sizeof(kind)));
		if (who->uncounted)
			show_text(s, ", and %" PRIu64 " entries that it does not count",
				  who->uncounted);
		explain_difference(s, who, before, after);
	}
	show_text(s, "\nsearched %" PRIu64 " processes, %" PRIu64 " address spaces",
		  who->processes, who->spaces);
	if (who->vanished)
		show_text(s, "; %" PRIu64 " went away meanwhile", who->vanished);
	show_text(s, "\n");
}

static void json_summary(struct show *s, const struct mml_who *who,
			 const struct mml_extent *before,
			 const struct mml_extent *after)
{
	show(s, "found", NULL, show_uint(who->found));
	show(s, "uncounted", NULL, show_uint(who->uncounted));
	show(s, "mapcount_before", NULL, show_uint32(before->mapcount));
	show(s, "mapcount_after", NULL, show_uint32(after->mapcount));
	show(s, "processes", NULL, show_uint(who->processes));
	show(s, "address_spaces", NULL, show_uint(who->spaces));
	show(s, "vanished", NULL, show_uint(who->vanished));
	show(s, "locked", NULL, show_uint(who->locked));
}

static int list_mappers(struct mml_ctx *ctx, uint64_t frame, struct mml_who *who)
{
	struct listing listing = { .show = &ctx->show };
	struct show_columns chosen = { .n = 0 };
	const struct show_column *column;
	struct mml_error err;
	int ret;

	for (column = columns; column->name; column++)
		chosen.column[chosen.n++] = column;
	if (show_table_open(&listing.table, &ctx->show, "mappers", &chosen, 0))
		return ctx_usage(ctx, "out of memory");
	ret = mml_who(ctx->client, frame, print_mapper, &listing, who, &err);
	show_table_end(&listing.table);
	return ret ? ctx_error(ctx, &err) : 0;
}

/**
 * who_show() - search all processes for a frame, and print who maps it
 * @ctx: the context, open
 * @row: the frame, by frame_read()
 *
 * Return: 0, or an exit code: the error is printed
 */
int who_show(struct mml_ctx *ctx, const struct frame_row *row)
{
	struct frame_row after;
	struct mml_who who;
	int ret = list_mappers(ctx, row->extent.frame, &who);

	if (!ret)
		ret = frame_read(ctx, row->extent.frame, &after);
	if (ret)
		return ret;
	if (ctx->show.json)
		json_summary(&ctx->show, &who, &row->extent, &after.extent);
	else
		text_summary(&ctx->show, &who, &row->extent, &after.extent);
	if (!who.locked)
		return 0;
	ctx_warn(ctx, "%" PRIu64 " address spaces were not searched: their mmap locks are held (are they stuck in a page fault?)",
		 who.locked);
	return MML_EXIT_REFUSED;
}
