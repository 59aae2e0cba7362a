/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From netlink messages to structs. Nothing in a message is trusted: lengths
 * are checked before they are used, strings must end inside their attribute,
 * unknown attributes are skipped. What breaks the contract is -EBADMSG.
 */
#ifndef MML_DECODE_H
#define MML_DECODE_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "lib/columns.h"
#include "lib/mmlens.h"

/* The attributes of a message that cannot repeat; NULL where absent. */
struct mml_message {
	const struct nlmsghdr *nlh;
	const struct nlattr *attr[MMLENS_A_MAX + 1];
};

#define mml_for_each_attr(attr, nlh) \
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)

int mml_decode_message(const struct nlmsghdr *nlh, struct mml_message *msg);

int mml_decode_envelope(const struct mml_message *msg,
			struct mml_envelope *envelope);
int mml_decode_info(const struct nlmsghdr *nlh, struct mml_info *info);
int mml_decode_mm(const struct nlmsghdr *nlh, struct mml_mm *mm);
int mml_decode_walk(const struct nlmsghdr *nlh, struct mml_walk *walk);

/* The frame around each message of a dump: envelope, progress, trailer. */
int mml_decode_dump(const struct mml_message *msg, struct mml_dump *dump);

/* A message that only says that the mmap lock could not be had. */
bool mml_message_stalled(const struct mml_message *msg);

/* Appends the areas of a VMA_GET dump message. */
int mml_decode_vmas(const struct nlmsghdr *nlh, struct mml_vmas *vmas);
int mml_decode_counts(const struct nlattr *nest, int attr, struct mml_vma *vma);
int mml_decode_vma(const struct nlattr *nest, struct mml_vma *vma);
void mml_vma_release(struct mml_vma *vma);

/*
 * Hands over the extents of a message, some at a time; what @take returns if
 * not 0. It may change those that it was given, and gets others afterwards.
 */
typedef int (*mml_extents_fn)(struct mml_extent *extents, uint32_t n, void *arg);
int mml_decode_extents(const struct mml_message *msg, uint64_t granted,
		       mml_extents_fn take, void *arg);

/* Of struct mml_extent, by enum mmlens_col; unknown values are all bits set. */
extern const struct mml_column mml_columns[MMLENS_COL_MAX + 1];
void mml_extent_unknown(struct mml_extent *extent);

#endif /* MML_DECODE_H */
