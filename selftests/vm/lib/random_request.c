// SPDX-License-Identifier: GPL-2.0
/* Requests at random: see random_request.h. */
#include <string.h>

#include <linux/genetlink.h>
#include <linux/mmlens.h>

#include "random_request.h"

#define SHORT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct chance chance_of(uint64_t seed)
{
	/* splitmix64: seeds that follow each other begin nothing alike */
	uint64_t z = seed + 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	z ^= z >> 31;
	return (struct chance){ z ?: 1 };
}

/* xorshift64* */
uint64_t chance_u64(struct chance *c)
{
	c->state ^= c->state >> 12;
	c->state ^= c->state << 25;
	c->state ^= c->state >> 27;
	return c->state * 0x2545f4914f6cdd1dULL;
}

uint32_t chance_below(struct chance *c, uint32_t below)
{
	return (chance_u64(c) >> 32) * below >> 32;
}

bool chance_one_in(struct chance *c, uint32_t n)
{
	return !chance_below(c, n);
}

/* Values */

#define USER_END	0x7ffffffff000ULL

static const uint64_t edges[] = {
	0, 1, 2, 0xfff, 0x1000, 0x1001, USER_END - 1, USER_END, USER_END + 0x1000,
	1ULL << 31, 1ULL << 32, 1ULL << 40, 1ULL << 47, 1ULL << 52, (1ULL << 52) - 1,
	(1ULL << 52) + 1, 1ULL << 63, INT64_MAX, UINT32_MAX, -1ULL, -4096ULL,
	0xffff800000000000ULL, 0xffff888000000000ULL, 0xffffffff81000000ULL,
};

static uint64_t edge(struct chance *c)
{
	uint64_t value = edges[chance_below(c, SHORT_OF(edges))];

	switch (chance_below(c, 4)) {
	case 0:  return value + chance_below(c, 5) - 2;
	case 1:  return chance_u64(c) >> chance_below(c, 64);
	default: return value;
	}
}

static uint32_t some_pid(struct chance *c, const struct menu *menu)
{
	if (chance_one_in(c, 12))
		return edge(c);
	return menu->pids[chance_below(c, menu->nr_pids)];
}

static uint64_t some_addr(struct chance *c, const struct menu *menu)
{
	uint64_t addr = menu->addrs[chance_below(c, menu->nr_addrs)];

	if (chance_one_in(c, 8))
		return edge(c);
	return addr + chance_below(c, 1 << chance_below(c, 24));
}

/* A mask of things up to bit @max, mostly of those that there are. */
static uint64_t some_mask(struct chance *c, unsigned int max)
{
	uint64_t known = (2ULL << max) - 2;

	switch (chance_below(c, 8)) {
	case 0:  return chance_u64(c);
	case 1:  return known;
	case 2:  return 1ULL << chance_below(c, 64);
	case 3:  return 1ULL << (1 + chance_below(c, max));
	default: return chance_u64(c) & known;
	}
}

/* Attributes */

struct request {
	struct nlmsghdr *nlh;
	struct nlattr *attrs[24];	/* top level, for mischief */
	unsigned int count;
};

static struct nlattr *put(struct request *r, uint16_t type, const void *data, size_t size)
{
	struct nlattr *attr = (void *)((char *)r->nlh + NLMSG_ALIGN(r->nlh->nlmsg_len));

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + size;
	memset(attr + 1, 0, NLA_ALIGN(size));
	if (size)
		memcpy(attr + 1, data, size);
	r->nlh->nlmsg_len = NLMSG_ALIGN(r->nlh->nlmsg_len) + NLA_HDRLEN + NLA_ALIGN(size);
	return attr;
}

static void put_top(struct request *r, uint16_t type, const void *data, size_t size)
{
	struct nlattr *attr = put(r, type, data, size);

	if (r->count < SHORT_OF(r->attrs))
		r->attrs[r->count++] = attr;
}

static void put_u64(struct request *r, uint16_t type, uint64_t value)
{
	put_top(r, type, &value, sizeof(value));
}

/* Mostly a few pages, for a dump of everything takes its time. */
static void put_range(struct chance *c, const struct menu *menu, struct request *r)
{
	uint64_t start = some_addr(c, menu) & ~0xfffULL;
	uint64_t end = start + ((uint64_t)chance_below(c, 1 << chance_below(c, 12)) << 12);

	if (chance_one_in(c, 10))
		start = edge(c);
	if (chance_one_in(c, 10))
		end = edge(c);
	if (!chance_one_in(c, 12))
		put_u64(r, MMLENS_A_START, start);
	if (!chance_one_in(c, 12))
		put_u64(r, MMLENS_A_END, end);
}

static void put_frames(struct chance *c, struct request *r)
{
	uint64_t start = chance_below(c, 1 << 21);
	uint64_t end = start + chance_below(c, 1 << chance_below(c, 12));

	if (chance_one_in(c, 10))
		start = edge(c);
	if (chance_one_in(c, 10))
		end = edge(c);
	put_u64(r, MMLENS_A_START, start);
	if (!chance_one_in(c, 20))
		put_u64(r, MMLENS_A_END, end);
}

