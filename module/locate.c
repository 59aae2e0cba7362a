// SPDX-License-Identifier: GPL-2.0
/*
 * One address: WALK_GET, and VMA_GET as a do.
 *
 * Both answer with the VMA that holds the address or, in a hole, with its
 * neighbours; WALK_GET goes on down the tables, by the same walker as a dump.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "compat/pgtable.h"
#include "compat/vma.h"
#include "extent.h"
#include "netlink.h"
#include "reply.h"
#include "target.h"
#include "vma.h"
#include "walk.h"

/* Two paths, if it comes to it, and about 2 KiB of numbers. */
#define REPLY_SIZE	(2 * (PATH_MAX + MMLENS_VMA_SIZE) + 2048)

/*
 * A do runs under genetlink's cb_lock: it waits for an mmap lock no longer
 * than anybody would notice. The requester may try again.
 */
#define LOCK_WAIT_US	1000

#define MAX_LEVELS	5

struct level {
	u32 level;
	bool folded;
	u32 index;
	u64 table;
	u64 raw;
	u64 bits;
};

struct place {
	unsigned long addr;
	bool descend;
	u32 depth;			/* what the lookup costs */

	/* the VMA, or what is below and above */
	bool in_vma, has_prev, has_next;
	struct mmlens_vma_facts vma, prev, next;

	u32 count;
	struct level levels[MAX_LEVELS];
	unsigned long start, end;	/* what the last entry covers */
	struct mmlens_extent leaf;

	char path[2][PATH_MAX];
};

static unsigned long level_size(enum mmlens_level level)
{
	switch (level) {
	case MMLENS_LEVEL_PTE:
		return PAGE_SIZE;
	case MMLENS_LEVEL_PMD:
		return PMD_SIZE;
	case MMLENS_LEVEL_PUD:
		return PUD_SIZE;
	case MMLENS_LEVEL_P4D:
		return P4D_SIZE;
	default:
		return PGDIR_SIZE;
	}
}

/* The last entry seen is the one that the walk ends with, unless another comes. */
static void set_leaf(struct place *place, enum mmlens_level level,
		     const struct mmlens_facts *facts)
{
	unsigned long size = level_size(level);

	place->start = place->addr & ~(size - 1);
	place->end = place->start + size;
	place->leaf = (struct mmlens_extent) {
		.start = place->addr & PAGE_MASK,
		.pages = 1,
		.facts = *facts,
	};
}

static struct level *place_level(struct place *place, enum mmlens_level level)
{
	u32 last = place->count ? place->count - 1 : 0;

	/* an entry that is seen once more has changed */
	if (place->levels[last].level == level ||
	    WARN_ON_ONCE(place->count == MAX_LEVELS))
		return &place->levels[last];
	return &place->levels[place->count++];
}

static void set_level(struct place *place, enum mmlens_level level,
		      const void *entry, u64 raw, u64 bits)
{
	*place_level(place, level) = (struct level) {
		.level = level,
		.index = offset_in_page(entry) / sizeof(u64),
		.table = virt_to_phys((void *)entry) >> PAGE_SHIFT,
		.raw = raw,
		.bits = bits,
	};
}

static int place_table(struct mmlens_walk *walk, enum mmlens_level level,
		       const void *entry, u64 raw, unsigned long addr)
{
	struct place *place = walk->private;
	struct mmlens_facts none;

	set_level(place, level, entry, raw,
		  mml_entry_none(raw) ? 0 : mml_entry_bits(raw, level));
	if (level == MMLENS_LEVEL_PGD && mml_p4d_folded(walk->mm))
		*place_level(place, MMLENS_LEVEL_P4D) = (struct level) {
			.level = MMLENS_LEVEL_P4D,
			.folded = true,
		};
	mmlens_no_facts(&none, level, MMLENS_COL_ALL);
	set_leaf(place, level, &none);
	return 0;
}

static int place_ptes(struct mmlens_walk *walk, pte_t *ptep, unsigned long addr,
		      unsigned long end)
{
	struct place *place = walk->private;
	struct mmlens_reader reader = {
		.need = MMLENS_COL_ALL,
		.vma = walk->vma,
	};
	struct mmlens_facts facts;
	pte_t pte = ptep_get(ptep);

	mmlens_read_pte(&reader, &facts, pte);
	set_level(place, MMLENS_LEVEL_PTE, ptep, pte_val(pte), facts.entry);
	set_leaf(place, MMLENS_LEVEL_PTE, &facts);
	return 0;
}

