// SPDX-License-Identifier: GPL-2.0
/*
 * The judge. One pass merges three ascending lists by address: the pages of
 * /proc before, of mmlens, and of /proc after.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/judge.h"
#include "lib/names.h"

#include "judge.h"
#include "translate.h"

static const char *const check_names[NR_CHECKS] = {
	[CHECK_FRAME] = "frame",
	[CHECK_SWAP] = "swap",
	[CHECK_MISSING] = "missing",
	[CHECK_EXTRA] = "extra",
	[CHECK_STATE] = "state",
	[CHECK_FLAGS] = "flags",
	[CHECK_COUNT] = "count",
	[CHECK_SOFT_DIRTY] = "soft-dirty",
	[CHECK_EXCLUSIVE] = "exclusive",
	[CHECK_FILE] = "file",
	[CHECK_UFFD_WP] = "uffd-wp",
	[CHECK_GUARD] = "guard",
	[CHECK_AREA] = "area",
	[CHECK_RSS] = "rss",
	[CHECK_ORDER] = "order",
};

/*
 * How often a rule may be used: the larger of a number and a share of the
 * frames compared. A rule that needs more hides something.
 */
static const struct {
	const char *name;
	uint64_t cap;
	unsigned int percent;
	const char *reason;
} rules[NR_RULES] = {
	[RULE_MOVED] = { "moved", 4, 0,
		"/proc itself says two things about the page: not judged" },
	[RULE_FLAGS_MOVED] = { "flags-moved", 64, 2,
		"kpageflags changed meanwhile (LRU batches drain)" },
	[RULE_COUNT_MOVED] = { "count-moved", 64, 2,
		"kpagecount changed meanwhile (others map the file)" },
	[RULE_PFNMAP] = { "pfnmap", 64, 0,
		"pagemap shows VM_PFNMAP areas (vvar) as holes" },
	[RULE_NO_STRUCT_PAGE] = { "no-struct-page", 64, 0,
		"special entries of VM_MIXEDMAP areas: no struct page to read" },
	[RULE_ZERO_COUNT] = { "zero-count", 0, 75,
		"zero pages are mapped without being counted: 'unknown', not 0" },
	[RULE_HUGETLB_SOFT_DIRTY] = { "hugetlb-soft-dirty", 0, 100,
		"pagemap does not look for it in hugetlb's entries" },
	[RULE_UFFD_WP] = { "uffd-wp", 0, 25,
		"pagemap tells it since 5.14; before, only the area says whether it can be" },
	[RULE_AVERAGE] = { "average", 0, 100,
		"this kernel keeps a folio's mapcount only" },
	[RULE_NUMA_HINT] = { "numa-hint", 512, 0,
		"that an entry is closed for NUMA balancing only, /proc does not tell" },
	[RULE_KSM_OF_ALL] = { "ksm-of-all", 0, 100,
		"kpageflags of 6.12 says KSM of every anonymous page" },
	[RULE_DEVICE_PAGE] = { "device-page", 64, 0,
		"kpageflags and kpagecount leave memory of devices (DAX) out" },
	[RULE_CLOSED_RSS] = { "closed-rss", 4, 0,
		"smaps of 5.10 and 6.1 leaves huge pages without access out of Rss" },
	[RULE_DAX_RSS] = { "dax-rss", 1, 0,
		"smaps of 5.10 and 6.1 counts a huge page of a DAX file as one in Rss; it is not counted" },
	[RULE_BROKEN_RSS] = { "broken-rss", 2, 0,
		"since 5.19 smaps has the pages of hwpoison entries in Rss" },
};

#define WRONG_LINES 20	/* enough to see what is up */

