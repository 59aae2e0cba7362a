// SPDX-License-Identifier: GPL-2.0
/* What the system and the target say of themselves, for lib/fault.c. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/fault.h"

#define THP "/sys/kernel/mm/transparent_hugepage/"

/* Opening a file of these asks a server, which may be the target itself. */
static const uint32_t served[] = {
	0x65735546,	/* FUSE */
	0x6969,		/* NFS */
	0xff534d42,	/* CIFS */
	0xfe534d42,	/* SMB2 */
	0x01021997,	/* 9P */
	0x00c36400,	/* Ceph */
	0x5346414f,	/* AFS */
};

/* The RLIMIT_STACK of a process, in force now: that of /proc/PID/limits. */
static uint64_t read_stack_limit(uint32_t pid)
{
	uint64_t limit = MMLENS_UNKNOWN;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/limits", pid);
	f = fopen(path, "re");
	if (!f)
		return limit;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Max stack size %" SCNu64, &limit) == 1)
			break;
	fclose(f);
	return limit;
}

static bool read_setting(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return false;
	ok = fgets(buf, size, f);
	fclose(f);
	return ok;
}

/* always, where it was asked for, or never: the one in brackets. */
static enum mml_tristate read_huge(const struct mml_vma *vma)
{
	char setting[128];

	if (!read_setting(THP "enabled", setting, sizeof(setting)))
		return MML_NO;	/* a kernel without */
	if (strstr(setting, "[always]"))
		return MML_YES;
	if (strstr(setting, "[madvise]"))
		return vma->flags & MMLENS_VM_HUGEPAGE ? MML_YES : MML_NO;
	return strstr(setting, "[never]") ? MML_NO : MML_UNKNOWN;
}

static enum mml_tristate read_huge_zero(void)
{
	char setting[128];

	if (!read_setting(THP "use_zero_page", setting, sizeof(setting)))
		return MML_UNKNOWN;
	return setting[0] == '1' ? MML_YES : MML_NO;
}

/* A regular file on a file system that answers for itself. */
static bool may_open(const char *path)
{
	struct statfs fs;
	struct stat st;
	size_t i;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || statfs(path, &fs))
		return false;
	for (i = 0; i < sizeof(served) / sizeof(*served); i++)
		if ((uint32_t)fs.f_type == served[i])
			return false;
	return true;
}

/* Asks of a mapping that nobody touches. */
static enum mml_tristate ask_cache(int fd, uint64_t offset, size_t page_size)
{
	enum mml_tristate cached = MML_UNKNOWN;
	unsigned char there;
	void *map = mmap(NULL, page_size, PROT_READ, MAP_SHARED, fd, offset);

	if (map == MAP_FAILED)
		return cached;
	if (!mincore(map, page_size, &there))
		cached = there & 1 ? MML_YES : MML_NO;
	munmap(map, page_size);
	return cached;
}

static enum mml_tristate read_cached(const struct mml_fault_facts *facts)
{
	const struct mml_vma *vma = &facts->walk->vma;
	uint64_t page_size = facts->info->page_size;
	uint64_t page = facts->addr & ~(page_size - 1);
	enum mml_tristate cached;
	char path[96];
	int fd;

	if (vma->kind != MMLENS_VMA_KIND_FILE || vma->pgoff == MMLENS_UNKNOWN)
		return MML_UNKNOWN;
	snprintf(path, sizeof(path), "/proc/%u/map_files/%" PRIx64 "-%" PRIx64,
		 facts->walk->envelope.pid, vma->start, vma->end);
	if (!may_open(path))
		return MML_UNKNOWN;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return MML_UNKNOWN;
	cached = ask_cache(fd, vma->pgoff * page_size + page - vma->start,
			   page_size);
	close(fd);
	return cached;
}

/**
 * mml_fault_collect() - what the system and the target say of themselves
 * @facts: walk (not NULL), addr, access and info are set; gets the rest
 */
void mml_fault_collect(struct mml_fault_facts *facts)
{
	const struct mml_walk *walk = facts->walk;

	facts->stack_limit = read_stack_limit(walk->envelope.pid);
	if (!walk->in_vma)
		return;
	facts->huge = read_huge(&walk->vma);
	facts->huge_zero = read_huge_zero();
	facts->cached = read_cached(facts);
}
