// SPDX-License-Identifier: GPL-2.0
/*
 * bad: does on purpose what a checker of the debug kernel is there to notice,
 * so that its silence at other times means something. One crime a load, named
 * by the parameter do=; never to be loaded but in a virtual machine that is
 * thrown away.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

static char *crime = "nothing";
module_param_named(do, crime, charp, 0);
MODULE_PARM_DESC(do, "which of them");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

/* What the compiler cannot see through. */
static volatile unsigned int hidden = 40;

static void use_after_free(void)
{
	volatile char *object = kmalloc(64, GFP_KERNEL);

	if (!object)
		return;
	kfree((void *)object);
	pr_info("bad: read %d\n", object[8]);
}

static void out_of_vmalloc(void)
{
	volatile char *area = vmalloc(PAGE_SIZE);

	if (!area)
		return;
	pr_info("bad: read %d\n", area[PAGE_SIZE - 40 + hidden]);
	vfree((void *)area);
}

static void sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	mutex_lock(&first);
	mutex_unlock(&first);
	spin_unlock(&lock);
}

/* What a walker would do that reads a page table under RCU alone and allocates. */
static void sleep_in_rcu(void)
{
	rcu_read_lock();
	kfree(kmalloc(64, GFP_KERNEL));
	rcu_read_unlock();
}

static void lock_inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

/* A reader who asks for his own mmap lock once more, as copy_to_user() may. */
static void mmap_lock_twice(void)
{
	mmap_read_lock(current->mm);
	mmap_read_lock(current->mm);
	mmap_read_unlock(current->mm);
	mmap_read_unlock(current->mm);
}

/* One of our own: with an mmap lock held, nobody could exit. */
static void lock_kept(void)
{
	mutex_lock(&first);
}

static void unprotected_rcu(void)
{
	static int __rcu *pointer;

	rcu_dereference(pointer);
}

static void leak(void)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		if (!kmalloc(1000, GFP_KERNEL))
			pr_info("bad: nothing to leak\n");
}

static void bad_shift(void)
{
	pr_info("bad: shifted %d\n", 1 << hidden);
}

static void bad_index(void)
{
	static int array[16];

	pr_info("bad: element %d\n", array[hidden]);
}

static void freed_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return;
	put_page(page);
	get_page(page);
}

static const struct {
	const char *name;
	void (*commit)(void);
} crimes[] = {
	{ "use-after-free", use_after_free },
	{ "out-of-vmalloc", out_of_vmalloc },
	{ "sleep-in-atomic", sleep_in_atomic },
	{ "sleep-in-rcu", sleep_in_rcu },
	{ "lock-inversion", lock_inversion },
	{ "mmap-lock-twice", mmap_lock_twice },
	{ "lock-kept", lock_kept },
	{ "unprotected-rcu", unprotected_rcu },
	{ "leak", leak },
	{ "bad-shift", bad_shift },
	{ "bad-index", bad_index },
	{ "freed-page", freed_page },
	{ "nothing", NULL },
};

static int __init bad_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(crimes); i++) {
		if (strcmp(crimes[i].name, crime))
			continue;
		if (crimes[i].commit)
			crimes[i].commit();
		return 0;
	}
	return -EINVAL;
}

static void __exit bad_exit(void)
{
}

module_init(bad_init);
module_exit(bad_exit);
MODULE_DESCRIPTION("Positive controls of the debug kernel's checkers");
MODULE_LICENSE("GPL");
