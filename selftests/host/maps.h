/* SPDX-License-Identifier: GPL-2.0 */
/* A program's own areas, from /proc/self/maps, as the library has areas. */
#ifndef HOST_MAPS_H
#define HOST_MAPS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ktap.h"
#include "lib/mmlens.h"

static struct mml_vma maps_vma[512];
static struct mml_vmas maps = { .v = maps_vma };

static void maps_read(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[4096];

	if (!file)
		ktap_bail("/proc/self/maps cannot be read");
	while (fgets(line, sizeof(line), file) && maps.n < 512) {
		unsigned long long start, end, offset, inode;
		unsigned int major, minor;
		struct mml_vma *v = &maps_vma[maps.n];
		char path[4096] = "";

		if (sscanf(line, "%llx-%llx %*s %llx %x:%x %llu %4095s", &start, &end,
			   &offset, &major, &minor, &inode, path) < 6)
			continue;
		*v = (struct mml_vma){
			.start = start, .end = end, .pgoff = offset / 4096,
			.kind = inode ? MMLENS_VMA_KIND_FILE : MMLENS_VMA_KIND_ANON,
			.path = inode ? strdup(path) : NULL,
		};
		maps.n++;
	}
	fclose(file);
}

static void maps_free(void)
{
	for (size_t i = 0; i < maps.n; i++)
		free(maps_vma[i].path);
}

#endif /* HOST_MAPS_H */
