// SPDX-License-Identifier: GPL-2.0
/* VMA_GET as a dump, and what a VMA is made of. */
#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/kallsyms.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/pkeys.h>
#include <linux/rmap.h>
#include <linux/slab.h>

#include "compat/vma.h"
#include "count.h"
#include "dump.h"
#include "netlink.h"
#include "reply.h"
#include "vma.h"

#define DEPTH MMLENS_VMA_COL_BIT(MMLENS_VMA_COL_DEPTH)

/* VM_ flags that this kernel has not are 0 here, and drop out. */
static const struct {
	unsigned long kernel;
	u64 ours;
} vm_flag_table[] = {
#define X(name) { VM_##name, MMLENS_VM_##name },
	MML_VM_FLAGS(X)
#undef X
};

/**
 * mmlens_vma_flags() - translate VM_ flags
 * @vm_flags: the kernel's
 *
 * Return: MMLENS_VM_* mask, with MMLENS_VM_UNKNOWN for what has no number yet
 */
u64 mmlens_vma_flags(unsigned long vm_flags)
{
	unsigned long left = vm_flags & ~MML_VM_PKEY;
	u64 flags = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vm_flag_table); i++) {
		if (left & vm_flag_table[i].kernel)
			flags |= vm_flag_table[i].ours;
		left &= ~vm_flag_table[i].kernel;
	}
	return left ? flags | MMLENS_VM_UNKNOWN : flags;
}

/**
 * mmlens_vma_known_flags() - the VM_ flags that this kernel can report
 */
u64 mmlens_vma_known_flags(void)
{
	u64 flags = MMLENS_VM_UNKNOWN;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vm_flag_table); i++)
		if (vm_flag_table[i].kernel)
			flags |= vm_flag_table[i].ours;
	return flags;
}

/* vma_is_shmem() and vma_is_secretmem() are vmlinux's own. */
static enum mmlens_vma_kind file_kind(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	if (inode->i_sb->s_magic == MML_SECRETMEM_MAGIC)
		return MMLENS_VMA_KIND_SECRETMEM;
	if (inode->i_sb->s_magic == TMPFS_MAGIC && S_ISREG(inode->i_mode))
		return MMLENS_VMA_KIND_SHMEM;
	/* sockets, perf, io_uring, devices: nothing that has a page cache */
	if (inode->i_sb->s_magic == ANON_INODE_FS_MAGIC ||
	    (!S_ISREG(inode->i_mode) && !S_ISBLK(inode->i_mode)))
		return MMLENS_VMA_KIND_DEVICE;
	return MMLENS_VMA_KIND_FILE;
}

/**
 * mmlens_vma_kind() - what backs a VMA
 * @vma: which does not go away meanwhile. Does not sleep
 */
enum mmlens_vma_kind mmlens_vma_kind(const struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_HUGETLB)
		return MMLENS_VMA_KIND_HUGETLB;
	if (vma->vm_ops && vma->vm_ops->name)
		return MMLENS_VMA_KIND_SPECIAL;
	if (vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP | VM_IO))
		return MMLENS_VMA_KIND_DEVICE;
	/* a private mapping of /dev/zero has a file, and is anonymous */
	if (!vma->vm_ops || !vma->vm_file)
		return MMLENS_VMA_KIND_ANON;
	return file_kind(vma->vm_file);
}

/* As fs/proc/task_mmu.c names those that have no file. */
static void read_name(struct mmlens_vma_facts *facts, struct vm_area_struct *vma)
{
	const struct mm_struct *mm = vma->vm_mm;
	const char *name = NULL;

	if (vma->vm_ops && vma->vm_ops->name)
		name = vma->vm_ops->name(vma);
	else if (vma->vm_file)
		;
	else if (vma->vm_start < mm->brk && vma->vm_end > mm->start_brk)
		name = "[heap]";
	else if (vma->vm_start <= mm->start_stack &&
		 vma->vm_end >= mm->start_stack)
		name = "[stack]";
	strscpy(facts->name, name ?: "", sizeof(facts->name));
}