__attribute__((format(printf, 4, 5)))
static void wrong(const struct judge *j, enum check check, uint64_t addr,
		  const char *fmt, ...)
{
	static unsigned int lines;
	va_list ap;

	j->verdict->wrong[check]++;
	if (lines++ >= WRONG_LINES)
		return;
	printf("wrong %s: pid %d at %" PRIx64 ": ", check_names[check], j->pid,
	       addr);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void compare(const struct judge *j, enum check check, uint64_t addr,
		    uint64_t proc, uint64_t ours)
{
	j->verdict->compared[check]++;
	if (proc != ours)
		wrong(j, check, addr, "/proc %#" PRIx64 ", mmlens %#" PRIx64,
		      proc, ours);
}

static void excuse(const struct judge *j, enum rule rule)
{
	j->verdict->excused[rule]++;
}

/* A huge leaf is one exception, not 512. */
static void excuse_leaf(const struct judge *j, enum rule rule,
			const struct mml_extent *page)
{
	if (page->level != MMLENS_LEVEL_PMD || !(page->start & ((2ULL << 20) - 1)))
		excuse(j, rule);
}

/* Areas */

static bool same_area(const struct proc_area *a, const struct proc_area *b)
{
	return a->start == b->start && a->end == b->end &&
	       a->offset == b->offset && a->inode == b->inode &&
	       !strcmp(a->perms, b->perms) && !strcmp(a->flags, b->flags) &&
	       !strcmp(a->name, b->name);
}

static void compare_names(const struct judge *j, const struct proc_area *area,
			  const struct mml_vma *vma)
{
	const char *ours = vma->path ?: vma->name ?: "";
	bool bracketed = area->name[0] == '[';

	j->verdict->compared[CHECK_AREA]++;
	if (strcmp(area->name, ours) || (bracketed && vma->path))
		wrong(j, CHECK_AREA, area->start, "name: /proc '%s', mmlens '%s'",
		      area->name, ours);
}

static void judge_area_flags(const struct judge *j, const struct proc_area *area,
			     const struct mml_vma *vma)
{
	bool nameless = proc_area_has(area, "??");
	uint64_t hidden = nameless ? VMFLAGS_WITHOUT_LETTERS : 0;

	compare(j, CHECK_AREA, area->start, vmflags_from_proc(area),
		vma->flags & ~hidden);
	compare(j, CHECK_AREA, area->start, nameless, !!(vma->flags & hidden));
}

static void judge_area(const struct judge *j, const struct proc_area *area,
		       const struct mml_vma *vma)
{
	compare(j, CHECK_AREA, area->start, area->start, vma->start);
	compare(j, CHECK_AREA, area->start, area->end, vma->end);
	judge_area_flags(j, area, vma);
	compare(j, CHECK_AREA, area->start, area->perms[3] == 's',
		!!(vma->flags & MMLENS_VM_MAYSHARE));
	compare(j, CHECK_AREA, area->start, area->kernel_page_size,
		vma->page_size);
	compare_names(j, area, vma);
	if (area->pkey >= 0)
		compare(j, CHECK_AREA, area->start, area->pkey, vma->pkey);
	if (!area->inode)
		return;
	compare(j, CHECK_AREA, area->start, area->offset,
		vma->pgoff * sysconf(_SC_PAGESIZE));
	compare(j, CHECK_AREA, area->start, area->inode, vma->inode);
	compare(j, CHECK_AREA, area->start, area->major, vma->major);
	compare(j, CHECK_AREA, area->start, area->minor, vma->minor);
}

static void judge_areas(const struct judge *j)
{
	const struct mml_vmas *vmas = &j->answer->vmas;

	compare(j, CHECK_AREA, 0, j->before->nr_areas, vmas->n);
	for (size_t i = 0; i < j->before->nr_areas && i < vmas->n; i++) {
		if (i < j->after->nr_areas &&
		    same_area(&j->before->areas[i], &j->after->areas[i]))
			judge_area(j, &j->before->areas[i], &vmas->v[i]);
		else
			excuse(j, RULE_MOVED);
	}
}

static const struct proc_area *area_at(const struct proc_view *view,
				       uint64_t addr)
{
	size_t low = 0, high = view->nr_areas;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (view->areas[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == view->nr_areas || view->areas[low].start > addr)
		return NULL;
	return &view->areas[low];
}

/* One page */

/* Page @nr of an extent, as an extent. */
static struct mml_extent extent_page(const struct mml_extent *extent,
				     uint32_t nr)
{
	struct mml_extent page = *extent;

	page.start += (uint64_t)nr * sysconf(_SC_PAGESIZE);
	page.pages = 1;
	switch (page.state) {
	case MMLENS_STATE_ZERO:		/* one frame, however often */
		break;
	case MMLENS_STATE_SWAP:
		page.swap += (uint64_t)nr << 5;
		break;
	default:
		if (page.frame != MMLENS_UNKNOWN)
			page.frame += nr;
	}
	return page;
}

static bool is_zero(const struct mml_extent *page)
{
	return page->flags != MMLENS_UNKNOWN &&
	       page->flags & MMLENS_PAGE_ZERO_PAGE;
}

/* What smaps counts as resident. */
static bool is_resident(const struct mml_extent *page)
{
	return (page->state == MMLENS_STATE_PRESENT ||
		page->state == MMLENS_STATE_PROTNONE ||
		page->state == MMLENS_STATE_NUMA_HINT ||
		page->state == MMLENS_STATE_MIGRATION ||
		page->state == MMLENS_STATE_DEVICE_PRIVATE ||
		page->state == MMLENS_STATE_DEVICE_EXCLUSIVE) && !is_zero(page);
}

/*
 * Of a device's page kpageflags says NOPAGE, since 7.x nothing at all, and on 5.10
 * beside memory in a section that it is reserved: no page that is mapped is so.
 */
static bool is_left_out(const struct proc_page *proc)
{
	return proc->flags & KPF(NOPAGE) ||
	       (!proc->count && !(proc->flags & ~KPF(RESERVED)));
}

static bool is_device_page(const struct proc_page *proc,
			   const struct mml_extent *ours)
{
	return ours->flags & MMLENS_PAGE_DEVICE && is_left_out(proc);
}

static void judge_state(const struct judge *j, const struct proc_area *area,
			const struct proc_page *proc,
			const struct mml_extent *ours)
{
	uint32_t state = MMLENS_STATE_PRESENT;

	if (!strncmp(area->perms, "---", 3))
		state = MMLENS_STATE_PROTNONE;
	else if (proc->flags & KPF(ZERO_PAGE))
		state = proc->flags & KPF(THP) ? MMLENS_STATE_HUGE_ZERO :
						 MMLENS_STATE_ZERO;
	else if (ours->state == MMLENS_STATE_NUMA_HINT &&
		 ours->entry & MMLENS_ENTRY_PROTNONE) {
		excuse_leaf(j, RULE_NUMA_HINT, ours);
		state = MMLENS_STATE_NUMA_HINT;
	} else if (ours->state == MMLENS_STATE_PFNMAP &&
		 (proc_area_has(area, "mm") || is_left_out(proc)))
		state = MMLENS_STATE_PFNMAP;	/* no-struct-page */
	compare(j, CHECK_STATE, ours->start, state, ours->state);
}

static void judge_flags(const struct judge *j, const struct proc_page *before,
			const struct proc_page *after,
			const struct mml_extent *ours)
{
	uint64_t judged = MMLENS_PAGE_JUDGED & j->info->page_flags;
	uint64_t flags = page_flags_from_proc(after, ours->level);

	/* the frame is compared, and that it is a device's is what both say */
	if (is_device_page(after, ours)) {
		excuse_leaf(j, RULE_DEVICE_PAGE, ours);
		return;
	}
	if (before->flags != after->flags ||
	    before->folio_flags != after->folio_flags) {
		excuse(j, RULE_FLAGS_MOVED);
		return;
	}
	/* it tests two bits of page->mapping as one; that we say KSM is judged */
	if (!strncmp(j->info->release, "6.12.", 5) && flags & MMLENS_PAGE_KSM &&
	    flags & MMLENS_PAGE_ANON && !(ours->flags & MMLENS_PAGE_KSM)) {
		excuse(j, RULE_KSM_OF_ALL);
		judged &= ~MMLENS_PAGE_KSM;
	}
	compare(j, CHECK_FLAGS, ours->start,
		flags & judged,
		ours->flags & (judged | MMLENS_PAGE_COMPOUND_HEAD |
			       MMLENS_PAGE_COMPOUND_TAIL));
}

/* Is pagemap's bit about this very page? Of a larger leaf, its first only. */
static bool exclusive_is_this_page(const struct mml_extent *ours)
{
	return ours->level == MMLENS_LEVEL_PTE ||
	       (ours->level == MMLENS_LEVEL_PMD &&
		!(ours->start & ((2ULL << 20) - 1)));
}

static void judge_count(const struct judge *j, const struct proc_page *before,
			const struct proc_page *after,
			const struct mml_extent *ours)
{
	if (before->count != after->count) {
		excuse(j, RULE_COUNT_MOVED);
		return;
	}
	if (is_device_page(after, ours))
		return;	/* device-page */
	if (ours->mapkind == MMLENS_MAPKIND_AVERAGE &&
	    !(j->info->can & MMLENS_CAN_MAPCOUNT)) {
		excuse(j, RULE_AVERAGE);
		return;
	}
	if (is_zero(ours) && ours->mapcount == MMLENS_UNKNOWN32)
		excuse(j, RULE_ZERO_COUNT);
	else
		compare(j, CHECK_COUNT, ours->start, after->count, ours->mapcount);
	if (exclusive_is_this_page(ours))
		compare(j, CHECK_EXCLUSIVE, ours->start,
			!!(after->pagemap & PM_EXCLUSIVE), ours->mapcount == 1);
}

static void judge_present(const struct judge *j, const struct proc_page *before,
			  const struct proc_page *after,
			  const struct mml_extent *ours)
{
	const struct proc_area *area = area_at(j->after, ours->start);

	compare(j, CHECK_FRAME, ours->start, after->pagemap & PM_VALUE_MASK,
		ours->frame);
	if (!proc_area_has(area, "ht"))
		j->verdict->small++;
	if ((after->pagemap & PM_VALUE_MASK) != ours->frame)
		return;	/* what another page is like says nothing */
	judge_state(j, area, after, ours);
	if (ours->state == MMLENS_STATE_PFNMAP) {
		excuse_leaf(j, RULE_NO_STRUCT_PAGE, ours);
		return;
	}
	/* pagemap takes the huge zero page for a file's, the small one not. */
	compare(j, CHECK_FILE, ours->start, !!(after->pagemap & PM_FILE),
		!(ours->flags & MMLENS_PAGE_ANON) &&
		!(is_zero(ours) && ours->level == MMLENS_LEVEL_PTE));
	judge_flags(j, before, after, ours);
	judge_count(j, before, after, ours);
}

static void judge_swap(const struct judge *j, const struct proc_page *proc,
		       const struct mml_extent *ours)
{
	uint64_t value = proc->pagemap & PM_VALUE_MASK;

	compare(j, CHECK_STATE, ours->start,
		state_from_swap(value, j->info->states), ours->state);
	switch (ours->state) {
	case MMLENS_STATE_SWAP:
		compare(j, CHECK_SWAP, ours->start, value, ours->swap);
		break;
	case MMLENS_STATE_MIGRATION:
	case MMLENS_STATE_HWPOISON:
	case MMLENS_STATE_DEVICE_PRIVATE:
	case MMLENS_STATE_DEVICE_EXCLUSIVE:
		compare(j, CHECK_FRAME, ours->start, MMLENS_SWAP_OFFSET(value),
			ours->frame);
		break;
	}
}

/* Has pagemap a bit for it? */
static bool proc_tells_uffd_wp(void)
{
	return running_kernel() >= MML_KERNEL(5, 14);
}

static void judge_uffd_wp(const struct judge *j, const struct proc_area *area,
			  const struct proc_page *proc,
			  const struct mml_extent *ours)
{
	bool told = ours->entry & MMLENS_ENTRY_UFFD_WP ||
		    ours->state == MMLENS_STATE_MARKER_UFFD_WP;

	if (proc_tells_uffd_wp() || (told && !proc_area_has(area, "uw")))
		compare(j, CHECK_UFFD_WP, ours->start,
			!!(proc->pagemap & PM_UFFD_WP), told);
	else if (told)
		excuse(j, RULE_UFFD_WP);
}

static void judge_entry(const struct judge *j, const struct proc_page *proc,
			const struct mml_extent *ours)
{
	const struct proc_area *area = area_at(j->after, ours->start);
	bool soft_dirty = ours->entry & MMLENS_ENTRY_SOFT_DIRTY;

	/* pagemap adds the area's; mmlens reports the entry as it is. */
	if (proc_area_has(area, "sd"))
		soft_dirty = true;
	if (proc_area_has(area, "ht") && !(proc->pagemap & PM_SOFT_DIRTY))
		excuse(j, RULE_HUGETLB_SOFT_DIRTY);
	else
		compare(j, CHECK_SOFT_DIRTY, ours->start,
			!!(proc->pagemap & PM_SOFT_DIRTY), soft_dirty);
	judge_uffd_wp(j, area, proc, ours);
	/* since 6.15, and always 0 before; so were guards, but for 6.13 and 6.14 */
	compare(j, CHECK_GUARD, ours->start, !!(proc->pagemap & PM_GUARD),
		ours->state == MMLENS_STATE_MARKER_GUARD);
}

static void take_stock(struct verdict *verdict, const struct mml_extent *ours)
{
	if (ours->state <= MMLENS_STATE_MAX)
		verdict->states[ours->state]++;
	verdict->levels |= 1ULL << ours->level;
	verdict->entry_bits |= ours->entry;
	if (ours->flags != MMLENS_UNKNOWN)
		verdict->flags |= ours->flags;
}

static void judge_extra(const struct judge *j, const struct mml_extent *ours)
{
	const struct proc_area *area = area_at(j->after, ours->start);

	if (area && proc_area_has(area, "pf") &&
	    ours->state == MMLENS_STATE_PFNMAP)
		excuse(j, RULE_PFNMAP);
	else
		wrong(j, CHECK_EXTRA, ours->start,
		      "/proc has nothing, mmlens state %u frame %#" PRIx64,
		      ours->state, ours->frame);
}

static void judge_page(const struct judge *j, uint64_t addr,
		       const struct proc_page *before,
		       const struct proc_page *after,
		       const struct mml_extent *ours)
{
	if (!before != !after || (before && before->pagemap != after->pagemap)) {
		excuse(j, RULE_MOVED);
		return;
	}
	if (ours) {
		j->verdict->compared[CHECK_EXTRA]++;
		take_stock(j->verdict, ours);
	}
	if (!after) {
		judge_extra(j, ours);
		return;
	}
	j->verdict->compared[CHECK_MISSING]++;
	if (!ours) {
		wrong(j, CHECK_MISSING, addr, "/proc %#" PRIx64 ", mmlens nothing",
		      after->pagemap);
		return;
	}
	if (after->pagemap & PM_PRESENT)
		judge_present(j, before, after, ours);
	else
		judge_swap(j, after, ours);
	judge_entry(j, after, ours);
}

/* All pages */

struct cursor {
	size_t before, after;
	size_t extent;
	uint32_t page;		/* in that extent */
};

static const struct proc_page *head(const struct proc_view *view, size_t at)
{
	return at < view->nr_pages ? &view->pages[at] : NULL;
}

static bool ours_at(const struct judge *j, const struct cursor *c,
		    struct mml_extent *page)
{
	if (c->extent == j->answer->nr_extents)
		return false;
	*page = extent_page(&j->answer->extents[c->extent], c->page);
	return true;
}

static void ours_next(const struct judge *j, struct cursor *c)
{
	if (++c->page < j->answer->extents[c->extent].pages)
		return;
	c->page = 0;
	c->extent++;
}

/* Judges the lowest address that any list has next; false at the end. */
static bool judge_next(const struct judge *j, struct cursor *c)
{
	const struct proc_page *before = head(j->before, c->before);
	const struct proc_page *after = head(j->after, c->after);
	uint64_t addr = UINT64_MAX;
	struct mml_extent ours;
	bool has_ours;

	has_ours = ours_at(j, c, &ours);
	if (!before && !after && !has_ours)
		return false;
	if (before)
		addr = before->addr;
	if (after && after->addr < addr)
		addr = after->addr;
	if (has_ours && ours.start < addr)
		addr = ours.start;

	if (before && before->addr == addr)
		c->before++;
	else
		before = NULL;
	if (after && after->addr == addr)
		c->after++;
	else
		after = NULL;
	has_ours = has_ours && ours.start == addr;
	if (has_ours)
		ours_next(j, c);
	judge_page(j, addr, before, after, has_ours ? &ours : NULL);
	return true;
}

/* Out of order the merge would make no sense, so this comes first. */
static bool judge_order(const struct judge *j)
{
	uint64_t page_size = sysconf(_SC_PAGESIZE);
	uint64_t was = j->verdict->wrong[CHECK_ORDER];
	uint64_t end = 0;

	for (size_t i = 0; i < j->answer->nr_extents; i++) {
		const struct mml_extent *e = &j->answer->extents[i];
		const struct mml_vma *vma;

		j->verdict->compared[CHECK_ORDER]++;
		vma = mml_vmas_find(&j->answer->vmas, e->start);
		if (e->start < end || e->start % page_size || !e->pages)
			wrong(j, CHECK_ORDER, e->start, "%u pages after %#" PRIx64,
			      e->pages, end);
		end = e->start + e->pages * page_size;
		if (!vma || end > vma->end)
			wrong(j, CHECK_ORDER, e->start, "not within one area");
	}
	return j->verdict->wrong[CHECK_ORDER] == was;
}

struct area_pages {
	uint64_t resident;
	uint64_t broken;	/* not of those */
	uint64_t closed;	/* of those: huge, and without access */
	uint64_t dax;		/* not of those: mapped by a huge entry of a DAX file's */
};

/* Areas ascend as extents do: @at is the first extent that no area before had. */
static struct area_pages pages_within(const struct judge *j, uint64_t start,
				      uint64_t end, size_t *at)
{
	struct area_pages pages = {};

	for (; *at < j->answer->nr_extents; ++*at) {
		const struct mml_extent *e = &j->answer->extents[*at];

		if (e->start >= end)
			break;
		if (e->start < start)
			continue;
		if (is_resident(e))
			pages.resident += e->pages;
		if (e->state == MMLENS_STATE_HWPOISON)
			pages.broken += e->pages;
		if (is_resident(e) && e->level != MMLENS_LEVEL_PTE &&
		    e->entry & MMLENS_ENTRY_PROTNONE)
			pages.closed += e->pages;
		if (e->state == MMLENS_STATE_PFNMAP && e->level == MMLENS_LEVEL_PMD &&
		    e->entry & MMLENS_ENTRY_DEVMAP)
			pages.dax += e->pages;
	}
	return pages;
}

static void judge_area_rss(const struct judge *j, const struct proc_area *area,
			   size_t *at)
{
	uint64_t proc = area->rss / sysconf(_SC_PAGESIZE);
	struct area_pages pages = pages_within(j, area->start, area->end, at);
	uint64_t ours = pages.resident;

	/* smaps_pmd_entry(): follow_trans_huge_pmd() does not follow them */
	if (pages.closed && proc + pages.closed == ours) {
		excuse(j, RULE_CLOSED_RSS);
		ours -= pages.closed;
	}
	/* smaps_pte_entry(): they have a frame, and so count */
	if (pages.broken && proc == ours + pages.broken) {
		excuse(j, RULE_BROKEN_RSS);
		ours += pages.broken;
	}
	/* smaps_account(): a device's pages are not of one piece */
	if (pages.dax && proc == ours + pages.dax / 512) {
		excuse(j, RULE_DAX_RSS);
		ours = proc;
	}
	compare(j, CHECK_RSS, area->start, proc, ours);
}

static void judge_rss(const struct judge *j)
{
	size_t at = 0;

	j->verdict->rss_pages += j->after->rss / sysconf(_SC_PAGESIZE);
	for (size_t i = 0; i < j->after->nr_areas; i++) {
		const struct proc_area *area = &j->after->areas[i];

		/* Rss leaves hugetlb out. */
		if (proc_area_has(area, "ht"))
			continue;
		if (i < j->before->nr_areas && area->rss == j->before->areas[i].rss)
			judge_area_rss(j, area, &at);
		else
			excuse(j, RULE_MOVED);
	}
}

void judge(const struct judge *j)
{
	struct cursor cursor = {};

	judge_areas(j);
	if (!judge_order(j))
		return;
	while (judge_next(j, &cursor))
		;
	judge_rss(j);
}

/* The verdict */

/* One page of hugetlb is many frames, and makes room for no excuse but its own. */
static uint64_t rule_frames(const struct verdict *verdict, enum rule rule)
{
	switch (rule) {
	case RULE_HUGETLB_SOFT_DIRTY:
		return verdict->compared[CHECK_FRAME] - verdict->small;
	case RULE_KSM_OF_ALL:	/* hugetlb's are anonymous too */
		return verdict->compared[CHECK_FRAME];
	default:
		return verdict->small;
	}
}

static uint64_t rule_cap(const struct verdict *verdict, enum rule rule)
{
	uint64_t share = rule_frames(verdict, rule) * rules[rule].percent / 100;

	return share > rules[rule].cap ? share : rules[rule].cap;
}

static void print_word(const char *name, void *arg)
{
	(void)arg;
	printf(" %s", name);
}

static void print_stock(const struct verdict *verdict)
{
	printf("states:");
	for (int i = 0; i <= MMLENS_STATE_MAX; i++) {
		if (verdict->states[i])
			printf(" %s %" PRIu64, mml_name(mml_state_names, i),
			       verdict->states[i]);
	}
	printf("\nlevels:");
	mml_for_each_number(mml_level_names, verdict->levels, print_word, NULL);
	printf("\nentry bits:");
	mml_for_each_bit(mml_entry_names, verdict->entry_bits, MML_FIELDS,
			 print_word, NULL);
	printf("\npage flags:");
	mml_for_each_bit(mml_page_names, verdict->flags, MML_NAMES, print_word, NULL);
	putchar('\n');
}

void verdict_print(const struct verdict *verdict)
{
	print_stock(verdict);
	printf("%-16s %10s %10s\n", "check", "compared", "wrong");
	for (int i = 0; i < NR_CHECKS; i++)
		printf("%-16s %10" PRIu64 " %10" PRIu64 "\n", check_names[i],
		       verdict->compared[i], verdict->wrong[i]);
	printf("%-16s %10s %10s  reason\n", "rule", "excused", "cap");
	for (int i = 0; i < NR_RULES; i++)
		printf("%-16s %10" PRIu64 " %10" PRIu64 "  %s\n", rules[i].name,
		       verdict->excused[i], rule_cap(verdict, i), rules[i].reason);
	printf("smaps' Rss promises %" PRIu64 " pages; %" PRIu64 " frames compared\n",
	       verdict->rss_pages, verdict->compared[CHECK_FRAME]);
}

bool verdict_holds(const struct verdict *verdict)
{
	bool holds = true;

	for (int i = 0; i < NR_CHECKS; i++) {
		if (verdict->wrong[i])
			holds = false;
	}
	for (int i = 0; i < NR_RULES; i++) {
		if (verdict->excused[i] <= rule_cap(verdict, i))
			continue;
		printf("rule %s: used more often than its cap\n", rules[i].name);
		holds = false;
	}
	if (verdict->compared[CHECK_FRAME] + verdict->excused[RULE_MOVED] < verdict->rss_pages) {
		puts("fewer frames compared than smaps' Rss has pages");
		holds = false;
	}
	return holds;
}
