// SPDX-License-Identifier: GPL-2.0
/*
 * Linked into the tool instead of the netlink socket: mmlens-replay answers
 * from the tape that MMLENS_REPLAY names. A request that is not the next one
 * on the tape ends the program with status 99. The processes that there are
 * are directories in what MMLENS_REPLAY_PROC names.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/transport.h"
#include "lib/who.h"
#include "tape.h"

/* So that a datagram of several messages is met, too. */
#define MESSAGES_PER_DATAGRAM 2

static struct {
	char *data;
	size_t size, at;
	uint32_t seq;		/* of the request being answered */
} tape;

static void die(const char *what)
{
	fprintf(stderr, "replay: %s\n", what);
	_exit(99);
}

static void load(void)
{
	const char *name = getenv("MMLENS_REPLAY");
	FILE *file = name ? fopen(name, "rb") : NULL;

	if (!file)
		die("MMLENS_REPLAY names no tape");
	fseek(file, 0, SEEK_END);
	tape.size = ftell(file);
	rewind(file);
	/* Exactly as large as it is: valgrind sees who reads beyond. */
	tape.data = malloc(tape.size ? tape.size : 1);
	if (!tape.data || fread(tape.data, 1, tape.size, file) != tape.size)
		die("the tape cannot be read");
	fclose(file);
}

static const struct nlmsghdr *next_message(void)
{
	const struct nlmsghdr *nlh = (void *)(tape.data + tape.at);

	if (tape.size - tape.at < sizeof(*nlh))
		return NULL;
	if (nlh->nlmsg_len < sizeof(*nlh) || nlh->nlmsg_len > tape.size - tape.at)
		die("the tape is damaged");
	return nlh;
}

static void wind(const struct nlmsghdr *nlh)
{
	tape.at += MNL_ALIGN(nlh->nlmsg_len);
	if (tape.at > tape.size)
		tape.at = tape.size;
}

static bool is_request(const struct nlmsghdr *nlh)
{
	return nlh->nlmsg_type != TAPE_FAILS &&
	       nlh->nlmsg_flags & NLM_F_REQUEST;
}

static bool same_request(const struct nlmsghdr *a, const struct nlmsghdr *b)
{
	const struct genlmsghdr *ga = mnl_nlmsg_get_payload(a);
	const struct genlmsghdr *gb = mnl_nlmsg_get_payload(b);
	size_t len = NLMSG_HDRLEN + GENL_HDRLEN;

	if (a->nlmsg_type != b->nlmsg_type || ga->cmd != gb->cmd ||
	    (a->nlmsg_flags ^ b->nlmsg_flags) & NLM_F_DUMP)
		return false;
	if (a->nlmsg_len == len)
		return true;
	return a->nlmsg_len == b->nlmsg_len &&
	       !memcmp((char *)a + len, (char *)b + len, a->nlmsg_len - len);
}

static int replay_open(void **wire)
{
	if (!tape.data)
		load();
	*wire = &tape;
	return 0;
}

/* What was left unread when an exchange ended early is wound over. */
static int replay_send(void *wire, const void *request, size_t len)
{
	const struct nlmsghdr *asked = request, *next;

	(void)wire;
	(void)len;
	while ((next = next_message()) && !is_request(next))
		wind(next);
	if (!next)
		die("more is asked than is on the tape");
	if (!same_request(next, asked))
		die("another request is on the tape");
	wind(next);
	tape.seq = asked->nlmsg_seq;
	return 0;
}

static ssize_t copy_message(const struct nlmsghdr *nlh, char *to, size_t room)
{
	struct nlmsghdr *copy = (void *)to;

	if (nlh->nlmsg_len > room)
		return -EMSGSIZE;
	memset(to, 0, MNL_ALIGN(nlh->nlmsg_len) <= room ?
	       MNL_ALIGN(nlh->nlmsg_len) : nlh->nlmsg_len);
	memcpy(to, nlh, nlh->nlmsg_len);
	copy->nlmsg_seq = tape.seq;
	return nlh->nlmsg_len;
}

static int failure(const struct nlmsghdr *nlh)
{
	int error;

	memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
	return -error;
}

static ssize_t replay_recv(void *wire, void *buf, size_t size)
{
	const struct nlmsghdr *nlh;
	size_t used = 0;
	ssize_t len;
	int n;

	(void)wire;
	for (n = 0; n < MESSAGES_PER_DATAGRAM; n++) {
		nlh = next_message();
		if (!nlh || is_request(nlh))
			break;
		if (nlh->nlmsg_type == TAPE_FAILS) {
			if (n)
				break;
			wind(nlh);
			return failure(nlh);
		}
		len = copy_message(nlh, (char *)buf + used, size - used);
		if (len < 0)
			return n ? (ssize_t)used : len;
		used = MNL_ALIGN(used + len);
		wind(nlh);
	}
	if (!n)
		die("the tape has no answer left");
	return used;
}

static void replay_close(void *wire)
{
	(void)wire;
}

static const struct mml_transport replay = {
	.open = replay_open,
	.send = replay_send,
	.recv = replay_recv,
	.close = replay_close,
};

__attribute__((constructor))
static void begin(void)
{
	const char *proc = getenv("MMLENS_REPLAY_PROC");

	/* a family is looked for before anything is opened */
	if (proc)
		mml_proc = proc;
	mml_transport = &replay;
}

__attribute__((destructor))
static void end(void)
{
	free(tape.data);
}
