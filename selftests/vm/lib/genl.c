// SPDX-License-Identifier: GPL-2.0
/* Generic netlink by hand: see genl.h. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "genl.h"

#define TIMEOUT_MS 20000

bool genl_open(struct genl *g)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(addr);
	int one = 1;

	*g = (struct genl){ .seq = 1 };
	g->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (g->fd < 0)
		return false;
	if (bind(g->fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    getsockname(g->fd, (struct sockaddr *)&addr, &len) ||
	    setsockopt(g->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one))) {
		close(g->fd);
		return false;
	}
	g->port = addr.nl_pid;
	return true;
}

void genl_close(struct genl *g)
{
	close(g->fd);
	g->fd = -1;
}

static void take_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *id = genl_attr(nlh, CTRL_ATTR_FAMILY_ID);

	if (id)
		*(uint16_t *)arg = mnl_attr_get_u16(id);
}

uint16_t genl_resolve(struct genl *g, const char *name)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	uint16_t ours = g->family, family = 0;
	struct genl_answer answer;
	struct nlmsghdr *nlh;

	g->family = GENL_ID_CTRL;
	nlh = genl_request(g, buf, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	genl_ask(g, nlh, take_family, &family, &answer);
	g->family = ours;
	return answer.error ? 0 : family;
}

bool genl_try_mmlens(struct genl *g)
{
	if (!genl_open(g))
		return false;
	g->family = genl_resolve(g, MMLENS_GENL_NAME);
	return g->family;
}

void genl_open_mmlens(struct genl *g)
{
	if (!genl_try_mmlens(g)) {
		puts("Bail out! the module is not loaded");
		exit(1);
	}
}

struct nlmsghdr *genl_request(struct genl *g, void *buf, uint8_t cmd,
			      uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = g->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++g->seq;
	nlh->nlmsg_pid = g->port;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = MMLENS_GENL_VERSION;
	return nlh;
}

int genl_send(struct genl *g, const struct nlmsghdr *nlh)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n = g->named ? sendto(g->fd, nlh, nlh->nlmsg_len, 0,
				      (const struct sockaddr *)&kernel, sizeof(kernel)) :
			       write(g->fd, nlh, nlh->nlmsg_len);

	return n < 0 ? errno : 0;
}

int genl_stop_trace(struct genl *g)
{
	char buf[64];
	struct nlmsghdr *nlh = genl_request(g, buf, MMLENS_CMD_TRACE_STOP, 0);

	/* no request's: those begin with 2 */
	nlh->nlmsg_seq = 0;
	g->seq--;
	return genl_send(g, nlh);
}

ssize_t genl_recv(struct genl *g, void *buf, size_t size, int timeout_ms)
{
	struct pollfd poller = { .fd = g->fd, .events = POLLIN };
	ssize_t n;

	if (poll(&poller, 1, timeout_ms) != 1)
		return -EAGAIN;
	n = recv(g->fd, buf, size, MSG_DONTWAIT);
	return n < 0 ? -errno : n;
}

/* The attribute that lies @offset bytes into the request that we sent. */
static int attr_at(const struct nlmsghdr *request, uint32_t offset)
{
	const struct nlattr *attr = (const void *)((const char *)request + offset);

	if (offset + sizeof(*attr) > request->nlmsg_len)
		return -1;
	return mnl_attr_get_type(attr);
}

static void take_extack(const struct nlmsghdr *nlh, size_t skip,
			const struct nlmsghdr *request, struct genl_answer *answer)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, skip) {
		switch (mnl_attr_get_type(attr)) {
		case NLMSGERR_ATTR_MSG:
			snprintf(answer->text, sizeof(answer->text), "%.*s",
				 mnl_attr_get_payload_len(attr),
				 mnl_attr_get_str(attr));
			break;
		case NLMSGERR_ATTR_OFFS:
			if (request)
				answer->attr = attr_at(request, mnl_attr_get_u32(attr));
			break;
		}
	}
}

static void take_error(const struct nlmsghdr *nlh, struct genl_answer *answer)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*err);

	answer->acked = true;
	answer->error = -err->error;
	/* A refusal quotes the request whole. */
	if (err->error && !(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += MNL_ALIGN(err->msg.nlmsg_len) - sizeof(err->msg);
	take_extack(nlh, skip, err->error ? &err->msg : NULL, answer);
}

static void take_done(const struct nlmsghdr *nlh, struct genl_answer *answer)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(error))
		error = *(const int *)mnl_nlmsg_get_payload(nlh);
	answer->done = true;
	answer->error = -error;
	take_extack(nlh, sizeof(error), NULL, answer);
}

/* A "do" is over with the ACK that it asks for, a dump with DONE. */
bool genl_take(struct genl *g, const void *buf, size_t len, genl_fn fn, void *arg,
	       struct genl_answer *answer)
{
	const struct nlmsghdr *nlh = buf;
	int left = len;

	answer->bytes += len;
	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_seq != g->seq)
			continue;
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			take_error(nlh, answer);
			return true;
		}
		if (nlh->nlmsg_type == NLMSG_DONE) {
			take_done(nlh, answer);
			return true;
		}
		answer->messages++;
		if (fn)
			fn(nlh, arg);
	}
	return false;
}

void genl_finish(struct genl *g, genl_fn fn, void *arg, struct genl_answer *answer)
{
	static _Thread_local char buf[GENL_BUFFER];
	ssize_t n;

	do {
		n = genl_recv(g, buf, sizeof(buf), TIMEOUT_MS);
		if (n < 0) {
			answer->error = n == -EAGAIN ? ETIMEDOUT : -n;
			return;
		}
	} while (!genl_take(g, buf, n, fn, arg, answer));
}

void genl_ask(struct genl *g, const struct nlmsghdr *nlh, genl_fn fn, void *arg,
	      struct genl_answer *answer)
{
	int error;

	*answer = (struct genl_answer){};
	error = genl_send(g, nlh);
	if (error)
		answer->error = error;
	else
		genl_finish(g, fn, arg, answer);
}

const struct nlattr *genl_attr(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

const struct nlattr *genl_nested(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	if (!nest)
		return NULL;
	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

uint64_t genl_u64(const struct nlattr *attr)
{
	uint64_t value = 0;

	if (attr && mnl_attr_get_payload_len(attr) <= sizeof(value))
		memcpy(&value, mnl_attr_get_payload(attr),
		       mnl_attr_get_payload_len(attr));
	return value;
}

const char *genl_errno(int error)
{
	return error ? strerrorname_np(error) ?: "?" : "ok";
}
