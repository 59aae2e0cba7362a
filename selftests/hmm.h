/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests to the kernel's test_hmm module (CONFIG_TEST_HMM), a device that is
 * none; they are in the kernel's lib/test_hmm_uapi.h.
 */
#ifndef SELFTESTS_HMM_H
#define SELFTESTS_HMM_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct hmm_dmirror_cmd {
	__u64 addr;
	__u64 ptr;	/* where the device's copy of the pages goes */
	__u64 npages;
	__u64 cpages;	/* out: so many were done */
	__u64 faults;
};

/* since 5.19; before, MIGRATE had this number, and did the same */
#define HMM_DMIRROR_MIGRATE_TO_DEV	_IOWR('H', 0x02, struct hmm_dmirror_cmd)
#define HMM_DMIRROR_EXCLUSIVE		_IOWR('H', 0x05, struct hmm_dmirror_cmd)

#endif /* SELFTESTS_HMM_H */
