// SPDX-License-Identifier: GPL-2.0
/*
 * FRAME_GET: page frames by their numbers, whoever uses them.
 *
 * Any number may be asked for. A struct page is only touched when its section
 * is online, and under rcu_read_lock(): a section goes offline before
 * MEM_OFFLINE is announced, and our answer to that is synchronize_rcu(), so
 * that nobody looks at it any more when it may be taken away. Device memory
 * comes and goes without an announcement, and is left alone. Nothing is held:
 * what is read is copied first, and only then believed (snapshot.c).
 *
 * What is not there costs little: absent sections are skipped many at a time,
 * a free block of the buddy allocator is judged once.
 */
#include <linux/memory.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "dump.h"
#include "extent.h"
#include "frames.h"
#include "netlink.h"
#include "reply.h"
#include "snapshot.h"

#define COL(name) MMLENS_COL_BIT(MMLENS_COL_##name)

/* Frames looked at between two looks at the clock. */
#define STRIDE 64

struct frame_dump {
	struct mmlens_dump dump;	/* first: it is what netlink knows */
	struct mmlens_batch batch;
	struct mmlens_reader reader;
	struct mmlens_snapshot shot;
	bool full;
};

/* Of all frames of a block that has struct pages as a whole, or not. */
static enum mmlens_frame_state block_state(unsigned long pfn)
{
	struct page *page;

	if (!pfn_valid(pfn))
		return MMLENS_FRAME_NONE;
	page = pfn_to_online_page(pfn);
	/* 5.10's looks at the section only, which a device may have a part of */
	if (page && !is_zone_device_page(page))
		return MMLENS_FRAME_MEMORY;
	return page || mml_frame_of_device(pfn) ? MMLENS_FRAME_DEVICE :
						  MMLENS_FRAME_OFFLINE;
}

/* What was not asked for must not split extents. */
static void keep_columns(struct mmlens_facts *facts, u64 columns)
{
	if (!(columns & COL(STATE)))
		facts->state = MMLENS_UNKNOWN32;
	if (!(columns & COL(FLAGS)))
		facts->flags = MMLENS_UNKNOWN;
	if (!(columns & COL(MAPCOUNT)))
		facts->mapcount = MMLENS_UNKNOWN32;
	if (!(columns & COL(MAPKIND)))
		facts->mapkind = MMLENS_UNKNOWN32;
	if (!(columns & COL(REFCOUNT)))
		facts->refcount = MMLENS_UNKNOWN32;
	if (!(columns & COL(HEAD)))
		facts->head = MMLENS_UNKNOWN;
	if (!(columns & COL(ORDER)))
		facts->order = MMLENS_UNKNOWN32;
	if (!(columns & COL(NODE)))
		facts->node = MMLENS_UNKNOWN32;
	if (!(columns & COL(ZONE)))
		facts->zone = MMLENS_UNKNOWN32;
}

/* false: the message is full, nothing was taken */
static bool take_frames(struct frame_dump *fd, struct mmlens_facts *facts,
			u32 frames)
{
	u64 pfn = facts->frame;

	facts->entry = MMLENS_UNKNOWN;
	facts->level = MMLENS_UNKNOWN32;
	keep_columns(facts, fd->dump.columns);
	if (!mmlens_batch_add(&fd->batch, pfn << PAGE_SHIFT, frames, false,
			      facts)) {
		fd->full = true;
		return false;
	}
	fd->dump.pos += frames;
	return true;
}

/* Frames without a struct page to be looked at. */
static bool take_block(struct frame_dump *fd, enum mmlens_frame_state state,
		       unsigned long end)
{
	struct mmlens_facts facts;

	if (state == MMLENS_FRAME_NONE) {
		fd->dump.pos = end;
		return true;
	}
	mmlens_no_facts(&facts, 0, fd->reader.need);
	facts.state = state;
	facts.frame = fd->dump.pos;
	return take_frames(fd, &facts, end - fd->dump.pos);
}

/* How many frames from this one on have the same facts. */
static u32 read_memory(struct frame_dump *fd, struct mmlens_facts *facts,
		       unsigned long pfn, unsigned long end)
{
	unsigned int block;
	u64 first;

	if (!mmlens_snapshot(&fd->shot, pfn)) {
		mmlens_no_facts(facts, 0, fd->reader.need);
		facts->state = MMLENS_FRAME_UNREADABLE;
		facts->frame = pfn;
		return 1;
	}
	mmlens_read_snapshot(&fd->reader, facts, &fd->shot);
	block = mmlens_free_block(&fd->shot, &first);
	if (!block)
		return 1;
	facts->flags |= MMLENS_PAGE_BUDDY;
	facts->mapcount = MMLENS_UNKNOWN32;
	facts->mapkind = MMLENS_MAPKIND_NONE;
	facts->head = first;
	facts->order = block - 1;
	return min_t(u64, first + BIT_ULL(block - 1), end) - pfn;
}

