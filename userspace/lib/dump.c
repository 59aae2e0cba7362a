// SPDX-License-Identifier: GPL-2.0
/* The requests that are answered by many messages: areas, pages, tables, frames. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/client.h"
#include "lib/decode.h"
#include "lib/error.h"
#include "lib/join.h"
#include "lib/tables.h"

/* What all kinds of dump carry from message to message. */
struct reader {
	struct mml_dump *dump;
	uint64_t deadline;	/* of the wait for the mmap lock; 0: none */
	unsigned int timeout_ms;
	int (*data)(const struct mml_message *msg, void *arg);
	void *arg;
};

/* No progress since the deadline was set: not for too long? */
static int wait_on(struct reader *reader)
{
	uint64_t now = mml_now_ms();

	if (!reader->deadline)
		reader->deadline = now + reader->timeout_ms;
	return now < reader->deadline ? 0 : -ETIMEDOUT;
}

static int take_dump(const struct nlmsghdr *nlh, void *arg)
{
	struct reader *reader = arg;
	uint64_t before = reader->dump->walked_end;
	struct mml_message msg;
	int ret;

	ret = mml_decode_message(nlh, &msg);
	if (!ret)
		ret = mml_decode_dump(&msg, reader->dump);
	if (ret)
		return ret;
	if (mml_message_stalled(&msg))
		return wait_on(reader);
	reader->deadline = 0;
	ret = reader->data(&msg, reader->arg);
	/* What could not be understood was not walked, for all we know. */
	if (ret)
		reader->dump->walked_end = before;
	return ret;
}

static struct nlmsghdr *dump_request(struct mml_client *client, uint8_t command,
				     uint32_t pid, uint64_t start, uint64_t end)
{
	struct nlmsghdr *nlh = mml_request(client, command, NLM_F_DUMP);

	mnl_attr_put_u32(nlh, MMLENS_A_PID, pid);
	if (start)
		mnl_attr_put_u64(nlh, MMLENS_A_START, start);
	if (end)
		mnl_attr_put_u64(nlh, MMLENS_A_END, end);
	return nlh;
}

static int fail_vanished(uint32_t pid, const struct mml_dump *dump,
			 struct mml_error *err)
{
	const char *what = dump->reason == MMLENS_REASON_EXECED ?
		"replaced its address space by exec" : "exited";

	return mml_fail(err, MML_EXIT_VANISHED, ESRCH,
			"process %u: it %s while it was read, the answer ends at %#llx",
			pid, what, (unsigned long long)dump->walked_end);
}

/* Reads a dump to its end, and says how it ended. */
static int read_dump(struct mml_client *client, struct nlmsghdr *nlh,
		     uint32_t pid, struct reader *reader, struct mml_error *err)
{
	struct mml_dump *dump = reader->dump;
	int ret;

	if (err)
		memset(err, 0, sizeof(*err));
	memset(dump, 0, sizeof(*dump));
	reader->timeout_ms = client->timeout_ms;
	reader->deadline = 0;
	ret = mml_talk(client, nlh, take_dump, reader, err);
	if (ret == -ETIMEDOUT)
		return mml_fail_locked(pid, client->timeout_ms, err);
	if (ret)
		return ret < 0 ? mml_explain(ret, pid, err) : ret;
	if (!dump->ended)
		return mml_fail_message(err, "the last message, which says how it ended, is missing");
	return dump->complete ? 0 : fail_vanished(pid, dump, err);
}

static int take_vmas(const struct mml_message *msg, void *arg)
{
	return mml_decode_vmas(msg->nlh, arg);
}

