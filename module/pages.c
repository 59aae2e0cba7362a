// SPDX-License-Identifier: GPL-2.0
/* PAGE_GET: a range of a process, as extents. */
#include <linux/slab.h>

#include "compat/pgtable.h"
#include "dump.h"
#include "extent.h"
#include "netlink.h"
#include "reply.h"
#include "walk.h"

#define COL(name) MMLENS_COL_BIT(MMLENS_COL_##name)

/* What an entry says without a look at struct page. */
#define ENTRY_COLUMNS (COL(STATE) | COL(LEVEL) | COL(FRAME) | COL(SWAP) | COL(ENTRY))

/* The attributes of enum mmlens_filter_attr, or what lets everything pass. */
struct filter {
	bool active;	/* there is one */
	bool frames;	/* it has a frame range */
	u64 states;
	u64 entry_all;
	u64 entry_none;
	u64 flags_all;
	u64 flags_none;
	u64 frame_start;
	u64 frame_end;
};

struct page_dump {
	struct mmlens_dump dump;	/* first: it is what netlink knows */
	struct mmlens_batch batch;
	struct mmlens_reader reader;
	struct filter filter;
	bool masks;		/* facts are read that were not granted */
	bool full;
};

static bool filter_passes(const struct filter *filter,
			  const struct mmlens_facts *facts)
{
	u64 flags = facts->flags;

	if (!(filter->states & BIT_ULL(facts->state)) ||
	    (facts->entry & filter->entry_all) != filter->entry_all ||
	    (facts->entry & filter->entry_none))
		return false;
	if (!filter->flags_all && !filter->flags_none)
		return true;
	return flags != MMLENS_UNKNOWN &&
	       (flags & filter->flags_all) == filter->flags_all &&
	       !(flags & filter->flags_none);
}

/*
 * Of pages whose frames count up from @frame, those with a frame in range.
 * false: none
 */
static bool filter_clip(const struct filter *filter, u64 frame,
			unsigned long *addr, unsigned long *end)
{
	u64 from, to;

	if (!filter->frames)
		return true;
	if (frame == MMLENS_UNKNOWN)
		return false;
	from = max(frame, filter->frame_start);
	to = min(frame + ((*end - *addr) >> PAGE_SHIFT), filter->frame_end);
	if (from >= to)
		return false;
	*end = *addr + ((to - frame) << PAGE_SHIFT);
	*addr += (from - frame) << PAGE_SHIFT;
	return true;
}

/* What the filter needed to see, or came for nothing, must not split extents. */
static void mask_facts(struct mmlens_facts *facts, u64 granted)
{
	if (!(granted & COL(STATE)))
		facts->state = MMLENS_UNKNOWN32;
	if (!(granted & COL(LEVEL)))
		facts->level = MMLENS_UNKNOWN32;
	if (!(granted & COL(FRAME)))
		facts->frame = MMLENS_UNKNOWN;
	if (!(granted & COL(SWAP)))
		facts->swap = MMLENS_UNKNOWN;
	if (!(granted & COL(ENTRY)))
		facts->entry = MMLENS_UNKNOWN;
	if (!(granted & COL(FLAGS)))
		facts->flags = MMLENS_UNKNOWN;
}

/*
 * The epoch watches what the hardware may use: without PRESENT, an entry can
 * change unseen.
 */
static u32 unwatched_pages(const struct mmlens_facts *facts, u32 pages)
{
	return mmlens_epoch_supported() &&
	       (facts->entry & MMLENS_ENTRY_PRESENT) ? 0 : pages;
}

static bool add_facts(struct page_dump *pd, const struct mmlens_facts *facts,
		      unsigned long addr, u32 pages)
{
	return mmlens_batch_add(&pd->batch, addr, pages,
				facts->state == MMLENS_STATE_ZERO, facts);
}

/*
 * Apart, like other slow paths here: kernels that clear the stack would have
 * each page pay for the copy.
 */
static noinline bool add_masked(struct page_dump *pd,
				const struct mmlens_facts *facts,
				unsigned long addr, u32 pages)
{
	bool zero = facts->state == MMLENS_STATE_ZERO;
	struct mmlens_facts granted = *facts;

	mask_facts(&granted, pd->dump.columns);
	return mmlens_batch_add(&pd->batch, addr, pages, zero, &granted);
}

