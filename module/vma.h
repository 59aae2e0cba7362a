/* SPDX-License-Identifier: GPL-2.0 */
/* VMAs: vm_area_struct -> facts -> attributes. */
#ifndef MMLENS_VMA_H
#define MMLENS_VMA_H

#include <linux/mm.h>
#include <linux/netlink.h>

#include <linux/mmlens.h>

struct mmlens_counts;

#define MMLENS_VMA_NAME_LEN	32
#define MMLENS_VMA_OPS_LEN	64

/**
 * struct mmlens_vma_facts - one VMA, copied under the mmap lock
 * @path: in memory that whoever called mmlens_vma_read() has given, or NULL
 * @ops: vm_ops; only the name of its symbol leaves the module
 *
 * The other members are the attributes of enum mmlens_vma_attr.
 */
struct mmlens_vma_facts {
	u64 start;
	u64 end;
	u64 flags;
	u64 pgoff;
	u64 inode;
	u64 file_size;
	u64 anon_id;
	u64 anon_root;
	u64 page_size;
	u32 kind;
	u32 major;
	u32 minor;
	u32 pkey;
	bool has_file;
	bool has_anon;
	char name[MMLENS_VMA_NAME_LEN];
	const char *path;
	const void *ops;
};

/* Attributes of one VMA, but for its texts; and with them, but for its path. */
#define MMLENS_VMA_NUMBERS_SIZE						\
	(nla_total_size(0) + 9 * nla_total_size_64bit(sizeof(u64)) +	\
	 4 * nla_total_size(sizeof(u32)))
#define MMLENS_VMA_SIZE							\
	(MMLENS_VMA_NUMBERS_SIZE +					\
	 nla_total_size(MMLENS_VMA_NAME_LEN) +				\
	 nla_total_size(MMLENS_VMA_OPS_LEN))

u64 mmlens_vma_flags(unsigned long vm_flags);
u64 mmlens_vma_known_flags(void);
enum mmlens_vma_kind mmlens_vma_kind(const struct vm_area_struct *vma);
void mmlens_vma_read(struct mmlens_vma_facts *facts, struct vm_area_struct *vma,
		     char *path);
int mmlens_put_vma(struct sk_buff *skb, int attr,
		   const struct mmlens_vma_facts *facts,
		   const struct mmlens_counts *counts, u64 columns);

#endif /* MMLENS_VMA_H */
