// SPDX-License-Identifier: GPL-2.0
/*
 * snap		Snapshots (lib/snap.h): what was written is what is read; what is
 *		cut off or damaged is an error, and never more than that.
 * snap FILE [N]	Writes such a snapshot, of the processes 4100 and 4101, or N.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ktap.h"
#include "lib/snap.h"
#include "lib/snap_file.h"
#include "lib/snap_read.h"

#define PAGE 4096ULL
#define HEAP 0x55d0c8a00000ULL
#define FILE_AT 0x7f0000000000ULL
#define RW (MMLENS_VM_READ | MMLENS_VM_WRITE | MMLENS_VM_MAYREAD | MMLENS_VM_MAYWRITE)
#define RO (MMLENS_ENTRY_PRESENT | MMLENS_ENTRY_USER | MMLENS_ENTRY_ACCESSED)
#define ANON (MMLENS_PAGE_ANON | MMLENS_PAGE_SWAPBACKED | MMLENS_PAGE_LRU | MMLENS_PAGE_UPTODATE)

static const struct mml_info info = {
	.version = "0.1", .release = "6.1.0-31-amd64", .page_size = PAGE, .levels = 4,
	.user_end = 0x7ffffffff000, .commands = 0x7e, .columns = MMLENS_COL_ALL,
	.vma_columns = MMLENS_VMA_COL_ALL, .states = 0xffff,
	.vma_store = MMLENS_VMA_STORE_MAPLE,
	.can = MMLENS_CAN_MAPCOUNT | MMLENS_CAN_EXCLUSIVE | MMLENS_CAN_EPOCH,
};

/* ---- a process that is made up ---- */

static void add(struct mml_picture *picture, uint64_t start, uint32_t pages,
		uint32_t state, uint64_t frame, uint64_t entry, uint32_t mapcount)
{
	struct mml_extent extent;

	memset(&extent, 0xff, sizeof(extent));
	extent.start = start;
	extent.pages = pages;
	extent.state = state;
	extent.level = MMLENS_LEVEL_PTE;
	extent.entry = entry;
	extent.mapkind = MMLENS_MAPKIND_NONE;
	if (state == MMLENS_STATE_SWAP) {
		extent.swap = frame;
	} else {
		extent.frame = frame;
		extent.head = frame;
		extent.flags = ANON;
		extent.mapcount = mapcount;
		extent.mapkind = MMLENS_MAPKIND_PRECISE;
		extent.refcount = mapcount;
		extent.order = 0;
		extent.folio_mapcount = mapcount;
		extent.node = 0;
		extent.zone = MMLENS_ZONE_DMA32;
	}
	if (mml_picture_add(&extent, picture))
		ktap_bail("out of memory");
	picture->dump.pages += pages;
}

static void make_vma(struct mml_vma *vma, uint64_t start, uint64_t end)
{
	memset(vma, 0xff, sizeof(*vma));
	vma->start = start;
	vma->end = end;
	vma->flags = RW;
	vma->kind = MMLENS_VMA_KIND_ANON;
	vma->path = NULL;
	vma->name = NULL;
	vma->ops = NULL;
	vma->pgoff = start / PAGE;
	vma->page_size = PAGE;
	for (unsigned int i = MMLENS_VMA_COL_RSS; i <= MMLENS_VMA_COL_MAX; i++)
		vma->counts[i] = i;
	vma->counts[MMLENS_VMA_COL_TABLES] = MMLENS_UNKNOWN;
}

