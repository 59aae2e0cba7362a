// SPDX-License-Identifier: GPL-2.0
/*
 * The other witness: what /proc says about a process's memory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"

#define PAGEMAP_BATCH	(64 * 1024)	/* entries: 256 MiB of addresses */
#define VAST		(1UL << 30)	/* bytes, of which pagemap is 2 MiB */
#define FRAME_BATCH	512
#define FRAME_WINDOW	64

__attribute__((format(printf, 2, 3)))
static int complain(int err, const char *fmt, ...)
{
	va_list ap;

	fputs("oracle: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", strerror(-err));
	return err;
}

static void *grow(void *array, size_t n, size_t size)
{
	void *bigger;

	/* At each power of two; nothing here is worth more. */
	if (n & (n - 1))
		return array;
	bigger = realloc(array, (n ? 2 * n : 1) * size);
	if (!bigger) {
		fputs("oracle: out of memory\n", stderr);
		exit(2);
	}
	return bigger;
}

/* Areas */

/* maps writes a newline in a name as \012, and nothing else so. */
static char *unescape(const char *name)
{
	char *copy = strdup(name), *out = copy;

	if (!copy)
		return NULL;
	while (*name) {
		if (!strncmp(name, "\\012", 4)) {
			*out++ = '\n';
			name += 4;
		} else {
			*out++ = *name++;
		}
	}
	*out = '\0';
	return copy;
}

static bool parse_header(const char *line, struct proc_area *area)
{
	int name = 0;

	/* an address, and not a word */
	if (line[0] >= 'A' && line[0] <= 'Z')
		return false;
	memset(area, 0, sizeof(*area));
	area->pkey = -1;
	if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &area->start, &area->end,
		   area->perms, &area->offset, &area->major, &area->minor,
		   &area->inode, &name) < 7)
		return false;
	area->name = unescape(line + name);
	return true;
}

static bool parse_number(const char *line, const char *name, uint64_t *number)
{
	size_t len = strlen(name);

	if (strncmp(line, name, len))
		return false;
	*number = strtoull(line + len, NULL, 10);
	return true;
}

/* By hand: of 60,000 areas there are more than a million lines. */
static void parse_detail(const char *line, struct proc_area *area)
{
	uint64_t number;

	if (parse_number(line, "Rss:", &number))
		area->rss = number * 1024;
	else if (parse_number(line, "Swap:", &number))
		area->swap = number * 1024;
	else if (parse_number(line, "KernelPageSize:", &number))
		area->kernel_page_size = number * 1024;
	else if (parse_number(line, "ProtectionKey:", &number))
		area->pkey = number;
	else if (!strncmp(line, "VmFlags:", 8))
		snprintf(area->flags, sizeof(area->flags), "%s", line + 8);
}

/* Field @n of a stat file, as proc(5) counts them, from the third on. */
static bool stat_field(const char *path, int n, char *text, size_t size)
{
	char line[1024], *at = NULL, *field = NULL;
	FILE *f = fopen(path, "re");

	if (!f)
		return false;
	/* The name before it may hold anything, also ")". */
	if (fgets(line, sizeof(line), f))
		at = strrchr(line, ')');
	fclose(f);
	if (!at)
		return false;
	at++;
	for (; n > 2; n--) {
		field = strtok_r(at, " \n", &at);
		if (!field)
			return false;
	}
	snprintf(text, size, "%s", field);
	return true;
}

/*
 * Up to 6.5, /proc also calls [heap] what merely ends where it begins, as the bss
 * does when addresses are not random (mm.h: vma_is_initial_heap()).
 */
static void unname_neighbour(pid_t pid, struct proc_view *view)
{
	char path[64], start[32];
	uint64_t start_brk;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!stat_field(path, 47, start, sizeof(start)))
		return;
	start_brk = strtoull(start, NULL, 10);
	for (size_t i = 0; i < view->nr_areas; i++)
		if (view->areas[i].end == start_brk && !strcmp(view->areas[i].name, "[heap]"))
			view->areas[i].name[0] = '\0';
}

