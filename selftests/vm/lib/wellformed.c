// SPDX-License-Identifier: GPL-2.0
/* Well-formed messages: see wellformed.h. */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/mmlens.h>

#include "wellformed.h"

enum kind {
	NOT_SENT,	/* never in an answer */
	PADDING,	/* nothing in it */
	PRESENCE,	/* likewise: being there says it */
	NUMBER32,
	NUMBER64,	/* no address of the kernel's half */
	FRAME,		/* a PFN */
	OPAQUE,		/* any 64 bits: a hash or a raw entry */
	STRING,
	SYMBOL,		/* a string that is the name of a symbol */
	NEST,
	ARRAYS,		/* a nest of arrays, one a column */
};

struct rule {
	enum kind kind;
	const struct set *nest;
	bool must;
};

struct set {
	const char *name;
	uint16_t max;
	const struct rule *rules;
};

#define SET(what, prefix)						\
	static const struct set what##_set = {				\
		#what, prefix##_MAX, what##_rules,			\
	}

static const struct rule envelope_rules[MMLENS_ENVELOPE_MAX + 1] = {
	[MMLENS_ENVELOPE_PAD] = { PADDING },
	[MMLENS_ENVELOPE_COLUMNS] = { NUMBER64, .must = true },
	[MMLENS_ENVELOPE_MM_ID] = { OPAQUE },
	[MMLENS_ENVELOPE_PID] = { NUMBER32 },
	[MMLENS_ENVELOPE_TGID] = { NUMBER32 },
	[MMLENS_ENVELOPE_EXEC_ID] = { NUMBER64 },
	[MMLENS_ENVELOPE_START_TIME] = { NUMBER64 },
};
SET(envelope, MMLENS_ENVELOPE);

static const struct rule vma_counts_rules[MMLENS_VMA_COL_MAX + 1] = {
	[MMLENS_VMA_COL_PAD] = { PADDING },
	[MMLENS_VMA_COL_RSS ... MMLENS_VMA_COL_DEPTH] = { NUMBER64 },
};
SET(vma_counts, MMLENS_VMA_COL);

static const struct rule trailer_rules[MMLENS_TRAILER_MAX + 1] = {
	[MMLENS_TRAILER_PAD] = { PADDING },
	[MMLENS_TRAILER_REASON] = { NUMBER32, .must = true },
	[MMLENS_TRAILER_TORN] = { NUMBER32 },
	[MMLENS_TRAILER_UNWATCHED] = { NUMBER64 },
	[MMLENS_TRAILER_RECORDS] = { NUMBER64, .must = true },
	[MMLENS_TRAILER_PAGES] = { NUMBER64 },	/* not of a trace */
	[MMLENS_TRAILER_BYTES] = { NUMBER64 },
	[MMLENS_TRAILER_HOLDS] = { NUMBER64 },
	[MMLENS_TRAILER_DEPOSITED] = { NUMBER64 },
	[MMLENS_TRAILER_COUNTS] = { NEST, &vma_counts_set },
};
SET(trailer, MMLENS_TRAILER);

static const struct rule mm_rules[MMLENS_MM_MAX + 1] = {
	[MMLENS_MM_PAD] = { PADDING },
	[MMLENS_MM_COMM] = { STRING, .must = true },
	[MMLENS_MM_TASK_STATE] = { NUMBER32, .must = true },
	[MMLENS_MM_PPID] = { NUMBER32 },
	[MMLENS_MM_THREADS] = { NUMBER32 },
	[MMLENS_MM_MIN_FLT] = { NUMBER64 },
	[MMLENS_MM_MAJ_FLT] = { NUMBER64 },
	[MMLENS_MM_EXE] = { STRING },
	[MMLENS_MM_PGD] = { FRAME },
	[MMLENS_MM_USERS] = { NUMBER32 },
	[MMLENS_MM_COUNT] = { NUMBER32 },
	[MMLENS_MM_MAP_COUNT] = { NUMBER32 },
	[MMLENS_MM_DUMPABLE] = { NUMBER32 },
	/* and the numbers that follow each other */
	[MMLENS_MM_DEF_FLAGS ... MMLENS_MM_PGTABLES] = { NUMBER64 },
};
SET(mm, MMLENS_MM);

