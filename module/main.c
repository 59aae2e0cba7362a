// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading. */
#include <linux/module.h>

#include "compat/supported.h"
#include "frames.h"
#include "netlink.h"
#include "target.h"
#include "version.h"

static int __init mmlens_init(void)
{
	int err;

	mmlens_opaque_init();
	err = mmlens_frames_init();
	if (err)
		return err;
	err = mmlens_netlink_init();
	if (err)
		goto no_netlink;
	pr_info("mmlens: version " MMLENS_VERSION " loaded\n");
	return 0;

no_netlink:
	mmlens_frames_exit();
	return err;
}

static void __exit mmlens_exit(void)
{
	mmlens_netlink_exit();
	mmlens_frames_exit();
}

module_init(mmlens_init);
module_exit(mmlens_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The mmlens developers");
MODULE_DESCRIPTION("Page tables, VMAs and page frames of a live process, over generic netlink");
MODULE_VERSION(MMLENS_VERSION);
