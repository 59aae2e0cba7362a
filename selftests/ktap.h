/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KTAP for test programs in C: one line a test, the plan last (a program that
 * died before it has no plan, and fails). ktap.sh is the same for shell.
 */
#ifndef SELFTESTS_KTAP_H
#define SELFTESTS_KTAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define KTAP_EXIT_PASS	0
#define KTAP_EXIT_FAIL	1
#define KTAP_EXIT_SKIP	4

static unsigned int ktap_tests;
static unsigned int ktap_failed;

static inline void ktap_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("KTAP version 1");
}

/* A line for people. */
__attribute__((format(printf, 1, 2)))
static inline void ktap_note(const char *fmt, ...)
{
	va_list ap;

	fputs("# ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

__attribute__((format(printf, 2, 3)))
static inline bool ktap_test(bool ok, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %u - ", ok ? "" : "not ", ++ktap_tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!ok)
		ktap_failed++;
	return ok;
}

__attribute__((format(printf, 2, 3)))
static inline void ktap_skip(const char *name, const char *fmt, ...)
{
	va_list ap;

	printf("ok %u - %s # SKIP ", ++ktap_tests, name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* Nothing here can be tested: says why and ends the program. */
__attribute__((format(printf, 1, 2), noreturn))
static inline void ktap_skip_all(const char *fmt, ...)
{
	va_list ap;

	fputs("1..0 # SKIP ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(KTAP_EXIT_SKIP);
}

/* The set-up failed: that is no skip. */
__attribute__((format(printf, 1, 2), noreturn))
static inline void ktap_bail(const char *fmt, ...)
{
	va_list ap;

	fputs("Bail out! ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(KTAP_EXIT_FAIL);
}

/* Prints the plan and returns the program's exit status. */
static inline int ktap_end(void)
{
	printf("1..%u\n", ktap_tests);
	return ktap_failed ? KTAP_EXIT_FAIL : KTAP_EXIT_PASS;
}

#endif /* SELFTESTS_KTAP_H */
