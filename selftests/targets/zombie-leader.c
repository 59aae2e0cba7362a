// SPDX-License-Identifier: GPL-2.0
/*
 * zombie-leader: the main thread has ended and another lives on. The process
 * is there, with all its memory, but /proc/PID/maps of its leader is empty.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "target.h"

#define PAGES 64

static pthread_t leader;

static void wait_for_zombie(void)
{
	char line[512];
	char *state;
	FILE *file;

	do {
		usleep(1000);
		file = fopen("/proc/self/stat", "r");
		if (!file || !fgets(line, sizeof(line), file))
			target_die("/proc/self/stat");
		fclose(file);
		state = strrchr(line, ')');
	} while (!state || state[2] != 'Z');
}

static void *survivor(void *arg)
{
	char *area = target_anon(PAGES);

	(void)arg;
	pthread_join(leader, NULL);
	wait_for_zombie();
	target_write(area, 0, PAGES, 1);
	target_uint("LEADER", getpid());
	target_uint("THREAD", gettid());
	target_hex("ANON", area);
	target_uint("ANON_PAGES", PAGES);
	target_end();
}

int main(void)
{
	pthread_t thread;

	target_begin();
	leader = pthread_self();
	if (pthread_create(&thread, NULL, survivor, NULL))
		target_die("pthread_create");
	pthread_exit(NULL);
}