static void make(struct mml_picture *picture, uint32_t pid)
{
	struct mml_vma *vmas = calloc(2, sizeof(*vmas));

	memset(picture, 0, sizeof(*picture));
	picture->mm = (struct mml_mm){
		.envelope = { .pid = pid, .tgid = pid, .mm_id = 0x1234567890abcdef + pid,
			      .exec_id = 3, .start_time = 12345678901234567 },
		.has_mm = true, .comm = "caf\xe9 \"\\\n\x7f", .exe = "/usr/bin/\xff\xfe",
		.task_state = MMLENS_TASK_ALIVE, .ppid = 1, .threads = 2,
		.pgd = 0xa3f1, .map_count = 2, .rss_anon = 12, .hiwater_rss = MMLENS_UNKNOWN,
	};
	make_vma(&vmas[0], HEAP, HEAP + 64 * PAGE);
	vmas[0].name = strdup("[heap]");
	make_vma(&vmas[1], FILE_AT, FILE_AT + 16 * PAGE);
	vmas[1].kind = MMLENS_VMA_KIND_FILE;
	vmas[1].path = strdup("/tmp/a b\x80\xff\"\\\t.so");
	vmas[1].ops = strdup("ext4_file_vm_ops");
	vmas[1].inode = 77;
	vmas[1].major = 8;
	vmas[1].minor = 1;
	picture->vmas = (struct mml_vmas){ .v = vmas, .n = 2 };
	picture->vmas.dump = (struct mml_dump){
		.envelope = picture->mm.envelope, .ended = true, .complete = true,
		.blind = true, .holds = 1, .walked_end = 0x7ffffffff000,
	};
	picture->dump = picture->vmas.dump;
	picture->dump.blind = false;
	picture->dump.unwatched = 3;
	add(picture, HEAP, 12, MMLENS_STATE_PRESENT, 0x21100, RO, 2);
	add(picture, HEAP + 12 * PAGE, 2, MMLENS_STATE_PRESENT, 0x1ff8c + 16 * (pid - 4100),
	    RO | MMLENS_ENTRY_WRITE, 1);
	add(picture, HEAP + 14 * PAGE, 3, MMLENS_STATE_SWAP, MMLENS_SWAP(1, 100ULL), 0, 0);
	add(picture, HEAP + 20 * PAGE, 4, MMLENS_STATE_ZERO, 0x3310, RO, MMLENS_UNKNOWN32);
	add(picture, FILE_AT, 8, MMLENS_STATE_PRESENT, 0x30000, RO, 9);
}

static void write_to(const char *path, const uint32_t *pids, size_t n)
{
	struct mml_snap_writer *writer;
	struct mml_picture picture;
	struct mml_error err;

	if (mml_snap_create(path, stdout, &info, NULL, &writer, &err))
		ktap_bail("%s", err.text);
	for (size_t i = 0; i < n; i++) {
		make(&picture, pids[i]);
		if (mml_snap_add(writer, &picture, &err))
			ktap_bail("%s", err.text);
		mml_picture_free(&picture);
	}
	if (mml_snap_close(writer, true, &err))
		ktap_bail("%s", err.text);
}

/* ---- the way there and back ---- */

