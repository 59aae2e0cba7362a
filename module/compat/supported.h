/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernels that mmlens is built and tested for: the one place that says so.
 * README.md, dkms.conf and scripts/kernel are compared with it by
 * selftests/host/supported.t.
 *
 * The other headers here hold all differences between them. What they define
 * is named mml_ or MML_; names of the kernel's own are never made up, for a
 * stable series may bring them any day. Behind an #if stands who needs it:
 *
 *	since V		kernels from V on. What stands in its place for older
 *			ones goes when the oldest supported kernel is V
 *	until V		kernels up to V. It goes when the oldest is newer
 *
 * (the releases of kernel.org: Debian and the stable series may have had it
 * before, which is why headers are asked and not versions), or the CONFIG_
 * option that it depends on. selftests/host/style.t fails on an #if without
 * one, and on a shim that nobody needs any more.
 */
#ifndef MMLENS_COMPAT_SUPPORTED_H
#define MMLENS_COMPAT_SUPPORTED_H

#include <linux/version.h>

#define MMLENS_OLDEST_MAJOR 5
#define MMLENS_OLDEST_MINOR 10
#define MMLENS_NEWEST_MAJOR 7
#define MMLENS_NEWEST_MINOR 2

#ifndef CONFIG_64BIT
#error "mmlens needs a 64-bit kernel: a page-table entry cannot be read in one piece on 32 bits"
#endif

#ifndef CONFIG_X86_64
#error "mmlens: the page-table entries of this architecture are not described yet, only x86-64's"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(MMLENS_OLDEST_MAJOR, MMLENS_OLDEST_MINOR, 0)
#error "mmlens needs Linux 5.10 or newer: older kernels lack the mmap_lock interface it reads under"
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(MMLENS_NEWEST_MAJOR, MMLENS_NEWEST_MINOR + 1, 0)
#warning "mmlens is not tested on a kernel this new: if page tables or struct page have changed, it may report wrong facts; run its tests in a virtual machine before you load it"
#endif

#endif /* MMLENS_COMPAT_SUPPORTED_H */
