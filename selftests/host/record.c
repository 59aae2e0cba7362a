// SPDX-License-Identifier: GPL-2.0
/*
 * Linked into the tool around the netlink socket: mmlens-record writes all
 * that is said to the tape that MMLENS_RECORD names, for mmlens-replay.
 *
 *	scripts/vm run --rw DIR -- env MMLENS_RECORD=DIR/x.nl mmlens-record walk 1 0
 */
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/transport.h"

static FILE *tape;

static void keep(const void *data, size_t len)
{
	static const char zeroes[MNL_ALIGNTO];

	fwrite(data, len, 1, tape);
	fwrite(zeroes, MNL_ALIGN(len) - len, 1, tape);
}

static int record_send(void *wire, const void *request, size_t len)
{
	keep(request, len);
	return mml_netlink.send(wire, request, len);
}

static ssize_t record_recv(void *wire, void *buf, size_t size)
{
	ssize_t len = mml_netlink.recv(wire, buf, size);

	if (len > 0)
		keep(buf, len);
	return len;
}

static int record_open(void **wire)
{
	return mml_netlink.open(wire);
}

static void record_close(void *wire)
{
	mml_netlink.close(wire);
}

static const struct mml_transport record = {
	.open = record_open,
	.send = record_send,
	.recv = record_recv,
	.close = record_close,
};

__attribute__((constructor))
static void begin(void)
{
	const char *name = getenv("MMLENS_RECORD");

	tape = name ? fopen(name, "wb") : NULL;
	if (!tape) {
		fputs("record: MMLENS_RECORD names no file to write\n", stderr);
		exit(99);
	}
	mml_transport = &record;
}

__attribute__((destructor))
static void end(void)
{
	fclose(tape);
}