static int read_areas(pid_t pid, struct proc_view *view)
{
	struct proc_area area;
	char path[64];
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	f = fopen(path, "re");
	if (!f)
		return complain(-errno, "%s", path);
	while ((len = getline(&line, &size, f)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (parse_header(line, &area)) {
			view->areas = grow(view->areas, view->nr_areas, sizeof(area));
			view->areas[view->nr_areas++] = area;
		} else if (view->nr_areas) {
			parse_detail(line, &view->areas[view->nr_areas - 1]);
		}
	}
	free(line);
	fclose(f);
	/* The vsyscall page is the kernel's: it is in every maps, and in no mm. */
	if (view->nr_areas && view->areas[view->nr_areas - 1].start >> 63)
		free(view->areas[--view->nr_areas].name);
	for (size_t i = 0; i < view->nr_areas; i++)
		view->rss += view->areas[i].rss;
	unname_neighbour(pid, view);
	return 0;
}

bool proc_area_has(const struct proc_area *area, const char *flag)
{
	const char word[] = { ' ', flag[0], flag[1], ' ', '\0' };

	return strstr(area->flags, word);
}

/* Pages */

static void add_page(struct proc_view *view, uint64_t addr, uint64_t pagemap)
{
	view->pages = grow(view->pages, view->nr_pages, sizeof(*view->pages));
	view->pages[view->nr_pages++] = (struct proc_page){
		.addr = addr, .pagemap = pagemap,
	};
}

static int read_pagemap(int fd, uint64_t addr, uint64_t end, struct proc_view *view)
{
	static uint64_t entries[PAGEMAP_BATCH];
	uint64_t page_size = sysconf(_SC_PAGESIZE);

	while (addr < end) {
		size_t n = (end - addr) / page_size;
		ssize_t got;

		if (n > PAGEMAP_BATCH)
			n = PAGEMAP_BATCH;
		got = pread(fd, entries, n * sizeof(*entries),
			    addr / page_size * sizeof(*entries));
		if (got <= 0 || got % sizeof(*entries))
			return complain(got < 0 ? -errno : -EIO, "pagemap at %#lx", addr);
		n = got / sizeof(*entries);
		for (size_t i = 0; i < n; i++) {
			if (entries[i] & (PM_PRESENT | PM_SWAP))
				add_page(view, addr + i * page_size, entries[i]);
		}
		addr += n * page_size;
	}
	return 0;
}

/*
 * pagemap has a word for every page of an area, also where there are no tables: of
 * a reservation of 16 TiB that is 32 GiB. Where smaps has counted nothing there is
 * nothing to read; whatever mmlens then sees there, it sees in excess. Only of
 * hugetlb smaps counts nothing anyway.
 */
static bool is_vast_and_empty(const struct proc_area *area)
{
	return area->end - area->start > VAST && !area->rss && !area->swap &&
	       !proc_area_has(area, "ht");
}

/* Areas side by side are read together: there may be very many. */
static int read_pages(pid_t pid, struct proc_view *view)
{
	const struct proc_area *area = view->areas, *end = area + view->nr_areas;
	char path[64];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return complain(-errno, "%s", path);
	while (area < end && !err) {
		uint64_t start = area->start;

		if (is_vast_and_empty(area++))
			continue;
		while (area < end && area->start == area[-1].end && !is_vast_and_empty(area))
			area++;
		err = read_pagemap(fd, start, area[-1].end, view);
	}
	close(fd);
	return err;
}

/* Frames */

struct frame_files {
	int flags, count;
	/* the words last read: frames that a process got one after the other are near */
	uint64_t first;
	bool any;
	uint64_t flag_words[FRAME_WINDOW], count_words[FRAME_WINDOW];
};

static int open_frames(struct frame_files *files)
{
	files->any = false;
	files->flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (files->flags < 0)
		return complain(-errno, "/proc/kpageflags");
	files->count = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	if (files->count < 0) {
		int err = complain(-errno, "/proc/kpagecount");

		close(files->flags);
		return err;
	}
	return 0;
}

/* Reads @n words from @frame on. Beyond the end of memory there is no page. */
static int read_words(int fd, uint64_t frame, size_t n, uint64_t fill,
		      uint64_t *words)
{
	ssize_t got = pread(fd, words, n * sizeof(*words), frame * sizeof(*words));

	if (got < 0)
		return complain(-errno, "frame %#lx", frame);
	for (size_t i = got / sizeof(*words); i < n; i++)
		words[i] = fill;
	return 0;
}

/* The flags of the folio whose tail @frame is: the first head below it. */
static int read_folio_flags(int fd, uint64_t frame, uint64_t *flags)
{
	uint64_t words[FRAME_BATCH];

	for (;;) {
		size_t n = frame < FRAME_BATCH ? frame : FRAME_BATCH;
		int err;

		if (!n)
			return complain(-EIO, "a tail without a head");
		frame -= n;
		err = read_words(fd, frame, n, KPF(NOPAGE), words);
		if (err)
			return err;
		while (n--) {
			*flags = words[n];
			if (!(words[n] & KPF(COMPOUND_TAIL)))
				return 0;
		}
	}
}

static uint64_t page_frame(const struct proc_page *page)
{
	return page->pagemap & PM_VALUE_MASK;
}

static int read_window(struct frame_files *files, uint64_t frame)
{
	int err;

	if (files->any && frame - files->first < FRAME_WINDOW)
		return 0;
	files->first = frame - frame % FRAME_WINDOW;
	err = read_words(files->flags, files->first, FRAME_WINDOW, KPF(NOPAGE),
			 files->flag_words);
	if (!err)
		err = read_words(files->count, files->first, FRAME_WINDOW, 0,
				 files->count_words);
	files->any = !err;
	return err;
}

/* @before: the page before it in the same reading, or NULL */
static int read_frame(struct frame_files *files, struct proc_page *page,
		      const struct proc_page *before)
{
	uint64_t frame = page_frame(page);
	int err = read_window(files, frame);

	if (err)
		return err;
	page->flags = files->flag_words[frame - files->first];
	page->count = files->count_words[frame - files->first];
	page->folio_flags = page->flags;
	if (!(page->flags & KPF(COMPOUND_TAIL)))
		return 0;
	if (!before || !(before->pagemap & PM_PRESENT) || page_frame(before) + 1 != frame)
		return read_folio_flags(files->flags, frame, &page->folio_flags);
	page->folio_flags = before->folio_flags;
	return 0;
}

static int read_frames(struct proc_view *view)
{
	struct frame_files files;
	int err;

	err = open_frames(&files);
	if (err)
		return err;
	for (size_t i = 0; i < view->nr_pages && !err; i++) {
		struct proc_page *page = &view->pages[i];

		if (page->pagemap & PM_PRESENT)
			err = read_frame(&files, page, i ? page - 1 : NULL);
	}
	close(files.flags);
	close(files.count);
	return err;
}

int proc_read(pid_t pid, struct proc_view *view)
{
	int err;

	memset(view, 0, sizeof(*view));
	err = read_areas(pid, view);
	if (!err)
		err = read_pages(pid, view);
	if (!err)
		err = read_frames(view);
	if (err)
		proc_free(view);
	return err;
}

void proc_free(struct proc_view *view)
{
	for (size_t i = 0; i < view->nr_areas; i++)
		free(view->areas[i].name);
	free(view->areas);
	free(view->pages);
	memset(view, 0, sizeof(*view));
}

/* Standing still */

static char thread_state(pid_t pid, const char *tid)
{
	char path[64], state[8];

	snprintf(path, sizeof(path), "/proc/%d/task/%.20s/stat", pid, tid);
	return stat_field(path, 3, state, sizeof(state)) ? state[0] : 'X';
}

static bool all_stand_still(pid_t pid)
{
	struct dirent *d;
	char path[64];
	bool all = true;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (all && (d = readdir(dir))) {
		if (d->d_name[0] != '.')
			all = strchr("TtZX", thread_state(pid, d->d_name));
	}
	closedir(dir);
	return all;
}

int proc_stop(pid_t pid, bool *was_stopped)
{
	const struct timespec tick = { .tv_nsec = 1000 * 1000 };

	*was_stopped = all_stand_still(pid);
	if (*was_stopped)
		return 0;
	if (kill(pid, SIGSTOP))
		return complain(-errno, "cannot stop %d", pid);
	for (int i = 0; i < 60000; i++) {
		if (all_stand_still(pid))
			return 0;
		nanosleep(&tick, NULL);
	}
	return complain(-ETIMEDOUT, "%d does not stop", pid);
}
