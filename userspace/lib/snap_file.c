// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/snap_file.h"

#define BUFFER (128 * 1024)

struct snap_file {
	int fd;
	FILE *stream;		/* of this, whose bytes are lines */
	ZSTD_CCtx *compress;
	ZSTD_DCtx *expand;
	ZSTD_inBuffer in;	/* of what was read: not used up */
	bool open_frame;	/* the compressed text has not come to its end */
	int failed;		/* negative errno */
	uint32_t crc;		/* of what was written, or read before the latest line */
	char *latest;		/* which is this */
	char buffer[BUFFER];
};

/* The CRC-32 of zip, gzip and Ethernet, bit by bit four at a time. */
static uint32_t checksum(uint32_t crc, const char *bytes, size_t len)
{
	static const uint32_t nibbles[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= (unsigned char)bytes[i];
		crc = crc >> 4 ^ nibbles[crc & 15];
		crc = crc >> 4 ^ nibbles[crc & 15];
	}
	return ~crc;
}

/* ---- writing ---- */

static int write_all(struct snap_file *file, const char *bytes, size_t len)
{
	ssize_t written;

	while (len) {
		written = write(file->fd, bytes, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		len -= written;
	}
	return 0;
}

static int compress_all(struct snap_file *file, ZSTD_inBuffer *in,
			ZSTD_EndDirective how)
{
	size_t left;
	int ret;

	do {
		ZSTD_outBuffer out = { file->buffer, BUFFER, 0 };

		left = ZSTD_compressStream2(file->compress, &out, in, how);
		if (ZSTD_isError(left))
			return -ENOMEM;
		ret = write_all(file, file->buffer, out.pos);
	} while (!ret && (in->pos < in->size || (how == ZSTD_e_end && left)));
	return ret;
}

static ssize_t write_stream(void *cookie, const char *bytes, size_t len)
{
	struct snap_file *file = cookie;
	ZSTD_inBuffer in = { bytes, len, 0 };

	file->crc = checksum(file->crc, bytes, len);
	if (!file->failed)
		file->failed = file->compress ?
			compress_all(file, &in, ZSTD_e_continue) :
			write_all(file, bytes, len);
	if (!file->failed)
		return len;
	errno = -file->failed;
	return 0;
}

/* ---- reading ---- */

static ssize_t read_raw(struct snap_file *file, char *to, size_t room)
{
	ssize_t len;

	do {
		len = read(file->fd, to, room);
	} while (len < 0 && errno == EINTR);
	return len < 0 ? -errno : len;
}

static ssize_t expand(struct snap_file *file, char *to, size_t room)
{
	ZSTD_outBuffer out = { to, room, 0 };
	ssize_t len;
	size_t more;

	while (!out.pos) {
		if (file->in.pos == file->in.size) {
			len = read_raw(file, file->buffer, BUFFER);
			if (len < 0)
				return len;
			if (!len)
				return file->open_frame ? -EPIPE : 0;
			file->in = (ZSTD_inBuffer){ file->buffer, len, 0 };
		}
		more = ZSTD_decompressStream(file->expand, &out, &file->in);
		if (ZSTD_isError(more))
			return -EBADMSG;
		file->open_frame = more;
	}
	return out.pos;
}

/* The first bytes, that told what it is, and then the others. */
static ssize_t copy(struct snap_file *file, char *to, size_t room)
{
	size_t left = file->in.size - file->in.pos;

	if (!left)
		return read_raw(file, to, room);
	left = left < room ? left : room;
	memcpy(to, file->buffer + file->in.pos, left);
	file->in.pos += left;
	return left;
}

static ssize_t read_stream(void *cookie, char *to, size_t room)
{
	struct snap_file *file = cookie;
	ssize_t len = file->failed;

	if (!len)
		len = file->expand ? expand(file, to, room) :
				     copy(file, to, room);
	if (len >= 0)
		return len;
	file->failed = len;
	errno = -len;
	return -1;
}

/**
 * snap_file_line() - read a line
 * @file: from snap_file_read()
 * @line: where to; to be left alone until the next is read, by the same caller
 *	into the same place
 *
 * Return: 1, 0 at the end, or a negative errno: -EPIPE if a line or the
 * compressed text is cut off, -EBADMSG if this is no text in lines
 */
int snap_file_line(struct snap_file *file, char line[SNAP_LINE_MAX])
{
	size_t len;

	if (file->latest)
		file->crc = checksum(file->crc, file->latest, strlen(file->latest));
	file->latest = NULL;
	if (!fgets(line, SNAP_LINE_MAX, file->stream))
		return file->failed;
	len = strlen(line);
	if (!len || line[len - 1] != '\n')
		return file->failed ? file->failed :
		       len == SNAP_LINE_MAX - 1 || !feof(file->stream) ?
		       -EBADMSG : -EPIPE;
	file->latest = line;
	return 1;
}

/* ---- both ---- */

static struct snap_file *open_stream(struct snap_file *file, const char *mode,
				     bool zstd)
{
	const cookie_io_functions_t functions = {
		.read = read_stream, .write = write_stream,
	};

	if (zstd && *mode == 'w')
		file->compress = ZSTD_createCCtx();
	if (zstd && *mode == 'r')
		file->expand = ZSTD_createDCtx();
	if (zstd && !file->compress && !file->expand)
		errno = ENOMEM;
	else
		file->stream = fopencookie(file, mode, functions);
	if (file->stream)
		return file;
	snap_file_close(file);
	return NULL;
}

static struct snap_file *new_file(int fd)
{
	struct snap_file *file = calloc(1, sizeof(*file));

	if (file)
		file->fd = fd;
	else
		close(fd);
	return file;
}

/**
 * snap_file_write() - begin to write
 * @fd: where to; taken over
 * @compress: by zstd
 *
 * Return: the file, or NULL with errno set
 */
struct snap_file *snap_file_write(int fd, bool compress)
{
	struct snap_file *file = new_file(fd);

	return file ? open_stream(file, "w", compress) : NULL;
}

/**
 * snap_file_read() - begin to read
 * @fd: where from; taken over
 *
 * Return: the file, or NULL with errno set
 */
struct snap_file *snap_file_read(int fd)
{
	static const char magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	struct snap_file *file = new_file(fd);
	ssize_t len = 0;

	if (!file)
		return NULL;
	while (file->in.size < sizeof(magic)) {
		len = read_raw(file, file->buffer + file->in.size,
			       sizeof(magic) - file->in.size);
		if (len <= 0)
			break;
		file->in.size += len;
	}
	file->in.src = file->buffer;
	if (len < 0) {
		snap_file_close(file);
		errno = -len;
		return NULL;
	}
	return open_stream(file, "r", file->in.size == sizeof(magic) &&
			   !memcmp(file->buffer, magic, sizeof(magic)));
}

/**
 * snap_file_out() - where lines go
 * @file: from snap_file_write()
 *
 * Return: a stream
 */
FILE *snap_file_out(struct snap_file *file)
{
	return file->stream;
}

/**
 * snap_file_checksum() - the CRC-32 of the lines
 * @file: the file
 *
 * Return: that of all that was written, or read before the latest line
 */
uint32_t snap_file_checksum(struct snap_file *file)
{
	fflush(file->stream);
	return file->crc;
}

/**
 * snap_file_close() - write what is left, and close
 * @file: the file, or NULL
 *
 * Return: 0 or a negative errno
 */
int snap_file_close(struct snap_file *file)
{
	ZSTD_inBuffer nothing = { NULL, 0, 0 };
	int ret;

	if (!file)
		return 0;
	if (file->stream)
		fclose(file->stream);
	ret = file->failed;
	if (file->compress && !ret)
		ret = compress_all(file, &nothing, ZSTD_e_end);
	if (close(file->fd) && !ret)
		ret = -errno;
	ZSTD_freeCCtx(file->compress);
	ZSTD_freeDCtx(file->expand);
	free(file);
	return ret;
}
