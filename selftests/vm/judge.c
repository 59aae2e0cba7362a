// SPDX-License-Identifier: GPL-2.0
/*
 * judge: the judge of replies (vm/lib/wellformed.h) must not be asleep. Messages with
 * one thing wrong in each, and some with nothing; no kernel is asked.
 */
#include <linux/genetlink.h>
#include <linux/mmlens.h>

#include "ktap.h"
#include "vm/lib/genl.h"
#include "vm/lib/wellformed.h"

struct spoiled {
	const char *name;
	void (*spoil)(struct nlmsghdr *nlh);
};

static struct nlmsghdr *begin_message(void *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	genl->cmd = MMLENS_CMD_PAGE_GET;
	genl->version = MMLENS_GENL_VERSION;
	return nlh;
}

static void put_extents(struct nlmsghdr *nlh, uint32_t count, size_t size, uint64_t frame)
{
	uint64_t frames[4] = { frame, frame, frame, frame };
	struct nlattr *nest;

	mnl_attr_put_u32(nlh, MMLENS_A_COUNT, count);
	nest = mnl_attr_nest_start(nlh, MMLENS_A_EXTENTS);
	mnl_attr_put(nlh, MMLENS_COL_FRAME, size, frames);
	mnl_attr_nest_end(nlh, nest);
}

static void fine(struct nlmsghdr *nlh) { put_extents(nlh, 2, 16, 0x1234); }
static void unknown(struct nlmsghdr *nlh) { put_extents(nlh, 2, 16, MMLENS_UNKNOWN); }
static void address(struct nlmsghdr *nlh) { put_extents(nlh, 2, 16, 0xffff888012345000); }
static void no_frame(struct nlmsghdr *nlh) { put_extents(nlh, 2, 16, 1ULL << 41); }
static void short_column(struct nlmsghdr *nlh) { put_extents(nlh, 3, 16, 7); }
static void kernel_epoch(struct nlmsghdr *nlh)
{
	mnl_attr_put_u64(nlh, MMLENS_A_EPOCH, 0xffffffff81000000);
}
static void wide(struct nlmsghdr *nlh) { mnl_attr_put_u64(nlh, MMLENS_A_COUNT, 1); }
static void alien(struct nlmsghdr *nlh) { mnl_attr_put_u32(nlh, MMLENS_A_MAX + 1, 1); }
static void bare_envelope(struct nlmsghdr *nlh)
{
	mnl_attr_nest_end(nlh, mnl_attr_nest_start(nlh, MMLENS_A_ENVELOPE));
}
static void beyond(struct nlmsghdr *nlh)
{
	struct nlattr *attr = mnl_nlmsg_get_payload_tail(nlh);

	mnl_attr_put_u32(nlh, MMLENS_A_COUNT, 1);
	attr->nla_len += 8;
}

static const struct spoiled spoilt[] = {
	{ "a frame that is an address of the kernel's", address },
	{ "a frame beyond all memory", no_frame },
	{ "a column that is too short", short_column },
	{ "an epoch that is an address of the kernel's", kernel_epoch },
	{ "a number of the wrong width", wide },
	{ "an attribute that there is not", alien },
	{ "an envelope without its columns", bare_envelope },
	{ "an attribute longer than the message", beyond },
};

int main(void)
{
	char buf[512];

	ktap_begin();
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		struct nlmsghdr *nlh = begin_message(buf);
		const char *why;

		spoilt[i].spoil(nlh);
		why = malformed_reply(nlh, NULL);
		ktap_test(why, "the judge sees %s", spoilt[i].name);
	}
	for (int i = 0; i < 2; i++) {
		struct nlmsghdr *nlh = begin_message(buf);

		(i ? unknown : fine)(nlh);
		ktap_test(!malformed_reply(nlh, NULL), "... and nothing wrong in %s",
			  i ? "what is not known" : "what is right");
	}
	return ktap_end();
}
