// SPDX-License-Identifier: GPL-2.0
/* Replies: a tape (host/tape.h), whose messages go to every decoder. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/reply.h"
#include "lib/decode.h"
#include "lib/extack.h"

static int take_extent(const struct mml_extent *extent, void *arg)
{
	*(uint64_t *)arg += extent->start;
	return 0;
}

static int take_extents(struct mml_extent *extents, uint32_t n, void *arg)
{
	return take_extent(&extents[n - 1], arg);
}

/* After a first message of a dump, or as that. */
static void decode_dump(const struct nlmsghdr *nlh, bool first)
{
	struct mml_vmas vmas = { .n = 0 };
	struct mml_dump dump = {
		.messages = !first,
		.envelope.columns = first ? 0 : MMLENS_COL_DEFAULT,
	};
	struct mml_message msg;
	uint64_t sum = 0;

	mml_decode_pages(nlh, take_extent, &sum, &dump);
	if (!mml_decode_message(nlh, &msg)) {
		mml_message_stalled(&msg);
		mml_decode_vmas(nlh, &vmas);
		mml_decode_extents(&msg, 0, take_extents, &sum);
	}
	mml_vmas_free(&vmas);
}

/* What they say of it does not matter; that they come back does. */
void fuzz_decode(const struct nlmsghdr *nlh, const struct nlmsghdr *request)
{
	static struct mml_mm mm;
	struct mml_error err;
	struct mml_info info;
	struct mml_walk walk;

	mml_decode_info(nlh, &info);
	mml_decode_mm(nlh, &mm);
	mml_decode_walk(nlh, &walk);
	mml_walk_free(&walk);
	decode_dump(nlh, true);
	decode_dump(nlh, false);
	mml_message_errno(nlh);
	mml_extack(nlh, request, &err);
}

/*
 * In memory of its own, exactly as large, so that reading beyond is seen; but
 * libmnl takes every message to end at a multiple of 4, as a datagram does.
 */
static void decode_copy(const uint8_t *data, size_t size, const struct nlmsghdr *request)
{
	struct nlmsghdr *copy = calloc(1, MNL_ALIGN(size));

	memcpy(copy, data, size);
	fuzz_decode(copy, request);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		struct nlmsghdr nlh;
		struct genlmsghdr genl;
		char attrs[64];
	} request = { .nlh.nlmsg_len = sizeof(request) };
	struct nlmsghdr nlh;

	while (size >= sizeof(nlh)) {
		memcpy(&nlh, data, sizeof(nlh));
		if (nlh.nlmsg_len < sizeof(nlh) || nlh.nlmsg_len > size)
			break;
		decode_copy(data, nlh.nlmsg_len, &request.nlh);
		data += nlh.nlmsg_len;
		size -= nlh.nlmsg_len;
		/* tapes are aligned */
		while (size && nlh.nlmsg_len++ & 3) {
			data++;
			size--;
		}
	}
	return 0;
}
