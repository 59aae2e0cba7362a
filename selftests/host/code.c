// SPDX-License-Identifier: GPL-2.0
/*
 * lib/code.h, asked about this very program: functions by their own addresses,
 * lines by the compiler's __LINE__, and what is no code of a file.
 */
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "lib/code.h"
#include "maps.h"

static uintptr_t inside;	/* an instruction of inner(), where it was inlined */
static int inlined_line;

/* The address that follows is that of the label: inlined, it is outer()'s. */
static inline __attribute__((always_inline)) void inner(void)
{
	inlined_line = __LINE__; asm volatile("lea 0(%%rip), %0" : "=r"(inside));
}

__attribute__((noinline)) static void outer(void)
{
	asm volatile("nop");
	inner();
	asm volatile("nop");
}

static const char *place(struct mml_code *code, uintptr_t ip)
{
	const struct mml_vma *vma = mml_vmas_find(&maps, ip);
	const char *text = vma ? mml_code_place(code, getpid(), vma, ip) : NULL;

	return text ? text : "nothing";
}

/* "NAME+0xOFFSET (REST)": as told? */
static bool is_place(const char *text, const char *name, uintptr_t offset,
		     const char *rest)
{
	char wanted[256];

	snprintf(wanted, sizeof(wanted), "%s+%#lx%s", name, (unsigned long)offset,
		 rest);
	if (!strncmp(text, wanted, strlen(wanted)))
		return true;
	ktap_note("told %s, wanted %s", text, wanted);
	return false;
}

int main(void)
{
	struct mml_code *code;
	char line[64];
	int on_stack;

	ktap_begin();
	outer();
	maps_read();
	code = mml_code_new(4096);
	if (!code)
		ktap_bail("no memory");
	ktap_test(is_place(place(code, (uintptr_t)outer), "outer", 0, " (code.c:"),
		  "a function's first instruction");
	snprintf(line, sizeof(line), " (inner, code.c:%d)", inlined_line);
	/* lea tells where the next instruction is */
	ktap_test(is_place(place(code, inside - 1), "outer",
			   inside - 1 - (uintptr_t)outer, line),
		  "what is inlined, by name and line");
	ktap_test(place(code, (uintptr_t)outer) == place(code, (uintptr_t)outer),
		  "the same place is looked up once");
	ktap_test(!strncmp(place(code, (uintptr_t)raise), "raise+0", 7) ||
		  !strncmp(place(code, (uintptr_t)raise), "gsignal+0", 9),
		  "a library's function, by its dynamic symbols");
	ktap_test(!strcmp(place(code, (uintptr_t)&on_stack), "nothing"),
		  "nothing on the stack");
	ktap_test(!strcmp(place(code, (uintptr_t)maps_vma), "nothing"),
		  "data is no code");
	mml_code_free(code);
	maps_free();
	return ktap_end();
}
