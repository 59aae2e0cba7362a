// SPDX-License-Identifier: GPL-2.0
/*
 * frame: every frame of the machine by mmlens, held against /proc/kpageflags,
 * /proc/kpagecount and /proc/iomem.
 *
 * frame who PFN: the processes and addresses that map a frame, by every
 * process's pagemap; no mmlens in it.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kernel-page-flags.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ktap.h"
#include "lib/mmlens.h"
#include "lib/names.h"
#include "oracle/proc.h"

#define KFLAG(name) (1ULL << KPF_##name)
#define HUGE_ZERO_FLAGS (KFLAG(ZERO_PAGE) | KFLAG(THP))

/* Frames that are looked at: past the end of any memory that there is. */
#define FRAMES (1ULL << 21)

/* Frames that are looked at again together: no folio but a gigantic one has more. */
#define BLOCK 512

/* What moves or differs is looked at again, so often at most. */
#define LOOKS 50

/* What is wrong on so many frames is wrong: the others get one second look. */
#define MANY 256

/* Of the largest free blocks, as many may be split for mmlens' own dump and messages. */
#define SPLIT 4

struct proc_frames {
	uint64_t *flags, *count;
};

static struct proc_frames before, after;
static struct mml_extent *seen;	/* by frame; pages 0: in no extent */
static bool folio_mmap;		/* kpageflags' MMAP is of the folio: since 6.10 */
static bool ksm_is_anon;	/* 6.12's says KSM of every anonymous page */
static bool hole_is_0;		/* 7.2's has no NOPAGE: what it leaves out is 0 */
static struct mml_client *client;
static struct mml_info info;

/* Why a frame may be left out, or a difference be excused, and how often. */
enum rule { MOVED, SETTLED, OWN, UNREADABLE, HUGE_ZERO, NR_RULES };

static struct {
	const char *why;
	uint64_t cap, used;
} rules[NR_RULES] = {
	[MOVED] = { "/proc says something else after than before, at each look", 64, 0 },
	[SETTLED] = { "it was in use for a moment between: equal at another look", 8192, 0 },
	[OWN] = { "free but while mmlens reads: its own message and batch", 192, 0 },
	[UNREADABLE] = { "struct page was changing at each look", 16, 0 },
	[HUGE_ZERO] = { "only the kernel knows which huge page is the one of zeroes", 512, 0 },
};

/* By frame: to be looked at again, since it moved, or was not as it should be. */
enum again { NEVER, MOVES, DIFFERS };

static unsigned char *again;
static uint64_t compared, wrong;

static int open_proc(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		ktap_bail("%s: %m", name);
	return fd;
}

/* What lies past its end is of no page. */
static void read_words(int fd, uint64_t first, uint64_t n, uint64_t *to, uint64_t none)
{
	uint64_t at = 0;
	ssize_t got;

	while (at < n) {
		got = pread(fd, to + at, (n - at) * 8, (first + at) * 8);
		if (got <= 0)
			break;
		at += got / 8;
	}
	for (; at < n; at++)
		to[at] = none;
}

static void read_proc(struct proc_frames *frames, uint64_t first, uint64_t n)
{
	static int flags = -1, count;

	if (flags < 0) {
		flags = open_proc("/proc/kpageflags");
		count = open_proc("/proc/kpagecount");
	}
	read_words(flags, first, n, frames->flags + first, KFLAG(NOPAGE));
	read_words(count, first, n, frames->count + first, 0);
}

static void allocate(struct proc_frames *frames)
{
	frames->flags = calloc(FRAMES, 8);
	frames->count = calloc(FRAMES, 8);
	if (!frames->flags || !frames->count)
		ktap_bail("out of memory");
}

static int take_extent(const struct mml_extent *extent, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < extent->pages; i++) {
		struct mml_extent *one = &seen[extent->frame + i];

		if (extent->frame + i >= FRAMES)
			return -ERANGE;
		*one = *extent;
		one->frame += i;
		if (!extent->order)
			one->head += i;
	}
	return 0;
}

static void read_mmlens(uint64_t first, uint64_t end)
{
	struct mml_error err = { .text = "" };
	struct mml_dump dump;
	int ret;

	/*
	 * after one read of all, the next leaves out the same; memory that is not
	 * needed is not touched
	 */
	if (end - first < FRAMES)
		memset(seen + first, 0, (end - first) * sizeof(*seen));
	ret = mml_frames(client, first, end, MMLENS_FRAME_COL_ALL, take_extent,
			 NULL, &dump, &err);
	if (ret)
		ktap_bail("mml_frames: %s (%d)", err.text, ret);
}