/* false: the message is full, nothing was taken */
static bool take_pages(struct page_dump *pd, const struct mmlens_facts *facts,
		       unsigned long addr, u32 pages)
{
	if (pd->masks ? !add_masked(pd, facts, addr, pages) :
			!add_facts(pd, facts, addr, pages))
		return false;
	pd->dump.unwatched += unwatched_pages(facts, pages);
	return true;
}

static int stop_full(struct mmlens_walk *walk, unsigned long addr)
{
	struct page_dump *pd = walk->private;

	walk->next = addr;
	pd->full = true;
	return 1;
}

static void visit_vma(struct mmlens_walk *walk)
{
	struct page_dump *pd = walk->private;

	pd->reader.vma = walk->vma;
	/* an extent never crosses a VMA */
	pd->batch.open = false;
}

static void skip_pages(struct mmlens_facts *facts, u64 pages)
{
	if (facts->frame != MMLENS_UNKNOWN)
		facts->frame += pages;
	if (!facts->order && facts->head != MMLENS_UNKNOWN)
		facts->head += pages;
}

/* What the filter lets pass of [addr, end). false: as take_pages() */
static bool offer_pages(struct page_dump *pd, struct mmlens_facts *facts,
			unsigned long addr, unsigned long end)
{
	unsigned long first = addr;

	if (pd->filter.active) {
		if (!filter_passes(&pd->filter, facts) ||
		    !filter_clip(&pd->filter, facts->frame, &addr, &end))
			return true;
		skip_pages(facts, (addr - first) >> PAGE_SHIFT);
	}
	return take_pages(pd, facts, addr, (end - addr) >> PAGE_SHIFT);
}

static int visit_ptes(struct mmlens_walk *walk, pte_t *ptep, unsigned long addr,
		      unsigned long end)
{
	struct page_dump *pd = walk->private;
	struct mmlens_facts facts;
	u32 n;

	mmlens_reader_forget(&pd->reader);
	for (; addr != end; ptep += n, addr += n * PAGE_SIZE) {
		n = 1;
		if (pte_none(ptep_get(ptep)))
			continue;
		n = mmlens_read_ptes(&pd->reader, &facts, ptep,
				     (end - addr) >> PAGE_SHIFT);
		if (!offer_pages(pd, &facts, addr, addr + n * PAGE_SIZE))
			return stop_full(walk, addr);
	}
	return 0;
}

/* Pages of a huge mapping that PTEs elsewhere map as well, each on its own. */
static int visit_uneven(struct mmlens_walk *walk,
			const struct mmlens_facts *first, unsigned long addr,
			unsigned long end)
{
	struct page_dump *pd = walk->private;
	u64 frame = first->frame;

	for (; addr != end; addr += PAGE_SIZE, frame++) {
		struct mmlens_facts facts = *first;

		facts.frame = frame;
		facts.mapcount = mmlens_read_mapcount(frame);
		if (!offer_pages(pd, &facts, addr, addr + PAGE_SIZE))
			return stop_full(walk, addr);
	}
	return 0;
}

static int visit_huge(struct mmlens_walk *walk, enum mmlens_level level,
		      const void *entry, u64 raw, unsigned long addr,
		      unsigned long end)
{
	struct page_dump *pd = walk->private;
	struct mmlens_facts facts;

	mmlens_reader_forget(&pd->reader);
	if (!mmlens_read_huge(&pd->reader, &facts, level, entry, raw, addr))
		return visit_uneven(walk, &facts, addr, end);
	if (!offer_pages(pd, &facts, addr, end))
		return stop_full(walk, addr);
	return 0;
}

static const struct mmlens_visitor page_visitor = {
	.vma = visit_vma,
	.ptes = visit_ptes,
	.huge = visit_huge,
};

static void page_begin(struct mmlens_dump *dump, size_t room)
{
	struct page_dump *pd = container_of(dump, struct page_dump, dump);

	mmlens_batch_begin(&pd->batch, dump, room);
	pd->full = false;
}

static int page_window(struct mmlens_dump *dump, struct mmlens_deadline *deadline)
{
	struct page_dump *pd = container_of(dump, struct page_dump, dump);
	struct mmlens_walk walk = {
		.mm = dump->target.mm,
		.visitor = &page_visitor,
		.private = pd,
		.deadline = deadline,
	};
	int err;

	/* another hold of the lock: the VMA may be another one by now */
	pd->batch.open = false;
	err = mmlens_walk_range(&walk, dump->pos, dump->end);
	dump->pos = walk.next;
	dump->bytes += walk.bytes;
	return err ?: pd->full;
}

