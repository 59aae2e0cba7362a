/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is what the module sent a message of the kind that uapi/linux/mmlens.h
 * describes? Judged by attribute type from a table of this test's own, so that
 * neither side's code is asked about itself. Nothing but a raw entry and an
 * opaque id may hold a number that could be an address of the kernel's half.
 */
#ifndef SELFTESTS_WELLFORMED_H
#define SELFTESTS_WELLFORMED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

/* Where a socket's dump stands; zeroed for a socket that is new. */
struct dump_chain {
	bool active;	/* the envelope has been seen, the trailer not */
	bool lost;	/* messages are missing: nothing can be said of the order */
	uint32_t seq;
	uint8_t cmd;
	uint64_t pos;
};

/*
 * Both return NULL, or what is wrong in a text that lasts until the thread's
 * next call. @nlh is followed by at least nlmsg_len bytes.
 */

/* A message of the family. @chain: the socket's, or NULL if others read too. */
const char *malformed_reply(const struct nlmsghdr *nlh, struct dump_chain *chain);

/* NLMSG_ERROR or NLMSG_DONE; *@error is its errno, *@text its words or NULL. */
const char *malformed_end(const struct nlmsghdr *nlh, int *error, const char **text);

#endif /* SELFTESTS_WELLFORMED_H */
