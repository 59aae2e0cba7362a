/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink by hand: every byte of a request is the test's own choice,
 * and every byte of the answer is looked at. libmmlens is not used: it would
 * not send what these tests are about.
 */
#ifndef SELFTESTS_GENL_H
#define SELFTESTS_GENL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/mmlens.h>

#define GENL_BUFFER (256 * 1024)

struct genl {
	int fd;
	uint16_t family;	/* mmlens, unless genl_resolve() is told otherwise */
	uint32_t seq;
	uint32_t port;
	bool named;		/* what is sent names the kernel, as libmnl does */
};

/* How a request ended. */
struct genl_answer {
	int error;		/* positive errno of ERROR or DONE; 0: success */
	bool acked;		/* an ERROR message ended it */
	bool done;		/* a DONE message ended it */
	char text[256];		/* the kernel's own words, or "" */
	int attr;		/* attribute type it points at (top level or in a nest), or 0 */
	unsigned int messages;	/* of the family */
	uint64_t bytes;		/* received in all, headers included */
};

/* Opens and binds a socket without resolving; false with errno set. */
bool genl_open(struct genl *g);
/* Looks up a family's number; 0 if it is not registered. */
uint16_t genl_resolve(struct genl *g, const char *name);
/* Both, for mmlens; false if the module is not loaded. */
bool genl_try_mmlens(struct genl *g);
/* Ends the program instead. */
void genl_open_mmlens(struct genl *g);
void genl_close(struct genl *g);

/* A request of @cmd in @buf, which must have room for what is put there. */
struct nlmsghdr *genl_request(struct genl *g, void *buf, uint8_t cmd,
			      uint16_t flags);

/*
 * Returns 0, or a positive errno. By a plain write(), as of a program that was
 * given the descriptor: netlink_capable() looks at who opened the socket only
 * if no destination is named.
 */
int genl_send(struct genl *g, const struct nlmsghdr *nlh);

/*
 * Asks for an end of the trace that @g reads, and lets genl_take() wait for that: a
 * refusal of this is not looked at. Returns as genl_send().
 */
int genl_stop_trace(struct genl *g);

/*
 * One recv(); bytes received, or a negative errno: -EAGAIN after @timeout_ms.
 */
ssize_t genl_recv(struct genl *g, void *buf, size_t size, int timeout_ms);

/* Called for each message of the family and for each that ends the request. */
typedef void (*genl_fn)(const struct nlmsghdr *nlh, void *arg);

/*
 * Takes what one recv() returned apart; true when the request is over, with
 * the result in @answer.
 */
bool genl_take(struct genl *g, const void *buf, size_t len, genl_fn fn, void *arg,
	       struct genl_answer *answer);

/* Reads on until the request is over; a timeout is error ETIMEDOUT. */
void genl_finish(struct genl *g, genl_fn fn, void *arg, struct genl_answer *answer);

/* Sends, and reads all of the answer. */
void genl_ask(struct genl *g, const struct nlmsghdr *nlh, genl_fn fn, void *arg,
	      struct genl_answer *answer);

/* The first attribute of a type in a message of the family, or NULL. */
const struct nlattr *genl_attr(const struct nlmsghdr *nlh, uint16_t type);
const struct nlattr *genl_nested(const struct nlattr *nest, uint16_t type);
uint64_t genl_u64(const struct nlattr *attr);

/* "EINVAL", or "ok" for 0. */
const char *genl_errno(int error);

#endif /* SELFTESTS_GENL_H */
