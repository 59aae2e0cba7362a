// SPDX-License-Identifier: GPL-2.0
/*
 * dumpless: a process that may not be dumped (prctl), and whose areas are all
 * locked, those of the future, too. MMAP_END is where the highest area ends that
 * mmap() had to find room for: the loader's, mapped before anything else.
 */
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "target.h"

/* The end of the area that ends highest of those that begin with the loader's. */
static char *end_of_loader(void)
{
	char *loader = (char *)getauxval(AT_BASE), *start, *end, *found = NULL;
	static char line[512], buffer[4096];
	FILE *maps = fopen("/proc/self/maps", "re");

	if (!maps || !loader)
		target_die("maps");
	setvbuf(maps, buffer, _IOFBF, sizeof(buffer));	/* not the heap's */
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%p-%p", (void **)&start, (void **)&end) != 2)
			continue;
		if (start == loader || start == found)
			found = end;
	}
	fclose(maps);
	return found;
}

int main(void)
{
	target_begin();
	target_hex("MMAP_END", end_of_loader());
	if (prctl(PR_SET_DUMPABLE, 0) || mlockall(MCL_FUTURE))
		target_die("prctl");
	target_write(target_anon(16), 0, 16, 1);
	target_end();
}