static int page_put(struct mmlens_dump *dump, struct sk_buff *skb)
{
	struct page_dump *pd = container_of(dump, struct page_dump, dump);

	return mmlens_batch_put(&pd->batch, dump, skb);
}

static void page_free(struct mmlens_dump *dump)
{
	struct page_dump *pd = container_of(dump, struct page_dump, dump);

	mmlens_batch_free(&pd->batch);
	kfree(pd);
}

/* A bit that no answer can have would match nothing, and look like "nothing there". */
static int filter_bits(u64 *bits, const struct nlattr *attr, u64 known,
		       struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	*bits = nla_get_u64(attr);
	if (!(*bits & ~known))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "FILTER has a bit that this kernel or module cannot report");
	return -EINVAL;
}

static int filter_frames(struct filter *filter, const struct nlattr *start,
			 const struct nlattr *end,
			 struct netlink_ext_ack *extack)
{
	filter->frames = start || end;
	filter->frame_start = start ? nla_get_u64(start) : 0;
	filter->frame_end = end ? nla_get_u64(end) : MMLENS_UNKNOWN;
	if (filter->frame_start < filter->frame_end)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, start ?: end,
			    "FILTER has an empty range of frames");
	return -EINVAL;
}

static int filter_get(struct filter *filter, const struct nlattr *nest,
		      struct netlink_ext_ack *extack)
{
	u64 states = mmlens_known_states() & ~BIT_ULL(MMLENS_STATE_NONE);
	struct nlattr *attrs[MMLENS_FILTER_MAX + 1];
	int err;

	*filter = (struct filter) { .states = states };
	if (!nest)
		return 0;
	/* validated against the policy already, as part of the request */
	err = nla_parse_nested(attrs, MMLENS_FILTER_MAX, nest, NULL, extack);
	if (err)
		return err;
	filter->active = true;
	return filter_bits(&filter->states, attrs[MMLENS_FILTER_STATES], states,
			   extack) ?:
	       filter_bits(&filter->entry_all, attrs[MMLENS_FILTER_ENTRY_ALL],
			   MML_ENTRY_BITS, extack) ?:
	       filter_bits(&filter->entry_none, attrs[MMLENS_FILTER_ENTRY_NONE],
			   MML_ENTRY_BITS, extack) ?:
	       filter_bits(&filter->flags_all, attrs[MMLENS_FILTER_FLAGS_ALL],
			   mmlens_frame_known_flags(), extack) ?:
	       filter_bits(&filter->flags_none, attrs[MMLENS_FILTER_FLAGS_NONE],
			   mmlens_frame_known_flags(), extack) ?:
	       filter_frames(filter, attrs[MMLENS_FILTER_FRAME_START],
			     attrs[MMLENS_FILTER_FRAME_END], extack);
}

static int page_request(struct mmlens_dump *dump, struct nlattr **attrs,
			struct netlink_ext_ack *extack)
{
	struct page_dump *pd = container_of(dump, struct page_dump, dump);
	int err = filter_get(&pd->filter, attrs[MMLENS_A_FILTER], extack) ?:
		  mmlens_batch_request(&pd->batch, dump,
				       attrs[MMLENS_A_COLUMNS],
				       MMLENS_COL_DEFAULT, MMLENS_COL_ALL,
				       extack);

	pd->reader.need = dump->columns;
	if (pd->filter.flags_all || pd->filter.flags_none)
		pd->reader.need |= COL(FLAGS);
	pd->masks = (pd->reader.need | ENTRY_COLUMNS) != dump->columns;
	return err;
}

static const struct mmlens_dump_ops page_dump_ops = {
	.cmd = MMLENS_CMD_PAGE_GET,
	.watched = true,
	.request = page_request,
	.begin = page_begin,
	.window = page_window,
	.put = page_put,
	.free = page_free,
};

/**
 * mmlens_page_start() - begin a dump of pages
 * @cb: the dump's callback
 *
 * Return: 0 or an errno
 */
int mmlens_page_start(struct netlink_callback *cb)
{
	struct page_dump *pd = kzalloc(sizeof(*pd), GFP_KERNEL_ACCOUNT);

	return pd ? mmlens_dump_start(&pd->dump, cb, &page_dump_ops) : -ENOMEM;
}
