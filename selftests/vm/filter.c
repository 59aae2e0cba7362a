// SPDX-License-Identifier: GPL-2.0
/*
 * filter PID START END ROUNDS [signals]: reads the range so often with a filter
 * that lets nothing pass, and says in how many messages. With `signals`, one
 * arrives every millisecond meanwhile.
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
	unsigned int extents = 0, complete = 0;
	uint64_t messages = 0, holds = 0;
	struct mml_client *client;
	unsigned long rounds;
	struct mml_error err;
	struct mml_dump dump;

	if (argc < 5) {
		fprintf(stderr, "usage: filter PID START END ROUNDS [signals]\n");
		return 1;
	}
	query.pid = strtoul(argv[1], NULL, 10);
	query.start = strtoull(argv[2], NULL, 16);
	query.end = strtoull(argv[3], NULL, 16);
	rounds = strtoul(argv[4], NULL, 10);
	if (mml_open(&client, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (argc > 5)
		be_disturbed();
	while (rounds--) {
		if (mml_pages(client, &query, take, &extents, &dump, &err)) {
			fprintf(stderr, "%s\n", err.text);
			return 1;
		}
		messages += dump.messages;
		holds += dump.holds;
		complete += dump.complete;
	}
	printf("MESSAGES=%" PRIu64 "\nHOLDS=%" PRIu64 "\nEXTENTS=%u\nCOMPLETE=%u\nSIGNALS=%d\n",
	       messages, holds, extents, complete, (int)signals);
	mml_close(client);
	return 0;
}