static void read_file(struct mmlens_vma_facts *facts, struct file *file,
		      char *path)
{
	const struct inode *inode = mml_file_inode(file);

	facts->has_file = true;
	facts->major = MAJOR(inode->i_sb->s_dev);
	facts->minor = MINOR(inode->i_sb->s_dev);
	facts->inode = inode->i_ino;
	/* where its pages are kept: a block device's node has no size */
	facts->file_size = i_size_read(file->f_mapping->host);
	path = d_path(mml_file_path(file), path, PATH_MAX);
	/* too long to be told: device and inode still say which file */
	facts->path = IS_ERR(path) ? NULL : path;
}

/**
 * mmlens_vma_read() - copy what there is to say about a VMA
 * @facts: result
 * @vma: found under the mmap lock, which is held
 * @path: PATH_MAX bytes that @facts->path may point into
 */
void mmlens_vma_read(struct mmlens_vma_facts *facts, struct vm_area_struct *vma,
		     char *path)
{
	/* set by a fault under the mmap read lock, cleared under the write lock */
	struct anon_vma *anon = READ_ONCE(vma->anon_vma);

	*facts = (struct mmlens_vma_facts) {
		.start = vma->vm_start,
		.end = vma->vm_end,
		.flags = mmlens_vma_flags(vma->vm_flags),
		.kind = mmlens_vma_kind(vma),
		.pgoff = vma->vm_pgoff,
		.pkey = vma_pkey(vma),
		/* vma_kernel_pagesize() */
		.page_size = vma->vm_ops && vma->vm_ops->pagesize ?
			vma->vm_ops->pagesize(vma) : PAGE_SIZE,
		.has_anon = anon,
		.ops = vma->vm_ops,
	};
	if (anon) {
		facts->anon_id = mmlens_opaque(anon);
		facts->anon_root = mmlens_opaque(anon->root);
	}
	if (vma->vm_file)
		read_file(facts, vma->vm_file, path);
	read_name(facts, vma);
}

/*
 * The name of a symbol, and never its address: %ps falls back to a number for
 * what kallsyms does not know.
 */
static int put_ops(struct sk_buff *skb, const void *ops)
{
	char name[MMLENS_VMA_OPS_LEN];

	if (!ops || !MML_HAVE_DATA_SYMBOLS)
		return 0;
	snprintf(name, sizeof(name), "%ps", ops);
	if (!isalpha(name[0]) && name[0] != '_')
		return 0;
	return nla_put_string(skb, MMLENS_VMA_OPS, name);
}

static int put_file(struct sk_buff *skb, const struct mmlens_vma_facts *facts)
{
	return nla_put_u32(skb, MMLENS_VMA_MAJOR, facts->major) ||
	       nla_put_u32(skb, MMLENS_VMA_MINOR, facts->minor) ||
	       mmlens_put_u64(skb, MMLENS_VMA_INODE, facts->inode) ||
	       mmlens_put_u64(skb, MMLENS_VMA_FILE_SIZE, facts->file_size) ||
	       (facts->path &&
		nla_put_string(skb, MMLENS_VMA_PATH, facts->path));
}

/**
 * mmlens_put_vma() - a nest for one VMA
 * @skb: a message begun
 * @attr: MMLENS_A_VMA, MMLENS_A_PREV or MMLENS_A_NEXT
 * @facts: as read
 * @counts: as counted; may be NULL if @columns is 0
 * @columns: MMLENS_VMA_COL_BIT() mask of the counts to put
 *
 * Return: 0 or -EMSGSIZE
 */
