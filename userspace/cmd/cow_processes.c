// SPDX-License-Identifier: GPL-2.0
/* The processes of a set: a row for each, with what it has of all their memory. */
#include "cmd/cow.h"

struct process_row {
	const struct cow_member *member;
	const struct mml_set_member *set;
	uint64_t page_size;
};

#define BYTES(name, pages)						\
	static struct show_value get_##name(const void *data)		\
	{								\
		const struct process_row *row = data;			\
									\
		return show_bytes(row->set->pages * row->page_size);	\
	}

BYTES(rss, rss)
BYTES(uss, uss)
BYTES(hugetlb, hugetlb)
BYTES(swap, swap)

static struct show_value get_pss(const void *data)
{
	const struct process_row *row = data;
	unsigned __int128 part = row->set->pss_part;

	/* a fraction of a page, in 2^-64, rounded to bytes */
	part = (part * row->page_size + ((unsigned __int128)1 << 63)) >> 64;
	return show_bytes(row->set->pss_pages * row->page_size + (uint64_t)part);
}

static struct show_value get_pid(const void *row)
{
	return show_uint(((const struct process_row *)row)->member->pid);
}

static struct show_value get_ppid(const void *row)
{
	return show_uint(((const struct process_row *)row)->member->ppid);
}

static struct show_value get_comm(const void *row)
{
	return show_str(((const struct process_row *)row)->member->comm);
}

static struct show_value get_copied_by_it(const void *row)
{
	return show_uint(((const struct process_row *)row)->set->copied);
}

static struct show_value get_outside(const void *row)
{
	return show_uint(((const struct process_row *)row)->set->outside);
}

#define NUMBER	(SHOW_ALWAYS | SHOW_RIGHT)

static const struct show_column process_columns[] = {
	{ "PID", "pid", "", NUMBER, .get = get_pid },
	{ "PPID", "ppid", "", NUMBER, .get = get_ppid },
	{ "COMMAND", "comm", "", SHOW_ALWAYS, .get = get_comm },
	{ "RSS", "rss", "", NUMBER, .get = get_rss },
	{ "PSS", "pss", "", NUMBER, .get = get_pss },
	{ "USS", "uss", "", NUMBER, .get = get_uss },
	{ "SWAP", "swap", "", NUMBER, .get = get_swap },
	{ "HUGETLB", "hugetlb", "", SHOW_IN_JSON | SHOW_RIGHT, .get = get_hugetlb },
	{ "COPIED", "copied", "", NUMBER, .get = get_copied_by_it },
	{ "OUTSIDE", "outside", "", SHOW_IN_JSON | SHOW_RIGHT, .get = get_outside },
	{ }
};

/**
 * cow_show_processes() - a row for each process
 * @ctx: the context
 * @reading: the processes
 * @set: judged
 *
 * Return: 0, or negative when there is no memory
 */
int cow_show_processes(struct mml_ctx *ctx, const struct cow_reading *reading,
		       const struct mml_set *set)
{
	struct show *s = &ctx->show;
	const char *columns = s->columns;
	struct show_table table;
	char error[128];
	int ret;

	/* -o is about areas */
	s->columns = NULL;
	ret = show_table_begin(&table, s, "processes", process_columns, 0,
			       error, sizeof(error));
	s->columns = columns;
	if (ret)
		return ret;
	for (uint32_t i = 0; i < set->n; i++) {
		const struct process_row row = {
			.member = cow_member(reading, i),
			.set = &set->member[i],
			.page_size = reading->process[i]->page_size,
		};

		show_row(&table, &row);
	}
	show_table_end(&table);
	return 0;
}