static void put_filter(struct chance *c, struct request *r)
{
	struct nlattr *nest = put(r, MMLENS_A_FILTER | NLA_F_NESTED, NULL, 0);
	unsigned int n = chance_below(c, 6);
	uint16_t type;
	uint64_t value;

	while (n--) {
		type = MMLENS_FILTER_STATES + chance_below(c, MMLENS_FILTER_MAX - 1);
		value = type >= MMLENS_FILTER_FRAME_START ? chance_u64(c) >> chance_below(c, 64) :
			type == MMLENS_FILTER_STATES ? some_mask(c, MMLENS_STATE_MAX) :
			1ULL << chance_below(c, 40);
		if (chance_one_in(c, 30))
			type = chance_u64(c);
		put(r, type, &value, chance_one_in(c, 30) ? chance_below(c, 9) : 8);
	}
	nest->nla_len = (char *)r->nlh + r->nlh->nlmsg_len - (char *)nest;
	if (r->count < SHORT_OF(r->attrs))
		r->attrs[r->count++] = nest;
}

static void put_vma_columns(struct chance *c, struct request *r)
{
	put_u64(r, MMLENS_A_COLUMNS, some_mask(c, MMLENS_VMA_COL_MAX) & ~3ULL);
	if (chance_one_in(c, 3))
		put_top(r, MMLENS_A_SUM, NULL, 0);
}

static void put_attrs(struct chance *c, const struct menu *menu, struct request *r,
		      uint8_t cmd, bool dump)
{
	uint32_t pid = some_pid(c, menu);

	if (cmd != MMLENS_CMD_INFO_GET && cmd != MMLENS_CMD_FRAME_GET &&
	    cmd != MMLENS_CMD_TRACE_STOP)
		put_top(r, MMLENS_A_PID, &pid, sizeof(pid));
	if (cmd == MMLENS_CMD_WALK_GET || (cmd == MMLENS_CMD_VMA_GET && !dump))
		put_u64(r, MMLENS_A_ADDR, some_addr(c, menu));
	else if (cmd == MMLENS_CMD_FRAME_GET)
		put_frames(c, r);
	else if (cmd == MMLENS_CMD_TRACE_START && chance_one_in(c, 2))
		put_top(r, MMLENS_A_FOLLOW, NULL, 0);
	else if (dump && cmd != MMLENS_CMD_TRACE_START)
		put_range(c, menu, r);
	if (cmd == MMLENS_CMD_PAGE_GET && chance_one_in(c, 2))
		put_filter(c, r);
	if (!chance_one_in(c, 2))
		return;
	if (cmd == MMLENS_CMD_PAGE_GET)
		put_u64(r, MMLENS_A_COLUMNS, some_mask(c, MMLENS_COL_MAX));
	else if (cmd == MMLENS_CMD_FRAME_GET)
		put_u64(r, MMLENS_A_COLUMNS,
			some_mask(c, MMLENS_COL_MAX) & MMLENS_FRAME_COL_ALL);
	else if (cmd == MMLENS_CMD_VMA_GET && dump)
		put_vma_columns(c, r);
}

/* Mischief */

static struct nlattr *victim(struct chance *c, struct request *r)
{
	return r->count ? r->attrs[chance_below(c, r->count)] : NULL;
}

static void damage_attr(struct chance *c, struct request *r)
{
	struct nlattr *attr = victim(c, r);
	uint64_t value = edge(c);

	if (!attr)
		return;
	switch (chance_below(c, 6)) {
	case 0:
		attr->nla_type = chance_below(c, MMLENS_A_MAX + 3);
		break;
	case 1:
		attr->nla_type ^= chance_one_in(c, 2) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER;
		break;
	case 2:
		attr->nla_type = chance_u64(c);
		break;
	case 3:
		attr->nla_len = chance_below(c, 32);
		break;
	case 4:
		attr->nla_len = chance_u64(c);
		break;
	default:
		if (attr->nla_len >= NLA_HDRLEN + sizeof(value))
			memcpy(attr + 1, &value, sizeof(value));
	}
}

/* Nests in nests, of a filter or of anything. */
static void put_deep(struct chance *c, struct request *r)
{
	unsigned int depth = 1 + chance_below(c, 60);
	uint16_t type = chance_one_in(c, 2) ? MMLENS_A_FILTER :
					      chance_below(c, MMLENS_A_MAX + 2);
	struct nlattr *attr;

	for (unsigned int i = 0; i < depth; i++) {
		attr = put(r, type | NLA_F_NESTED, NULL, 0);
		attr->nla_len = (depth - i) * NLA_HDRLEN;
	}
}

static void put_any(struct chance *c, struct request *r)
{
	uint16_t type = chance_one_in(c, 4) ? chance_u64(c) : chance_below(c, MMLENS_A_MAX + 3);
	unsigned char data[64];
	size_t size = chance_below(c, sizeof(data));

	for (size_t i = 0; i < size; i++)
		data[i] = chance_u64(c);
	put_top(r, type, data, chance_one_in(c, 2) ? 8 : size);
}