/* The entry was seen by place_table() before its lock was taken. */
static int place_huge(struct mmlens_walk *walk, enum mmlens_level level,
		      const void *entry, u64 raw, unsigned long addr,
		      unsigned long end)
{
	struct place *place = walk->private;
	struct mmlens_reader reader = {
		.need = MMLENS_COL_ALL,
		.vma = walk->vma,
	};
	struct mmlens_facts facts;

	mmlens_read_huge(&reader, &facts, level, entry, raw, addr);
	place_level(place, level)->raw = raw;
	place_level(place, level)->bits = facts.entry;
	set_leaf(place, level, &facts);
	return 0;
}

static const struct mmlens_visitor place_visitor = {
	.table = place_table,
	.ptes = place_ptes,
	.huge = place_huge,
};

static int place_descend(struct place *place, struct mm_struct *mm)
{
	unsigned long page = place->addr & PAGE_MASK;
	struct mmlens_deadline never = { .at = U64_MAX };
	struct mmlens_walk walk = {
		.mm = mm,
		.visitor = &place_visitor,
		.private = place,
		.deadline = &never,
	};
	int err = mmlens_walk_range(&walk, page, page + PAGE_SIZE);

	/* a PMD that did not hold still */
	return !err && walk.next == page ? -EAGAIN : err;
}

static int place_find(struct place *place, struct mm_struct *mm)
{
	struct vm_area_struct *vma = find_vma(mm, place->addr), *prev;

	place->depth = mml_vma_depth(mm, place->addr);
	if (vma && vma->vm_start <= place->addr) {
		place->in_vma = true;
		mmlens_vma_read(&place->vma, vma, place->path[0]);
		return place->descend ? place_descend(place, mm) : 0;
	}
	prev = mml_find_vma_prev(mm, place->addr);
	place->has_prev = prev;
	place->has_next = vma;
	if (prev)
		mmlens_vma_read(&place->prev, prev, place->path[0]);
	if (vma)
		mmlens_vma_read(&place->next, vma, place->path[1]);
	return 0;
}

static int put_level(struct sk_buff *skb, const struct level *level)
{
	struct nlattr *nest = nla_nest_start(skb, MMLENS_A_LEVEL);

	if (!nest || nla_put_u32(skb, MMLENS_LEVEL_A_LEVEL, level->level))
		return -EMSGSIZE;
	if (level->folded ?
	    nla_put_flag(skb, MMLENS_LEVEL_A_FOLDED) :
	    (nla_put_u32(skb, MMLENS_LEVEL_A_INDEX, level->index) ||
	     mmlens_put_u64(skb, MMLENS_LEVEL_A_TABLE, level->table) ||
	     mmlens_put_u64(skb, MMLENS_LEVEL_A_RAW, level->raw) ||
	     mmlens_put_u64(skb, MMLENS_LEVEL_A_BITS, level->bits)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_descent(struct sk_buff *skb, struct place *place)
{
	u32 i;

	for (i = 0; i < place->count; i++)
		if (put_level(skb, &place->levels[i]))
			return -EMSGSIZE;
	return mmlens_put_u64(skb, MMLENS_A_START, place->start) ?:
	       mmlens_put_u64(skb, MMLENS_A_END, place->end) ?:
	       mmlens_put_rows(skb, &mmlens_extent_rows, &place->leaf, 1,
			       MMLENS_COL_ALL);
}

static int put_place(struct sk_buff *skb, struct place *place,
		     const struct mmlens_target *target)
{
	u64 columns = place->descend && place->in_vma ? MMLENS_COL_ALL : 0;

	if (mmlens_put_envelope(skb, target, columns) ||
	    mmlens_put_u64(skb, MMLENS_A_ADDR, place->addr) ||
	    (place->in_vma &&
	     mmlens_put_vma(skb, MMLENS_A_VMA, &place->vma, NULL, 0)) ||
	    (place->has_prev &&
	     mmlens_put_vma(skb, MMLENS_A_PREV, &place->prev, NULL,
			    0)) ||
	    (place->has_next &&
	     mmlens_put_vma(skb, MMLENS_A_NEXT, &place->next, NULL,
			    0)) ||
	    (!place->descend &&
	     nla_put_u32(skb, MMLENS_A_DEPTH, place->depth)) ||
	    (columns && put_descent(skb, place)))
		return -EMSGSIZE;
	return 0;
}

/* Any byte address of the user half; the kernel's half is refused by name. */
static int address_get(const struct nlattr *attr, unsigned long *addr,
		       struct netlink_ext_ack *extack)
{
	u64 kernel_half = ~(roundup_pow_of_two(TASK_SIZE_MAX) - 1);
	u64 value;

	if (!attr) {
		NL_SET_ERR_MSG(extack, "ADDR is missing");
		return -EINVAL;
	}
	value = nla_get_u64(attr);
	if (value >= kernel_half) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "the address is in the kernel's half");
		return -EINVAL;
	}
	if (value > ~kernel_half) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "the address is not canonical");
		return -EINVAL;
	}
	if (value >= TASK_SIZE_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "the address is beyond the user half");
		return -EINVAL;
	}
	*addr = value;
	return 0;
}

