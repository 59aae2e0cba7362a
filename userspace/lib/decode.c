// SPDX-License-Identifier: GPL-2.0
/*
 * Every nest of the protocol is described by a table of struct field, and one
 * function (lib/fields.h) decodes them all. Extents come as columns, described
 * by another.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/columns.h"
#include "lib/decode.h"
#include "lib/fields.h"

static const struct field info_fields[] = {
	REQUIRED(MMLENS_A_VERSION, FIELD_TEXT, struct mml_info, version),
	REQUIRED(MMLENS_A_RELEASE, FIELD_TEXT, struct mml_info, release),
	REQUIRED(MMLENS_A_PAGE_SIZE, FIELD_U32, struct mml_info, page_size),
	REQUIRED(MMLENS_A_LEVELS, FIELD_U32, struct mml_info, levels),
	REQUIRED(MMLENS_A_USER_END, FIELD_U64, struct mml_info, user_end),
	REQUIRED(MMLENS_A_COMMANDS, FIELD_U64, struct mml_info, commands),
	REQUIRED(MMLENS_A_COLUMNS, FIELD_U64, struct mml_info, columns),
	FIELD(MMLENS_A_VMA_COLUMNS, FIELD_U64, struct mml_info, vma_columns),
	FIELD(MMLENS_A_STATES, FIELD_U64, struct mml_info, states),
	FIELD(MMLENS_A_ENTRY_BITS, FIELD_U64, struct mml_info, entry_bits),
	FIELD(MMLENS_A_PAGE_FLAGS, FIELD_U64, struct mml_info, page_flags),
	FIELD(MMLENS_A_VM_FLAGS, FIELD_U64, struct mml_info, vm_flags),
	FIELD(MMLENS_A_CAN, FIELD_U64, struct mml_info, can),
	FIELD(MMLENS_A_VMA_STORE, FIELD_U32, struct mml_info, vma_store),
};

static const struct field envelope_fields[] = {
	FIELD(MMLENS_ENVELOPE_COLUMNS, FIELD_U64, struct mml_envelope, columns),
	FIELD(MMLENS_ENVELOPE_MM_ID, FIELD_U64, struct mml_envelope, mm_id),
	FIELD(MMLENS_ENVELOPE_PID, FIELD_U32, struct mml_envelope, pid),
	FIELD(MMLENS_ENVELOPE_TGID, FIELD_U32, struct mml_envelope, tgid),
	FIELD(MMLENS_ENVELOPE_EXEC_ID, FIELD_U64, struct mml_envelope, exec_id),
	FIELD(MMLENS_ENVELOPE_START_TIME, FIELD_U64, struct mml_envelope, start_time),
};

struct trailer {
	uint32_t reason;
	uint32_t torn;
	uint64_t unwatched;
	uint64_t records;
	uint64_t pages;
	uint64_t bytes;
	uint64_t holds;
	uint64_t deposited;
};

static const struct field trailer_fields[] = {
	REQUIRED(MMLENS_TRAILER_REASON, FIELD_U32, struct trailer, reason),
	FIELD(MMLENS_TRAILER_TORN, FIELD_U32, struct trailer, torn),
	FIELD(MMLENS_TRAILER_UNWATCHED, FIELD_U64, struct trailer, unwatched),
	FIELD(MMLENS_TRAILER_RECORDS, FIELD_U64, struct trailer, records),
	FIELD(MMLENS_TRAILER_PAGES, FIELD_U64, struct trailer, pages),
	FIELD(MMLENS_TRAILER_BYTES, FIELD_U64, struct trailer, bytes),
	FIELD(MMLENS_TRAILER_HOLDS, FIELD_U64, struct trailer, holds),
	FIELD(MMLENS_TRAILER_DEPOSITED, FIELD_U64, struct trailer, deposited),
};

static const struct field mm_fields[] = {
	REQUIRED(MMLENS_MM_COMM, FIELD_TEXT, struct mml_mm, comm),
	REQUIRED(MMLENS_MM_TASK_STATE, FIELD_U32, struct mml_mm, task_state),
	REQUIRED(MMLENS_MM_PPID, FIELD_U32, struct mml_mm, ppid),
	REQUIRED(MMLENS_MM_THREADS, FIELD_U32, struct mml_mm, threads),
	REQUIRED(MMLENS_MM_MIN_FLT, FIELD_U64, struct mml_mm, min_flt),
	REQUIRED(MMLENS_MM_MAJ_FLT, FIELD_U64, struct mml_mm, maj_flt),
	FIELD(MMLENS_MM_EXE, FIELD_TEXT, struct mml_mm, exe),
	FIELD(MMLENS_MM_PGD, FIELD_U64, struct mml_mm, pgd),
	FIELD(MMLENS_MM_USERS, FIELD_U32, struct mml_mm, users),
	FIELD(MMLENS_MM_COUNT, FIELD_U32, struct mml_mm, count),
	FIELD(MMLENS_MM_MAP_COUNT, FIELD_U32, struct mml_mm, map_count),
	FIELD(MMLENS_MM_DUMPABLE, FIELD_U32, struct mml_mm, dumpable),
	FIELD(MMLENS_MM_DEF_FLAGS, FIELD_U64, struct mml_mm, def_flags),
	FIELD(MMLENS_MM_TASK_SIZE, FIELD_U64, struct mml_mm, task_size),
	FIELD(MMLENS_MM_MMAP_BASE, FIELD_U64, struct mml_mm, mmap_base),
	FIELD(MMLENS_MM_START_CODE, FIELD_U64, struct mml_mm, start_code),
	FIELD(MMLENS_MM_END_CODE, FIELD_U64, struct mml_mm, end_code),
	FIELD(MMLENS_MM_START_DATA, FIELD_U64, struct mml_mm, start_data),
	FIELD(MMLENS_MM_END_DATA, FIELD_U64, struct mml_mm, end_data),
	FIELD(MMLENS_MM_START_BRK, FIELD_U64, struct mml_mm, start_brk),
	FIELD(MMLENS_MM_BRK, FIELD_U64, struct mml_mm, brk),
	FIELD(MMLENS_MM_START_STACK, FIELD_U64, struct mml_mm, start_stack),
	FIELD(MMLENS_MM_ARG_START, FIELD_U64, struct mml_mm, arg_start),
	FIELD(MMLENS_MM_ARG_END, FIELD_U64, struct mml_mm, arg_end),
	FIELD(MMLENS_MM_ENV_START, FIELD_U64, struct mml_mm, env_start),
	FIELD(MMLENS_MM_ENV_END, FIELD_U64, struct mml_mm, env_end),
	FIELD(MMLENS_MM_RSS_FILE, FIELD_U64, struct mml_mm, rss_file),
	FIELD(MMLENS_MM_RSS_ANON, FIELD_U64, struct mml_mm, rss_anon),
	FIELD(MMLENS_MM_RSS_SHMEM, FIELD_U64, struct mml_mm, rss_shmem),
	FIELD(MMLENS_MM_SWAP, FIELD_U64, struct mml_mm, swap),
	FIELD(MMLENS_MM_HIWATER_RSS, FIELD_U64, struct mml_mm, hiwater_rss),
	FIELD(MMLENS_MM_TOTAL_VM, FIELD_U64, struct mml_mm, total_vm),
	FIELD(MMLENS_MM_LOCKED_VM, FIELD_U64, struct mml_mm, locked_vm),
	FIELD(MMLENS_MM_PINNED_VM, FIELD_U64, struct mml_mm, pinned_vm),
	FIELD(MMLENS_MM_DATA_VM, FIELD_U64, struct mml_mm, data_vm),
	FIELD(MMLENS_MM_EXEC_VM, FIELD_U64, struct mml_mm, exec_vm),
	FIELD(MMLENS_MM_STACK_VM, FIELD_U64, struct mml_mm, stack_vm),
	FIELD(MMLENS_MM_PGTABLES, FIELD_U64, struct mml_mm, pgtables),
};

static const struct field vma_fields[] = {
	REQUIRED(MMLENS_VMA_START, FIELD_U64, struct mml_vma, start),
	REQUIRED(MMLENS_VMA_END, FIELD_U64, struct mml_vma, end),
	REQUIRED(MMLENS_VMA_FLAGS, FIELD_U64, struct mml_vma, flags),
	REQUIRED(MMLENS_VMA_KIND, FIELD_U32, struct mml_vma, kind),
	FIELD(MMLENS_VMA_PGOFF, FIELD_U64, struct mml_vma, pgoff),
	FIELD(MMLENS_VMA_PATH, FIELD_DUP, struct mml_vma, path),
	FIELD(MMLENS_VMA_NAME, FIELD_DUP, struct mml_vma, name),
	FIELD(MMLENS_VMA_OPS, FIELD_DUP, struct mml_vma, ops),
	FIELD(MMLENS_VMA_MAJOR, FIELD_U32, struct mml_vma, major),
	FIELD(MMLENS_VMA_MINOR, FIELD_U32, struct mml_vma, minor),
	FIELD(MMLENS_VMA_INODE, FIELD_U64, struct mml_vma, inode),
	FIELD(MMLENS_VMA_FILE_SIZE, FIELD_U64, struct mml_vma, file_size),
	FIELD(MMLENS_VMA_ANON_ID, FIELD_U64, struct mml_vma, anon_id),
	FIELD(MMLENS_VMA_ANON_ROOT, FIELD_U64, struct mml_vma, anon_root),
	FIELD(MMLENS_VMA_PKEY, FIELD_U32, struct mml_vma, pkey),
	FIELD(MMLENS_VMA_PAGE_SIZE, FIELD_U64, struct mml_vma, page_size),
};

static const struct field level_fields[] = {
	REQUIRED(MMLENS_LEVEL_A_LEVEL, FIELD_U32, struct mml_level, level),
	FIELD(MMLENS_LEVEL_A_FOLDED, FIELD_FLAG, struct mml_level, folded),
	FIELD(MMLENS_LEVEL_A_INDEX, FIELD_U32, struct mml_level, index),
	FIELD(MMLENS_LEVEL_A_TABLE, FIELD_U64, struct mml_level, table),
	FIELD(MMLENS_LEVEL_A_RAW, FIELD_U64, struct mml_level, raw),
	FIELD(MMLENS_LEVEL_A_BITS, FIELD_U64, struct mml_level, bits),
};

#define COUNTED(column) \
	FIELD(MMLENS_VMA_COL_##column, FIELD_U64, struct mml_vma, \
	      counts[MMLENS_VMA_COL_##column])

static const struct field count_fields[] = {
	COUNTED(RSS), COUNTED(SWAP), COUNTED(ANON), COUNTED(FILE),
	COUNTED(SHMEM), COUNTED(KSM), COUNTED(LAZYFREE), COUNTED(SHARED),
	COUNTED(EXCLUSIVE), COUNTED(DIRTY), COUNTED(REFERENCED),
	COUNTED(HUGE), COUNTED(HUGETLB), COUNTED(ZERO), COUNTED(OTHER),
	COUNTED(TABLES), COUNTED(LEAVES_PTE), COUNTED(LEAVES_PMD),
	COUNTED(LEAVES_PUD), COUNTED(DEPTH),
};

/* So many are decoded at a time: they fit a cache. */
#define SOME_EXTENTS 128

