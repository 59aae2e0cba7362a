// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/spool.h"

/* A message, and how much data had been printed before it. */
struct note {
	off_t at;
	char *text;
};

struct spool {
	FILE *file;
	FILE *out;		/* where its data are to go */
	off_t printed;
	int errnum;		/* why no more can be */
	struct note *notes;
	size_t n;
};

/**
 * spool_begin() - keep what is printed
 * @ctx: its data go to a file from now on
 *
 * Return: 0, or an exit code: the error is printed
 */
int spool_begin(struct mml_ctx *ctx)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (spool)
		spool->file = tmpfile();	/* without a name, for us only */
	if (!spool || !spool->file) {
		ctx_warn(ctx, "what is printed while a process is held cannot be kept: %s",
			 strerror(errno));
		free(spool);
		return MML_EXIT_USAGE;
	}
	spool->out = ctx->show.out;
	ctx->show.out = spool->file;
	ctx->spool = spool;
	return 0;
}

/* By the descriptor: a snapshot is written past the stream, to a copy of it. */
static off_t end_of(const struct spool *spool)
{
	fflush(spool->file);
	return lseek(fileno(spool->file), 0, SEEK_END);
}

static bool add_note(struct spool *spool, const char *fmt, va_list args)
{
	struct note *notes = reallocarray(spool->notes, spool->n + 1,
					  sizeof(*notes));

	if (!notes)
		return false;
	spool->notes = notes;
	if (vasprintf(&notes[spool->n].text, fmt, args) < 0)
		return false;
	notes[spool->n++].at = end_of(spool);
	return true;
}

/**
 * spool_say() - keep a part of a message
 * @spool: where
 * @fmt: as for printf()
 * @args: likewise
 */
void spool_say(struct spool *spool, const char *fmt, va_list args)
{
	va_list again;

	va_copy(again, args);
	if (!add_note(spool, fmt, args))
		vfprintf(stderr, fmt, again);	/* early, but not lost */
	va_end(again);
}

/* Data up to @end, or as much of them as can be printed. */
static void print_until(struct spool *spool, off_t end)
{
	char buf[1 << 14];
	ssize_t len = sizeof(buf);

	while (spool->printed < end && !spool->errnum) {
		if (end - spool->printed < len)
			len = end - spool->printed;
		errno = 0;
		len = pread(fileno(spool->file), buf, len, spool->printed);
		if (len <= 0 || fwrite(buf, 1, len, spool->out) != (size_t)len)
			spool->errnum = errno ?: EIO;
		else
			spool->printed += len;
	}
}

static void print(struct spool *spool)
{
	off_t end = end_of(spool);

	for (size_t i = 0; i < spool->n; i++) {
		print_until(spool, spool->notes[i].at);
		fflush(spool->out);
		fputs(spool->notes[i].text, stderr);
		free(spool->notes[i].text);
	}
	print_until(spool, end);
}

/**
 * spool_end() - print what was kept
 * @ctx: prints at once again
 */
void spool_end(struct mml_ctx *ctx)
{
	struct spool *spool = ctx->spool;
	int unkept = 0;

	errno = 0;
	if (fflush(spool->file) || ferror(spool->file))
		unkept = errno ?: EIO;
	ctx->spool = NULL;
	ctx->show.out = spool->out;
	print(spool);
	ctx->unwritten = unkept ?: spool->errnum;
	fclose(spool->file);
	free(spool->notes);
	free(spool);
}
