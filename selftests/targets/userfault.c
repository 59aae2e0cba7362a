// SPDX-License-Identifier: GPL-2.0
/*
 * userfault: what userfaultfd leaves in page tables, and guard regions. A page
 * that is write-protected, a marker that protects what has no page, a place
 * that waits for its handler, to get a page or to map the one that is there, a page
 * that is marked as lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "target.h"

#define PAGES 16

/* Newer than the headers of some distributions. */
#ifndef UFFD_FEATURE_MINOR_SHMEM
#define UFFD_FEATURE_MINOR_SHMEM	(1 << 10)
#define UFFDIO_REGISTER_MODE_MINOR	(1 << 2)
#endif
#ifndef UFFD_FEATURE_WP_HUGETLBFS_SHMEM
#define UFFD_FEATURE_WP_HUGETLBFS_SHMEM	(1 << 12)
#endif
#ifndef UFFD_FEATURE_WP_UNPOPULATED
#define UFFD_FEATURE_WP_UNPOPULATED	(1 << 13)
#endif
#ifndef UFFD_FEATURE_POISON
#define UFFD_FEATURE_POISON		(1 << 14)
struct uffdio_poison {
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};
#define UFFDIO_POISON _IOWR(UFFDIO, 0x08, struct uffdio_poison)
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* -1 where the kernel has not all of @features */
static int open_uffd(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		target_die("userfaultfd");
	if (!ioctl(fd, UFFDIO_API, &api))
		return fd;
	close(fd);
	return -1;
}

static int watch(int fd, char *area, uint64_t mode)
{
	struct uffdio_register reg = {
		.range = { (uintptr_t)area, PAGES * target_page }, .mode = mode,
	};

	return ioctl(fd, UFFDIO_REGISTER, &reg);
}

static int protect(int fd, char *area)
{
	struct uffdio_writeprotect wp = {
		.range = { (uintptr_t)area, PAGES * target_page },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	return watch(fd, area, UFFDIO_REGISTER_MODE_WP) ||
	       ioctl(fd, UFFDIO_WRITEPROTECT, &wp);
}

static char *shared(void)
{
	char *area = mmap(NULL, PAGES * target_page, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		target_die("mmap");
	return area;
}

static void pages_there(void)
{
	int fd = open_uffd(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	char *area = target_anon(PAGES), *empty = target_anon(PAGES);

	target_write(area, 0, PAGES, 1);
	if (fd < 0 || protect(fd, area) || watch(fd, empty, UFFDIO_REGISTER_MODE_MISSING))
		target_die("userfaultfd");
	target_state("PROTECTED", area, 0, PAGES,
		     "state=present kind=anon bits=+uffd-wp,-write class=trap");
	target_state("MISSING", empty, 0, PAGES, "state=none class=null|trap");
}

/* The first page is there, and not mapped. */
static void minor(void)
{
	int fd = open_uffd(UFFD_FEATURE_MINOR_SHMEM);
	int memfd = memfd_create("userfault", MFD_CLOEXEC);
	char *area;

	if (memfd < 0 || ftruncate(memfd, PAGES * target_page) ||
	    pwrite(memfd, "x", 1, 0) != 1)
		target_die("memfd_create");
	area = mmap(NULL, PAGES * target_page, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	if (area == MAP_FAILED)
		target_die("mmap");
	if (fd < 0 || watch(fd, area, UFFDIO_REGISTER_MODE_MINOR))
		target_lacks("MINOR", "minor faults of shared memory");
	else
		target_state("MINOR", area, 0, PAGES,
			     "state=none class=null|trap|none vma_vm_flags=+ui,-um,-uw");
}

static void markers(void)
{
	int fd = open_uffd(UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
	char *area = shared();

	/* half of it has pages, the other has none */
	target_write(area, 0, PAGES / 2, 1);
	if (fd < 0 || protect(fd, area)) {
		target_lacks("MARKER", "write protection of shared memory");
	} else {
		target_state("PROTECTED_SHARED", area, 0, PAGES / 2,
			     "state=present kind=shmem bits=+uffd-wp,-write class=trap");
		target_state("MARKER", area, PAGES / 2, PAGES / 2,
			     "state=marker-uffd-wp frame=null swap=null class=trap");
	}
	fd = open_uffd(UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_UNPOPULATED);
	area = target_anon(PAGES);
	if (fd < 0 || protect(fd, area))
		target_lacks("MARKER_ANON", "write protection of what has no page");
	else
		target_state("MARKER_ANON", area, 0, PAGES,
			     "state=marker-uffd-wp frame=null swap=null class=trap");
}

static void lost(void)
{
	int fd = open_uffd(UFFD_FEATURE_POISON);
	char *area = target_anon(PAGES);
	struct uffdio_poison poison = { .range = { (uintptr_t)area, 4 * target_page } };

	if (fd < 0 || watch(fd, area, UFFDIO_REGISTER_MODE_MISSING) ||
	    ioctl(fd, UFFDIO_POISON, &poison))
		target_lacks("LOST", "UFFDIO_POISON");
	else
		target_state("LOST", area, 0, 4,
			     "state=marker-poison frame=null swap=null class=trap");
}

static void guarded(void)
{
	char *area = target_anon(PAGES);

	target_write(area, 0, PAGES, 1);
	if (madvise(area + 4 * target_page, 4 * target_page, MADV_GUARD_INSTALL)) {
		target_lacks("GUARD", "MADV_GUARD_INSTALL");
		return;
	}
	target_state("BEFORE_GUARD", area, 0, 4, "state=present kind=anon");
	target_state("GUARD", area, 4, 4,
		     "state=marker-guard frame=null swap=null class=trap");
}

int main(void)
{
	target_begin();
	pages_there();
	minor();
	markers();
	lost();
	guarded();
	target_end();
}