/* The compound page looked at last: the pages of a large one follow each other. */
static struct {
	uint64_t head, end;
} compound;

/* As kpageflags marks it, and not by our own HEAD. */
static void find_compound(uint64_t frame)
{
	if (frame >= compound.head && frame < compound.end)
		return;
	compound.head = frame;
	while (before.flags[compound.head] & KFLAG(COMPOUND_TAIL) && compound.head)
		compound.head--;
	compound.end = frame + 1;
	while (compound.end < FRAMES && before.flags[compound.end] & KFLAG(COMPOUND_TAIL))
		compound.end++;
}

static uint64_t head_of(uint64_t frame)
{
	find_compound(frame);
	return compound.head;
}

static uint64_t length_of(uint64_t frame)
{
	find_compound(frame);
	return compound.end - compound.head;
}

static bool is_compound(uint64_t flags)
{
	return flags & (KFLAG(COMPOUND_HEAD) | KFLAG(COMPOUND_TAIL));
}

/* Bits that have the same number, and mean the same, on both sides. */
static uint64_t alike(void)
{
	uint64_t bits = KFLAG(LOCKED) | KFLAG(ERROR) | KFLAG(REFERENCED) |
		KFLAG(UPTODATE) | KFLAG(DIRTY) | KFLAG(LRU) | KFLAG(ACTIVE) |
		KFLAG(SLAB) | KFLAG(WRITEBACK) | KFLAG(RECLAIM) | KFLAG(BUDDY) |
		KFLAG(ANON) | KFLAG(SWAPBACKED) | KFLAG(HUGE) | KFLAG(UNEVICTABLE) |
		KFLAG(KSM) | KFLAG(THP) | KFLAG(OFFLINE) | KFLAG(ZERO_PAGE) |
		KFLAG(PGTABLE);

	return bits & info.page_flags & ~(ksm_is_anon ? KFLAG(KSM) : 0);
}

static bool is_huge_zero(uint64_t frame)
{
	return (before.flags[head_of(frame)] & HUGE_ZERO_FLAGS) == HUGE_ZERO_FLAGS;
}

/* What kpageflags says, in mmlens' terms: of the folio, but for the page's own. */
static uint64_t expected_flags(uint64_t frame)
{
	uint64_t own = before.flags[frame], folio = before.flags[head_of(frame)];
	uint64_t types = KFLAG(BUDDY) | KFLAG(OFFLINE) | KFLAG(PGTABLE);
	uint64_t flags = (folio & alike()) | (own & types);

	/* since 6.12 kpageflags takes what slab keeps there for a mapping */
	if (folio & KFLAG(SLAB))
		flags &= ~(KFLAG(ANON) | KFLAG(KSM));
	if (folio & 1ULL << KPF_RESERVED)
		flags |= MMLENS_PAGE_RESERVED;
	if (folio & 1ULL << KPF_MLOCKED)
		flags |= MMLENS_PAGE_MLOCKED;
	if (own & KFLAG(HWPOISON))
		flags |= MMLENS_PAGE_HWPOISON;
	if (!folio_mmap && is_compound(own) ? before.count[frame] : folio & KFLAG(MMAP))
		flags |= MMLENS_PAGE_MMAP;
	if (is_huge_zero(frame))
		flags &= ~HUGE_ZERO_FLAGS;
	return flags;
}

static uint64_t compared_flags(void)
{
	return alike() | MMLENS_PAGE_RESERVED | MMLENS_PAGE_MLOCKED |
	       MMLENS_PAGE_HWPOISON | MMLENS_PAGE_MMAP;
}

/* The difference in words, or NULL. */
static const char *difference(uint64_t frame)
{
	const struct mml_extent *f = &seen[frame];
	uint64_t own = before.flags[frame];

	if (own & KFLAG(NOPAGE))
		return f->pages && f->state == MMLENS_FRAME_MEMORY ?
			"/proc knows no such page" : NULL;
	/* that it is none of RAM, test_iomem() sees to */
	if (hole_is_0 && !own && !before.count[frame] &&
	    (!f->pages || f->state == MMLENS_FRAME_NONE ||
	     f->state == MMLENS_FRAME_OFFLINE || f->state == MMLENS_FRAME_DEVICE))
		return NULL;
	/* 5.10's knows sections as a whole, and of this one it has memory too */
	if (f->pages && f->state == MMLENS_FRAME_DEVICE && !before.count[frame] &&
	    own == KFLAG(RESERVED))
		return NULL;
	if (!f->pages || f->state != MMLENS_FRAME_MEMORY)
		return "/proc knows the page";
	if ((f->flags ^ expected_flags(frame)) & compared_flags())
		return "flags";
	if ((f->mapcount == MMLENS_UNKNOWN32 ? 0 : f->mapcount) != before.count[frame] &&
	    f->mapkind != MMLENS_MAPKIND_AVERAGE)
		return "mapcount";
	if (own & KFLAG(BUDDY))
		return NULL;
	if (f->head != head_of(frame))
		return "head";
	if ((is_compound(own) ? length_of(frame) : 1) != 1ULL << f->order)
		return "order";
	return NULL;
}

