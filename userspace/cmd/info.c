// SPDX-License-Identifier: GPL-2.0
/* mmlens info: what the module and this kernel can tell. */
#include "cmd/cmd.h"
#include "lib/names.h"

/* What there is in place of an ability that a kernel has not. */
enum otherwise { AVERAGED, APPROXIMATE, UNAVAILABLE };

static const struct ability {
	uint64_t bit;
	enum otherwise otherwise;
	const char *means;
} abilities[] = {
	{ MMLENS_CAN_MAPCOUNT, AVERAGED,
	  "a page of a large folio shows the average over its pages" },
	{ MMLENS_CAN_EXCLUSIVE, UNAVAILABLE,
	  "no AnonExclusive: only references tell whether a write copies" },
	{ MMLENS_CAN_SOFT_DIRTY, UNAVAILABLE,
	  "entries do not say it" },
	{ MMLENS_CAN_UFFD_WP, UNAVAILABLE,
	  "entries do not say it" },
	{ MMLENS_CAN_EPOCH, UNAVAILABLE,
	  "torn answers are not noticed: all pages count as unwatched" },
	{ MMLENS_CAN_FOLIO_SHARED, APPROXIMATE,
	  "a folio that is mapped more than once counts as shared, by one process too" },
	{ MMLENS_CAN_RSS, APPROXIMATE,
	  "each thread may keep 64 pages of it uncounted" },
	{ MMLENS_CAN_TRACE, UNAVAILABLE,
	  "built without kretprobes or tracepoints: page faults cannot be traced" },
};

#define NR_ABILITIES (sizeof(abilities) / sizeof(abilities[0]))

static struct show_value lacking(const struct mml_info *info, enum otherwise otherwise)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < NR_ABILITIES; i++)
		if (abilities[i].otherwise == otherwise)
			bits |= abilities[i].bit & ~info->can;
	return show_bits(bits, mml_can_names);
}

static struct show_value get_averaged(const void *row)
{
	return lacking(row, AVERAGED);
}

static struct show_value get_approximate(const void *row)
{
	return lacking(row, APPROXIMATE);
}

static struct show_value get_unavailable(const void *row)
{
	return lacking(row, UNAVAILABLE);
}

/* What it means, for people. */
static void text_lacking(struct show *s, const struct mml_info *info)
{
	char name[64];

	if (s->json)
		return;
	for (size_t i = 0; i < NR_ABILITIES; i++)
		if (!(info->can & abilities[i].bit))
			show_text(s, "%s: %s\n",
				  show_value_text(show_bits(abilities[i].bit, mml_can_names),
						  name, sizeof(name)),
				  abilities[i].means);
}

#define INFO(field, kind) SHOW_ALWAYS, SHOW_FIELD(struct mml_info, field, kind)

static const struct show_column columns[] = {
	{ "MODULE", "module", "version of the module", INFO(version, SHOW_STR) },
	{ "KERNEL", "kernel", "release of the kernel", INFO(release, SHOW_STR) },
	{ "PAGE_SIZE", "page_size", "bytes of a base page", INFO(page_size, SHOW_BYTES) },
	{ "LEVELS", "levels", "page-table levels in use", INFO(levels, SHOW_UINT) },
	{ "USER_END", "user_end", "first address after the user half", INFO(user_end, SHOW_ADDR) },
	{ "VMA_STORE", "vma_store", "how VMAs are kept: rbtree (and a sorted list), or maple tree", INFO(vma_store, SHOW_NAME), .names = mml_vma_store_names },
	{ "EXACT", "exact", "what is exact on this kernel", INFO(can, SHOW_BITS), .names = mml_can_names },
	{ "AVERAGED", "averaged", "what is an average", SHOW_ALWAYS, .get = get_averaged },
	{ "APPROXIMATE", "approximate", "what is nearly right", SHOW_ALWAYS, .get = get_approximate },
	{ "UNAVAILABLE", "unavailable", "what cannot be had", SHOW_ALWAYS, .get = get_unavailable },
	{ "COMMANDS", "commands", "what may be asked", INFO(commands, SHOW_SET), .names = mml_command_names },
	{ "COLUMNS", "columns", "columns of pages", INFO(columns, SHOW_SET), .names = mml_column_names },
	{ "VMA_COLUMNS", "vma_columns", "columns of areas that the kernel counts", INFO(vma_columns, SHOW_SET), .names = mml_vma_column_names },
	{ "STATES", "states", "states that a page can have", INFO(states, SHOW_SET), .names = mml_state_names },
	{ "ENTRY_BITS", "entry_bits", "bits of a page-table entry that are told", INFO(entry_bits, SHOW_FIELDS), .names = mml_entry_names },
	{ "PAGE_FLAGS", "page_flags", "page flags that are told", INFO(page_flags, SHOW_BITS), .names = mml_page_names },
	{ "VM_FLAGS", "vm_flags", "flags of areas that are told", INFO(vm_flags, SHOW_CODES), .names = mml_vm_names },
	{ }
};

/**
 * cmd_info() - mmlens info
 * @ctx: the context
 * @argc: arguments
 * @argv: likewise
 *
 * Return: exit code
 */
int cmd_info(struct mml_ctx *ctx, int argc, char **argv)
{
	const struct cmd_usage usage = {
		.args = "",
		.about = "Tells what the loaded module and this kernel can answer, and what is exact.",
		.columns = columns,
	};
	struct show_columns chosen;
	struct mml_error err;
	struct mml_info info;
	int ret = cmd_parse(ctx, &argc, &argv, &usage);

	if (!ret)
		ret = ctx_choose(ctx, columns, &chosen);
	if (ret)
		return cmd_exit(ret);
	ret = ctx_open(ctx);
	if (ret)
		return ret;
	if (mml_info(ctx->client, &info, &err))
		return ctx_error(ctx, &err);
	show_begin(&ctx->show);
	show_record(&ctx->show, &chosen, &info);
	if (!ctx->show.columns)
		text_lacking(&ctx->show, &info);
	show_end(&ctx->show);
	return MML_EXIT_OK;
}
