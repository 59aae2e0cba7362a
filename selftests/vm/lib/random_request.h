/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests at random, most of them nearly right: a command with what it takes,
 * then now and then something wrong with it. All chance comes from one number,
 * so that whatever happens can be made to happen again.
 */
#ifndef SELFTESTS_RANDOM_REQUEST_H
#define SELFTESTS_RANDOM_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

struct chance {
	uint64_t state;
};

struct chance chance_of(uint64_t seed);
uint64_t chance_u64(struct chance *c);
/* 0 <= result < @below */
uint32_t chance_below(struct chance *c, uint32_t below);
bool chance_one_in(struct chance *c, uint32_t n);

/* What is known only at run time. */
struct menu {
	uint16_t family;
	uint32_t pids[16];	/* that mean somebody */
	unsigned int nr_pids;
	uint64_t addrs[32];	/* that lie in areas of the first */
	unsigned int nr_addrs;
	unsigned int one_trace_in;	/* so many requests; 0: none, by no mischief either */
};

/* Room that a request may need. */
#define RANDOM_REQUEST_MAX 32768

/*
 * Writes a request to @buf and returns the bytes that it takes there, which
 * nlmsg_len need not agree with. @seq is its sequence number, mostly.
 */
size_t random_request(struct chance *c, const struct menu *menu, uint32_t seq,
		      uint32_t port, void *buf);

#endif /* SELFTESTS_RANDOM_REQUEST_H */