static const struct rule vma_rules[MMLENS_VMA_MAX + 1] = {
	[MMLENS_VMA_PAD] = { PADDING },
	[MMLENS_VMA_START] = { NUMBER64, .must = true },
	[MMLENS_VMA_END] = { NUMBER64, .must = true },
	[MMLENS_VMA_FLAGS] = { NUMBER64, .must = true },
	[MMLENS_VMA_KIND] = { NUMBER32, .must = true },
	[MMLENS_VMA_PGOFF] = { NUMBER64, .must = true },
	[MMLENS_VMA_PATH] = { STRING },
	[MMLENS_VMA_NAME] = { STRING },
	[MMLENS_VMA_MAJOR] = { NUMBER32 },
	[MMLENS_VMA_MINOR] = { NUMBER32 },
	[MMLENS_VMA_INODE] = { NUMBER64 },
	[MMLENS_VMA_FILE_SIZE] = { NUMBER64 },
	[MMLENS_VMA_ANON_ID] = { OPAQUE },
	[MMLENS_VMA_ANON_ROOT] = { OPAQUE },
	[MMLENS_VMA_OPS] = { SYMBOL },
	[MMLENS_VMA_PKEY] = { NUMBER32, .must = true },
	[MMLENS_VMA_PAGE_SIZE] = { NUMBER64, .must = true },
	[MMLENS_VMA_COUNTS] = { NEST, &vma_counts_set },
};
SET(vma, MMLENS_VMA);

static const struct rule level_rules[MMLENS_LEVEL_A_MAX + 1] = {
	[MMLENS_LEVEL_A_PAD] = { PADDING },
	[MMLENS_LEVEL_A_LEVEL] = { NUMBER32, .must = true },
	[MMLENS_LEVEL_A_FOLDED] = { PRESENCE },
	[MMLENS_LEVEL_A_INDEX] = { NUMBER32 },
	[MMLENS_LEVEL_A_TABLE] = { FRAME },
	[MMLENS_LEVEL_A_RAW] = { OPAQUE },
	[MMLENS_LEVEL_A_BITS] = { NUMBER64 },
};
SET(level, MMLENS_LEVEL_A);

static const struct rule extents_rules[MMLENS_COL_MAX + 1] = {
	[MMLENS_COL_START] = { NUMBER64 },
	[MMLENS_COL_PAGES] = { NUMBER32 },
	[MMLENS_COL_STATE] = { NUMBER32 },
	[MMLENS_COL_LEVEL] = { NUMBER32 },
	[MMLENS_COL_FRAME] = { FRAME },
	[MMLENS_COL_SWAP] = { NUMBER64 },
	[MMLENS_COL_ENTRY] = { NUMBER64 },
	[MMLENS_COL_FLAGS] = { NUMBER64 },
	[MMLENS_COL_MAPCOUNT] = { NUMBER32 },
	[MMLENS_COL_MAPKIND] = { NUMBER32 },
	[MMLENS_COL_REFCOUNT] = { NUMBER32 },
	[MMLENS_COL_HEAD] = { FRAME },
	[MMLENS_COL_ORDER] = { NUMBER32 },
	[MMLENS_COL_FOLIO_MAPCOUNT] = { NUMBER32 },
	[MMLENS_COL_FOLIO_SHARED] = { NUMBER32 },
	[MMLENS_COL_NODE] = { NUMBER32 },
	[MMLENS_COL_ZONE] = { NUMBER32 },
	[MMLENS_COL_ANON_ID] = { OPAQUE },
};
SET(extents, MMLENS_COL);

