/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family. */
#ifndef MMLENS_NETLINK_H
#define MMLENS_NETLINK_H

#include "compat/genetlink.h"

extern struct genl_family mmlens_family;

int mmlens_netlink_init(void);
void mmlens_netlink_exit(void);

/* The commands, each in the file of its name. */
int mmlens_info_doit(struct sk_buff *skb, struct genl_info *info);
int mmlens_mm_doit(struct sk_buff *skb, struct genl_info *info);
int mmlens_vma_doit(struct sk_buff *skb, struct genl_info *info);
int mmlens_vma_start(struct netlink_callback *cb);
int mmlens_walk_doit(struct sk_buff *skb, struct genl_info *info);
int mmlens_page_start(struct netlink_callback *cb);
int mmlens_table_start(struct netlink_callback *cb);
int mmlens_frame_start(struct netlink_callback *cb);
int mmlens_trace_start(struct netlink_callback *cb);
int mmlens_trace_step(struct sk_buff *skb, struct netlink_callback *cb);
int mmlens_trace_done(struct netlink_callback *cb);
int mmlens_trace_stop_doit(struct sk_buff *skb, struct genl_info *info);

#endif /* MMLENS_NETLINK_H */
