// SPDX-License-Identifier: GPL-2.0
/* mmlens walk: one address, page table by page table, and what follows. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/area.h"
#include "cmd/frame.h"
#include "lib/judge.h"
#include "lib/names.h"
#include "lib/parse.h"

/* How many bytes the entry that ended the walk covers. */
static uint64_t leaf_size(const struct mml_walk *walk)
{
	return walk->leaf_end - walk->leaf_start;
}

static bool maps_frame(const struct mml_walk *walk)
{
	return walk->leaf.frame != MMLENS_UNKNOWN;
}

/* "254/113/0/3", the way through the tables. */
static const char *indices(const struct mml_walk *walk, char *buf, size_t size)
{
	size_t len = 0;
	unsigned int i;

	buf[0] = '\0';
	for (i = 0; i < walk->nr_levels && len < size; i++)
		if (!walk->levels[i].folded)
			len += snprintf(buf + len, size - len, "%s%u",
					len ? "/" : "", walk->levels[i].index);
	return buf;
}

static void show_styled(struct show *s, enum show_style style, const char *word)
{
	show_style(s, style);
	show_text(s, "%s", word);
	show_style(s, SHOW_PLAIN);
}

static void show_heading(struct show *s, const struct mml_walk *walk)
{
	uint64_t offset = walk->leaf_end ? walk->addr - walk->leaf_start : 0;
	char label[1024], perms[5], way[64];

	if (s->json) {
		area_json(s, "vma", &walk->vma);
		return;
	}
	show_styled(s, SHOW_BOLD, area_label(&walk->vma, label, sizeof(label)));
	show_text(s, " %" PRIx64 "-%" PRIx64 " %s    indices %s +0x%" PRIx64 "\n",
		  walk->vma.start, walk->vma.end,
		  mml_vm_perms(walk->vma.flags, perms),
		  indices(walk, way, sizeof(way)), offset);
}

/* Bits in the words of people: also what is missing, where that matters. */
static void show_bit_words(struct show *s, const struct mml_level *level)
{
	bool present = level->bits & MMLENS_ENTRY_PRESENT;
	uint64_t bits = level->bits & ~(MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_EXEC);
	char buf[512];

	if (!level->raw) {
		show_styled(s, SHOW_DIM, "empty");
		return;
	}
	show_text(s, present ? "present" : "not present");
	if (level->level == MMLENS_LEVEL_PTE)
		bits &= ~MMLENS_ENTRY_LEAF;	/* goes without saying */
	if (present && !(bits & MMLENS_ENTRY_WRITE)) {
		show_text(s, " ");
		show_styled(s, SHOW_WARN, "READ-ONLY");
	}
	if (bits)
		show_text(s, " %s", show_value_text(show_bits(bits, mml_entry_names),
						    buf, sizeof(buf)));
	if (present && !(level->bits & MMLENS_ENTRY_EXEC))
		show_text(s, " nx");
}

static void show_level(struct show *s, const struct mml_level *level,
		       const struct mml_info *info)
{
	bool folded = level->folded;

	show_open_row(s, NULL);
	show(s, "level", "%-3s", show_name(level->level, mml_level_names));
	show(s, "folded", NULL, show_bool(folded));
	show(s, "index", folded ? NULL : " %3s", show_uint32(level->index));
	show(s, "table_frame", folded ? NULL : "  table %-7s",
	     show_frame(level->table));
	show(s, "entry", folded ? NULL : "  %s  ",
	     folded ? show_unknown() : show_raw(level->raw));
	show(s, "bits", NULL, show_bits(level->bits, mml_entry_names));
	if (folded)
		show_text(s, "      folded (%u levels)", info->levels);
	else if (!s->json)
		show_bit_words(s, level);
	show_text(s, "\n");
	show_close(s);
}

static void show_levels(struct show *s, const struct mml_walk *walk,
			const struct mml_info *info)
{
	unsigned int i;

	show_open_list(s, "levels");
	for (i = 0; i < walk->nr_levels; i++)
		show_level(s, &walk->levels[i], info);
	show_close(s);
}

static void text_frame(struct show *s, const struct mml_walk *walk,
		       const struct mml_judge *facts)
{
	const struct mml_extent *leaf = &walk->leaf;
	char buf[64];

	show_text(s, "frame 0x%" PRIx64 "  ", leaf->frame);
	show_text(s, "%s", show_value_text(show_bytes(leaf_size(walk)), buf,
					   sizeof(buf)));
	if (leaf->flags != MMLENS_UNKNOWN)
		show_text(s, " %s", mml_judge_kind(facts));
	if (leaf->refcount != MMLENS_UNKNOWN32)
		show_text(s, "  refcount %u", leaf->refcount);
	if (leaf->mapcount != MMLENS_UNKNOWN32)
		show_text(s, "  mapcount %u (%s)", leaf->mapcount,
			  show_value_text(show_name(leaf->mapkind, mml_mapkind_names),
					  buf, sizeof(buf)));
	if (leaf->zone != MMLENS_UNKNOWN32)
		show_text(s, "  zone %s", show_value_text(show_name(leaf->zone,
					mml_zone_names), buf, sizeof(buf)));
	if (leaf->node != MMLENS_UNKNOWN32)
		show_text(s, "  node %u", leaf->node);
	show_text(s, "\n");
}

