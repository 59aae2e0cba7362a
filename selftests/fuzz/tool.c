// SPDX-License-Identifier: GPL-2.0
/*
 * The whole tool: one line of arguments, then what the kernel answers, as a
 * tape without the requests. What would act on this machine is left out: demo
 * and snap, which start processes and write files, and --stop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>

#include "cmd/cmd.h"
#include "fuzz/fuzz.h"
#include "lib/error.h"
#include "lib/stop.h"
#include "lib/transport.h"
#include "lib/who.h"

int mmlens_main(int argc, char **argv);

/* In place of what is left out. */

int cmd_demo(struct mml_ctx *ctx, int argc, char **argv)
{
	(void)ctx, (void)argc, (void)argv;
	return MML_EXIT_USAGE;
}

int cmd_snap(struct mml_ctx *ctx, int argc, char **argv)
{
	(void)ctx, (void)argc, (void)argv;
	return MML_EXIT_USAGE;
}

int mml_stop(uint32_t pid, unsigned int timeout_ms, struct mml_stop **stop,
	     struct mml_error *err)
{
	(void)pid, (void)timeout_ms;
	*stop = NULL;
	return mml_fail(err, MML_EXIT_REFUSED, EPERM, "not here");
}

void mml_stop_release(struct mml_stop *stop)
{
	(void)stop;
}

/* Nobody waits here: the tape comes to its end all the sooner. */
int nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)time, (void)left;
	return 0;
}

/* The answers */

static struct {
	const uint8_t *data;
	size_t size;
	uint32_t seq;
} tape;

static int wire_open(void **wire)
{
	*wire = &tape;
	return 0;
}

static int wire_send(void *wire, const void *request, size_t len)
{
	const struct nlmsghdr *nlh = request;

	(void)wire, (void)len;
	tape.seq = nlh->nlmsg_seq;
	return 0;
}

/* A message at a time: its length is as it says, or what there is. */
static ssize_t wire_recv(void *wire, void *buf, size_t size)
{
	struct nlmsghdr *nlh = buf;
	size_t len;

	(void)wire;
	if (tape.size < sizeof(*nlh))
		return -EIO;
	memcpy(nlh, tape.data, sizeof(*nlh));
	len = nlh->nlmsg_len;
	if (len < sizeof(*nlh) || len > tape.size)
		len = tape.size;
	if (len > size)
		return -EMSGSIZE;
	memcpy(buf, tape.data, len);
	nlh->nlmsg_seq = tape.seq;
	tape.data += len;
	tape.size -= len;
	return len;
}

static void wire_close(void *wire)
{
	(void)wire;
}

static const struct mml_transport wire_of_tape = {
	.open = wire_open,
	.send = wire_send,
	.recv = wire_recv,
	.close = wire_close,
};

/* Standard output is closed by the tool: it gets a new one each time. */
static void run(int argc, char **argv)
{
	static FILE *null;

	if (!null) {
		null = fopen("/dev/null", "w");
		stderr = null;
	}
	stdout = fopen("/dev/null", "w");
	if (!stdout || !null)
		abort();
	mml_transport = &wire_of_tape;
	mml_proc = "/nonexistent";
	mmlens_main(argc, argv);
}

#define ARGS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = memchr(data, '\n', size);
	char *argv[ARGS_MAX + 2] = { (char *)"mmlens" };
	char *line, *word, *rest;
	int argc = 1;

	if (!newline)
		return 0;
	line = strndup((const char *)data, newline - data);
	for (word = strtok_r(line, " ", &rest); word && argc <= ARGS_MAX;
	     word = strtok_r(NULL, " ", &rest)) {
		/* files that go on for ever are no answer of the kernel's */
		if (strstr(word, "dev") || strstr(word, "proc") || strstr(word, "sys"))
			break;
		argv[argc++] = word;
	}
	tape.data = newline + 1;
	tape.size = data + size - tape.data;
	run(argc, argv);
	free(line);
	return 0;
}