static const struct rule tables_rules[MMLENS_TABLE_COL_MAX + 1] = {
	[MMLENS_TABLE_COL_LEVEL] = { NUMBER32, .must = true },
	[MMLENS_TABLE_COL_START] = { NUMBER64, .must = true },
	[MMLENS_TABLE_COL_END] = { NUMBER64, .must = true },
	[MMLENS_TABLE_COL_FRAME] = { FRAME, .must = true },
	[MMLENS_TABLE_COL_SLOTS] = { NUMBER32, .must = true },
	[MMLENS_TABLE_COL_USED] = { NUMBER32, .must = true },
	[MMLENS_TABLE_COL_LEAVES] = { NUMBER32, .must = true },
	[MMLENS_TABLE_COL_UNCOVERED] = { NUMBER32, .must = true },
	[MMLENS_TABLE_COL_KERNEL] = { NUMBER32, .must = true },
};
SET(tables, MMLENS_TABLE_COL);

static const struct rule losses_rules[MMLENS_LOSSES_MAX + 1] = {
	[MMLENS_LOSSES_PAD] = { PADDING },
	[MMLENS_LOSSES_RING] = { NUMBER64, .must = true },
	[MMLENS_LOSSES_MISSED] = { NUMBER64, .must = true },
	[MMLENS_LOSSES_UNFINISHED] = { NUMBER64, .must = true },
	[MMLENS_LOSSES_UNFOLLOWED] = { NUMBER64, .must = true },
};
SET(losses, MMLENS_LOSSES);

static const struct rule faults_rules[MMLENS_FAULT_COL_MAX + 1] = {
	[MMLENS_FAULT_COL_TIME ... MMLENS_FAULT_COL_VMA_FLAGS] = { NUMBER64, .must = true },
	[MMLENS_FAULT_COL_OLD_FRAME] = { FRAME, .must = true },
	[MMLENS_FAULT_COL_OLD_SWAP ... MMLENS_FAULT_COL_OLD_ENTRY] = { NUMBER64, .must = true },
	[MMLENS_FAULT_COL_NEW_FRAME] = { FRAME, .must = true },
	[MMLENS_FAULT_COL_NEW_SWAP ... MMLENS_FAULT_COL_NEW_ENTRY] = { NUMBER64, .must = true },
	[MMLENS_FAULT_COL_TID ... MMLENS_FAULT_COL_NEW_LEVEL] = { NUMBER32, .must = true },
};
SET(faults, MMLENS_FAULT_COL);

static const struct rule top_rules[MMLENS_A_MAX + 1] = {
	[MMLENS_A_PAD] = { PADDING },
	[MMLENS_A_ADDR] = { NUMBER64 },
	[MMLENS_A_START] = { NUMBER64 },
	[MMLENS_A_END] = { NUMBER64 },
	[MMLENS_A_COLUMNS] = { NUMBER64 },
	[MMLENS_A_ENVELOPE] = { NEST, &envelope_set },
	[MMLENS_A_EPOCH] = { NUMBER64 },
	[MMLENS_A_TRAILER] = { NEST, &trailer_set },
	[MMLENS_A_MM] = { NEST, &mm_set },
	[MMLENS_A_VMA] = { NEST, &vma_set },
	[MMLENS_A_PREV] = { NEST, &vma_set },
	[MMLENS_A_NEXT] = { NEST, &vma_set },
	[MMLENS_A_LEVEL] = { NEST, &level_set },
	[MMLENS_A_COUNT] = { NUMBER32 },
	[MMLENS_A_EXTENTS] = { ARRAYS, &extents_set },
	[MMLENS_A_TABLES] = { ARRAYS, &tables_set },
	[MMLENS_A_VERSION] = { STRING },
	[MMLENS_A_RELEASE] = { STRING },
	[MMLENS_A_PAGE_SIZE] = { NUMBER32 },
	[MMLENS_A_LEVELS] = { NUMBER32 },
	[MMLENS_A_USER_END] = { NUMBER64 },
	[MMLENS_A_COMMANDS] = { NUMBER64 },
	[MMLENS_A_VMA_COLUMNS] = { NUMBER64 },
	[MMLENS_A_STATES] = { NUMBER64 },
	[MMLENS_A_ENTRY_BITS] = { NUMBER64 },
	[MMLENS_A_PAGE_FLAGS] = { NUMBER64 },
	[MMLENS_A_VM_FLAGS] = { NUMBER64 },
	[MMLENS_A_CAN] = { NUMBER64 },
	[MMLENS_A_VMA_STORE] = { NUMBER32 },
	[MMLENS_A_DEPTH] = { NUMBER32 },
	[MMLENS_A_FAULTS] = { ARRAYS, &faults_set },
	[MMLENS_A_LOSSES] = { NEST, &losses_set },
};
SET(top, MMLENS_A);

