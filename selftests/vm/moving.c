// SPDX-License-Identifier: GPL-2.0
/*
 * moving DEVICE MOUNT: a target (targets/target.h) with a page that is being moved
 * for as long as it is looked at; see lib/rare.c. It is mapped twice, to be read and
 * to be written. Then the move is over.
 */
#include <stdio.h>
#include <unistd.h>

#include "lib/memory.h"
#include "lib/rare.h"
#include "targets/target.h"

int main(int argc, char **argv)
{
	const char *is = "state=migration frame=some swap=null level=pte bits=-present";
	struct moving moving;

	if (argc != 3) {
		fputs("usage: moving DEVICE MOUNT\n", stderr);
		return 1;
	}
	held_device = argv[1];
	held_mount = argv[2];
	target_begin();
	if (!start_moving(&moving)) {
		fprintf(stderr, "moving: %s\n", lacks);
		return 1;
	}
	target_state("MOVED_READ", moving.read, 0, 1, "%s,-write", is);
	target_state("MOVED_WRITE", moving.write, 0, 1, "%s,+write", is);
	target_wait();

	target_string("STEP", "the move is over");
	if (!end_moving())
		target_die(held_device);
	target_state("MOVED_READ", moving.read, 0, 1, "state=present kind=file bits=-write");
	target_state("MOVED_WRITE", moving.write, 0, 1, "state=present kind=file");
	target_end();
}
