// SPDX-License-Identifier: GPL-2.0
/* INFO_GET: what this module knows, and what is exact on this kernel. */
#include <linux/utsname.h>

#include "compat/fault.h"
#include "compat/page.h"
#include "compat/pgtable.h"
#include "compat/vma.h"
#include "epoch.h"
#include "frame.h"
#include "netlink.h"
#include "reply.h"
#include "target.h"
#include "version.h"
#include "vma.h"

static u64 known_commands(void)
{
	u64 commands = 0;
	u8 i;

	for (i = 0; i < mmlens_family.n_ops; i++)
		commands |= BIT_ULL(mmlens_family.ops[i].cmd);
	return commands;
}

/**
 * mmlens_known_states() - the states that this kernel can have
 *
 * Return: mask of 1 << enum mmlens_state
 */
u64 mmlens_known_states(void)
{
	return BIT_ULL(MMLENS_STATE_NONE) | BIT_ULL(MMLENS_STATE_PRESENT) |
	       BIT_ULL(MMLENS_STATE_ZERO) | BIT_ULL(MMLENS_STATE_PFNMAP) |
	       BIT_ULL(MMLENS_STATE_PROTNONE) | BIT_ULL(MMLENS_STATE_BAD) |
	       MML_STATES;
}

static u64 abilities(void)
{
	return MML_CAN_MAPCOUNT | MML_CAN_FOLIO_SHARED | MML_CAN_EXCLUSIVE |
	       MML_CAN_RSS | MML_CAN_TRACE |
	       (MML_ENTRY_BITS & MMLENS_ENTRY_SOFT_DIRTY ?
			MMLENS_CAN_SOFT_DIRTY : 0) |
	       (MML_ENTRY_BITS & MMLENS_ENTRY_UFFD_WP ?
			MMLENS_CAN_UFFD_WP : 0) |
	       (mmlens_epoch_supported() ? MMLENS_CAN_EPOCH : 0);
}

static int put_info(struct sk_buff *skb)
{
	if (nla_put_string(skb, MMLENS_A_VERSION, MMLENS_VERSION) ||
	    nla_put_string(skb, MMLENS_A_RELEASE, init_utsname()->release) ||
	    nla_put_u32(skb, MMLENS_A_PAGE_SIZE, PAGE_SIZE) ||
	    nla_put_u32(skb, MMLENS_A_LEVELS,
			mml_p4d_folded(NULL) ? 4 : 5) ||
	    mmlens_put_u64(skb, MMLENS_A_USER_END, TASK_SIZE_MAX) ||
	    mmlens_put_u64(skb, MMLENS_A_COMMANDS, known_commands()) ||
	    mmlens_put_u64(skb, MMLENS_A_COLUMNS, MMLENS_COL_ALL) ||
	    mmlens_put_u64(skb, MMLENS_A_VMA_COLUMNS, MMLENS_VMA_COL_ALL) ||
	    mmlens_put_u64(skb, MMLENS_A_STATES, mmlens_known_states()) ||
	    mmlens_put_u64(skb, MMLENS_A_ENTRY_BITS, MML_ENTRY_BITS) ||
	    mmlens_put_u64(skb, MMLENS_A_PAGE_FLAGS,
			   mmlens_frame_known_flags()) ||
	    mmlens_put_u64(skb, MMLENS_A_VM_FLAGS, mmlens_vma_known_flags()) ||
	    mmlens_put_u64(skb, MMLENS_A_CAN, abilities()) ||
	    nla_put_u32(skb, MMLENS_A_VMA_STORE, MML_VMA_STORE))
		return -EMSGSIZE;
	return 0;
}

/**
 * mmlens_info_doit() - answer INFO_GET
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or an errno
 */
int mmlens_info_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	void *header;
	int err = mmlens_may_ask(skb, info->extack);

	if (err)
		return err;
	reply = mmlens_reply_new(info, NLMSG_DEFAULT_SIZE, &header);
	if (!reply)
		return -ENOMEM;
	return mmlens_reply_send(reply, header, info, put_info(reply));
}