static __thread char complaint[160];

__attribute__((format(printf, 1, 2)))
static const char *wrong(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(complaint, sizeof(complaint), fmt, ap);
	va_end(ap);
	return complaint;
}

/* One attribute, its header copied and its payload where it lies. */
struct piece {
	uint16_t type;
	uint16_t size;
	const unsigned char *data;
};

/* 1 with the next attribute in @piece, 0 at the end, -1 if there is no sense in it. */
static int next_piece(const unsigned char **at, size_t *left, struct piece *piece)
{
	struct nlattr attr;
	size_t taken;

	if (!*left)
		return 0;
	if (*left < sizeof(attr))
		return -1;
	memcpy(&attr, *at, sizeof(attr));
	if (attr.nla_len < sizeof(attr) || attr.nla_len > *left)
		return -1;
	piece->type = attr.nla_type & NLA_TYPE_MASK;
	piece->size = attr.nla_len - sizeof(attr);
	piece->data = *at + sizeof(attr);
	taken = NLA_ALIGN(attr.nla_len);
	if (taken > *left)
		taken = *left;
	*at += taken;
	*left -= taken;
	return 1;
}

static uint64_t number(const struct piece *piece)
{
	uint64_t value = 0;

	memcpy(&value, piece->data, piece->size < 8 ? piece->size : 8);
	return value;
}

/* Bits 47 to 63 all set: an address of the kernel's half, with four levels. */
static bool kernel_half(uint64_t value)
{
	return value >> 47 == 0x1ffff;
}

/* x86-64 has at most 52 bits of physical addresses. */
#define FRAMES_END (1ULL << 40)

static const char *value_wrong(const struct set *set, uint16_t type,
			       enum kind kind, uint64_t value)
{
	if (value == MMLENS_UNKNOWN || kind == OPAQUE)
		return NULL;
	if (kernel_half(value))
		return wrong("%s %u is %#" PRIx64 ", of the kernel's half", set->name, type,
			     value);
	if (kind == FRAME && value >= FRAMES_END)
		return wrong("%s %u is %#" PRIx64 ", no frame", set->name, type, value);
	return NULL;
}

static const char *string_wrong(const struct set *set, const struct piece *p)
{
	if (!p->size || p->data[p->size - 1])
		return wrong("%s %u: a string without an end", set->name, p->type);
	if (memchr(p->data, 0, p->size - 1))
		return wrong("%s %u: a string with two ends", set->name, p->type);
	return NULL;
}

/* "name" or "name [module]": no number that stands in for a symbol. */
static const char *symbol_wrong(const struct set *set, const struct piece *p)
{
	const char *why = string_wrong(set, p);

	if (why)
		return why;
	if (isdigit(p->data[0]) || strstr((const char *)p->data, "0x"))
		return wrong("%s %u: %s is no symbol", set->name, p->type, p->data);
	return NULL;
}

static const char *nest_wrong(const struct set *set, const unsigned char *at, size_t left);

static const char *piece_wrong(const struct set *set, const struct piece *p)
{
	const struct rule *rule = &set->rules[p->type];
	size_t size;

	switch (rule->kind) {
	case NOT_SENT:
		return wrong("%s %u does not belong here", set->name, p->type);
	case PADDING:
	case PRESENCE:
		size = 0;
		break;
	case NUMBER32:
		size = 4;
		break;
	case STRING:
		return string_wrong(set, p);
	case SYMBOL:
		return symbol_wrong(set, p);
	case NEST:
		return nest_wrong(rule->nest, p->data, p->size);
	case ARRAYS:
		return NULL;	/* with COUNT: see arrays_wrong() */
	default:
		size = 8;
	}
	if (p->size != size)
		return wrong("%s %u has %u bytes, not %zu", set->name, p->type, p->size, size);
	return size == 8 ? value_wrong(set, p->type, rule->kind, number(p)) : NULL;
}