static bool moved(uint64_t frame)
{
	uint64_t head = head_of(frame);

	return before.flags[frame] != after.flags[frame] ||
	       before.count[frame] != after.count[frame] ||
	       before.flags[head] != after.flags[head];
}

/* The module itself needs memory to answer: a message, and the batch for it. */
static bool is_own(uint64_t frame)
{
	const struct mml_extent *f = &seen[frame];

	return !(before.flags[frame] & ~KFLAG(BUDDY)) && !before.count[frame] &&
	       f->pages && f->state == MMLENS_FRAME_MEMORY &&
	       /* of a large kmalloc() there are no references, where that is a type */
	       (f->refcount ? !f->flags : f->flags == MMLENS_PAGE_KMALLOC);
}

static void tell(uint64_t frame, const char *what)
{
	const struct mml_extent *f = &seen[frame];

	if (wrong++ < 20)
		ktap_note("frame %#" PRIx64 ": %s: kpageflags %#" PRIx64 ", of its head %#" PRIx64
			  ", count %" PRIu64 "; mmlens state %u flags %#" PRIx64
			  " mapcount %d head %#" PRIx64 " order %d", frame, what,
			  before.flags[frame], before.flags[head_of(frame)], before.count[frame],
			  f->pages ? f->state : 0, f->flags, (int)f->mapcount, f->head,
			  (int)f->order);
}

static enum again judge(uint64_t frame)
{
	if (moved(frame))
		return MOVES;
	if (difference(frame))
		return DIFFERS;
	compared++;
	rules[HUGE_ZERO].used += is_huge_zero(frame);
	return NEVER;
}

/* What does not settle: by what the last look has shown. */
static void conclude(uint64_t frame)
{
	if (moved(frame)) {
		rules[MOVED].used++;
		return;
	}
	compared++;
	if (seen[frame].pages && seen[frame].state == MMLENS_FRAME_UNREADABLE)
		rules[UNREADABLE].used++;
	else if (is_own(frame))
		rules[OWN].used++;
	else
		tell(frame, difference(frame));
}

/* With its neighbour: where a folio ends, that is what tells. */
static void read_again(uint64_t first)
{
	uint64_t n = FRAMES - first < 2 * BLOCK ? BLOCK : 2 * BLOCK;

	read_proc(&before, first, n);
	compound.end = 0;	/* it may be another one now */
	read_mmlens(first, first + n);
	read_proc(&after, first, n);
}

/* How many frames of a block do not settle, at one more look. */
static unsigned int look_again(uint64_t first)
{
	unsigned int left = 0;

	read_again(first);
	for (uint64_t frame = first; frame < first + BLOCK; frame++) {
		enum again was = again[frame];

		if (was == NEVER)
			continue;
		again[frame] = judge(frame);
		if (again[frame] == NEVER) {
			rules[SETTLED].used += was == DIFFERS;
			continue;
		}
		/* of what moves now, it is not forgotten that it was different */
		again[frame] = was == DIFFERS ? DIFFERS : again[frame];
		left++;
	}
	return left;
}

static void settle(uint64_t first)
{
	int looks = 0;

	while (look_again(first) && wrong < MANY && ++looks < LOOKS)
		;
	for (uint64_t frame = first; frame < first + BLOCK; frame++)
		if (again[frame] != NEVER)
			conclude(frame);
}

/* All frames at once, and what moves or differs block by block. */
static void judge_all(void)
{
	uint64_t frame, blocks = 0, moving = 0;

	for (frame = 0; frame < FRAMES; frame++) {
		again[frame] = judge(frame);
		moving += again[frame] == MOVES;
	}
	for (frame = 0; frame < FRAMES; frame += BLOCK) {
		if (memchr(again + frame, MOVES, BLOCK) || memchr(again + frame, DIFFERS, BLOCK)) {
			blocks++;
			settle(frame);
		}
	}
	ktap_note("%" PRIu64 " frames moved at first; %" PRIu64 " blocks of %d looked at again",
		  moving, blocks, BLOCK);
}