/**
 * mml_vmas_counted() - the areas of an address space, and what they hold
 * @client: the client
 * @pid: the process
 * @start: first address, 0 for all
 * @end: first address after the range, 0 for all
 * @columns: MMLENS_VMA_COL_BIT() of what is to be counted, 0 for nothing
 * @vmas: where to; free with mml_vmas_free(), after a failure too: it then
 *	holds what had come before
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_vmas_counted(struct mml_client *client, uint32_t pid, uint64_t start,
		     uint64_t end, uint64_t columns, struct mml_vmas *vmas,
		     struct mml_error *err)
{
	struct reader reader = {
		.dump = &vmas->dump, .data = take_vmas, .arg = vmas,
	};
	struct nlmsghdr *nlh;

	memset(vmas, 0, sizeof(*vmas));
	if (client->source)
		return client->source->vmas(client->from, pid, start, end,
					    columns, vmas, err);
	nlh = dump_request(client, MMLENS_CMD_VMA_GET, pid, start, end);
	if (columns)
		mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, columns);
	return read_dump(client, nlh, pid, &reader, err);
}

/**
 * mml_vmas() - the areas of an address space
 * @client: the client
 * @pid: the process
 * @start: first address, 0 for all
 * @end: first address after the range, 0 for all
 * @vmas: where to; free with mml_vmas_free(), after a failure too
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_vmas(struct mml_client *client, uint32_t pid, uint64_t start,
	     uint64_t end, struct mml_vmas *vmas, struct mml_error *err)
{
	return mml_vmas_counted(client, pid, start, end, 0, vmas, err);
}

static int take_sum(const struct mml_message *msg, void *arg)
{
	const struct nlattr *trailer = msg->attr[MMLENS_A_TRAILER];

	return trailer ? mml_decode_counts(trailer, MMLENS_TRAILER_COUNTS, arg) : 0;
}

/* A snapshot has the areas. */
static int sum_vmas(struct mml_client *client, uint32_t pid, uint64_t columns,
		    struct mml_vma *sum, struct mml_dump *dump,
		    struct mml_error *err)
{
	struct mml_vmas vmas;
	size_t i, j;
	int ret = mml_vmas_counted(client, pid, 0, 0, columns, &vmas, err);

	*dump = vmas.dump;
	for (j = 1; j <= MMLENS_VMA_COL_MAX; j++) {
		if (!(columns & MMLENS_VMA_COL_BIT(j)))
			continue;
		sum->counts[j] = 0;
		for (i = 0; i < vmas.n && sum->counts[j] != MMLENS_UNKNOWN; i++)
			sum->counts[j] = vmas.v[i].counts[j] == MMLENS_UNKNOWN ?
				MMLENS_UNKNOWN :
				sum->counts[j] + vmas.v[i].counts[j];
	}
	mml_vmas_free(&vmas);
	return ret;
}

/**
 * mml_vmas_sum() - what all areas together hold
 * @client: the client
 * @pid: the process
 * @columns: MMLENS_VMA_COL_BIT() of what is to be counted, but DEPTH
 * @sum: its counts are set, the others unknown
 * @dump: how it ended
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_vmas_sum(struct mml_client *client, uint32_t pid, uint64_t columns,
		 struct mml_vma *sum, struct mml_dump *dump,
		 struct mml_error *err)
{
	struct reader reader = { .dump = dump, .data = take_sum, .arg = sum };
	struct nlmsghdr *nlh;

	memset(sum->counts, 0xff, sizeof(sum->counts));
	if (client->source)
		return sum_vmas(client, pid, columns, sum, dump, err);
	nlh = dump_request(client, MMLENS_CMD_VMA_GET, pid, 0, 0);
	mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS, columns);
	mnl_attr_put(nlh, MMLENS_A_SUM, 0, NULL);
	return read_dump(client, nlh, pid, &reader, err);
}

/**
 * mml_vmas_free() - free areas
 * @vmas: from mml_vmas(), or all zeroes
 */
void mml_vmas_free(struct mml_vmas *vmas)
{
	size_t i;

	for (i = 0; i < vmas->n; i++)
		mml_vma_release(&vmas->v[i]);
	free(vmas->v);
	memset(vmas, 0, sizeof(*vmas));
}

static int take_tables(const struct mml_message *msg, void *arg)
{
	return mml_decode_tables(msg, arg);
}

/**
 * mml_tables() - every page-table page of an address space
 * @client: the client
 * @pid: the process
 * @tables: where to; free with mml_tables_free(), after a failure too
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_tables(struct mml_client *client, uint32_t pid,
	       struct mml_tables *tables, struct mml_error *err)
{
	struct reader reader = {
		.dump = &tables->dump, .data = take_tables, .arg = tables,
	};

	memset(tables, 0, sizeof(*tables));
	return read_dump(client, dump_request(client, MMLENS_CMD_TABLE_GET, pid,
					      0, 0), pid, &reader, err);
}

/* A receiver of extents on its way through a dump of pages. */
struct pages_reader {
	struct mml_join join;
	const struct mml_dump *dump;
	uint64_t next;		/* where the next extent may start */
	int stopped;		/* what the caller's function returned */
};

