// SPDX-License-Identifier: GPL-2.0
/*
 * leaves: entries of every size and kind in the tables of two processes, A and
 * its forked child B; and then both spin, A on CPU 0 and B on CPU 1, so that
 * who stops the machine from outside finds each of them in its own tables.
 *
 * Whoever looks at a CPU's registers knows them by SPIN_A or SPIN_B in R15.
 */
#include <fcntl.h>
#include <linux/mman.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "target.h"

#define PAGES	8
#define HUGE	(1UL << 21)
#define GIGANTIC (1UL << 30)
#define MAPPERS	5
#define HIGH	(1UL << 48)	/* needs five levels */

static const uint64_t spin_mark[] = { 0x6d6d6c656e735f41, 0x6d6d6c656e735f42 };

static struct puppet a, b;

static void *map(void *hint, size_t bytes, int prot, int flags, int fd)
{
	void *area = mmap(hint, bytes, prot, flags, fd, 0);

	if (area == MAP_FAILED)
		target_die("mmap");
	return area;
}

static _Noreturn void spin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	/* everybody else goes first: the machine has no other CPU */
	if (sched_setaffinity(0, sizeof(set), &set) ||
	    setpriority(PRIO_PROCESS, 0, 19))
		target_die("two CPUs are needed");
	asm volatile("mov %0, %%r15\n"
		     "1: pause\n"
		     "   jmp 1b"
		     : : "r" (spin_mark[cpu]) : "r15");
	__builtin_unreachable();
}

/* Not answered: it never ends. */
static void tell_to_spin(const struct puppet *puppet)
{
	if (write(puppet->orders, "s", 1) != 1)
		target_die("a child is gone");
}

static char *small(void)
{
	char *area = target_anon(PAGES);

	target_write(area, 0, PAGES - 2, 1);	/* the last ones stay absent */
	return area;
}

static void make_small(void)
{
	char *area = small();

	target_hex("SMALL", area);
	target_hex("ABSENT", area + (PAGES - 1) * target_page);
	area = small();
	if (mprotect(area, PAGES * target_page, PROT_NONE))
		target_die("mprotect");
	target_hex("NO_ACCESS", area);
	area = target_anon(PAGES);
	target_read(area, 0, PAGES, 1);
	target_hex("ZERO", area);
	target_hex("FILE", target_file(PAGES));
	/* nothing below the first table, or the second */
	target_hex("NOTHING", map(NULL, 4 * GIGANTIC, PROT_NONE, MAP_PRIVATE |
				  MAP_ANONYMOUS | MAP_NORESERVE, -1) + GIGANTIC);
	area = map((void *)HIGH, PAGES * target_page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1);
	target_write(area, 0, PAGES / 2, 2);
	target_hex("HIGH", area);
}

/* One page with a mapcount that nothing else has. */
static void make_shared(void)
{
	int fd = memfd_create("leaves", MFD_CLOEXEC);
	char *area;

	if (fd < 0 || ftruncate(fd, target_page))
		target_die("memfd");
	for (int i = 0; i < MAPPERS; i++) {
		area = map(NULL, target_page, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
		target_write(area, 0, 1, 1);
	}
	target_hex("MAPPED_OFTEN", area);
	target_uint("MAPPERS", MAPPERS);
	close(fd);
}

/* A huge page by PMD, one without access, and one by PTEs. */
static void make_huge(void)
{
	char *room = map(NULL, 4 * HUGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1);
	char *area = (char *)(((uintptr_t)room + HUGE - 1) & -HUGE);

	if (madvise(area, 3 * HUGE, MADV_HUGEPAGE))
		target_die("MADV_HUGEPAGE");
	for (int i = 0; i < 3; i++)
		target_write(area + i * HUGE, 0, 1, 1);
	if (mprotect(area + HUGE, HUGE, PROT_NONE) ||
	    mprotect(area + 2 * HUGE + 5 * target_page, target_page, PROT_READ))
		target_die("mprotect");
	target_hex("HUGE", area);
	target_hex("HUGE_NO_ACCESS", area + HUGE);
	target_hex("HUGE_BY_PTES", area + 2 * HUGE);
}

static char *hugetlb(size_t bytes, int size)
{
	char *area = map(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_HUGETLB | size, -1);

	target_write(area, 0, 1, 1);
	return area;
}

static void obey_b(char order)
{
	if (order == 's')
		spin(1);
}

static void obey_a(char order)
{
	if (order == 's') {
		tell_to_spin(&b);
		spin(0);
	}
	target_uint("A", getpid());
	make_small();
	make_shared();
	make_huge();
	target_hex("HUGETLB", hugetlb(HUGE, MAP_HUGE_2MB));
	target_hex("GIGANTIC", hugetlb(GIGANTIC, MAP_HUGE_1GB));
	puppet_start(&b, obey_b);
	target_uint("B", b.pid);
}

int main(void)
{
	target_begin();
	puppet_start(&a, obey_a);
	puppet_do(&a, 'm');
	target_wait();
	tell_to_spin(&a);
	target_end();
}