/* Does kpageflags say NOPAGE of any frame? What read_proc() adds lies at the end. */
static bool says_nopage(void)
{
	uint64_t frame = FRAMES;

	while (frame && before.flags[frame - 1] & KFLAG(NOPAGE))
		frame--;
	while (frame && !(before.flags[frame - 1] & KFLAG(NOPAGE)))
		frame--;
	return frame;
}

/* ---- free blocks ---- */

/* Of the largest order that there is, a zone's; of the others too many come and go. */
struct free_blocks {
	unsigned int node;
	char zone[16];
	uint64_t number;
};

struct buddyinfo {
	struct free_blocks zones[16];
	unsigned int n, order;
};

static void read_buddyinfo(struct buddyinfo *info_)
{
	FILE *file = fopen("/proc/buddyinfo", "re");
	char line[512], *number, *rest;

	info_->n = 0;
	while (file && info_->n < 16 && fgets(line, sizeof(line), file)) {
		struct free_blocks *zone = &info_->zones[info_->n];

		if (sscanf(line, "Node %u, zone %15s", &zone->node, zone->zone) != 2)
			ktap_bail("/proc/buddyinfo: %s", line);
		rest = strstr(line, zone->zone) + strlen(zone->zone);
		info_->order = -1;
		for (number = strtok(rest, " \n"); number; number = strtok(NULL, " \n")) {
			info_->order++;
			zone->number = strtoull(number, NULL, 10);
		}
		info_->n++;
	}
	if (!file || fclose(file) || !info_->n)
		ktap_bail("/proc/buddyinfo: %m");
}

/* By mmlens: how many such blocks begin in the zone. */
static uint64_t told_blocks(const struct free_blocks *zone, unsigned int order)
{
	uint64_t number = 0;

	for (uint64_t frame = 0; frame < FRAMES; frame += 1ULL << order) {
		const struct mml_extent *f = &seen[frame];

		number += f->pages && f->flags != MMLENS_UNKNOWN &&
			f->flags & MMLENS_PAGE_BUDDY && f->head == frame &&
			f->order == order && f->node == zone->node &&
			!strcmp(mml_name(mml_zone_names, f->zone), zone->zone);
	}
	return number;
}

/* Does anything else allocate meanwhile than what reads? Then it has to be done again. */
static bool same_blocks(const struct buddyinfo *one, const struct buddyinfo *two, bool *as_told)
{
	uint64_t told, all = 0;

	*as_told = true;
	for (unsigned int i = 0; i < one->n; i++) {
		told = told_blocks(&one->zones[i], one->order);
		all += told;
		if (told > one->zones[i].number || told + SPLIT < one->zones[i].number)
			*as_told = false;
		if (one->zones[i].number != two->zones[i].number)
			return false;
	}
	*as_told &= all > SPLIT;
	return true;
}

/* Leaves all frames in seen[]. */
static void test_free_blocks(void)
{
	struct buddyinfo one, two;
	bool same, as_told;
	int looks = 0;

	do {
		read_buddyinfo(&one);
		read_mmlens(0, FRAMES);
		read_buddyinfo(&two);
		same = same_blocks(&one, &two, &as_told);
	} while (!(same && as_told) && ++looks < 10);
	for (unsigned int i = 0; i < one.n; i++)
		ktap_note("node %u zone %s: %" PRIu64 " free blocks of order %u, in /proc/buddyinfo %"
			  PRIu64 " and then %" PRIu64, one.zones[i].node, one.zones[i].zone,
			  told_blocks(&one.zones[i], one.order), one.order, one.zones[i].number,
			  two.zones[i].number);
	if (same)
		ktap_test(as_told, "the largest free blocks are as many as in /proc/buddyinfo");
	else
		ktap_skip("the largest free blocks are as many as in /proc/buddyinfo",
			  "they came and went at each of %d looks", looks);
}