static const char *must_wrong(const struct set *set, uint64_t seen)
{
	for (uint16_t i = 0; i <= set->max; i++)
		if (set->rules[i].must && !(seen >> i & 1))
			return wrong("%s %u is missing", set->name, i);
	return NULL;
}

static const char *nest_wrong(const struct set *set, const unsigned char *at, size_t left)
{
	struct piece piece;
	uint64_t seen = 0;
	const char *why;
	int more;

	while ((more = next_piece(&at, &left, &piece)) > 0) {
		if (piece.type > set->max)
			return wrong("%s has an attribute %u", set->name, piece.type);
		why = piece_wrong(set, &piece);
		if (why)
			return why;
		seen |= 1ULL << piece.type;
	}
	return more < 0 ? wrong("%s ends within an attribute", set->name) :
			  must_wrong(set, seen);
}

static const char *array_wrong(const struct set *set, const struct piece *p, uint32_t count)
{
	enum kind kind = set->rules[p->type].kind;
	size_t size = kind == NUMBER32 ? 4 : 8;
	const char *why = NULL;
	uint64_t value;

	if (kind == NOT_SENT || p->size != count * size)
		return wrong("column %s %u: %u bytes for %u elements", set->name, p->type,
			     p->size, count);
	if (kind == NUMBER32)
		return NULL;
	for (uint32_t i = 0; i < count && !why; i++) {
		memcpy(&value, p->data + i * size, sizeof(value));
		why = value_wrong(set, p->type, kind, value);
	}
	return why;
}

/* What a message of the family is made of, of what the order depends on. */
struct message {
	bool envelope, trailer;
	int data;
	uint32_t count;
	uint64_t start, end;
	bool ranged;
	struct piece arrays;
};

static const char *arrays_wrong(const struct message *msg)
{
	const unsigned char *at = msg->arrays.data;
	size_t left = msg->arrays.size;
	const struct set *set;
	struct piece piece;
	uint64_t seen = 0;
	const char *why;
	int more;

	if (!at)
		return NULL;
	set = top_rules[msg->arrays.type].nest;
	if (!msg->count)
		return wrong("%s without COUNT", set->name);
	while ((more = next_piece(&at, &left, &piece)) > 0) {
		if (piece.type > set->max || seen >> piece.type & 1)
			return wrong("%s has a column %u too many", set->name, piece.type);
		why = array_wrong(set, &piece, msg->count);
		if (why)
			return why;
		seen |= 1ULL << piece.type;
	}
	return more < 0 || !seen ? wrong("%s ends within a column", set->name) :
				   must_wrong(set, seen);
}

static void note_piece(struct message *msg, const struct piece *p)
{
	switch (p->type) {
	case MMLENS_A_ENVELOPE:
		msg->envelope = true;
		break;
	case MMLENS_A_TRAILER:
		msg->trailer = true;
		break;
	case MMLENS_A_START:
		msg->start = number(p);
		msg->ranged = true;
		break;
	case MMLENS_A_END:
		msg->end = number(p);
		break;
	case MMLENS_A_COUNT:
		msg->count = number(p);
		break;
	case MMLENS_A_EXTENTS:
	case MMLENS_A_TABLES:
	case MMLENS_A_FAULTS:
		msg->arrays = *p;
		msg->data++;
		break;
	case MMLENS_A_VMA:
		msg->data++;
		break;
	}
}

