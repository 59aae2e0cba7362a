// SPDX-License-Identifier: GPL-2.0
/*
 * MM_GET: task_struct and mm_struct.
 *
 * Nothing here needs the mmap lock, so it answers also for a process that is
 * stuck with it: counters are read one by one, and bounds under arg_lock, as
 * prctl() sets them. mm_count keeps the struct; exe_file is reached by RCU.
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/io.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "compat/vma.h"
#include "netlink.h"
#include "reply.h"
#include "target.h"
#include "vma.h"

/* An executable's path, and less than 1 KiB of numbers. */
#define REPLY_SIZE (PATH_MAX + 2048)

struct task_facts {
	char comm[TASK_COMM_LEN];
	u32 ppid;
	u32 threads;
	u64 min_flt;
	u64 maj_flt;
};

/* Of all threads, those that have gone included. */
static void sum_faults(struct task_struct *task, struct task_facts *facts)
{
	struct task_struct *thread;

	facts->threads = get_nr_threads(task);
	facts->min_flt = READ_ONCE(task->signal->min_flt);
	facts->maj_flt = READ_ONCE(task->signal->maj_flt);
	for_each_thread(task, thread) {
		facts->min_flt += READ_ONCE(thread->min_flt);
		facts->maj_flt += READ_ONCE(thread->maj_flt);
	}
}

/*
 * A thread that goes (__exit_signal() in kernel/exit.c) hands over its faults and
 * leaves the list in one section of stats_lock. Where threads come and go all the time
 * the sum is of two moments in the end.
 */
#define SUM_TRIES 16

static void read_task(struct task_struct *task, struct task_facts *facts)
{
	unsigned int tries = SUM_TRIES, seq;

	get_task_comm(facts->comm, task);
	rcu_read_lock();
	/* once reaped, nobody keeps real_parent up to date: it may be freed */
	facts->ppid = pid_alive(task) ?
		pid_vnr(task_tgid(rcu_dereference(task->real_parent))) : 0;
	do {
		seq = read_seqbegin(&task->signal->stats_lock);
		sum_faults(task, facts);
	} while (read_seqretry(&task->signal->stats_lock, seq) && --tries);
	rcu_read_unlock();
}

static int put_task(struct sk_buff *skb, const struct mmlens_target *target)
{
	struct task_facts facts;

	read_task(target->task, &facts);
	return nla_put_string(skb, MMLENS_MM_COMM, facts.comm) ||
	       nla_put_u32(skb, MMLENS_MM_TASK_STATE, target->state) ||
	       nla_put_u32(skb, MMLENS_MM_PPID, facts.ppid) ||
	       nla_put_u32(skb, MMLENS_MM_THREADS, facts.threads) ||
	       mmlens_put_u64(skb, MMLENS_MM_MIN_FLT, facts.min_flt) ||
	       mmlens_put_u64(skb, MMLENS_MM_MAJ_FLT, facts.maj_flt);
}

static int put_exe(struct sk_buff *skb, struct mm_struct *mm)
{
	struct file *file = mml_get_exe_file(mm);
	char *buffer, *path;
	int err = 0;

	if (!file)
		return 0;
	buffer = kmalloc(PATH_MAX, GFP_KERNEL);
	path = buffer ? d_path(&file->f_path, buffer, PATH_MAX) : NULL;
	if (!IS_ERR_OR_NULL(path))
		err = nla_put_string(skb, MMLENS_MM_EXE, path);
	kfree(buffer);
	fput(file);
	return err;
}

static int put_bounds(struct sk_buff *skb, struct mm_struct *mm)
{
	static const struct {
		u16 attr;
		u16 offset;
	} table[] = {
#define X(name, field) { MMLENS_MM_##name, offsetof(struct mm_struct, field) },
		X(START_CODE, start_code) X(END_CODE, end_code)
		X(START_DATA, start_data) X(END_DATA, end_data)
		X(START_BRK, start_brk) X(BRK, brk)
		X(START_STACK, start_stack)
		X(ARG_START, arg_start) X(ARG_END, arg_end)
		X(ENV_START, env_start) X(ENV_END, env_end)
#undef X
	};
	unsigned long values[ARRAY_SIZE(table)];
	size_t i;

	spin_lock(&mm->arg_lock);
	for (i = 0; i < ARRAY_SIZE(table); i++)
		values[i] = *(unsigned long *)((char *)mm + table[i].offset);
	spin_unlock(&mm->arg_lock);
	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (mmlens_put_u64(skb, table[i].attr, values[i]))
			return -EMSGSIZE;
	return 0;
}

