/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel says beside an errno. */
#ifndef MML_EXTACK_H
#define MML_EXTACK_H

#include <libmnl/libmnl.h>

#include "lib/mmlens.h"

/*
 * Fills @err->extack and @err->attr from an NLMSG_ERROR or NLMSG_DONE message
 * that answers @request. Says nothing when the kernel did not.
 */
void mml_extack(const struct nlmsghdr *nlh, const struct nlmsghdr *request,
		struct mml_error *err);

/* The errno of an NLMSG_ERROR or NLMSG_DONE message: 0, negative; -EBADMSG. */
int mml_message_errno(const struct nlmsghdr *nlh);

#endif /* MML_EXTACK_H */