static void text_folio(struct show *s, const struct mml_walk *walk)
{
	static const char *const mapped_by[] = {
		[MML_FOLIO_SINGLE] = "by a PTE",
		[MML_FOLIO_PMD] = "by a PMD entry",
		[MML_FOLIO_PUD] = "by a PUD entry",
		[MML_FOLIO_PTES] = "by PTEs",
		[MML_FOLIO_PARTLY] = "partly, by PTEs",
		[MML_FOLIO_UNKNOWN] = "by what is unknown",
	};
	const struct mml_extent *leaf = &walk->leaf;
	char buf[64];

	if (leaf->order == MMLENS_UNKNOWN32 || !leaf->order)
		return;
	show_text(s, "folio 0x%" PRIx64 "  order %u  mapped %s", leaf->head,
		  leaf->order, mapped_by[mml_judge_folio(leaf)]);
	if (leaf->folio_mapcount != MMLENS_UNKNOWN32)
		show_text(s, "  mapcount %u", leaf->folio_mapcount);
	if (leaf->folio_shared != MMLENS_UNKNOWN32)
		show_text(s, "  shared %s", show_value_text(show_name(
				leaf->folio_shared, mml_shared_names), buf,
				sizeof(buf)));
	show_text(s, "\n");
}

static void text_leaf(struct show *s, const struct mml_walk *walk,
		      const struct mml_judge *facts)
{
	const struct mml_extent *leaf = &walk->leaf;
	char buf[1024];

	if (leaf->state != MMLENS_STATE_PRESENT)
		show_text(s, "state %s%s%s%s\n",
			  show_value_text(show_name(leaf->state, mml_state_names),
					  buf, sizeof(buf)),
			  leaf->swap != MMLENS_UNKNOWN ? "  slot " : "",
			  leaf->swap != MMLENS_UNKNOWN ?
			  show_value_text(show_swap(leaf->swap), buf + 64,
					  sizeof(buf) - 64) : "",
			  leaf->state != MMLENS_STATE_MIGRATION ? "" :
			  leaf->entry & MMLENS_ENTRY_WRITE ? " (write)" : " (read)");
	if (maps_frame(walk)) {
		text_frame(s, walk, facts);
		text_folio(s, walk);
	}
	if (leaf->flags != MMLENS_UNKNOWN)
		show_text(s, "flags %s\n",
			  show_value_text(show_bits(leaf->flags, mml_page_names),
					  buf, sizeof(buf)));
}

#define LEAF(field, kind) SHOW_ALWAYS, SHOW_FIELD(struct mml_extent, field, kind)

/* The frame's facts, in JSON; text_leaf() says them to people. */
static const struct show_column leaf_columns[] = {
	{ "STATE", "state", "", LEAF(state, SHOW_NAME), .names = mml_state_names },
	{ "FRAME", "frame", "", LEAF(frame, SHOW_FRAME) },
	{ "SWAP", "swap", "", LEAF(swap, SHOW_SWAP) },
	{ "FLAGS", "page_flags", "", LEAF(flags, SHOW_BITS), .names = mml_page_names },
	{ "REFS", "refcount", "", LEAF(refcount, SHOW_UINT) },
	{ "MAPS", "mapcount", "", LEAF(mapcount, SHOW_UINT) },
	{ "MAPKIND", "mapcount_kind", "", LEAF(mapkind, SHOW_NAME), .names = mml_mapkind_names },
	{ "HEAD", "head", "", LEAF(head, SHOW_FRAME) },
	{ "ORDER", "order", "", LEAF(order, SHOW_UINT) },
	{ "FOLIO_MAPS", "folio_mapcount", "", LEAF(folio_mapcount, SHOW_UINT) },
	{ "FOLIO_SHARED", "folio_shared", "", LEAF(folio_shared, SHOW_NAME), .names = mml_shared_names },
	{ "NODE", "node", "", LEAF(node, SHOW_UINT) },
	{ "ZONE", "zone", "", LEAF(zone, SHOW_NAME), .names = mml_zone_names },
	{ }
};

static void json_leaf(struct show *s, const struct mml_walk *walk,
		      const struct mml_judge *facts)
{
	const struct show_column *column;
	bool leaf = walk->leaf.state != MMLENS_STATE_NONE;

	show(s, "leaf", NULL, leaf ?
	     show_name(walk->leaf.level, mml_level_names) : show_unknown());
	show(s, "page_size", NULL, leaf ?
	     show_bytes(leaf_size(walk)) : show_unknown());
	for (column = leaf_columns; column->name; column++)
		show(s, column->key, NULL,
		     show_column_value(column, &walk->leaf));
	show(s, "kind", NULL, show_str(mml_judge_kind(facts)));
	show(s, "folio", NULL, show_str(mml_name(mml_folio_names,
					mml_judge_folio(&walk->leaf))));
}