static int put_counters(struct sk_buff *skb, struct mm_struct *mm)
{
	return mmlens_put_u64(skb, MMLENS_MM_RSS_FILE,
			      mml_rss(mm, MM_FILEPAGES)) ||
	       mmlens_put_u64(skb, MMLENS_MM_RSS_ANON,
			      mml_rss(mm, MM_ANONPAGES)) ||
	       mmlens_put_u64(skb, MMLENS_MM_RSS_SHMEM,
			      mml_rss(mm, MM_SHMEMPAGES)) ||
	       mmlens_put_u64(skb, MMLENS_MM_SWAP,
			      mml_rss(mm, MM_SWAPENTS)) ||
	       mmlens_put_u64(skb, MMLENS_MM_HIWATER_RSS,
			      READ_ONCE(mm->hiwater_rss)) ||
	       mmlens_put_u64(skb, MMLENS_MM_TOTAL_VM,
			      READ_ONCE(mm->total_vm)) ||
	       mmlens_put_u64(skb, MMLENS_MM_LOCKED_VM,
			      READ_ONCE(mm->locked_vm)) ||
	       mmlens_put_u64(skb, MMLENS_MM_PINNED_VM,
			      atomic64_read(&mm->pinned_vm)) ||
	       mmlens_put_u64(skb, MMLENS_MM_DATA_VM, READ_ONCE(mm->data_vm)) ||
	       mmlens_put_u64(skb, MMLENS_MM_EXEC_VM, READ_ONCE(mm->exec_vm)) ||
	       mmlens_put_u64(skb, MMLENS_MM_STACK_VM,
			      READ_ONCE(mm->stack_vm)) ||
	       mmlens_put_u64(skb, MMLENS_MM_PGTABLES, mm_pgtables_bytes(mm));
}

static int put_address_space(struct sk_buff *skb, struct task_struct *task,
			     struct mm_struct *mm)
{
	return nla_put_u32(skb, MMLENS_MM_USERS, atomic_read(&mm->mm_users)) ||
	       /* but for the one that the target holds */
	       nla_put_u32(skb, MMLENS_MM_COUNT,
			   atomic_read(&mm->mm_count) - 1) ||
	       nla_put_u32(skb, MMLENS_MM_MAP_COUNT,
			   READ_ONCE(mm->map_count)) ||
	       nla_put_u32(skb, MMLENS_MM_DUMPABLE, mml_dumpable(task, mm)) ||
	       mmlens_put_u64(skb, MMLENS_MM_PGD,
			      virt_to_phys(mm->pgd) >> PAGE_SHIFT) ||
	       mmlens_put_u64(skb, MMLENS_MM_DEF_FLAGS,
			      mmlens_vma_flags(READ_ONCE(mm->def_flags))) ||
	       mmlens_put_u64(skb, MMLENS_MM_TASK_SIZE,
			      READ_ONCE(mm->task_size)) ||
	       mmlens_put_u64(skb, MMLENS_MM_MMAP_BASE,
			      READ_ONCE(mm->mmap_base)) ||
	       put_bounds(skb, mm) || put_counters(skb, mm) ||
	       put_exe(skb, mm);
}

static int put_mm(struct sk_buff *skb, const struct mmlens_target *target)
{
	struct nlattr *nest;

	if (mmlens_put_envelope(skb, target, 0))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, MMLENS_A_MM);
	if (!nest || put_task(skb, target) ||
	    (target->mm && put_address_space(skb, target->task, target->mm)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * mmlens_mm_doit() - answer MM_GET
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or an errno
 */
int mmlens_mm_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mmlens_target target;
	struct sk_buff *reply;
	void *header;
	int err = mmlens_may_ask(skb, info->extack);

	if (err)
		return err;
	err = mmlens_target_get(&target, info->attrs[MMLENS_A_PID],
				info->extack);
	if (err)
		return err;
	reply = mmlens_reply_new(info, REPLY_SIZE, &header);
	err = reply ? mmlens_reply_send(reply, header, info,
					put_mm(reply, &target)) : -ENOMEM;
	mmlens_target_put(&target);
	return err;
}
