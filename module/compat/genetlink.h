/* SPDX-License-Identifier: GPL-2.0 */
/* Generic netlink: what differs between kernels. */
#ifndef MMLENS_COMPAT_GENETLINK_H
#define MMLENS_COMPAT_GENETLINK_H

#include <net/genetlink.h>

/* The attributes of a dump's request. */
static inline struct nlattr **mml_dump_attrs(struct netlink_callback *cb)
{
#ifdef MML_HAVE_GENL_INFO_DUMP	/* since 6.6: struct genl_dumpit_info holds a genl_info */
	return genl_info_dump(cb)->attrs;
#else
	return (struct nlattr **)genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* MMLENS_COMPAT_GENETLINK_H */