/* Long, and no sense in it. */
static void put_junk(struct chance *c, struct request *r)
{
	static const char zeroes[4096];
	unsigned int n = 1 + chance_below(c, 3);

	while (n--)
		put(r, chance_below(c, 300), zeroes, chance_below(c, sizeof(zeroes)));
}

static void damage_header(struct chance *c, const struct menu *menu, struct nlmsghdr *nlh)
{
	static const uint16_t flags[] = {
		NLM_F_ROOT, NLM_F_MATCH, NLM_F_ATOMIC, NLM_F_DUMP, NLM_F_ECHO, NLM_F_ACK,
		NLM_F_MULTI, NLM_F_DUMP_INTR, NLM_F_DUMP_FILTERED, NLM_F_CREATE, NLM_F_APPEND,
		NLM_F_CAPPED, NLM_F_ACK_TLVS, NLM_F_REQUEST,
	};
	struct genlmsghdr *genl = (void *)((char *)nlh + NLMSG_HDRLEN);

	switch (chance_below(c, 9)) {
	case 0:
	case 1:
		nlh->nlmsg_flags ^= flags[chance_below(c, SHORT_OF(flags))];
		break;
	case 2:
		nlh->nlmsg_flags = chance_u64(c);
		break;
	case 3:
		nlh->nlmsg_seq = chance_u64(c);
		break;
	case 4:
		nlh->nlmsg_pid = chance_u64(c);
		break;
	case 5:
		/* control messages, the family of families; no one else's */
		nlh->nlmsg_type = chance_one_in(c, 2) ? chance_below(c, 16) :
				  chance_one_in(c, 2) ? GENL_ID_CTRL : menu->family;
		break;
	case 6:
		genl->cmd = chance_one_in(c, 2) ? chance_u64(c) :
						  chance_below(c, MMLENS_CMD_MAX + 2);
		break;
	case 7:
		genl->version = chance_u64(c);
		break;
	default:
		genl->reserved = chance_u64(c);
	}
}

static void damage_length(struct chance *c, struct nlmsghdr *nlh)
{
	switch (chance_below(c, 4)) {
	case 0:
		nlh->nlmsg_len = chance_below(c, nlh->nlmsg_len + 1);
		break;
	case 1:
		nlh->nlmsg_len += chance_below(c, 64);
		break;
	case 2:
		nlh->nlmsg_len = chance_u64(c);
		break;
	default:
		nlh->nlmsg_len -= 1 + chance_below(c, 7);
	}
}

static void damage(struct chance *c, const struct menu *menu, struct request *r)
{
	switch (chance_below(c, 8)) {
	case 0:
	case 1:
	case 2:
		damage_attr(c, r);
		break;
	case 3:
		put_any(c, r);
		break;
	case 4:
		put_deep(c, r);
		break;
	case 5:
		if (chance_one_in(c, 8))
			put_junk(c, r);
		break;
	default:
		damage_header(c, menu, r->nlh);
	}
}

static bool is_dump(struct chance *c, uint8_t cmd)
{
	return (cmd >= MMLENS_CMD_PAGE_GET && cmd != MMLENS_CMD_TRACE_STOP) ||
	       (cmd == MMLENS_CMD_VMA_GET && chance_one_in(c, 2));
}

/* A trace patches the kernel's text, and that takes its time. */
static uint8_t some_command(struct chance *c, const struct menu *menu)
{
	if (menu->one_trace_in && chance_one_in(c, menu->one_trace_in))
		return chance_one_in(c, 2) ? MMLENS_CMD_TRACE_START : MMLENS_CMD_TRACE_STOP;
	return MMLENS_CMD_INFO_GET + chance_below(c, MMLENS_CMD_FRAME_GET);
}

size_t random_request(struct chance *c, const struct menu *menu, uint32_t seq,
		      uint32_t port, void *buf)
{
	uint8_t cmd = some_command(c, menu);
	bool dump = is_dump(c, cmd);
	unsigned int wrongs = chance_below(c, 4);
	struct request r = { .nlh = buf };
	struct genlmsghdr *genl = (void *)((char *)buf + NLMSG_HDRLEN);
	size_t size;

	*r.nlh = (struct nlmsghdr) {
		.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN,
		.nlmsg_type = menu->family,
		.nlmsg_flags = NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0) |
			       (chance_one_in(c, 2) ? NLM_F_ACK : 0),
		.nlmsg_seq = seq,
		.nlmsg_pid = port,
	};
	*genl = (struct genlmsghdr) { .cmd = cmd, .version = MMLENS_GENL_VERSION };
	put_attrs(c, menu, &r, cmd, dump);
	/* every other one as it should be */
	while (wrongs-- > 1)
		damage(c, menu, &r);
	if (!menu->one_trace_in && genl->cmd == MMLENS_CMD_TRACE_START)
		genl->cmd = MMLENS_CMD_TRACE_STOP;
	size = NLMSG_ALIGN(r.nlh->nlmsg_len);
	if (chance_one_in(c, 40))
		damage_length(c, r.nlh);
	return size;
}
