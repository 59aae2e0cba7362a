// SPDX-License-Identifier: GPL-2.0
/*
 * ia32: a 32-bit program, with pages written in its data, its bss, its heap, its
 * stack, and close to the highest address that it has; a huge page, too. It is
 * linked with nothing, not even the C library, so that a compiler for x86-64 is
 * all it takes to build it (see the Makefile); what it says is what target.h
 * describes.
 */
#include <stddef.h>
#include <stdint.h>

#define PAGE		4096u
#define PAGES		16u
#define HUGE		(2u << 20)
#define HIGH		0xfe000000u	/* above what mmap() gives, and below any stack */

enum { SYS_EXIT = 1, SYS_READ = 3, SYS_WRITE = 4, SYS_GETPID = 20, SYS_BRK = 45,
       SYS_MMAP2 = 192, SYS_MADVISE = 219 };
enum { PROT = 3, PRIVATE_ANON = 0x22, FIXED = 0x10, HUGEPAGE = 14, NOHUGEPAGE = 15 };

/* the linker's */
extern char __bss_start[], _end[];

static char data[PAGES * PAGE] __attribute__((aligned(PAGE))) = { 1 };
static char bss[PAGES * PAGE] __attribute__((aligned(PAGE)));

static uint32_t ask(uint32_t nr, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	uint32_t result;

	/* mmap2() takes six: no file, and from its start */
	__asm__ volatile("push %%ebp\n\txor %%ebp, %%ebp\n\tint $0x80\n\tpop %%ebp"
			 : "=a"(result)
			 : "0"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(-1)
			 : "memory");
	return result;
}

static uint32_t address(const void *of)
{
	return (uint32_t)(uintptr_t)of;
}

static void die(const char *why)
{
	size_t len = 0;

	while (why[len])
		len++;
	ask(SYS_WRITE, 2, address(why), len, 0);
	ask(SYS_EXIT, 1, 0, 0, 0);
}

static void say(const char *text)
{
	size_t len = 0;

	while (text[len])
		len++;
	if (ask(SYS_WRITE, 1, address(text), len, 0) != len)
		ask(SYS_EXIT, 1, 0, 0, 0);
}

static void say_number(uint32_t value, uint32_t base)
{
	char digits[16], *at = digits + sizeof(digits);

	*--at = '\0';
	do {
		*--at = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	say(at);
}

static void say_value(const char *name, uint32_t value, uint32_t base)
{
	say(name);
	say(base == 16 ? "=0x" : "=");
	say_number(value, base);
	say("\n");
}

/* As target_state(). */
static void say_state(const char *name, uint32_t at, uint32_t pages, const char *is)
{
	say_value(name, at, 16);
	say(name);
	say_value("_PAGES", pages, 10);
	say(name);
	say("_IS=");
	say(is);
	say("\n");
}

static void write_pages(uint32_t at, uint32_t pages)
{
	for (uint32_t i = 0; i < pages; i++)
		*(volatile uint32_t *)(uintptr_t)(at + i * PAGE) = i + 1;
}

static uint32_t map(uint32_t at, uint32_t bytes, uint32_t advice)
{
	uint32_t area = ask(SYS_MMAP2, at, bytes, PROT,
			    PRIVATE_ANON | (at ? FIXED : 0));

	if (area > -4096u)
		die("ia32: mmap2 fails\n");
	if (ask(SYS_MADVISE, area, bytes, advice, 0))
		die("ia32: madvise fails\n");
	return area;
}

static void heap(void)
{
	uint32_t at = (ask(SYS_BRK, 0, 0, 0, 0) + PAGE - 1) & -PAGE;

	if (ask(SYS_BRK, at + PAGES * PAGE, 0, 0, 0) != at + PAGES * PAGE)
		die("ia32: brk fails\n");
	write_pages(at, PAGES);
	say_state("HEAP", at, PAGES, "state=present kind=anon area=heap");
}

static void huge(void)
{
	uint32_t room = map(0, 2 * HUGE, HUGEPAGE), at = (room + HUGE - 1) & -HUGE;

	write_pages(at, 1);
	say_state("THP", at, HUGE / PAGE,
		  "state=present level=pmd kind=anon page_flags=+thp order=9 extents=1");
}

static void wait_for_orders(void)
{
	char c;

	say("ready\n");
	while (ask(SYS_READ, 0, address(&c), 1, 0) == 1)
		if (c == '\n')
			say("end\nready\n");
	ask(SYS_EXIT, 0, 0, 0, 0);
}

void begin(void);

__attribute__((used)) void begin(void)
{
	volatile char deep[PAGES * PAGE];

	say_value("PID", ask(SYS_GETPID, 0, 0, 0, 0), 10);
	say_value("PAGE_SIZE", PAGE, 10);
	say_value("BSS_START", address(__bss_start), 16);
	say_value("BSS_END", address(_end), 16);
	write_pages(address(data), PAGES);
	say_state("DATA", address(data), PAGES, "state=present kind=anon class=file-copied");
	write_pages(address(bss), PAGES);
	say_state("BSS", address(bss), PAGES, "state=present kind=anon mapcount=1");
	heap();
	for (uint32_t i = 0; i < sizeof(deep); i += PAGE)
		deep[i] = 1;
	say_state("STACK", (address((char *)deep) + PAGE - 1) & -PAGE, PAGES - 1,
		  "state=present kind=anon area=stack");
	say_state("UNTOUCHED", map(0, PAGES * PAGE, NOHUGEPAGE), PAGES, "state=none");
	write_pages(map(HIGH, PAGES * PAGE, NOHUGEPAGE), PAGES);
	say_state("HIGH", HIGH, PAGES,
		  "state=present kind=anon mapcount=1 class=exclusive-writable");
	huge();
	wait_for_orders();
}

/* The stack is aligned here as the compiler wants it before a call. */
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tand $-16, %esp\n\tcall begin\n");
