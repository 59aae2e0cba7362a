/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How requests reach the kernel and replies come back. A netlink socket;
 * tests put recorded conversations in its place (selftests/host/replay.c).
 * All return a negative errno when they fail.
 */
#ifndef MML_TRANSPORT_H
#define MML_TRANSPORT_H

#include <sys/types.h>

struct mml_transport {
	int (*open)(void **wire);
	int (*send)(void *wire, const void *request, size_t len);
	/* One datagram: one or more netlink messages. */
	ssize_t (*recv)(void *wire, void *buf, size_t size);
	void (*close)(void *wire);
};

extern const struct mml_transport mml_netlink;

/* What mml_open() uses: &mml_netlink. */
extern const struct mml_transport *mml_transport;

#endif /* MML_TRANSPORT_H */
