// SPDX-License-Identifier: GPL-2.0
/*
 * One exchange at a time: a request goes out, messages come in until an ACK,
 * an error or the end of the dump. libmnl's mnl_cb_run() is not used for that:
 * it drops the data of a dump at NLM_F_DUMP_INTR, and knows no extended ACKs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/client.h"
#include "lib/error.h"
#include "lib/extack.h"
#include "lib/transport.h"

/**
 * mml_now_ms() - the time, for waiting
 *
 * Return: milliseconds of the monotonic clock
 */
uint64_t mml_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/**
 * mml_request() - begin a request
 * @client: the client, whose request buffer is used
 * @command: of the family
 * @flags: NLM_F_ACK or NLM_F_DUMP
 *
 * Return: the message; put attributes into it
 */
struct nlmsghdr *mml_request(struct mml_client *client, uint8_t command,
			     uint16_t flags)
{
	struct nlmsghdr *nlh;
	struct genlmsghdr *genl;

	memset(client->request, 0, sizeof(client->request));
	nlh = mnl_nlmsg_put_header(client->request);
	nlh->nlmsg_type = client->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++client->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = MMLENS_GENL_VERSION;
	return nlh;
}

/* What the reader of an exchange carries from message to message. */
struct talk {
	const struct nlmsghdr *request;
	mml_reply_fn reply;
	void *arg;
	struct mml_error *err;
	bool done;		/* the kernel has nothing more to say */
};

static int take_message(struct talk *talk, const struct nlmsghdr *nlh)
{
	switch (nlh->nlmsg_type) {
	case NLMSG_NOOP:
		return 0;
	case NLMSG_OVERRUN:
		return -ENOBUFS;
	case NLMSG_ERROR:
	case NLMSG_DONE:
		talk->done = true;
		mml_extack(nlh, talk->request, talk->err);
		return mml_message_errno(nlh);
	default:
		if (nlh->nlmsg_type != talk->request->nlmsg_type)
			return -EBADMSG;
		return talk->reply(nlh, talk->arg);
	}
}

/* libmnl takes a length of 2 GiB and more for a negative number. */
static bool is_message(const struct nlmsghdr *nlh, int len)
{
	return mnl_nlmsg_ok(nlh, len) && nlh->nlmsg_len <= (unsigned int)len;
}

/* All messages of one datagram; those of another exchange are not ours. */
static int take_datagram(struct talk *talk, const void *buf, int len)
{
	const struct nlmsghdr *nlh = buf;
	int ret = 0;

	while (!ret && !talk->done && len > 0) {
		if (!is_message(nlh, len))
			return -EBADMSG;
		if (nlh->nlmsg_seq == talk->request->nlmsg_seq)
			ret = take_message(talk, nlh);
		nlh = mnl_nlmsg_next(nlh, &len);
	}
	return ret;
}

static int connect_wire(struct mml_client *client)
{
	return client->wire ? 0 : mml_transport->open(&client->wire);
}

static void drop_wire(struct mml_client *client)
{
	if (client->wire)
		mml_transport->close(client->wire);
	client->wire = NULL;
}

/**
 * mml_talk() - one exchange with the kernel
 * @client: the client
 * @request: from mml_request()
 * @reply: called for each message of data
 * @arg: its argument
 * @err: gets the kernel's own words, if it refuses with some
 *
 * Return: 0, a negative errno, or what @reply returned if that is not 0
 */
int mml_talk(struct mml_client *client, struct nlmsghdr *request,
	     mml_reply_fn reply, void *arg, struct mml_error *err)
{
	struct talk talk = {
		.request = request, .reply = reply, .arg = arg, .err = err,
	};
	ssize_t len;
	int ret;

	if (client->source) {
		if (err)
			snprintf(err->extack, sizeof(err->extack),
				 "a snapshot does not hold that: ask a live process");
		return -EOPNOTSUPP;
	}
	ret = connect_wire(client);
	if (!ret)
		ret = mml_transport->send(client->wire, request,
					  request->nlmsg_len);
	while (!ret && !talk.done) {
		len = mml_transport->recv(client->wire, client->reply,
					  sizeof(client->reply));
		ret = len < 0 ? len : take_datagram(&talk, client->reply, len);
	}
	/* Left early: the kernel would go on sending. A new socket is clean. */
	if (!talk.done)
		drop_wire(client);
	return ret;
}