static void test_frames(void)
{
	uint64_t frame, memory = 0, kinds = 0;

	read_proc(&before, 0, FRAMES);
	test_free_blocks();
	read_proc(&after, 0, FRAMES);
	hole_is_0 = !says_nopage();
	for (frame = 0; frame < FRAMES; frame++) {
		if (seen[frame].pages && seen[frame].state == MMLENS_FRAME_MEMORY) {
			memory++;
			kinds |= seen[frame].flags;
		}
	}
	judge_all();
	ktap_test(!wrong, "frames are as /proc/kpageflags and kpagecount have them");
	ktap_note("%" PRIu64 " frames of memory; %" PRIu64 " of %" PRIu64 " numbers compared, %"
		  PRIu64 " wrong", memory, compared, (uint64_t)FRAMES, wrong);
	for (int i = 0; i < NR_RULES; i++)
		ktap_test(rules[i].used <= rules[i].cap, "rule '%s': %" PRIu64 " of %" PRIu64,
			  rules[i].why, rules[i].used, rules[i].cap);
	ktap_test(!(~kinds & (KFLAG(BUDDY) | KFLAG(SLAB) | KFLAG(PGTABLE) | KFLAG(ANON) |
			      KFLAG(LRU) | KFLAG(HUGE) | KFLAG(THP) | MMLENS_PAGE_RESERVED |
			      MMLENS_PAGE_FILE)),
		  "free, slab, tables, anonymous, of files, huge, reserved: all were there");
}

/* One that was just being changed is looked at again. */
static bool is_memory(uint64_t frame)
{
	for (int looks = 0; looks < LOOKS; looks++) {
		if (seen[frame].pages && seen[frame].state == MMLENS_FRAME_MEMORY)
			return true;
		read_mmlens(frame, frame + 1);
	}
	return false;
}

/* Every frame of what the firmware calls RAM has a struct page, no other is used. */
static void test_iomem(void)
{
	FILE *file = fopen("/proc/iomem", "r");
	uint64_t first, last, frame, ram = 0, lacking = 0, used = 0;
	unsigned char *is_ram = calloc(FRAMES, 1);
	char line[256], name[128];

	if (!file || !is_ram)
		ktap_bail("/proc/iomem: %m");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " : %127[^\n]", &first, &last, name) != 3 ||
		    strcmp(name, "System RAM"))
			continue;
		for (frame = (first + 4095) / 4096; frame < (last + 1) / 4096; frame++) {
			ram++;
			is_ram[frame] = 1;
			lacking += !is_memory(frame);
		}
		/* one that is only in part */
		is_ram[first / 4096] = is_ram[last / 4096] = 1;
	}
	fclose(file);
	for (frame = 0; frame < FRAMES; frame++)
		used += !is_ram[frame] && seen[frame].pages &&
			seen[frame].state == MMLENS_FRAME_MEMORY &&
			!(seen[frame].flags & MMLENS_PAGE_RESERVED);
	ktap_test(ram && !lacking, "all %" PRIu64 " frames of System RAM are memory", ram);
	if (!ktap_test(!used, "frames of memory elsewhere are reserved"))
		ktap_note("%" PRIu64 " are not", used);
	free(is_ram);
}

static void start(void)
{
	struct mml_error err = { .text = "" };
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	folio_mmap = major > 6 || (major == 6 && minor >= 10);
	ksm_is_anon = major == 6 && minor == 12;
	if (mml_open(&client, &err) || mml_info(client, &info, &err))
		ktap_bail("%s", err.text);
	seen = calloc(FRAMES, sizeof(*seen));
	again = calloc(FRAMES, sizeof(*again));
	if (!seen || !again)
		ktap_bail("out of memory");
	allocate(&before);
	allocate(&after);
}

/* ---- frame who ---- */

static void who_range(const char *pid, int pagemap, uint64_t start, uint64_t end,
		      uint64_t frame)
{
	uint64_t entries[512];
	ssize_t got;

	while (start < end) {
		uint64_t n = (end - start) / 4096 < 512 ? (end - start) / 4096 : 512;

		got = pread(pagemap, entries, n * 8, start / 4096 * 8);
		if (got <= 0)
			return;
		for (ssize_t i = 0; i < got / 8; i++)
			if (entries[i] & PM_PRESENT && (entries[i] & PM_VALUE_MASK) == frame)
				printf("%s 0x%" PRIx64 "\n", pid, start + i * 4096);
		start += got / 8 * 4096;
	}
}

static void who_process(const char *pid, uint64_t frame)
{
	char path[64], line[512];
	uint64_t start_, end;
	FILE *maps;
	int pagemap;

	snprintf(path, sizeof(path), "/proc/%s/pagemap", pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "r");
	while (pagemap >= 0 && maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &start_, &end) == 2)
			who_range(pid, pagemap, start_, end, frame);
	if (maps)
		fclose(maps);
	if (pagemap >= 0)
		close(pagemap);
}

static int who(uint64_t frame)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) && atoi(entry->d_name) != getpid())
			who_process(entry->d_name, frame);
	return !proc || closedir(proc);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "who"))
		return who(strtoull(argv[2], NULL, 0));
	ktap_begin();
	start();
	test_frames();
	test_iomem();
	mml_close(client);
	return ktap_end();
}