int mmlens_put_vma(struct sk_buff *skb, int attr,
		   const struct mmlens_vma_facts *facts,
		   const struct mmlens_counts *counts, u64 columns)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest ||
	    mmlens_put_u64(skb, MMLENS_VMA_START, facts->start) ||
	    mmlens_put_u64(skb, MMLENS_VMA_END, facts->end) ||
	    mmlens_put_u64(skb, MMLENS_VMA_FLAGS, facts->flags) ||
	    nla_put_u32(skb, MMLENS_VMA_KIND, facts->kind) ||
	    mmlens_put_u64(skb, MMLENS_VMA_PGOFF, facts->pgoff) ||
	    nla_put_u32(skb, MMLENS_VMA_PKEY, facts->pkey) ||
	    mmlens_put_u64(skb, MMLENS_VMA_PAGE_SIZE, facts->page_size) ||
	    (facts->name[0] &&
	     nla_put_string(skb, MMLENS_VMA_NAME, facts->name)) ||
	    (facts->has_anon &&
	     (mmlens_put_u64(skb, MMLENS_VMA_ANON_ID, facts->anon_id) ||
	      mmlens_put_u64(skb, MMLENS_VMA_ANON_ROOT, facts->anon_root))) ||
	    (facts->has_file && put_file(skb, facts)) ||
	    put_ops(skb, facts->ops) ||
	    (columns &&
	     mmlens_put_counts(skb, MMLENS_VMA_COUNTS, counts, columns)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/*
 * The dump. A batch is as many VMAs as one message holds: their facts, and
 * their paths one after the other. Counting one may take more than one hold of
 * the mmap lock, and more than one message: its facts wait until it is done.
 */
#define BATCH_VMAS	128
#define BATCH_PATHS	(32 * 1024)

struct counted_vma {
	struct mmlens_vma_facts facts;
	struct mmlens_counts counts;
};

struct vma_dump {
	struct mmlens_dump dump;	/* first: it is what netlink knows */
	size_t room;
	size_t used;			/* of paths */
	unsigned int count;
	bool sum;			/* only the counts of all: they are in @now */
	bool active;			/* the one at hand is not sent yet */
	struct counted_vma now;
	char path[PATH_MAX];		/* of the one at hand */
	struct counted_vma vmas[BATCH_VMAS];
	char paths[BATCH_PATHS];
};

static void vma_begin(struct mmlens_dump *dump, size_t room)
{
	struct vma_dump *vd = container_of(dump, struct vma_dump, dump);

	vd->room = min_t(size_t, room, BATCH_PATHS);
	vd->used = 0;
	vd->count = 0;
}

/* No more than its attributes take. */
static size_t vma_size(const struct mmlens_vma_facts *facts, size_t path,
		       u64 columns)
{
	return MMLENS_VMA_NUMBERS_SIZE +
	       nla_total_size(strlen(facts->name) + 1) +
	       (facts->ops ? nla_total_size(MMLENS_VMA_OPS_LEN) : 0) +
	       nla_total_size(path) +
	       (columns ? MMLENS_COUNTS_SIZE(columns) : 0);
}

/* Give the VMA at hand its place in the message; false when there is none. */
static bool vma_push(struct vma_dump *vd)
{
	struct counted_vma *vma = &vd->vmas[vd->count];
	const char *path = vd->now.facts.path;
	size_t length = path ? strlen(path) + 1 : 0;
	size_t size = vma_size(&vd->now.facts, length, vd->dump.columns);

	if (vd->count == BATCH_VMAS || size > vd->room)
		return false;
	*vma = vd->now;
	if (path)
		vma->facts.path = memcpy(vd->paths + vd->used, path, length);
	vd->used += length;
	vd->room -= size;
	vd->count++;
	vd->active = false;
	return true;
}

/* false when nothing is left to be dumped */
static bool vma_take(struct vma_dump *vd)
{
	struct mmlens_dump *dump = &vd->dump;
	struct vm_area_struct *vma = find_vma(dump->target.mm, dump->pos);

	if (!vma || vma->vm_start >= dump->end)
		return false;
	mmlens_vma_read(&vd->now.facts, vma, vd->path);
	memset(&vd->now.counts, 0, sizeof(vd->now.counts));
	if (dump->columns & DEPTH)
		vd->now.counts.of[MMLENS_VMA_COL_DEPTH] =
			mml_vma_depth(dump->target.mm, vma->vm_start);
	dump->pos = max(vma->vm_start, dump->pos);
	vd->active = true;
	return true;
}

/* Is the VMA at hand still what it was in the last hold of the mmap lock? */
static bool vma_same(struct vma_dump *vd)
{
	struct vm_area_struct *vma = find_vma(vd->dump.target.mm, vd->dump.pos);

	return vma && vma->vm_start == vd->now.facts.start &&
	       vma->vm_end == vd->now.facts.end;
}

/*
 * Count the VMA at hand: 1 if it is not done yet, or -EAGAIN if a lock of hugetlb
 * is taken. One that has changed since the lock was last held is left at what was
 * counted, and what is there now comes as one more.
 */
static int vma_count(struct vma_dump *vd, struct mmlens_deadline *deadline)
{
	struct mmlens_dump *dump = &vd->dump;
	unsigned long end = min_t(u64, vd->now.facts.end, dump->end);
	int err;

	/* what is known without a look at the tables */
	if (!(dump->columns & ~DEPTH)) {
		dump->bytes += end - dump->pos;
		dump->pos = end;
		return 0;
	}
	if (dump->pos >= end || !vma_same(vd))
		return 0;
	err = mmlens_count_range(&vd->now.counts, dump, end, deadline);
	return err ?: dump->pos != end;
}

static int vma_window(struct mmlens_dump *dump, struct mmlens_deadline *deadline)
{
	struct vma_dump *vd = container_of(dump, struct vma_dump, dump);
	int err;

	if (vd->sum)
		return mmlens_count_range(&vd->now.counts, dump, dump->end,
					  deadline);
	do {
		if (!vd->active && !vma_take(vd)) {
			dump->pos = dump->end;
			return 0;
		}
		/* the rest in another hold of the lock, or another message */
		err = vma_count(vd, deadline);
		if (err)
			return min(err, 0);
		if (!vma_push(vd))
			return 1;
	} while (dump->pos < dump->end &&
		 !mmlens_lock_overdue(dump->target.mm, deadline,
				      MMLENS_VMA_WORK));
	return 0;
}

/*
 * The process is gone, and a VMA is at hand that was not in the message before: it
 * was there, and is told with what was counted. Should others have taken its room,
 * the dump ends before it.
 */
static void vma_gone(struct mmlens_dump *dump)
{
	struct vma_dump *vd = container_of(dump, struct vma_dump, dump);

	if (vd->active && !vma_push(vd))
		dump->pos = vd->now.facts.start;
}

static int vma_put(struct mmlens_dump *dump, struct sk_buff *skb)
{
	struct vma_dump *vd = container_of(dump, struct vma_dump, dump);
	unsigned int i;
	int err;

	for (i = 0; i < vd->count; i++) {
		struct counted_vma *vma = &vd->vmas[i];

		err = mmlens_put_vma(skb, MMLENS_A_VMA, &vma->facts,
				     &vma->counts, dump->columns);
		if (err)
			return err;
	}
	dump->records += vd->count;
	return 0;
}

static int vma_put_last(struct mmlens_dump *dump, struct sk_buff *skb)
{
	struct vma_dump *vd = container_of(dump, struct vma_dump, dump);

	return vd->sum ? mmlens_put_counts(skb, MMLENS_TRAILER_COUNTS,
					   &vd->now.counts, dump->columns) : 0;
}

static void vma_free(struct mmlens_dump *dump)
{
	kvfree(container_of(dump, struct vma_dump, dump));
}

static int vma_columns(struct mmlens_dump *dump, const struct nlattr *columns,
		       const struct nlattr *sum, struct netlink_ext_ack *extack)
{
	int err = columns ? mmlens_columns_get(columns, MMLENS_VMA_COL_ALL,
					       &dump->columns, extack) : 0;

	if (err || !sum)
		return err;
	if (dump->columns && !(dump->columns & DEPTH))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, sum,
			    "SUM is of COLUMNS, of which DEPTH has none");
	return -EINVAL;
}