static bool take_memory(struct frame_dump *fd, unsigned long end)
{
	struct mmlens_facts facts;
	unsigned int i;
	u32 frames;

	for (i = 0; i < STRIDE && fd->dump.pos < end; i++) {
		frames = read_memory(fd, &facts, fd->dump.pos, end);
		if (!take_frames(fd, &facts, frames))
			return false;
	}
	return true;
}

static bool frame_stride(struct frame_dump *fd)
{
	struct mmlens_dump *dump = &fd->dump;
	enum mmlens_frame_state state;
	unsigned long end;

	dump->pos = mml_skip_absent(dump->pos, dump->end);
	if (dump->pos == dump->end)
		return true;
	end = min(round_down(dump->pos, MML_BLOCK_FRAMES) + MML_BLOCK_FRAMES,
		  dump->end);
	state = block_state(dump->pos);
	if (state == MMLENS_FRAME_MEMORY)
		return take_memory(fd, end);
	return take_block(fd, state, end);
}

static int frame_window(struct mmlens_dump *dump, struct mmlens_deadline *deadline)
{
	struct frame_dump *fd = container_of(dump, struct frame_dump, dump);
	bool more;

	rcu_read_lock();
	do {
		more = frame_stride(fd);
	} while (more && dump->pos < dump->end && !need_resched() &&
		 ktime_get_mono_fast_ns() < deadline->at);
	rcu_read_unlock();
	return fd->full;
}

static void frame_begin(struct mmlens_dump *dump, size_t room)
{
	struct frame_dump *fd = container_of(dump, struct frame_dump, dump);

	mmlens_batch_begin(&fd->batch, dump, room);
	fd->full = false;
}

static int frame_put(struct mmlens_dump *dump, struct sk_buff *skb)
{
	struct frame_dump *fd = container_of(dump, struct frame_dump, dump);

	return mmlens_batch_put(&fd->batch, dump, skb);
}

static void frame_free(struct mmlens_dump *dump)
{
	struct frame_dump *fd = container_of(dump, struct frame_dump, dump);

	mmlens_batch_free(&fd->batch);
	kfree(fd);
}

static int frame_request(struct mmlens_dump *dump, struct nlattr **attrs,
			 struct netlink_ext_ack *extack)
{
	struct frame_dump *fd = container_of(dump, struct frame_dump, dump);
	int err = mmlens_batch_request(&fd->batch, dump,
				       attrs[MMLENS_A_COLUMNS],
				       MMLENS_FRAME_COL_DEFAULT,
				       MMLENS_FRAME_COL_ALL, extack);

	fd->reader.need = dump->columns;
	return err;
}

static const struct mmlens_dump_ops frame_dump_ops = {
	.cmd = MMLENS_CMD_FRAME_GET,
	.frames = true,
	.request = frame_request,
	.begin = frame_begin,
	.window = frame_window,
	.put = frame_put,
	.free = frame_free,
};

/**
 * mmlens_frame_start() - begin a dump of frames
 * @cb: the dump's callback
 *
 * Return: 0 or an errno
 */
int mmlens_frame_start(struct netlink_callback *cb)
{
	struct frame_dump *fd = kzalloc(sizeof(*fd), GFP_KERNEL_ACCOUNT);

	return fd ? mmlens_dump_start(&fd->dump, cb, &frame_dump_ops) : -ENOMEM;
}

static int memory_event(struct notifier_block *nb, unsigned long event, void *arg)
{
	if (event == MEM_OFFLINE)
		synchronize_rcu();
	return NOTIFY_OK;
}

static struct notifier_block memory_events = {
	.notifier_call = memory_event,
};

/**
 * mmlens_frames_init() - have a say before memory goes away
 *
 * Return: 0 or an errno
 */
int mmlens_frames_init(void)
{
	return register_memory_notifier(&memory_events);
}

/**
 * mmlens_frames_exit() - undo mmlens_frames_init()
 */
void mmlens_frames_exit(void)
{
	unregister_memory_notifier(&memory_events);
}