static bool same_string(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_vma(const struct mml_vma *a, const struct mml_vma *b)
{
	struct mml_vma x = *a, y = *b;

	if (!same_string(x.path, y.path) || !same_string(x.name, y.name) ||
	    !same_string(x.ops, y.ops))
		return false;
	return x.start == y.start && x.end == y.end && x.flags == y.flags &&
	       x.kind == y.kind && x.pgoff == y.pgoff && x.major == y.major &&
	       x.minor == y.minor && x.inode == y.inode &&
	       x.file_size == y.file_size && x.anon_id == y.anon_id &&
	       x.anon_root == y.anon_root && x.pkey == y.pkey &&
	       x.page_size == y.page_size &&
	       !memcmp(x.counts + 2, y.counts + 2, sizeof(x.counts) - 2 * sizeof(*x.counts));
}

static void test_back(const char *path, const char *what)
{
	struct mml_picture expected, seen;
	struct mml_client *client;
	struct mml_error err = { .text = "" };
	bool ok;

	if (!ktap_test(!mml_snap_open(path, &client, &err), "%s opens", what)) {
		ktap_note("%s", err.text);
		return;
	}
	ktap_test(mml_snap_info(client)->nr_pids == 2 &&
		  mml_snap_info(client)->pids[1] == 4101, "%s: both processes", what);
	make(&expected, 4101);
	ktap_test(!mml_picture_read(client, 4101, &seen, &err), "%s: is read", what);
	ktap_test(!memcmp(&seen.mm, &expected.mm, sizeof(seen.mm)), "%s: mm", what);
	ok = seen.vmas.n == expected.vmas.n;
	for (size_t i = 0; ok && i < seen.vmas.n; i++)
		ok = same_vma(&seen.vmas.v[i], &expected.vmas.v[i]);
	ktap_test(ok, "%s: areas", what);
	ktap_test(seen.n == expected.n &&
		  !memcmp(seen.extents, expected.extents, seen.n * sizeof(*seen.extents)),
		  "%s: extents", what);
	ktap_test(seen.dump.complete && !seen.dump.torn && !seen.dump.blind &&
		  seen.dump.unwatched == 3 && seen.vmas.dump.blind &&
		  seen.dump.pages == expected.dump.pages, "%s: how it ended", what);
	mml_picture_free(&seen);
	mml_picture_free(&expected);
	mml_close(client);
}

/* ---- asking it ---- */

struct seen {
	unsigned int n;
	struct mml_extent extents[8];
};

static int see(const struct mml_extent *extent, void *arg)
{
	struct seen *seen = arg;

	if (seen->n < 8)
		seen->extents[seen->n] = *extent;
	seen->n++;
	return 0;
}

static struct seen ask(struct mml_client *client, struct mml_page_query query)
{
	struct seen seen = { .n = 0 };
	struct mml_error err;
	struct mml_dump dump;

	query.pid = 4100;
	if (mml_pages(client, &query, see, &seen, &dump, &err))
		seen.n = ~0U;
	return seen;
}

static void test_ask(const char *path)
{
	const uint64_t bare = MMLENS_COL_BIT(MMLENS_COL_STATE);
	struct mml_filter filter = { .states = 1 << MMLENS_STATE_SWAP };
	struct mml_filter frames = { .frame_start = 0x21104, .frame_end = 0x21106 };
	struct mml_filter written = { .entry_all = MMLENS_ENTRY_WRITE };
	struct mml_client *client;
	struct mml_error err;
	struct mml_walk walk;
	struct seen seen;
	struct mml_mm mm;

	if (mml_snap_open(path, &client, &err))
		ktap_bail("%s", err.text);
	seen = ask(client, (struct mml_page_query){ .start = HEAP + 4 * PAGE,
						    .end = HEAP + 15 * PAGE });
	ktap_test(seen.n == 3 && seen.extents[0].start == HEAP + 4 * PAGE &&
		  seen.extents[0].pages == 8 && seen.extents[0].frame == 0x21104 &&
		  seen.extents[0].head == MMLENS_UNKNOWN &&
		  seen.extents[2].pages == 1, "a range is cut out");
	seen = ask(client, (struct mml_page_query){ .columns = bare });
	ktap_test(seen.n == 4 && seen.extents[0].pages == 14 &&
		  seen.extents[0].frame == MMLENS_UNKNOWN,
		  "what differs in columns not asked for is joined");
	seen = ask(client, (struct mml_page_query){ .filter = &filter });
	ktap_test(seen.n == 1 && seen.extents[0].state == MMLENS_STATE_SWAP,
		  "a filter of states");
	seen = ask(client, (struct mml_page_query){ .filter = &frames });
	ktap_test(seen.n == 1 && seen.extents[0].pages == 2 &&
		  seen.extents[0].start == HEAP + 4 * PAGE, "a filter of frames");
	seen = ask(client, (struct mml_page_query){ .filter = &written });
	ktap_test(seen.n == 1 && seen.extents[0].pages == 2, "a filter of entry bits");
	ktap_test(!mml_vma_at(client, 4100, HEAP + 1, &walk, &err) && walk.in_vma &&
		  same_string(walk.vma.name, "[heap]"), "an area at an address");
	mml_walk_free(&walk);
	ktap_test(!mml_vma_at(client, 4100, FILE_AT - 1, &walk, &err) && !walk.in_vma &&
		  walk.has_prev && walk.has_next && walk.next.start == FILE_AT, "a hole");
	mml_walk_free(&walk);
	ktap_test(mml_walk(client, 4100, HEAP, &walk, &err) == -EOPNOTSUPP &&
		  strstr(err.text, "live"), "page tables are not in it");
	ktap_test(mml_mm(client, 9, &mm, &err) == -ESRCH && strstr(err.text, path),
		  "nor is another process");
	mml_close(client);
}

/* ---- damage ---- */

static size_t slurp(const char *path, char *bytes, size_t room)
{
	FILE *file = fopen(path, "re");
	size_t len = file ? fread(bytes, 1, room, file) : 0;

	if (!len || len == room)
		ktap_bail("%s cannot be read", path);
	fclose(file);
	return len;
}

/* A file in memory, read from its start. */
static int file_of(const char *bytes, size_t len)
{
	int fd = memfd_create("snap", MFD_CLOEXEC);

	if (fd < 0 || pwrite(fd, bytes, len, 0) != (ssize_t)len)
		ktap_bail("no file in memory");
	return fd;
}

/* What is said of it; NULL: it is taken. */
static const char *complaint(const char *bytes, size_t len)
{
	static struct mml_error err;
	struct mml_snap *snap;

	err.text[0] = '\0';
	if (mml_snap_read("it", file_of(bytes, len), &snap, &err))
		return err.text;
	mml_snap_free(snap);
	return NULL;
}

static void test_cut(const char *bytes, size_t len, const char *what)
{
	size_t kept;

	for (kept = 0; kept < len; kept++)
		if (!complaint(bytes, kept))
			break;
	if (!ktap_test(kept == len, "%s: cut off anywhere, it is an error", what))
		ktap_note("not when %zu of %zu bytes are left", kept, len);
}

/* There are bits in zstd's header that mean nothing. */
static void test_flips(char *bytes, size_t len, unsigned int idle, const char *what)
{
	unsigned int missed = 0;
	size_t at;

	for (at = 0; at < len; at++) {
		bytes[at] ^= 1 << at % 8;
		missed += !complaint(bytes, len);
		bytes[at] ^= 1 << at % 8;
	}
	if (!ktap_test(missed <= idle, "%s: a flipped bit is an error", what))
		ktap_note("%u of %zu were not noticed", missed, len);
}

static uint64_t random_state = 1;

/* xorshift64 */
static uint32_t chance(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 20) % below;
}

