// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/columns.h"
#include "lib/tables.h"

#define COLUMN(column, member) \
	MML_COLUMN(MMLENS_TABLE_COL_##column, struct mml_table, member)

static const struct mml_column columns[MMLENS_TABLE_COL_MAX + 1] = {
	COLUMN(LEVEL, level),
	COLUMN(START, start),
	COLUMN(END, end),
	COLUMN(FRAME, frame),
	COLUMN(SLOTS, slots),
	COLUMN(USED, used),
	COLUMN(LEAVES, leaves),
	COLUMN(UNCOVERED, uncovered),
	COLUMN(KERNEL, kernel),
};

#define ALL_COLUMNS \
	(MMLENS_COL_BIT(MMLENS_TABLE_COL_MAX + 1) - MMLENS_COL_BIT(1))

const struct mml_name mml_tables_verdict_names[] = {
	{ "equal", MML_TABLES_EQUAL },
	{ "changed", MML_TABLES_CHANGED },
	{ "differs", MML_TABLES_DIFFERS },
	{ "unknown", MML_TABLES_UNKNOWN },
	{ }
};

static bool makes_sense(const struct mml_table *table)
{
	return table->level >= MMLENS_LEVEL_PTE &&
	       table->level <= MMLENS_LEVEL_PGD && table->start < table->end &&
	       table->used <= table->slots;
}

static int append(struct mml_tables *tables, const char *const *found,
		  uint32_t count)
{
	struct mml_table *v;
	uint32_t i;

	v = realloc(tables->v, (tables->n + count) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	tables->v = v;
	memset(&v[tables->n], 0, count * sizeof(*v));
	mml_columns_read(columns, MMLENS_TABLE_COL_MAX, found, 0, count,
			 &v[tables->n], sizeof(*v));
	for (i = 0; i < count; i++) {
		if (!makes_sense(&v[tables->n]))
			return -EBADMSG;
		tables->n++;
	}
	return 0;
}

/**
 * mml_decode_tables() - append the tables of a message
 * @msg: a message of a TABLE_GET dump
 * @tables: what to append to
 *
 * Return: 0, -EBADMSG or -ENOMEM
 */
int mml_decode_tables(const struct mml_message *msg, struct mml_tables *tables)
{
	const struct nlattr *nest = msg->attr[MMLENS_A_TABLES];
	const struct nlattr *number = msg->attr[MMLENS_A_COUNT];
	const char *found[MMLENS_TABLE_COL_MAX + 1];
	uint32_t count;
	int ret;

	if (!nest && !number)
		return 0;
	if (!nest || !number || mnl_attr_get_payload_len(number) != sizeof(count))
		return -EBADMSG;
	count = mnl_attr_get_u32(number);
	ret = mml_columns_find(nest, columns, MMLENS_TABLE_COL_MAX, ALL_COLUMNS,
			       count, found);
	return ret || !count ? ret : append(tables, found, count);
}

/**
 * mml_tables_free() - free tables
 * @tables: from mml_tables(), or all zeroes
 */
void mml_tables_free(struct mml_tables *tables)
{
	free(tables->v);
	memset(tables, 0, sizeof(*tables));
}

/* A term that nobody knows makes no sum. */
static uint64_t formula(const struct mml_tables_sum *sum)
{
	if (sum->deposited == MMLENS_UNKNOWN)
		return MMLENS_UNKNOWN;
	return (sum->level[MMLENS_LEVEL_PTE].tables +
		sum->level[MMLENS_LEVEL_PMD].tables +
		sum->level[MMLENS_LEVEL_PUD].tables +
		sum->deposited) * sum->table_size;
}

/**
 * mml_tables_sum() - totals, and what VmPTE should be
 * @tables: of a whole address space
 * @page_size: bytes of a base page, and of a table
 * @sum: where to
 */
void mml_tables_sum(const struct mml_tables *tables, uint64_t page_size,
		    struct mml_tables_sum *sum)
{
	struct mml_tables_level *level;
	const struct mml_table *table;
	size_t i;

	memset(sum, 0, sizeof(*sum));
	sum->table_size = page_size;
	sum->deposited = tables->dump.complete ? tables->dump.deposited :
						 MMLENS_UNKNOWN;
	for (i = 0; i < tables->n; i++) {
		table = &tables->v[i];
		level = &sum->level[table->level];
		level->tables++;
		level->slots += table->slots;
		level->used += table->used;
		level->leaves += table->leaves;
		level->uncovered += table->uncovered;
		if (table->level == MMLENS_LEVEL_PGD) {
			sum->kernel_used = table->kernel;
			sum->kernel_slots = page_size / sizeof(uint64_t) -
					    table->slots;
		}
	}
	sum->bytes = formula(sum);
}

/**
 * mml_tables_judge() - is the sum what the kernel counts?
 * @tables: what was summed up
 * @sum: their sum
 * @before: VmPTE in bytes, read before the tables were; or MMLENS_UNKNOWN
 * @after: the same, read after them
 *
 * Return: the verdict
 */
enum mml_tables_verdict mml_tables_judge(const struct mml_tables *tables,
					 const struct mml_tables_sum *sum,
					 uint64_t before, uint64_t after)
{
	if (!tables->dump.complete || sum->bytes == MMLENS_UNKNOWN ||
	    before == MMLENS_UNKNOWN || after == MMLENS_UNKNOWN)
		return MML_TABLES_UNKNOWN;
	if (sum->bytes == before || sum->bytes == after)
		return MML_TABLES_EQUAL;
	return before != after || tables->dump.holds > 1 ? MML_TABLES_CHANGED :
							   MML_TABLES_DIFFERS;
}

/**
 * mml_tables_parent() - the table above
 * @tables: all of them, each before those below it
 * @i: which one
 *
 * Return: a table of a higher level that serves its addresses, or NULL
 */
const struct mml_table *mml_tables_parent(const struct mml_tables *tables,
					  size_t i)
{
	const struct mml_table *table = &tables->v[i], *above;

	for (above = table; above-- > tables->v; )
		if (above->level > table->level && above->start <= table->start &&
		    above->end > table->start)
			return above;
	return NULL;
}