/* One hold of the lock; -EBUSY: what is below it did not hold still */
static int place_try(struct place *place, struct mmlens_target *target)
{
	int err = mmlens_target_lock(target, LOCK_WAIT_US, false);

	if (err)
		return err;
	/* the VMA of an earlier try may be gone by now */
	place->in_vma = false;
	place->has_prev = false;
	place->has_next = false;
	place->count = 0;
	memset(place->levels, 0, sizeof(place->levels));
	err = place_find(place, target->mm);
	mmlens_target_unlock(target);
	return err == -EAGAIN ? -EBUSY : err;
}

#define PLACE_TRIES 4

static int place_read(struct place *place, struct mmlens_target *target,
		      struct netlink_ext_ack *extack)
{
	int tries = 0, err;

	do {
		err = place_try(place, target);
	} while (err == -EBUSY && ++tries < PLACE_TRIES &&
		 (usleep_range(50, 200), true));

	switch (err) {
	case -EAGAIN:
		NL_SET_ERR_MSG(extack,
			       "the process's mmap lock is held: try again");
		return -EAGAIN;
	case -EBUSY:
		NL_SET_ERR_MSG(extack,
			       "the entry is changing, or its hugetlb file is locked: try again");
		return -EAGAIN;
	case -ESTALE:
		NL_SET_ERR_MSG(extack,
			       "the process has called exec meanwhile: try again");
		return -EAGAIN;
	case -ESRCH:
		NL_SET_ERR_MSG(extack, "the process has gone meanwhile");
		return -ESRCH;
	default:
		return err;
	}
}

static int place_answer(struct place *place, struct genl_info *info)
{
	struct mmlens_target target;
	struct sk_buff *reply;
	void *header;
	int err;

	err = address_get(info->attrs[MMLENS_A_ADDR], &place->addr,
			  info->extack);
	if (err)
		return err;
	err = mmlens_target_get_mm(&target, info->attrs[MMLENS_A_PID],
				   info->extack);
	if (err)
		return err;
	err = place_read(place, &target, info->extack);
	if (!err) {
		reply = mmlens_reply_new(info, REPLY_SIZE, &header);
		err = reply ? mmlens_reply_send(reply, header, info,
						put_place(reply, place,
							  &target)) : -ENOMEM;
	}
	mmlens_target_put(&target);
	return err;
}

static int place_doit(struct sk_buff *skb, struct genl_info *info, bool descend)
{
	struct place *place;
	int err = mmlens_may_ask(skb, info->extack);

	if (err)
		return err;
	place = kvzalloc(sizeof(*place), GFP_KERNEL_ACCOUNT);
	if (!place)
		return -ENOMEM;
	place->descend = descend;
	err = place_answer(place, info);
	kvfree(place);
	return err;
}

/**
 * mmlens_walk_doit() - answer WALK_GET
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or an errno; -EAGAIN when the mmap lock is taken
 */
int mmlens_walk_doit(struct sk_buff *skb, struct genl_info *info)
{
	return place_doit(skb, info, true);
}

/**
 * mmlens_vma_doit() - answer VMA_GET for one address
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or an errno; -EAGAIN when the mmap lock is taken
 */
int mmlens_vma_doit(struct sk_buff *skb, struct genl_info *info)
{
	static const u8 dump_only[] = {
		MMLENS_A_START, MMLENS_A_END, MMLENS_A_COLUMNS,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dump_only); i++)
		if (info->attrs[dump_only[i]]) {
			NL_SET_ERR_MSG_ATTR(info->extack,
					    info->attrs[dump_only[i]],
					    "only a dump takes this, with NLM_F_DUMP");
			return -EINVAL;
		}
	return place_doit(skb, info, false);
}