static int check_extent(struct pages_reader *pages,
			const struct mml_extent *extent)
{
	uint64_t end = extent->start + extent->pages * pages->join.page_size;

	if (!extent->pages || end <= extent->start ||
	    extent->start < pages->next || end > pages->dump->walked_end)
		return -EBADMSG;
	pages->next = end;
	return 0;
}

static int take_extents(struct mml_extent *extents, uint32_t n, void *arg)
{
	struct pages_reader *pages = arg;
	uint32_t i;
	int ret = 0;

	for (i = 0; !ret && i < n; i++) {
		ret = check_extent(pages, &extents[i]);
		if (!ret)
			ret = pages->stopped = mml_join(&pages->join, &extents[i]);
	}
	mml_join_keep(&pages->join);
	return ret;
}

static int take_pages(const struct mml_message *msg, void *arg)
{
	const uint64_t must = MMLENS_COL_BIT(MMLENS_COL_START) |
			      MMLENS_COL_BIT(MMLENS_COL_PAGES);
	struct pages_reader *pages = arg;

	return mml_decode_extents(msg, pages->dump->envelope.columns | must,
				  take_extents, pages);
}

static const struct {
	uint16_t attr;
	uint16_t offset;
} filters[] = {
	{ MMLENS_FILTER_STATES, offsetof(struct mml_filter, states) },
	{ MMLENS_FILTER_ENTRY_ALL, offsetof(struct mml_filter, entry_all) },
	{ MMLENS_FILTER_ENTRY_NONE, offsetof(struct mml_filter, entry_none) },
	{ MMLENS_FILTER_FLAGS_ALL, offsetof(struct mml_filter, flags_all) },
	{ MMLENS_FILTER_FLAGS_NONE, offsetof(struct mml_filter, flags_none) },
	{ MMLENS_FILTER_FRAME_START, offsetof(struct mml_filter, frame_start) },
	{ MMLENS_FILTER_FRAME_END, offsetof(struct mml_filter, frame_end) },
};

/* A test that is 0 tests nothing, and is not sent. */
static void put_filter(struct nlmsghdr *nlh, const struct mml_filter *filter)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, MMLENS_A_FILTER);
	uint64_t value;
	size_t i;

	for (i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		memcpy(&value, (const char *)filter + filters[i].offset,
		       sizeof(value));
		if (value)
			mnl_attr_put_u64(nlh, filters[i].attr, value);
	}
	mnl_attr_nest_end(nlh, nest);
}

static struct nlmsghdr *pages_request(struct mml_client *client,
				      const struct mml_page_query *query)
{
	struct nlmsghdr *nlh = dump_request(client, MMLENS_CMD_PAGE_GET,
					    query->pid, query->start,
					    query->end);

	if (query->columns)
		mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS,
				 query->columns |
				 MMLENS_COL_BIT(MMLENS_COL_START) |
				 MMLENS_COL_BIT(MMLENS_COL_PAGES));
	if (query->filter)
		put_filter(nlh, query->filter);
	return nlh;
}

/**
 * mml_pages() - stream what stands in the page tables
 * @client: the client
 * @query: of whom, where, what
 * @extent: called for each extent, in ascending order
 * @arg: its argument
 * @dump: how it ended
 * @err: says why it failed
 *
 * Return: 0, a negative errno, or what @extent returned if that is not 0
 * (@err says nothing then)
 */
int mml_pages(struct mml_client *client, const struct mml_page_query *query,
	      mml_extent_fn extent, void *arg, struct mml_dump *dump,
	      struct mml_error *err)
{
	struct pages_reader pages = {
		.join = { .vmas = query->vmas, .extent = extent, .arg = arg },
		.dump = dump,
	};
	struct reader reader = { .dump = dump, .data = take_pages, .arg = &pages };
	int ret, flushed;

