// SPDX-License-Identifier: GPL-2.0
/* Areas: finding them, and what people call them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode.h"
#include "lib/mmlens.h"

/**
 * mml_vmas_find() - the area at an address
 * @vmas: areas, in order
 * @addr: byte address
 *
 * Return: the area, or NULL in a hole
 */
const struct mml_vma *mml_vmas_find(const struct mml_vmas *vmas, uint64_t addr)
{
	size_t low = 0, high = vmas->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (addr >= vmas->v[middle].end)
			low = middle + 1;
		else
			high = middle;
	}
	return low < vmas->n && addr >= vmas->v[low].start ? &vmas->v[low] : NULL;
}

/**
 * mml_vma_release() - free the strings of an area
 * @vma: the area
 */
void mml_vma_release(struct mml_vma *vma)
{
	free(vma->path);
	free(vma->name);
	free(vma->ops);
	vma->path = vma->name = vma->ops = NULL;
}

static bool is_private_writable(const struct mml_vma *vma)
{
	return (vma->flags & (MMLENS_VM_WRITE | MMLENS_VM_MAYSHARE)) == MMLENS_VM_WRITE;
}

/* The heap may have grown together with it. */
static uint64_t below_heap(const struct mml_mm *mm, const struct mml_vma *vma)
{
	return mm->start_brk < vma->end ? mm->start_brk : vma->end;
}

/**
 * mml_end_bss() - where zeroed data ends
 * @mm: the address space
 * @vmas: those of its areas that meet the page where its data ends, and the next
 *
 * An ELF segment may be longer in memory than in its file. What is more begins
 * in the last page that came from the file, which the kernel zeroes from there
 * on (so it has to be writable), and goes on in anonymous memory, of which the
 * loader maps as many pages as it takes.
 *
 * Return: address, or MMLENS_UNKNOWN
 */
uint64_t mml_end_bss(const struct mml_mm *mm, const struct mml_vmas *vmas)
{
	const struct mml_vma *vma;
	uint64_t end = mm->end_data;

	if (!mm->has_mm || end == MMLENS_UNKNOWN || mm->start_brk == MMLENS_UNKNOWN)
		return MMLENS_UNKNOWN;
	vma = mml_vmas_find(vmas, end);
	/* somebody has put its data into large pages, and its zeroes with them */
	if (vma && vma->kind == MMLENS_VMA_KIND_HUGETLB)
		return MMLENS_UNKNOWN;
	if (vma && vma->kind != MMLENS_VMA_KIND_ANON && is_private_writable(vma)) {
		end = vma->end;
		vma = mml_vmas_find(vmas, end);
	}
	if (vma && vma->kind == MMLENS_VMA_KIND_ANON && is_private_writable(vma) &&
	    vma->start < mm->start_brk)
		end = below_heap(mm, vma);
	return end;
}

/* What the kernel calls the file of MAP_SHARED | MAP_ANONYMOUS. */
static bool is_shared_anon(const struct mml_vma *vma)
{
	return vma->kind == MMLENS_VMA_KIND_SHMEM && vma->path &&
	       !strcmp(vma->path, "/dev/zero (deleted)");
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/**
 * mml_vma_label() - what people call an area
 * @vma: the area
 * @buf: room for it
 * @size: bytes of @buf
 *
 * Return: @buf; the raw bytes, not made safe for a terminal
 */
const char *mml_vma_label(const struct mml_vma *vma, char *buf, size_t size)
{
	size_t len;

	if (vma->name && vma->name[0] == '[') {
		len = strcspn(vma->name + 1, "]");
		snprintf(buf, size, "%.*s", (int)len, vma->name + 1);
	} else if (vma->name && *vma->name) {
		snprintf(buf, size, "%s", vma->name);
	} else if (is_shared_anon(vma)) {
		snprintf(buf, size, "shared-anon");
	} else if (vma->path && *vma->path) {
		snprintf(buf, size, "%s", last_part(vma->path));
	} else {
		snprintf(buf, size, "anon");
	}
	return buf;
}
