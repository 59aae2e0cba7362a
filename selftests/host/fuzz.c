// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz TAPE...: every message of the tapes, damaged in many ways, to every
 * decoder. What they say of it does not matter; that they come back does, and
 * that under valgrind or a sanitizer (CFLAGS=-fsanitize=address,undefined)
 * nobody has read beyond a message. The same damage is done on every run.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../ktap.h"
#include "fuzz/reply.h"
#include "tape.h"

#define ROUNDS 300

static uint64_t random_state = 1;

/* xorshift64 */
static uint32_t chance(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 20) % below;
}

/* Some bytes changed, mostly where lengths and types are; or an end cut off. */
static void damage(struct nlmsghdr *nlh)
{
	static const unsigned char usual[] = { 0, 1, 3, 4, 5, 8, 0x7f, 0x80, 0xff };
	unsigned char *bytes = (unsigned char *)nlh;
	uint32_t n = 1 + chance(4), at;

	while (n--) {
		at = NLMSG_HDRLEN + chance(nlh->nlmsg_len - NLMSG_HDRLEN);
		if (chance(2))
			at &= ~3U;
		bytes[at] = chance(2) ? chance(256) : usual[chance(sizeof(usual))];
	}
	if (!chance(4))
		nlh->nlmsg_len -= chance(nlh->nlmsg_len - NLMSG_HDRLEN + 1);
	if (!chance(4))
		nlh->nlmsg_type = chance(2) ? NLMSG_ERROR : NLMSG_DONE;
	if (!chance(4))
		nlh->nlmsg_flags ^= 1U << chance(16);
}

/*
 * In memory of its own, exactly as large, so that reading beyond is seen; but
 * libmnl takes every message to end at a multiple of 4, as a datagram does.
 */
static void one(const struct nlmsghdr *nlh, const struct nlmsghdr *request,
		bool whole)
{
	struct nlmsghdr *copy = malloc(MNL_ALIGN(nlh->nlmsg_len));
	struct nlmsghdr *cut;

	memcpy(copy, nlh, MNL_ALIGN(nlh->nlmsg_len));
	if (!whole && copy->nlmsg_len > NLMSG_HDRLEN)
		damage(copy);
	cut = malloc(MNL_ALIGN(copy->nlmsg_len));
	memcpy(cut, copy, MNL_ALIGN(copy->nlmsg_len));
	fuzz_decode(cut, request);
	free(cut);
	free(copy);
}

static size_t fuzz(const char *path)
{
	const struct nlmsghdr *request = NULL, *nlh;
	static char data[1 << 20] __attribute__((aligned(8)));
	size_t messages = 0;
	FILE *tape = fopen(path, "rb");
	int left, i;

	if (!tape)
		ktap_bail("%s cannot be read", path);
	left = fread(data, 1, sizeof(data), tape);
	fclose(tape);
	for (nlh = (void *)data; mnl_nlmsg_ok(nlh, left);
	     nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_type != TAPE_FAILS && nlh->nlmsg_flags & NLM_F_REQUEST)
			request = nlh;
		if (!request)
			continue;
		one(nlh, request, true);
		for (i = 0; i < ROUNDS; i++)
			one(nlh, request, false);
		messages++;
	}
	return messages;
}

int main(int argc, char **argv)
{
	const char *name;
	int i;

	ktap_begin();
	if (argc < 2)
		ktap_bail("usage: fuzz TAPE...");
	for (i = 1; i < argc; i++) {
		name = strrchr(argv[i], '/');
		ktap_test(fuzz(argv[i]) > 0, "%s", name ? name + 1 : argv[i]);
	}
	return ktap_end();
}
