// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "lib/transport.h"

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

/* Strictness and extended ACKs are what makes refusals readable: ask for all. */
static void set_options(struct mnl_socket *socket)
{
	static const int options[] = {
		NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK,
	};
	int one = 1;
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(*options); i++)
		mnl_socket_setsockopt(socket, options[i], &one, sizeof(one));
}

static int netlink_open(void **wire)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	int ret;

	if (!socket)
		return -errno;
	set_options(socket);
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		ret = -errno;
		mnl_socket_close(socket);
		return ret;
	}
	*wire = socket;
	return 0;
}

static int netlink_send(void *wire, const void *request, size_t len)
{
	ssize_t sent;

	do {
		sent = mnl_socket_sendto(wire, request, len);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Only the kernel (port 0) is listened to; a cut datagram is an error. */
static ssize_t netlink_recv(void *wire, void *buf, size_t size)
{
	struct sockaddr_nl from;
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &iov, .msg_iovlen = 1,
	};
	ssize_t len;

	do {
		len = recvmsg(mnl_socket_get_fd(wire), &msg, 0);
	} while ((len < 0 && errno == EINTR) || (len >= 0 && from.nl_pid));
	if (len < 0)
		return -errno;
	return msg.msg_flags & MSG_TRUNC ? -EMSGSIZE : len;
}

static void netlink_close(void *wire)
{
	mnl_socket_close(wire);
}

const struct mml_transport mml_netlink = {
	.open = netlink_open,
	.send = netlink_send,
	.recv = netlink_recv,
	.close = netlink_close,
};

const struct mml_transport *mml_transport = &mml_netlink;