/**
 * mml_interject() - send a request while another one is being answered
 * @client: in mml_talk()
 * @command: of the family, without attributes
 *
 * Its answer has a sequence number of its own, which mml_talk() skips.
 *
 * Return: 0 or a negative errno
 */
int mml_interject(struct mml_client *client, uint8_t command)
{
	char buf[MNL_NLMSG_HDRLEN + MNL_ALIGN(GENL_HDRLEN)]
		__attribute__((aligned(8))) = "";
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = client->family;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = ++client->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = MMLENS_GENL_VERSION;
	return mml_transport->send(client->wire, nlh, nlh->nlmsg_len);
}

struct family {
	uint16_t id;
	uint32_t version;
};

static int take_family(const struct nlmsghdr *nlh, void *arg)
{
	struct family *family = arg;
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < GENL_HDRLEN)
		return -EBADMSG;
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_FAMILY_ID:
			if (mnl_attr_get_payload_len(attr) < sizeof(uint16_t))
				return -EBADMSG;
			family->id = mnl_attr_get_u16(attr);
			break;
		case CTRL_ATTR_VERSION:
			if (mnl_attr_get_payload_len(attr) < sizeof(uint32_t))
				return -EBADMSG;
			family->version = mnl_attr_get_u32(attr);
			break;
		}
	}
	return family->id ? 0 : -EBADMSG;
}

static int find_family(struct mml_client *client, struct mml_error *err)
{
	struct family family = { 0 };
	struct nlmsghdr *nlh;
	int ret;

	client->family = GENL_ID_CTRL;
	nlh = mml_request(client, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, MMLENS_GENL_NAME);
	ret = mml_talk(client, nlh, take_family, &family, err);
	if (ret == -ENOENT) {
		if (err)	/* generic netlink's words add nothing */
			err->extack[0] = err->attr[0] = '\0';
		return mml_fail(err, MML_EXIT_REFUSED, ENOENT,
				"the mmlens module is not loaded: run `make load` or `modprobe mmlens`");
	}
	if (ret)
		return mml_explain(ret, 0, err);
	if (family.version != MMLENS_GENL_VERSION)
		return mml_fail(err, MML_EXIT_REFUSED, EPROTO,
				"the module speaks version %u of the protocol, this tool version %u",
				family.version, MMLENS_GENL_VERSION);
	client->family = family.id;
	return 0;
}

/**
 * mml_open() - reach the module
 * @client: set to the new client; free with mml_close()
 * @err: says why not
 *
 * Return: 0 or a negative errno; -ENOENT: the module is not loaded
 */
int mml_open(struct mml_client **client, struct mml_error *err)
{
	struct mml_client *c = calloc(1, sizeof(*c));
	int ret;

	*client = NULL;
	if (err)
		memset(err, 0, sizeof(*err));
	if (!c)
		return mml_fail_memory(err);
	c->timeout_ms = MML_TIMEOUT_MS;
	ret = find_family(c, err);
	if (ret) {
		mml_close(c);
		return ret;
	}
	*client = c;
	return 0;
}

/**
 * mml_close() - leave
 * @client: may be NULL
 */
void mml_close(struct mml_client *client)
{
	if (!client)
		return;
	drop_wire(client);
	if (client->source)
		client->source->close(client->from);
	free(client);
}

/**
 * mml_set_timeout() - how long to wait for a held mmap lock
 * @client: the client
 * @ms: milliseconds
 */
void mml_set_timeout(struct mml_client *client, unsigned int ms)
{
	client->timeout_ms = ms;
}