	if (client->source)
		return client->source->pages(client->from, query, extent, arg,
					     dump, err);
	/* the module's too, and it has not to be asked for that: it runs here */
	pages.join.page_size = sysconf(_SC_PAGESIZE);
	ret = read_dump(client, pages_request(client, query), query->pid,
			&reader, err);
	if (pages.stopped)
		return pages.stopped;
	flushed = mml_join_flush(&pages.join);
	return flushed ? flushed : ret;
}

/* Frames are told by their numbers, and join as pages do by their addresses. */
static int take_numbered(struct mml_extent *extents, uint32_t n, void *arg)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		extents[i].start = extents[i].frame;
	return take_extents(extents, n, arg);
}

static int take_frames(const struct mml_message *msg, void *arg)
{
	const uint64_t must = MMLENS_COL_BIT(MMLENS_COL_FRAME) |
			      MMLENS_COL_BIT(MMLENS_COL_PAGES);
	struct pages_reader *frames = arg;

	return mml_decode_extents(msg, frames->dump->envelope.columns | must,
				  take_numbered, frames);
}

static struct nlmsghdr *frames_request(struct mml_client *client, uint64_t start,
				       uint64_t end, uint64_t columns)
{
	struct nlmsghdr *nlh = mml_request(client, MMLENS_CMD_FRAME_GET, NLM_F_DUMP);

	mnl_attr_put_u64(nlh, MMLENS_A_START, start);
	if (end)
		mnl_attr_put_u64(nlh, MMLENS_A_END, end);
	if (columns)
		mnl_attr_put_u64(nlh, MMLENS_A_COLUMNS,
				 columns | MMLENS_COL_BIT(MMLENS_COL_FRAME) |
				 MMLENS_COL_BIT(MMLENS_COL_PAGES));
	return nlh;
}

/**
 * mml_frames() - stream page frames by their numbers
 * @client: the client
 * @start: the first
 * @end: the first after the range, 0 for all
 * @columns: MMLENS_COL_BIT() of what to ask for, 0 for the default
 * @extent: called for each extent, in ascending order; its start is a frame
 * @arg: its argument
 * @dump: how it ended
 * @err: says why it failed
 *
 * Return: 0, a negative errno, or what @extent returned if that is not 0
 * (@err says nothing then)
 */
int mml_frames(struct mml_client *client, uint64_t start, uint64_t end,
	       uint64_t columns, mml_extent_fn extent, void *arg,
	       struct mml_dump *dump, struct mml_error *err)
{
	struct pages_reader frames = {
		.join = { .page_size = 1, .extent = extent, .arg = arg },
		.dump = dump,
	};
	struct reader reader = { .dump = dump, .data = take_frames, .arg = &frames };
	int ret, flushed;

	ret = read_dump(client, frames_request(client, start, end, columns), 0,
			&reader, err);
	if (frames.stopped)
		return frames.stopped;
	flushed = mml_join_flush(&frames.join);
	return flushed ? flushed : ret;
}

struct counter {
	mml_extent_fn extent;
	void *arg;
	int n;
};

static int count_extents(struct mml_extent *extents, uint32_t n, void *arg)
{
	struct counter *counter = arg;
	uint32_t i;
	int ret = 0;

	for (i = 0; !ret && i < n; i++) {
		counter->n++;
		ret = counter->extent(&extents[i], counter->arg);
	}
	return ret;
}

/**
 * mml_decode_pages() - take one message of PAGE_GET apart
 * @nlh: the message, complete in memory
 * @extent: called for each extent, as it is in the message
 * @arg: its argument
 * @dump: brought up to date; all zeroes before the first message
 *
 * Return: how many extents were handed over, -EBADMSG, or what @extent
 * returned if that is not 0
 */
int mml_decode_pages(const struct nlmsghdr *nlh, mml_extent_fn extent, void *arg,
		     struct mml_dump *dump)
{
	struct counter counter = { .extent = extent, .arg = arg };
	struct mml_message msg;
	int ret;

	ret = mml_decode_message(nlh, &msg);
	if (!ret)
		ret = mml_decode_dump(&msg, dump);
	if (!ret)
		ret = mml_decode_extents(&msg, dump->envelope.columns,
					 count_extents, &counter);
	return ret ? ret : counter.n;
}
