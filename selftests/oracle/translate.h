/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words of /proc in mmlens' words: VmFlags of smaps, bits of kpageflags, swap
 * entries of pagemap.
 */
#ifndef ORACLE_TRANSLATE_H
#define ORACLE_TRANSLATE_H

#include <sys/utsname.h>

#include <linux/mmlens.h>

#include "lib/judge.h"

#include "proc.h"

static const struct {
	char name[3];
	uint64_t flag;
} vmflags[] = {
	{ "rd", MMLENS_VM_READ },
	{ "wr", MMLENS_VM_WRITE },
	{ "ex", MMLENS_VM_EXEC },
	{ "sh", MMLENS_VM_SHARED },
	{ "mr", MMLENS_VM_MAYREAD },
	{ "mw", MMLENS_VM_MAYWRITE },
	{ "me", MMLENS_VM_MAYEXEC },
	{ "ms", MMLENS_VM_MAYSHARE },
	{ "gd", MMLENS_VM_GROWSDOWN },
	{ "pf", MMLENS_VM_PFNMAP },
	{ "lo", MMLENS_VM_LOCKED },
	{ "io", MMLENS_VM_IO },
	{ "sr", MMLENS_VM_SEQ_READ },
	{ "rr", MMLENS_VM_RAND_READ },
	{ "dc", MMLENS_VM_DONTCOPY },
	{ "de", MMLENS_VM_DONTEXPAND },
	{ "lf", MMLENS_VM_LOCKONFAULT },
	{ "ac", MMLENS_VM_ACCOUNT },
	{ "nr", MMLENS_VM_NORESERVE },
	{ "ht", MMLENS_VM_HUGETLB },
	{ "sf", MMLENS_VM_SYNC },
	{ "ar", MMLENS_VM_ARCH_1 },
	{ "wf", MMLENS_VM_WIPEONFORK },
	{ "dd", MMLENS_VM_DONTDUMP },
	{ "sd", MMLENS_VM_SOFTDIRTY },
	{ "mm", MMLENS_VM_MIXEDMAP },
	{ "hg", MMLENS_VM_HUGEPAGE },
	{ "nh", MMLENS_VM_NOHUGEPAGE },
	{ "mg", MMLENS_VM_MERGEABLE },
	{ "um", MMLENS_VM_UFFD_MISSING },
	{ "uw", MMLENS_VM_UFFD_WP },
	{ "ui", MMLENS_VM_UFFD_MINOR },
	{ "ss", MMLENS_VM_SHADOW_STACK },
	{ "sl", MMLENS_VM_SEALED },
	{ "dp", MMLENS_VM_DROPPABLE },
	{ "dw", MMLENS_VM_DENYWRITE },
	{ "gu", MMLENS_VM_MAYBE_GUARD },
	{ "au", MMLENS_VM_ALLOW_ANY_UNCACHED },
};

/*
 * smaps shows what it has no letters for as "??": that is LOCKONFAULT on older
 * kernels, and whatever mmlens has no number for either.
 */
#define VMFLAGS_WITHOUT_LETTERS	(MMLENS_VM_LOCKONFAULT | MMLENS_VM_UNKNOWN)

static inline uint64_t vmflags_from_proc(const struct proc_area *area)
{
	uint64_t flags = 0;

	for (size_t i = 0; i < sizeof(vmflags) / sizeof(vmflags[0]); i++) {
		if (proc_area_has(area, vmflags[i].name))
			flags |= vmflags[i].flag;
	}
	return flags;
}

/* What mmlens should say where kpageflags has these bits. */
#define KPF_JUDGED ((1ULL << 27) - 1 -					\
		    KPF(COMPOUND_HEAD) - KPF(COMPOUND_TAIL))

/*
 * Flags are the folio's (a tail has next to none of its own up to 6.1), but
 * exclusive is the page's; of a leaf above the last level, its first page's,
 * which is the folio's first too.
 */
static inline uint64_t page_flags_from_proc(const struct proc_page *page,
					    uint32_t level)
{
	uint64_t own = level == MMLENS_LEVEL_PTE ? page->flags :
						   page->folio_flags;
	uint64_t flags = page->folio_flags & KPF_JUDGED;

	if (page->folio_flags & KPF(RESERVED))
		flags |= MMLENS_PAGE_RESERVED;
	if (page->folio_flags & KPF(MLOCKED))
		flags |= MMLENS_PAGE_MLOCKED;
	if (page->folio_flags & KPF(PRIVATE))
		flags |= MMLENS_PAGE_PRIVATE;
	if (flags & MMLENS_PAGE_ANON && own & KPF(MAPPEDTODISK))
		flags |= MMLENS_PAGE_ANON_EXCLUSIVE;
	return flags;
}

#define MMLENS_PAGE_JUDGED						\
	(KPF_JUDGED | MMLENS_PAGE_RESERVED | MMLENS_PAGE_MLOCKED |	\
	 MMLENS_PAGE_PRIVATE | MMLENS_PAGE_ANON_EXCLUSIVE)

/* As MML_KERNEL() */
static inline unsigned int running_kernel(void)
{
	static unsigned int version;
	struct utsname uts;

	if (!version && !uname(&uts))
		version = mml_kernel(uts.release);
	return version;
}

/* include/linux/swapops.h; of several bits, what a touch would find first */
static inline uint32_t state_from_marker(uint64_t marker)
{
	if (marker & 4)		/* since 6.13 */
		return MMLENS_STATE_MARKER_GUARD;
	if (marker & 2)		/* since 6.2 */
		return MMLENS_STATE_MARKER_POISON;
	return marker & 1 ? MMLENS_STATE_MARKER_UFFD_WP : MMLENS_STATE_BAD;
}

/*
 * What stands in an entry that is not present: one of some kinds that have the
 * highest types, in this order from the last one down (include/linux/swap.h), or
 * else swap. Of @states, what this kernel can have, only those matter that
 * configurations of Debian's differ in.
 */
static inline uint32_t state_from_swap(uint64_t value, uint64_t states)
{
	unsigned int kernel = running_kernel();
	bool device = states & 1ULL << MMLENS_STATE_DEVICE_PRIVATE;
	bool markers = kernel >= MML_KERNEL(5, 19);
	const struct {
		uint32_t state;
		unsigned int types;
	} kinds[] = {
		{ MMLENS_STATE_MARKER_POISON, markers && kernel < MML_KERNEL(6, 2) },
		{ MMLENS_STATE_MARKER_UFFD_WP, markers },	/* or another marker */
		{ MMLENS_STATE_DEVICE_EXCLUSIVE,
		  !device || kernel < MML_KERNEL(5, 14) ? 0 :
		  kernel < MML_KERNEL(6, 15) ? 2 : 1 },
		{ MMLENS_STATE_DEVICE_PRIVATE, device ? 2 : 0 },
		{ MMLENS_STATE_MIGRATION, markers ? 3 : 2 },
		{ MMLENS_STATE_HWPOISON, 1 },
	};
	unsigned int first = 1 << MMLENS_SWAP_SHIFT;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		first -= kinds[i].types;
		if (MMLENS_SWAP_TYPE(value) < first)
			continue;
		return kinds[i].state == MMLENS_STATE_MARKER_UFFD_WP ?
			state_from_marker(MMLENS_SWAP_OFFSET(value)) : kinds[i].state;
	}
	return MMLENS_STATE_SWAP;
}

#endif /* ORACLE_TRANSLATE_H */
