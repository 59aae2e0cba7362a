// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>

#include "lib/elf_file.h"

/**
 * mml_elf_open() - open the file that an area maps
 * @pid: the process
 * @vma: its area, with a path
 *
 * By the mapping itself: the path may be another file's by now, or in another
 * mount namespace. By the path where that is not to be had.
 *
 * Return: the descriptor, or -1
 */
int mml_elf_open(uint32_t pid, const struct mml_vma *vma)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/map_files/%llx-%llx", pid,
		 (unsigned long long)vma->start, (unsigned long long)vma->end);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? open(vma->path, O_RDONLY | O_CLOEXEC) : fd;
}

/**
 * mml_elf_bias() - what was added to the file's addresses
 * @elf: the file
 * @vma: an area that maps it
 * @page_size: bytes of a base page
 * @bias: result
 *
 * The segment that holds the place in the file at which the area begins tells.
 * Two segments may meet in one page: then it is the one that begins there.
 *
 * Return: false when no segment does
 */
bool mml_elf_bias(Elf *elf, const struct mml_vma *vma, uint64_t page_size,
		  uint64_t *bias)
{
	uint64_t at = vma->pgoff * page_size;
	bool found = false;
	GElf_Phdr phdr;
	size_t n;

	if (elf_getphdrnum(elf, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		uint64_t first;

		if (!gelf_getphdr(elf, i, &phdr) || phdr.p_type != PT_LOAD)
			continue;
		first = phdr.p_offset & -page_size;
		if (at < first || at >= phdr.p_offset + phdr.p_filesz)
			continue;
		if (found && at != first)
			continue;
		*bias = vma->start - (phdr.p_vaddr + at - phdr.p_offset);
		found = true;
	}
	return found;
}