#define COLUMN(column, member) \
	MML_COLUMN(MMLENS_COL_##column, struct mml_extent, member)

const struct mml_column mml_columns[MMLENS_COL_MAX + 1] = {
	COLUMN(START, start),
	COLUMN(PAGES, pages),
	COLUMN(STATE, state),
	COLUMN(LEVEL, level),
	COLUMN(FRAME, frame),
	COLUMN(SWAP, swap),
	COLUMN(ENTRY, entry),
	COLUMN(FLAGS, flags),
	COLUMN(MAPCOUNT, mapcount),
	COLUMN(MAPKIND, mapkind),
	COLUMN(REFCOUNT, refcount),
	COLUMN(HEAD, head),
	COLUMN(ORDER, order),
	COLUMN(FOLIO_MAPCOUNT, folio_mapcount),
	COLUMN(FOLIO_SHARED, folio_shared),
	COLUMN(NODE, node),
	COLUMN(ZONE, zone),
	COLUMN(ANON_ID, anon_id),
};

/**
 * mml_decode_message() - find the attributes of a message
 * @nlh: a reply of the mmlens family
 * @msg: set to it; of an attribute that repeats, the last one
 *
 * Return: 0 or -EBADMSG
 */
int mml_decode_message(const struct nlmsghdr *nlh, struct mml_message *msg)
{
	const struct nlattr *attr;

	memset(msg, 0, sizeof(*msg));
	msg->nlh = nlh;
	if (mnl_nlmsg_get_payload_len(nlh) < GENL_HDRLEN)
		return -EBADMSG;
	mml_for_each_attr(attr, nlh)
		if (mnl_attr_get_type(attr) <= MMLENS_A_MAX)
			msg->attr[mnl_attr_get_type(attr)] = attr;
	return 0;
}

/**
 * mml_decode_envelope() - who answers
 * @msg: the first message of a dump, or the only one of an answer
 * @envelope: where to
 *
 * Return: 0 or -EBADMSG
 */
int mml_decode_envelope(const struct mml_message *msg,
			 struct mml_envelope *envelope)
{
	const struct nlattr *nest = msg->attr[MMLENS_A_ENVELOPE];

	if (!nest)
		return -EBADMSG;
	memset(envelope, 0, sizeof(*envelope));
	envelope->mm_id = MMLENS_UNKNOWN;
	return mml_read_nest(nest, envelope_fields, envelope);
}

static int read_u64(const struct mml_message *msg, int attr, uint64_t *to)
{
	if (!msg->attr[attr])
		return -EBADMSG;
	return mml_read_number(msg->attr[attr], to, sizeof(*to));
}

/**
 * mml_decode_info() - decode the answer to INFO_GET
 * @nlh: the message
 * @info: where to
 *
 * Return: 0 or -EBADMSG
 */
int mml_decode_info(const struct nlmsghdr *nlh, struct mml_info *info)
{
	int ret;

	memset(info, 0, sizeof(*info));
	info->vma_store = MMLENS_UNKNOWN32;
	if (mnl_nlmsg_get_payload_len(nlh) < GENL_HDRLEN)
		return -EBADMSG;
	ret = mml_read_fields(mnl_nlmsg_get_payload_offset(nlh, GENL_HDRLEN),
			      mnl_nlmsg_get_payload_len(nlh) - GENL_HDRLEN,
			      info_fields,
			      sizeof(info_fields) / sizeof(*info_fields), info);
	if (ret)
		return ret;
	/* All arithmetic on addresses relies on this one. */
	if (!info->page_size || info->page_size & (info->page_size - 1))
		return -EBADMSG;
	return 0;
}

/**
 * mml_decode_mm() - decode the answer to MM_GET
 * @nlh: the message
 * @mm: where to
 *
 * Return: 0 or -EBADMSG
 */
int mml_decode_mm(const struct nlmsghdr *nlh, struct mml_mm *mm)
{
	struct mml_message msg;
	int ret;

	memset(mm, 0, sizeof(*mm));
	mml_unknown_fields(mm, mm_fields,
			   sizeof(mm_fields) / sizeof(*mm_fields));
	ret = mml_decode_message(nlh, &msg);
	if (!ret)
		ret = mml_decode_envelope(&msg, &mm->envelope);
	if (ret)
		return ret;
	if (!msg.attr[MMLENS_A_MM])
		return -EBADMSG;
	mm->has_mm = mm->envelope.mm_id != MMLENS_UNKNOWN;
	return mml_read_nest(msg.attr[MMLENS_A_MM], mm_fields, mm);
}

/**
 * mml_decode_counts() - decode what was counted
 * @nest: what has the counts among its attributes, or has none
 * @attr: which attribute they are
 * @vma: its counts are set; unknown where there is none
 *
 * Return: 0 or -EBADMSG
 */
int mml_decode_counts(const struct nlattr *nest, int attr, struct mml_vma *vma)
{
	const struct nlattr *counts;
	int ret = 0;

	memset(vma->counts, 0xff, sizeof(vma->counts));
	mnl_attr_for_each_nested(counts, nest)
		if (!ret && mnl_attr_get_type(counts) == attr)
			ret = mml_read_nest(counts, count_fields, vma);
	return ret;
}

/**
 * mml_decode_vma() - decode one area
 * @nest: MMLENS_A_VMA, _PREV or _NEXT
 * @vma: where to; free with mml_vma_release(), also after an error
 *
 * Return: 0, -EBADMSG or -ENOMEM
 */
int mml_decode_vma(const struct nlattr *nest, struct mml_vma *vma)
{
	int ret;

	memset(vma, 0, sizeof(*vma));
	mml_unknown_fields(vma, vma_fields,
			   sizeof(vma_fields) / sizeof(*vma_fields));
	ret = mml_read_nest(nest, vma_fields, vma);
	if (!ret)
		ret = mml_decode_counts(nest, MMLENS_VMA_COUNTS, vma);
	if (!ret && vma->end <= vma->start)
		ret = -EBADMSG;
	return ret;
}

/* Makes room for one more element; the array grows by halves. */
static int vmas_grow(struct mml_vmas *vmas)
{
	size_t room = vmas->n;
	struct mml_vma *v;

	/* Powers of two: full exactly when n is one of them. */
	if (room & (room - 1) || (room && room < 16))
		return 0;
	room = room ? room * 2 : 16;
	v = realloc(vmas->v, room * sizeof(*v));
	if (!v)
		return -ENOMEM;
	vmas->v = v;
	return 0;
}

/**
 * mml_decode_vmas() - append the areas of a message
 * @nlh: a message of a VMA_GET dump
 * @vmas: what to append to
 *
 * Return: 0, -EBADMSG or -ENOMEM
 */
int mml_decode_vmas(const struct nlmsghdr *nlh, struct mml_vmas *vmas)
{
	const struct nlattr *attr;
	struct mml_vma *vma;
	int ret;

	mml_for_each_attr(attr, nlh) {
		if (mnl_attr_get_type(attr) != MMLENS_A_VMA)
			continue;
		ret = vmas_grow(vmas);
		if (ret)
			return ret;
		vma = &vmas->v[vmas->n];
		ret = mml_decode_vma(attr, vma);
		/* Finding by address relies on the order. */
		if (!ret && vmas->n && vma->start < vma[-1].end)
			ret = -EBADMSG;
		if (ret) {
			mml_vma_release(vma);
			return ret;
		}
		vmas->n++;
	}
	return 0;
}

static int read_levels(const struct nlmsghdr *nlh, struct mml_walk *walk)
{
	const size_t max = sizeof(walk->levels) / sizeof(*walk->levels);
	const struct nlattr *attr;
	struct mml_level *level;
	int ret;

	mml_for_each_attr(attr, nlh) {
		if (mnl_attr_get_type(attr) != MMLENS_A_LEVEL)
			continue;
		if (walk->nr_levels == max)
			return -EBADMSG;
		level = &walk->levels[walk->nr_levels++];
		mml_unknown_fields(level, level_fields,
				   sizeof(level_fields) / sizeof(*level_fields));
		ret = mml_read_nest(attr, level_fields, level);
		if (ret)
			return ret;
	}
	return 0;
}

static int read_neighbour(const struct nlattr *nest, struct mml_vma *vma,
			  bool *has)
{
	if (!nest)
		return 0;
	*has = true;
	return mml_decode_vma(nest, vma);
}

/**
 * mml_extent_unknown() - an extent of which nothing is known
 * @extent: set
 */
void mml_extent_unknown(struct mml_extent *extent)
{
	memset(extent, 0xff, sizeof(*extent));
	extent->mapkind = MMLENS_MAPKIND_NONE;
}

/**
 * mml_extent_forget() - make columns unknown
 * @extent: changed
 * @forgotten: MMLENS_COL_BIT() of what is to be as if it had not been asked for
 */
void mml_extent_forget(struct mml_extent *extent, uint64_t forgotten)
{
	struct mml_extent unknown;
	uint16_t type;

	mml_extent_unknown(&unknown);
	for (type = 1; type <= MMLENS_COL_MAX; type++)
		if (forgotten & MMLENS_COL_BIT(type))
			memcpy((char *)extent + mml_columns[type].offset,
			       (char *)&unknown + mml_columns[type].offset,
			       mml_columns[type].size);
}

static int keep_leaf(struct mml_extent *extents, uint32_t n, void *arg)
{
	*(struct mml_extent *)arg = extents[n - 1];
	return 0;
}

static int read_leaf(const struct mml_message *msg, struct mml_walk *walk)
{
	int ret;

	mml_extent_unknown(&walk->leaf);
	walk->leaf.state = MMLENS_STATE_NONE;
	if (!msg->attr[MMLENS_A_EXTENTS])
		return 0;
	ret = read_u64(msg, MMLENS_A_START, &walk->leaf_start);
	if (!ret)
		ret = read_u64(msg, MMLENS_A_END, &walk->leaf_end);
	if (ret)
		return ret;
	return mml_decode_extents(msg, walk->envelope.columns, keep_leaf,
				  &walk->leaf);
}

/**
 * mml_decode_walk() - decode the answer for one address
 * @nlh: the answer to WALK_GET, or to VMA_GET with an address
 * @walk: where to; free with mml_walk_free(), also after an error
 *
 * Return: 0, -EBADMSG or -ENOMEM
 */
int mml_decode_walk(const struct nlmsghdr *nlh, struct mml_walk *walk)
{
	struct mml_message msg;
	int ret;

	memset(walk, 0, sizeof(*walk));
	ret = mml_decode_message(nlh, &msg);
	if (!ret)
		ret = mml_decode_envelope(&msg, &walk->envelope);
	if (!ret)
		ret = read_u64(&msg, MMLENS_A_ADDR, &walk->addr);
	if (!ret)
		ret = read_neighbour(msg.attr[MMLENS_A_VMA], &walk->vma,
				     &walk->in_vma);
	if (!ret)
		ret = read_neighbour(msg.attr[MMLENS_A_PREV], &walk->prev,
				     &walk->has_prev);
	if (!ret)
		ret = read_neighbour(msg.attr[MMLENS_A_NEXT], &walk->next,
				     &walk->has_next);
	walk->depth = MMLENS_UNKNOWN32;
	if (!ret && msg.attr[MMLENS_A_DEPTH])
		ret = mml_read_number(msg.attr[MMLENS_A_DEPTH], &walk->depth,
				  sizeof(walk->depth));
	if (!ret)
		ret = read_levels(nlh, walk);
	return ret ? ret : read_leaf(&msg, walk);
}

/**
 * mml_message_stalled() - does the process's mmap lock hold a dump up?
 * @msg: a message of a dump
 *
 * Return: true if the message says no more than that
 */
bool mml_message_stalled(const struct mml_message *msg)
{
	uint64_t start, end;

	if (msg->attr[MMLENS_A_ENVELOPE] || msg->attr[MMLENS_A_TRAILER] ||
	    msg->attr[MMLENS_A_COUNT] || msg->attr[MMLENS_A_VMA])
		return false;
	return !read_u64(msg, MMLENS_A_START, &start) &&
	       !read_u64(msg, MMLENS_A_END, &end) && start == end;
}

static int read_trailer(const struct nlattr *nest, struct mml_dump *dump)
{
	struct trailer trailer = {
		.torn = MMLENS_UNKNOWN32, .deposited = MMLENS_UNKNOWN,
	};
	int ret = mml_read_nest(nest, trailer_fields, &trailer);

	if (ret)
		return ret;
	dump->reason = trailer.reason;
	dump->complete = trailer.reason == MMLENS_REASON_COMPLETE;
	dump->blind = trailer.torn == MMLENS_UNKNOWN32;
	dump->torn |= !dump->blind && trailer.torn;
	dump->holds = trailer.holds;
	dump->unwatched = trailer.unwatched;
	dump->records = trailer.records;
	dump->pages = trailer.pages;
	dump->bytes = trailer.bytes;
	dump->deposited = trailer.deposited;
	dump->ended = true;
	return 0;
}

/**
 * mml_decode_dump() - decode what frames every message of a dump
 * @msg: the message
 * @dump: brought up to date
 *
 * Return: 0, or -EBADMSG also when the message does not start where the one
 * before it had ended
 */
int mml_decode_dump(const struct mml_message *msg, struct mml_dump *dump)
{
	uint64_t start, end;
	int ret;

	ret = read_u64(msg, MMLENS_A_START, &start);
	if (!ret)
		ret = read_u64(msg, MMLENS_A_END, &end);
	if (ret)
		return ret;
	if (!dump->messages++) {
		dump->epoch = MMLENS_UNKNOWN;
		ret = mml_decode_envelope(msg, &dump->envelope);
		dump->walked_start = start;
		dump->walked_end = start;
	}
	if (ret)
		return ret;
	if (start != dump->walked_end || end < start || dump->ended)
		return -EBADMSG;
	dump->walked_end = end;
	dump->received += msg->nlh->nlmsg_len;
	if (msg->attr[MMLENS_A_EPOCH])
		ret = read_u64(msg, MMLENS_A_EPOCH, &dump->epoch);
	if (ret)
		return ret;
	dump->torn |= !!(msg->nlh->nlmsg_flags & NLM_F_DUMP_INTR);
	if (msg->attr[MMLENS_A_TRAILER])
		return read_trailer(msg->attr[MMLENS_A_TRAILER], dump);
	return 0;
}

/**
 * mml_decode_extents() - hand over the extents of a message
 * @msg: the message
 * @granted: MMLENS_COL_BIT() of the columns it must have
 * @take: called for some at a time, in order
 * @arg: its argument
 *
 * Return: 0, -EBADMSG, or what @take returned if that is not 0
 */
int mml_decode_extents(const struct mml_message *msg, uint64_t granted,
		       mml_extents_fn take, void *arg)
{
	const char *column[MMLENS_COL_MAX + 1];
	struct mml_extent some[SOME_EXTENTS];
	uint32_t count, i, n;
	int ret;

	if (!msg->attr[MMLENS_A_EXTENTS] && !msg->attr[MMLENS_A_COUNT])
		return 0;
	if (!msg->attr[MMLENS_A_EXTENTS] || !msg->attr[MMLENS_A_COUNT])
		return -EBADMSG;
	ret = mml_read_number(msg->attr[MMLENS_A_COUNT], &count, sizeof(count));
	if (!ret)
		ret = mml_columns_find(msg->attr[MMLENS_A_EXTENTS], mml_columns,
				       MMLENS_COL_MAX, granted, count, column);
	if (ret)
		return ret;
	n = count < SOME_EXTENTS ? count : SOME_EXTENTS;
	for (i = 0; i < n; i++)
		mml_extent_unknown(&some[i]);
	for (i = 0; !ret && i < count; i += n) {
		n = count - i < SOME_EXTENTS ? count - i : SOME_EXTENTS;
		mml_columns_read(mml_columns, MMLENS_COL_MAX, column, i, n, some,
				 sizeof(*some));
		ret = take(some, n, arg);
	}
	return ret;
}