static const char *take_message(const struct nlmsghdr *nlh, struct message *msg)
{
	const unsigned char *at = (const unsigned char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN;
	size_t left = nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	struct piece piece;
	const char *why;
	int more;

	while ((more = next_piece(&at, &left, &piece)) > 0) {
		if (piece.type > MMLENS_A_MAX)
			return wrong("an attribute %u", piece.type);
		why = piece_wrong(&top_set, &piece);
		if (why)
			return why;
		note_piece(msg, &piece);
	}
	if (more < 0)
		return wrong("the message ends within an attribute");
	if (msg->ranged && msg->start > msg->end)
		return wrong("START is above END");
	return arrays_wrong(msg);
}

/* An envelope; then each message where the last one ended; then a trailer. */
static const char *order_wrong(const struct nlmsghdr *nlh, uint8_t cmd,
			       const struct message *msg, struct dump_chain *chain)
{
	bool lost = chain->lost, trace = cmd == MMLENS_CMD_TRACE_START;

	if (msg->ranged == trace)
		return wrong("START %s", trace ? "in a trace" : "is missing in a dump");
	if (msg->envelope) {
		if (msg->start != msg->end || msg->data || msg->trailer)
			return wrong("an envelope with something in it");
		*chain = (struct dump_chain) {
			.active = true, .seq = nlh->nlmsg_seq, .cmd = cmd, .pos = msg->start,
		};
		return NULL;
	}
	if (!lost && (!chain->active || chain->seq != nlh->nlmsg_seq || chain->cmd != cmd))
		return wrong("a message of no dump under way");
	if (!lost && chain->pos != msg->start)
		return wrong("starts at %#" PRIx64 ", not where the last one ended, %#" PRIx64,
			     msg->start, chain->pos);
	if (msg->data && msg->start == msg->end && cmd != MMLENS_CMD_VMA_GET &&
	    cmd != MMLENS_CMD_TABLE_GET && !trace)
		return wrong("data of nowhere");
	if (msg->trailer && (msg->start != msg->end || msg->data))
		return wrong("a trailer with something in it");
	chain->pos = msg->end;
	chain->active = !msg->trailer;
	return NULL;
}

const char *malformed_reply(const struct nlmsghdr *nlh, struct dump_chain *chain)
{
	const struct genlmsghdr *genl = (const void *)((const char *)nlh + NLMSG_HDRLEN);
	struct message msg = {};
	const char *why;

	if (nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return wrong("%u bytes are no message", nlh->nlmsg_len);
	if (!genl->cmd || genl->cmd > MMLENS_CMD_MAX || genl->version != MMLENS_GENL_VERSION)
		return wrong("command %u, version %u", genl->cmd, genl->version);
	why = take_message(nlh, &msg);
	if (why || !(nlh->nlmsg_flags & NLM_F_MULTI) || !chain)
		return why;
	return order_wrong(nlh, genl->cmd, &msg, chain);
}

static const char *extack_wrong(const unsigned char *at, size_t left, uint32_t request,
				const char **text)
{
	static const struct set extack = { .name = "extack" };
	struct piece piece;
	const char *why;
	int more;

	while ((more = next_piece(&at, &left, &piece)) > 0) {
		switch (piece.type) {
		case NLMSGERR_ATTR_MSG:
			why = string_wrong(&extack, &piece);
			if (why)
				return why;
			*text = (const char *)piece.data;
			break;
		case NLMSGERR_ATTR_OFFS:
			if (piece.size != 4 || number(&piece) >= request)
				return wrong("an offset beyond the request");
			break;
		}
	}
	return more < 0 ? wrong("an extack that ends within an attribute") : NULL;
}

const char *malformed_end(const struct nlmsghdr *nlh, int *error, const char **text)
{
	const struct nlmsgerr *err = (const void *)((const char *)nlh + NLMSG_HDRLEN);
	size_t size = nlh->nlmsg_len - NLMSG_HDRLEN, skip = sizeof(*error);
	uint32_t request = UINT32_MAX;

	*text = NULL;
	if (nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(*error))
		return wrong("an end of %u bytes", nlh->nlmsg_len);
	*error = -err->error;
	if (*error < 0 || *error > 4095)
		return wrong("errno %d", *error);
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		skip = sizeof(*err);
		if (size < skip)
			return wrong("an error of %u bytes", nlh->nlmsg_len);
		request = err->msg.nlmsg_len;
		if (err->error && !(nlh->nlmsg_flags & NLM_F_CAPPED))
			skip += NLMSG_ALIGN(request) - sizeof(err->msg);
	}
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (skip > size)
		return wrong("an error that quotes more than it has");
	return extack_wrong((const unsigned char *)nlh + NLMSG_HDRLEN + skip, size - skip,
			    request, text);
}