static void show_page(struct show *s, const struct mml_walk *walk,
		      const struct mml_info *info)
{
	const struct mml_judge facts = {
		.vma = &walk->vma, .extent = &walk->leaf, .can = info->can,
		.page_size = info->page_size,
		.kernel = mml_kernel(info->release),
	};
	char sentence[256];
	bool predicted;

	if (s->json)
		json_leaf(s, walk, &facts);
	else
		text_leaf(s, walk, &facts);
	show(s, "class", NULL,
	     show_name(mml_judge(&facts, &predicted), mml_class_names));
	show(s, "predicted", NULL, show_bool(predicted));
	show(s, "prediction", "%s\n",
	     show_str(mml_judge_say(&facts, sentence, sizeof(sentence))));
}

static void show_walk(struct show *s, const struct mml_walk *walk,
		      const struct mml_info *info)
{
	show(s, "pid", NULL, show_uint(walk->envelope.pid));
	show(s, "address", NULL, show_addr(walk->addr));
	if (walk->in_vma) {
		show_heading(s, walk);
		show_levels(s, walk, info);
		show_page(s, walk, info);
	} else {
		hole_show(s, walk);
	}
}

/* Who else maps the frame that an address leads to. */
static int show_who(struct mml_ctx *ctx, const struct mml_walk *walk,
		    uint64_t page_size)
{
	struct frame_row row;
	int ret;

	if (!walk->in_vma || !maps_frame(walk)) {
		show_text(&ctx->show, "there is no frame that anybody could map\n");
		show(&ctx->show, "who", NULL, show_unknown());
		return 0;
	}
	ret = frame_read(ctx, walk->leaf.frame +
			 (walk->addr - walk->leaf_start) / page_size, &row);
	if (ret)
		return ret;
	show_open(&ctx->show, "who");
	show(&ctx->show, "frame", "mappers of frame %s\n", show_frame(row.extent.frame));
	ret = who_show(ctx, &row);
	show_close(&ctx->show);
	return ret;
}

static int walk_all(struct mml_ctx *ctx, uint32_t pid, const uint64_t *addrs,
		    int n, bool who)
{
	struct mml_error err;
	struct mml_info info;
	struct mml_walk walk;
	int ret = MML_EXIT_OK;
	bool execed = false;
	uint64_t mm_id = MMLENS_UNKNOWN;
	int i;

	if (mml_info(ctx->client, &info, &err))
		return ctx_error(ctx, &err);
	for (i = 0; !ret && i < n; i++) {
		if (mml_walk(ctx->client, pid, addrs[i], &walk, &err))
			return i ? ctx_error_midway(ctx, &err) :
				   ctx_error(ctx, &err);
		if (i == 0)
			show_begin_list(&ctx->show);
		else
			show_text(&ctx->show, "\n");
		execed |= i && walk.envelope.mm_id != mm_id;
		mm_id = walk.envelope.mm_id;
		show_open(&ctx->show, NULL);
		show_walk(&ctx->show, &walk, &info);
		if (who)
			ret = show_who(ctx, &walk, info.page_size);
		show_close(&ctx->show);
		mml_walk_free(&walk);
	}
	if (ret || !execed)
		return ret;
	ctx_warn(ctx, "process %u called exec while it was read: some addresses are of one program, some of another", pid);
	return MML_EXIT_TORN;
}

static int parse_addrs(struct mml_ctx *ctx, char **args, int n, uint64_t *addrs)
{
	struct mml_error err = { .text = "" };
	int i;

	for (i = 0; i < n; i++)
		if (mml_parse_addr(args[i], &addrs[i], &err))
			return ctx_error(ctx, &err);
	return 0;
}

/**
 * cmd_walk() - mmlens walk PID ADDR...
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_walk(struct mml_ctx *ctx, int argc, char **argv)
{
	bool stop = false, who = false;
	const struct cmd_option own[] = {
		{ "who", 'w', NULL, "search all processes for who else maps the frame", .flag = &who },
		CMD_OPTION_STOP(&stop),
		{ }
	};
	const struct cmd_usage usage = {
		.args = "PID ADDR...", .min = 2, .max = -1, .options = own,
		.about = "Follows addresses through the page tables of a process, level by level, to the page frame, and says what a touch would lead to.",
	};
	uint32_t pid;
	int ret = cmd_parse(ctx, &argc, &argv, &usage);

	if (!ret)
		ret = ctx_pid(ctx, argv[0], &pid);
	if (ret)
		return cmd_exit(ret);

	uint64_t addrs[argc];

	ret = parse_addrs(ctx, argv + 1, argc - 1, addrs);
	if (!ret)
		ret = ctx_open(ctx);
	if (!ret && stop)
		ret = ctx_stop(ctx, pid);
	if (!ret && who && ctx->file)
		ret = ctx_usage(ctx, "--who searches live processes: a snapshot has none");
	if (!ret)
		ret = walk_all(ctx, pid, addrs, argc - 1, who);
	show_end(&ctx->show);
	return ret;
}
