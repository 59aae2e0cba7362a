// SPDX-License-Identifier: GPL-2.0
/*
 * filter PID START END [signals]: reads the range with a filter that lets
 * nothing pass, and says in how many messages. With `signals`, one arrives
 * every millisecond meanwhile.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "lib/mmlens.h"

static volatile sig_atomic_t signals;

static void count(int number)
{
	(void)number;
	signals++;
}

static int take(const struct mml_extent *extent, void *arg)
{
	(void)extent;
	++*(unsigned int *)arg;
	return 0;
}

static void be_disturbed(void)
{
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	const struct sigaction action = { .sa_handler = count };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

int main(int argc, char **argv)
{
	const struct mml_filter nothing = { .states = 1ULL << MMLENS_STATE_BAD };
	struct mml_page_query query = { .filter = &nothing };
	unsigned int extents = 0;
	struct mml_client *client;
	struct mml_error err;
	struct mml_dump dump;

	if (argc < 4) {
		fprintf(stderr, "usage: filter PID START END [signals]\n");
		return 1;
	}
	query.pid = strtoul(argv[1], NULL, 10);
	query.start = strtoull(argv[2], NULL, 16);
	query.end = strtoull(argv[3], NULL, 16);
	if (mml_open(&client, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (argc > 4)
		be_disturbed();
	if (mml_pages(client, &query, take, &extents, &dump, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	printf("MESSAGES=%" PRIu64 "\nHOLDS=%" PRIu64 "\nEXTENTS=%u\nCOMPLETE=%d\nSIGNALS=%d\n",
	       dump.messages, dump.holds, extents, dump.complete, (int)signals);
	mml_close(client);
	return 0;
}