/* The same text, some of it replaced, doubled or left out, with a good checksum. */
static size_t mutate(const char *from, size_t len, char *to)
{
	static const char *const usual[] = {
		"0", "null", "\"\"", "18446744073709551615", "\"0xffffffffffffffff\"",
		"{", "}", "[", "]", ",", "\"", "\\u0000", "\\udcff", "\n", "4294967295",
		"true", "-1", "1e9", "\"line\":\"vma\"", "99999999999999999999999",
	};
	uint32_t n = 1 + chance(4);
	size_t at, cut;

	memcpy(to, from, len);
	while (n-- && len > 64) {
		at = chance(len - 32);
		cut = chance(24);
		if (chance(2)) {
			const char *word = usual[chance(sizeof(usual) / sizeof(*usual))];

			memmove(to + at + strlen(word), to + at + cut, len - at - cut);
			memcpy(to + at, word, strlen(word));
			len += strlen(word) - cut;
		} else {
			to[at] = chance(256);
		}
	}
	return len;
}

/* With a last line that fits. */
static int seal(const char *bytes, size_t len)
{
	int fd = memfd_create("snap", MFD_CLOEXEC), copy = dup(fd);
	struct snap_file *file = snap_file_write(copy, chance(2));
	uint64_t lines = 0;
	size_t i;

	for (i = 0; i < len; i++)
		lines += bytes[i] == '\n';
	fwrite(bytes, 1, len, snap_file_out(file));
	fprintf(snap_file_out(file), "{\"line\":\"end\",\"lines\":%ju,\"crc32\":\"0x%x\"}\n",
		(uintmax_t)lines, snap_file_checksum(file));
	snap_file_close(file);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* That all can be asked for, whatever a file that was taken holds. */
static unsigned int use(int fd)
{
	const struct mml_snap_info *about;
	struct mml_picture picture;
	struct mml_client *client;
	struct mml_snap *snap;
	struct mml_error err;

	if (mml_snap_read("it", fd, &snap, &err))
		return 0;
	client = mml_snap_client(snap, &err);
	about = mml_snap_info(client);
	for (size_t i = 0; i < about->nr_pids; i++) {
		mml_picture_read(client, about->pids[i], &picture, &err);
		mml_picture_free(&picture);
	}
	mml_close(client);
	return 1;
}

static void test_fuzz(const char *bytes, size_t len)
{
	static char damaged[1 << 16];
	unsigned int taken = 0, rounds = 4000, i;
	size_t end;

	for (end = len - 1; end && bytes[end - 1] != '\n'; end--)
		;		/* without the last line: seal() makes another */
	for (i = 0; i < rounds; i++)
		taken += use(seal(damaged, mutate(bytes, end, damaged)));
	ktap_test(taken && taken < rounds,
		  "%u damaged files with a good checksum: some make sense, none does harm",
		  rounds);
	ktap_note("%u made sense", taken);
}

static void test_plain(const char *path)
{
	static char bytes[1 << 15];
	const uint32_t pids[] = { 4100, 4101 };
	int out = dup(STDOUT_FILENO);
	size_t len;

	fflush(stdout);
	if (!freopen(path, "w", stdout))
		ktap_bail("%s cannot be written", path);
	write_to("-", pids, 2);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	test_back(path, "text");
	len = slurp(path, bytes, sizeof(bytes));
	test_cut(bytes, len, "text");
	test_flips(bytes, len, 0, "text");
	test_fuzz(bytes, len);
}

static void test_lines(void)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "cut off" },
		{ "\n", "line 1" },
		{ "hello\n", "line 1" },
		{ "{\"line\":\"snapshot\",\"format\":2}\n", "format 2" },
		{ "{\"line\":\"snapshot\",\"format\":1,\"columns\":\"start\"}\n", "columns" },
		{ "{\"line\":\"snapshot\",\"format\":1,\"columns\":\"start pages\"}\n"
		  "{\"line\":\"info\",\"page_size\":5}\n", "page size" },
		{ "{\"line\":\"snapshot\",\"format\":1,\"columns\":\"start pages\"}\n"
		  "{\"line\":\"info\",\"page_size\":4096}\n", "cut off" },
		{ "{\"line\":\"snapshot\",\"format\":1,\"columns\":\"start pages\"}\n"
		  "{\"line\":\"info\",\"page_size\":4096}\n"
		  "{\"line\":\"end\",\"lines\":2,\"crc32\":\"0x0\"}\n", "checksum" },
		{ "{\"line\":\"snapshot\",\"format\":1,\"columns\":\"start pages\"}\n"
		  "{\"line\":\"info\",\"page_size\":4096}\n{\"line\":\"process\",\"pid\":0}\n",
		  "line 3" },
		{ "{\"line\":\"snapshot\",\"format\":1,\"columns\":\"start pages\"}\n"
		  "{\"line\":\"info\",\"page_size\":4096}\n{\"line\":\"process\",\"pid\":1}\n"
		  "{\"line\":\"vma\",\"start\":\"0x2000\",\"end\":\"0x1000\"}\n", "line 4" },
		{ "{\"line\":\"snapshot\",\"format\":1,\"columns\":\"start pages\"}\n"
		  "{\"line\":\"info\",\"page_size\":4096}\n{\"line\":\"process\",\"pid\":1}\n"
		  "{\"line\":\"vmas-end\"}\n[\"0x1000\",1]\n[\"0x1000\",1]\n", "line 6" },
	};
	const char *said;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		said = complaint(cases[i].text, strlen(cases[i].text));
		if (!ktap_test(said && strstr(said, cases[i].says), "refused: %s",
			       cases[i].says))
			ktap_note("%s", said ? said : "it was taken");
	}
}

int main(int argc, char **argv)
{
	static char bytes[1 << 15];
	const uint32_t pids[] = { 4100, 4101 };
	char dir[] = "/tmp/snap.XXXXXX", path[64];
	struct stat status;
	uint32_t one;
	size_t len;

	if (argc > 1) {
		one = argc > 2 ? atoi(argv[2]) : 0;
		write_to(argv[1], one ? &one : pids, one ? 1 : 2);
		return 0;
	}
	ktap_begin();
	if (!mkdtemp(dir))
		ktap_bail("no temporary directory");
	snprintf(path, sizeof(path), "%s/a", dir);
	write_to(path, pids, 2);
	ktap_test(!stat(path, &status) && (status.st_mode & 07777) == 0600,
		  "only its owner may read it");
	test_back(path, "compressed");
	test_ask(path);
	len = slurp(path, bytes, sizeof(bytes));
	test_cut(bytes, len, "compressed");
	test_flips(bytes, len, 8, "compressed");
	test_plain(path);
	test_lines();
	unlink(path);
	ktap_test(!rmdir(dir), "nothing is left behind");
	return ktap_end();
}
