// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: commands, and what each of them may be asked.
 *
 * parallel_ops, since otherwise a dump would hold the one mutex of all generic
 * netlink while it waits for a target. Hand-written operations with a policy
 * each, which every supported kernel has; what a policy does not name, strict
 * validation refuses. The family is not tied to the initial network namespace:
 * who may ask is decided by the initial user namespace (mmlens_may_ask()).
 */
#include <linux/module.h>

#include "dump.h"
#include "netlink.h"

/* A command whose policy has no room is not validated on 5.10: so all have. */
static const struct nla_policy info_policy[MMLENS_A_MAX + 1] = {
	[MMLENS_A_PAD] = { .type = NLA_REJECT },
};

static const struct nla_policy mm_policy[MMLENS_A_MAX + 1] = {
	[MMLENS_A_PID] = { .type = NLA_U32 },
};

static const struct nla_policy vma_policy[MMLENS_A_MAX + 1] = {
	[MMLENS_A_PID] = { .type = NLA_U32 },
	[MMLENS_A_ADDR] = { .type = NLA_U64 },
	[MMLENS_A_START] = { .type = NLA_U64 },
	[MMLENS_A_END] = { .type = NLA_U64 },
	[MMLENS_A_COLUMNS] = { .type = NLA_U64 },
	[MMLENS_A_SUM] = { .type = NLA_FLAG },
};

static const struct nla_policy walk_policy[MMLENS_A_MAX + 1] = {
	[MMLENS_A_PID] = { .type = NLA_U32 },
	[MMLENS_A_ADDR] = { .type = NLA_U64 },
};

static const struct nla_policy filter_policy[MMLENS_FILTER_MAX + 1] = {
	[MMLENS_FILTER_STATES] = { .type = NLA_U64 },
	[MMLENS_FILTER_ENTRY_ALL] = { .type = NLA_U64 },
	[MMLENS_FILTER_ENTRY_NONE] = { .type = NLA_U64 },
	[MMLENS_FILTER_FLAGS_ALL] = { .type = NLA_U64 },
	[MMLENS_FILTER_FLAGS_NONE] = { .type = NLA_U64 },
	[MMLENS_FILTER_FRAME_START] = { .type = NLA_U64 },
	[MMLENS_FILTER_FRAME_END] = { .type = NLA_U64 },
};

static const struct nla_policy page_policy[MMLENS_A_MAX + 1] = {
	[MMLENS_A_PID] = { .type = NLA_U32 },
	[MMLENS_A_START] = { .type = NLA_U64 },
	[MMLENS_A_END] = { .type = NLA_U64 },
	[MMLENS_A_COLUMNS] = { .type = NLA_U64 },
	[MMLENS_A_FILTER] = NLA_POLICY_NESTED(filter_policy),
};

static const struct nla_policy table_policy[MMLENS_A_MAX + 1] = {
	[MMLENS_A_PID] = { .type = NLA_U32 },
	[MMLENS_A_START] = { .type = NLA_U64 },
	[MMLENS_A_END] = { .type = NLA_U64 },
};

static const struct nla_policy frame_policy[MMLENS_A_MAX + 1] = {
	[MMLENS_A_START] = { .type = NLA_U64 },
	[MMLENS_A_END] = { .type = NLA_U64 },
	[MMLENS_A_COLUMNS] = { .type = NLA_U64 },
};

static const struct nla_policy trace_policy[MMLENS_A_MAX + 1] = {
	[MMLENS_A_PID] = { .type = NLA_U32 },
	[MMLENS_A_FOLLOW] = { .type = NLA_FLAG },
};

static const struct genl_ops ops[] = {
	{
		.cmd = MMLENS_CMD_INFO_GET,
		.doit = mmlens_info_doit,
		.policy = info_policy,
		.maxattr = MMLENS_A_MAX,
	},
	{
		.cmd = MMLENS_CMD_MM_GET,
		.doit = mmlens_mm_doit,
		.policy = mm_policy,
		.maxattr = MMLENS_A_MAX,
	},
	{
		.cmd = MMLENS_CMD_VMA_GET,
		.doit = mmlens_vma_doit,
		.start = mmlens_vma_start,
		.dumpit = mmlens_dump_step,
		.done = mmlens_dump_done,
		.policy = vma_policy,
		.maxattr = MMLENS_A_MAX,
	},
	{
		.cmd = MMLENS_CMD_WALK_GET,
		.doit = mmlens_walk_doit,
		.policy = walk_policy,
		.maxattr = MMLENS_A_MAX,
	},
	{
		.cmd = MMLENS_CMD_PAGE_GET,
		.start = mmlens_page_start,
		.dumpit = mmlens_dump_step,
		.done = mmlens_dump_done,
		.policy = page_policy,
		.maxattr = MMLENS_A_MAX,
	},
	{
		.cmd = MMLENS_CMD_TABLE_GET,
		.start = mmlens_table_start,
		.dumpit = mmlens_dump_step,
		.done = mmlens_dump_done,
		.policy = table_policy,
		.maxattr = MMLENS_A_MAX,
	},
	{
		.cmd = MMLENS_CMD_FRAME_GET,
		.start = mmlens_frame_start,
		.dumpit = mmlens_dump_step,
		.done = mmlens_dump_done,
		.policy = frame_policy,
		.maxattr = MMLENS_A_MAX,
	},
	{
		.cmd = MMLENS_CMD_TRACE_START,
		.start = mmlens_trace_start,
		.dumpit = mmlens_trace_step,
		.done = mmlens_trace_done,
		.policy = trace_policy,
		.maxattr = MMLENS_A_MAX,
	},
	{
		.cmd = MMLENS_CMD_TRACE_STOP,
		.doit = mmlens_trace_stop_doit,
		.policy = info_policy,
		.maxattr = MMLENS_A_MAX,
	},
};

struct genl_family mmlens_family __ro_after_init = {
	.name = MMLENS_GENL_NAME,
	.version = MMLENS_GENL_VERSION,
	.maxattr = MMLENS_A_MAX,
	.netnsok = true,
	.parallel_ops = true,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.module = THIS_MODULE,
};

/**
 * mmlens_netlink_init() - be there for requests
 *
 * Return: 0 or an errno of genl_register_family()
 */
int mmlens_netlink_init(void)
{
	return genl_register_family(&mmlens_family);
}

/**
 * mmlens_netlink_exit() - be gone
 *
 * Dumps under way hold the module, so there are none.
 */
void mmlens_netlink_exit(void)
{
	genl_unregister_family(&mmlens_family);
}