static int vma_request(struct mmlens_dump *dump, struct nlattr **attrs,
		       struct netlink_ext_ack *extack)
{
	struct vma_dump *vd = container_of(dump, struct vma_dump, dump);

	if (attrs[MMLENS_A_ADDR]) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[MMLENS_A_ADDR],
				    "a dump takes START and END, not ADDR");
		return -EINVAL;
	}
	vd->sum = attrs[MMLENS_A_SUM];
	return vma_columns(dump, attrs[MMLENS_A_COLUMNS], attrs[MMLENS_A_SUM],
			   extack);
}

static const struct mmlens_dump_ops vma_dump_ops = {
	.cmd = MMLENS_CMD_VMA_GET,
	.request = vma_request,
	.begin = vma_begin,
	.window = vma_window,
	.gone = vma_gone,
	.put = vma_put,
	.put_last = vma_put_last,
	.free = vma_free,
};

/**
 * mmlens_vma_start() - begin a dump of VMAs
 * @cb: the dump's callback
 *
 * Return: 0 or an errno
 */
int mmlens_vma_start(struct netlink_callback *cb)
{
	struct vma_dump *vd = kvzalloc(sizeof(*vd), GFP_KERNEL_ACCOUNT);

	return vd ? mmlens_dump_start(&vd->dump, cb, &vma_dump_ops) : -ENOMEM;
}
