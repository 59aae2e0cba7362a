// SPDX-License-Identifier: GPL-2.0
/*
 * TABLE_GET: every page-table page, once.
 *
 * VMAs share tables, and the walk comes to a table once for each of them. But
 * it comes in order of addresses: a table is new if it starts above the last
 * one of its level. Its entries are counted as a whole, also those that belong
 * to other VMAs, or to none: the page is in place as long as one VMA that it
 * serves is.
 */
#include <linux/io.h>
#include <linux/slab.h>

#include "compat/pgtable.h"
#include "dump.h"
#include "netlink.h"
#include "reply.h"
#include "walk.h"

struct table {
	u64 start;
	u64 end;
	u64 frame;
	u32 level;
	u32 slots;
	u32 used;
	u32 leaves;
	u32 uncovered;
	u32 kernel;
};

#define TABLE(name, member)						\
	MMLENS_COLUMN(MMLENS_TABLE_COL_##name, struct table, member)

static const struct mmlens_column table_columns[] = {
	TABLE(LEVEL, level),
	TABLE(START, start),
	TABLE(END, end),
	TABLE(FRAME, frame),
	TABLE(SLOTS, slots),
	TABLE(USED, used),
	TABLE(LEAVES, leaves),
	TABLE(UNCOVERED, uncovered),
	TABLE(KERNEL, kernel),
};

static const struct mmlens_rows table_rows = {
	.attr = MMLENS_A_TABLES,
	.max = MMLENS_TABLE_COL_MAX,
	.columns = table_columns,
	.row = sizeof(struct table),
};

#define ALL_COLUMNS							\
	(MMLENS_COL_BIT(__MMLENS_TABLE_COL_MAX) - MMLENS_COL_BIT(1))

#define BATCH_TABLES 640	/* what 32 KiB hold */

/**
 * struct table_dump - tables of one process
 * @dump: first: it is what netlink knows
 * @above: by level: tables that start below this have been reported
 * @deposited: PTE tables in reserve below huge pages
 * @count: of @tables
 * @limit: what the message can hold
 * @full: the message is full
 * @tables: the batch
 */
struct table_dump {
	struct mmlens_dump dump;
	u64 above[MMLENS_LEVEL_PGD + 1];
	u64 deposited;
	u32 count;
	u32 limit;
	bool full;
	struct table tables[BATCH_TABLES];
};

/* Bytes of address space that one entry of a level serves. */
static u64 entry_span(enum mmlens_level level)
{
	static const u8 shift[] = {
		[MMLENS_LEVEL_PTE] = PAGE_SHIFT,
		[MMLENS_LEVEL_PMD] = PMD_SHIFT,
		[MMLENS_LEVEL_PUD] = PUD_SHIFT,
	};

	if (level == MMLENS_LEVEL_PGD)
		return PGDIR_SIZE;
	return level == MMLENS_LEVEL_P4D ? P4D_SIZE : 1ULL << shift[level];
}

/* Used entries in [from, to) of a table that starts at table->start. */
static u32 count_used(const struct table *table, const u64 *entries, u64 from,
		      u64 to)
{
	u64 span = entry_span(table->level);
	u32 i = (from - table->start) / span;
	u32 end = DIV_ROUND_UP(to - table->start, span);
	u32 used = 0;

	for (; i < end; i++)
		used += !mml_entry_none(READ_ONCE(entries[i]));
	return used;
}

static u32 count_leaves(const struct table *table, const u64 *entries)
{
	u32 i, leaves = 0;

	for (i = 0; i < table->slots; i++) {
		u64 bits = mml_entry_bits(READ_ONCE(entries[i]), table->level);

		if ((bits & MMLENS_ENTRY_LEAF) &&
		    (bits & (MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_PROTNONE)))
			leaves++;
	}
	return leaves;
}

/*
 * VMAs that meet in an entry count it once: @done is where the last one ended,
 * and the next is looked up from there. So there are no more steps than the
 * table has entries, however many VMAs lie below it: this runs in one go under
 * the mmap lock.
 */
static u32 count_covered(struct mm_struct *mm, const struct table *table,
			 const u64 *entries)
{
	u64 span = entry_span(table->level), done = table->start, from;
	struct vm_area_struct *vma;
	u32 covered = 0;

	while (done < table->end) {
		vma = find_vma(mm, done);
		if (!vma || vma->vm_start >= table->end)
			break;
		from = max_t(u64, round_down(vma->vm_start, span), done);
		done = min_t(u64, round_up(vma->vm_end, span), table->end);
		covered += count_used(table, entries, from, done);
	}
	return covered;
}

static void count_kernel(struct table *table, const u64 *entries)
{
	u32 i;

	for (i = table->slots; i < PTRS_PER_PGD; i++)
		table->kernel += !mml_entry_none(READ_ONCE(entries[i]));
}

/* @entry: one of the table's, at @addr. The table is in place: see walk.c. */
static int see_table(struct mmlens_walk *walk, enum mmlens_level level,
		     const void *entry, unsigned long addr)
{
	const u64 *entries = (u64 *)((unsigned long)entry & PAGE_MASK);
	struct table_dump *td = walk->private;
	u64 span = entry_span(level) * (PAGE_SIZE / sizeof(u64));
	struct table *table;

	if (addr < td->above[level])
		return 0;
	if (td->count == td->limit) {
		td->full = true;
		walk->next = addr;
		return 1;
	}
	table = &td->tables[td->count++];
	*table = (struct table) {
		.level = level,
		.start = level == MMLENS_LEVEL_PGD ? 0 : round_down(addr, span),
		.frame = virt_to_phys((void *)entries) >> PAGE_SHIFT,
	};
	table->end = min_t(u64, table->start + span, TASK_SIZE_MAX);
	table->slots = DIV_ROUND_UP(table->end - table->start,
				    entry_span(level));
	table->used = count_used(table, entries, table->start, table->end);
	table->leaves = count_leaves(table, entries);
	table->uncovered = table->used -
			   min(table->used,
			       count_covered(walk->mm, table, entries));
	if (level == MMLENS_LEVEL_PGD)
		count_kernel(table, entries);
	td->above[level] = table->end;
	return 0;
}

static int visit_table(struct mmlens_walk *walk, enum mmlens_level level,
		       const void *entry, u64 raw, unsigned long addr)
{
	return see_table(walk, level, entry, addr);
}

static int visit_ptes(struct mmlens_walk *walk, pte_t *pte, unsigned long addr,
		      unsigned long end)
{
	return see_table(walk, MMLENS_LEVEL_PTE, pte, addr);
}

/* An anonymous huge page keeps the PTE table that its split will need. */
static int visit_huge(struct mmlens_walk *walk, enum mmlens_level level,
		      const void *entry, u64 raw, unsigned long addr,
		      unsigned long end)
{
	struct table_dump *td = walk->private;

	if (level == MMLENS_LEVEL_PMD && vma_is_anonymous(walk->vma))
		td->deposited++;
	return 0;
}

static const struct mmlens_visitor table_visitor = {
	.table = visit_table,
	.ptes = visit_ptes,
	.huge = visit_huge,
};

static int table_request(struct mmlens_dump *dump, struct nlattr **attrs,
			 struct netlink_ext_ack *extack)
{
	dump->columns = ALL_COLUMNS;
	return 0;
}

static void table_begin(struct mmlens_dump *dump, size_t room)
{
	struct table_dump *td = container_of(dump, struct table_dump, dump);

	td->count = 0;
	td->limit = min_t(u32, BATCH_TABLES,
			  mmlens_rows_fit(&table_rows, room, ALL_COLUMNS));
	td->full = false;
}

static int table_window(struct mmlens_dump *dump,
			struct mmlens_deadline *deadline)
{
	struct table_dump *td = container_of(dump, struct table_dump, dump);
	struct mmlens_walk walk = {
		.mm = dump->target.mm,
		.visitor = &table_visitor,
		.private = td,
		.deadline = deadline,
	};
	int err = mmlens_walk_range(&walk, dump->pos, dump->end);

	dump->pos = walk.next;
	dump->bytes += walk.bytes;
	return err ?: td->full;
}

static int table_put(struct mmlens_dump *dump, struct sk_buff *skb)
{
	struct table_dump *td = container_of(dump, struct table_dump, dump);

	if (!td->count)
		return 0;
	dump->records += td->count;
	return mmlens_put_rows(skb, &table_rows, td->tables, td->count,
			       ALL_COLUMNS);
}

static int table_put_last(struct mmlens_dump *dump, struct sk_buff *skb)
{
	struct table_dump *td = container_of(dump, struct table_dump, dump);

	return mmlens_put_u64(skb, MMLENS_TRAILER_DEPOSITED, td->deposited);
}

static void table_free(struct mmlens_dump *dump)
{
	kvfree(container_of(dump, struct table_dump, dump));
}

static const struct mmlens_dump_ops table_dump_ops = {
	.cmd = MMLENS_CMD_TABLE_GET,
	.request = table_request,
	.begin = table_begin,
	.window = table_window,
	.put = table_put,
	.put_last = table_put_last,
	.free = table_free,
};

/**
 * mmlens_table_start() - begin a dump of page tables
 * @cb: the dump's callback
 *
 * Return: 0 or an errno
 */
int mmlens_table_start(struct netlink_callback *cb)
{
	struct table_dump *td = kvzalloc(sizeof(*td), GFP_KERNEL_ACCOUNT);

	return td ? mmlens_dump_start(&td->dump, cb, &table_dump_ops) : -ENOMEM;
}
