// SPDX-License-Identifier: GPL-2.0
/*
 * The probe on handle_mm_fault(), and what never gets there.
 *
 * A kretprobe, the one means that all supported kernels have, there only while
 * somebody traces. At the entry the VMA is stable (the caller holds the mmap
 * lock or the VMA's); what is wanted of it is copied, and a fault that nobody
 * has asked for is let go, so that it costs no return probe. At the return the
 * VMA may be gone and is not touched. The page-table entry is looked at both
 * times, without a lock and only in the own address space of the task:
 * mmlens_walk_peek() says why.
 *
 * An access to where no VMA is, or against what it permits, ends in SIGSEGV before
 * handle_mm_fault() would be called: of that the tracepoint signal_generate tells.
 * (page_fault_user sees it as well, but also every other fault, and never how it
 * ended.) From within the kernel such an access ends in EFAULT and is not seen.
 *
 * Handlers run with preemption off, in a task that is handling a page fault. No
 * allocation, no lock, no message in here.
 *
 * A fault may sleep for as long as userfaultfd, FUSE or a dead disk like, and
 * outlive the one who traces, and the probe. The kernel then drops the return
 * probe's instance by itself. What an instance keeps for the return is therefore
 * only numbers: the tracers by their place, and how many there had been.
 */
#include <linux/kprobes.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>
#include <trace/events/sched.h>
#include <trace/events/signal.h>

#include "compat/fault.h"
#include "probe.h"
#include "vma.h"
#include "walk.h"

#define MAX_TRACERS	8

/*
 * Faults under way that can be waited for. The kernel's own choice, twice the
 * number of CPUs, is no good where faults sleep.
 */
#define MAX_ACTIVE	2048

/* From the entry to the return. */
struct visit {
	u64 born;	/* tracers that had come by then */
	u32 tracers;	/* by place, who wants to know */
	bool own;	/* the task's own address space */
	struct mmlens_fault fault;
};

/* A tracepoint is not exported, but those that there are can be gone through. */
struct watch {
	const char *name;
	void *function;
	struct tracepoint *point;
};

/* Orders coming and going, and with it probe and tracepoints. */
static DEFINE_MUTEX(probe_lock);
static struct mmlens_tracer __rcu *tracers[MAX_TRACERS];
static unsigned int places;	/* none is taken from there on */
static unsigned int tracer_count, follower_count;
static u64 tracers_born;
static struct kretprobe fault_probe;
static bool fault_probe_stuck;

/* A statement for each of @who, which are places; under rcu_read_lock() */
#define for_each_tracer(tracer, i, who)					\
	for (i = 0; i < READ_ONCE(places); i++)				\
		if (((who) & BIT(i)) &&					\
		    (tracer = rcu_dereference(tracers[i])))

#define ANY	(BIT(MAX_TRACERS) - 1)

/* The tracers of a fault in @mm, by place; under rcu_read_lock() */
static u32 who_traces(struct mm_struct *mm)
{
	struct pid *self = mm == current->mm ? task_tgid(current) : NULL;
	struct pid *owner = mml_mm_owner(mm);
	struct mmlens_tracer *tracer;
	u32 found = 0;
	unsigned int i;

	for_each_tracer(tracer, i, ANY) {
		if (mmlens_groups_has(&tracer->groups, self) ||
		    (owner != self &&
		     mmlens_groups_has(&tracer->groups, owner)))
			found |= BIT(i);
	}
	return found;
}
NOKPROBE_SYMBOL(who_traces);

/* Where user code was when it faulted, or made the system call that did. */
static u64 user_ip(void)
{
	struct pt_regs *regs = task_pt_regs(current);

	if ((current->flags & MML_PF_KERNEL) || !user_mode(regs))
		return MMLENS_UNKNOWN;
	return instruction_pointer(regs);
}
NOKPROBE_SYMBOL(user_ip);

static void count_begun(u32 who)
{
	struct mmlens_tracer *tracer;
	unsigned int i;

	for_each_tracer(tracer, i, who) {
		struct mmlens_ring *ring = mmlens_ring_here(&tracer->rings);

		WRITE_ONCE(ring->begun, ring->begun + 1);
	}
}
NOKPROBE_SYMBOL(count_begun);

static u64 peek(unsigned long addr, u8 *level)
{
	enum mmlens_level at;
	u64 raw = mmlens_walk_peek(current->mm, addr, &at);

	*level = at;
	return raw;
}
NOKPROBE_SYMBOL(peek);

static void visit_begin(struct visit *visit, struct vm_area_struct *vma,
			struct pt_regs *regs)
{
	struct mmlens_fault *fault = &visit->fault;

	*fault = (struct mmlens_fault) {
		.addr = regs_get_kernel_argument(regs, 1),
		.access = regs_get_kernel_argument(regs, 2),
		.vm_start = vma->vm_start,
		.vm_flags = vma->vm_flags,
		.kind = mmlens_vma_kind(vma),
		.ip = MMLENS_UNKNOWN,
	};
	visit->own = vma->vm_mm == current->mm;
	if (visit->own) {
		fault->ip = user_ip();
		fault->old = peek(fault->addr, &fault->old_level);
	}
	fault->time = ktime_get_mono_fast_ns();
}
NOKPROBE_SYMBOL(visit_begin);

/* Anything but 0: no need to be called at the return. */
static int fault_begins(struct kretprobe_instance *instance,
			struct pt_regs *regs)
{
	struct vm_area_struct *vma = (void *)regs_get_kernel_argument(regs, 0);
	struct visit *visit = (void *)instance->data;

	rcu_read_lock();
	visit->tracers = who_traces(vma->vm_mm);
	/* one who takes a place that is free by now is born after this */
	visit->born = READ_ONCE(tracers_born);
	if (visit->tracers)
		count_begun(visit->tracers);
	rcu_read_unlock();
	if (!visit->tracers)
		return 1;
	visit_begin(visit, vma, regs);
	return 0;
}
NOKPROBE_SYMBOL(fault_begins);

static u32 number_of(struct pid *pid, struct pid_namespace *ns)
{
	return pid_nr_ns(pid, ns) ?: MMLENS_UNKNOWN32;
}
NOKPROBE_SYMBOL(number_of);

static void tell(struct mmlens_tracer *tracer, struct mmlens_fault *fault)
{
	fault->tid = number_of(task_pid(current), tracer->ns);
	fault->tgid = number_of(task_tgid(current), tracer->ns);
	mmlens_ring_put(&tracer->rings, fault);
}
NOKPROBE_SYMBOL(tell);

static int fault_ends(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct visit *visit = (void *)instance->data;
	struct mmlens_fault *fault = &visit->fault;
	struct mmlens_tracer *tracer;
	unsigned int i;

	fault->latency = ktime_get_mono_fast_ns() - fault->time;
	fault->result = regs_return_value(regs);
	if (visit->own)
		fault->new = peek(fault->addr, &fault->new_level);
	rcu_read_lock();
	for_each_tracer(tracer, i, visit->tracers) {
		struct mmlens_ring *ring;

		if (tracer->born > visit->born)
			continue;
		ring = mmlens_ring_here(&tracer->rings);
		WRITE_ONCE(ring->ended, ring->ended + 1);
		tell(tracer, fault);
	}
	rcu_read_unlock();
	return 0;
}
NOKPROBE_SYMBOL(fault_ends);

/*
 * Has an access of @task, the current one, been answered with this signal? A task
 * may send itself one that claims so, but does that in a system call.
 */
static bool is_segv(int sig, const struct kernel_siginfo *info,
		    const struct task_struct *task)
{
	return sig == SIGSEGV && task == current && task->mm &&
	       info > SEND_SIG_PRIV &&
	       (info->si_code == SEGV_MAPERR || info->si_code == SEGV_ACCERR ||
		info->si_code == SEGV_PKUERR) &&
	       mml_in_page_fault(task);
}

/*
 * 5.10 sends SEGV_PKUERR twice for one access (__bad_area_nosemaphore()), and the
 * second time finds it pending. Others may find one pending that the task had
 * blocked: that ends it, and the access was this one all the same.
 */
static bool is_repeated(const struct kernel_siginfo *info, int result)
{
	return info->si_code == SEGV_PKUERR &&
	       result == TRACE_SIGNAL_ALREADY_PENDING;
}

/* In the task that has faulted. @data: not used */
static void task_signalled(void *data, int sig, struct kernel_siginfo *info,
			   struct task_struct *task, int group, int result)
{
	struct mmlens_tracer *tracer;
	struct mmlens_fault fault;
	unsigned int i;
	u32 who;

	if (!is_segv(sig, info, task) || is_repeated(info, result))
		return;
	fault = (struct mmlens_fault) {
		.time = ktime_get_mono_fast_ns(),
		.addr = (unsigned long)info->si_addr,
		.access = mml_page_fault_access(task),
		.ip = user_ip(),
		.segv = info->si_code,
	};
	/* which neither a tracepoint nor the lock of signals promises on PREEMPT_RT */
	preempt_disable();
	rcu_read_lock();
	who = who_traces(task->mm);
	for_each_tracer(tracer, i, who)
		tell(tracer, &fault);
	rcu_read_unlock();
	preempt_enable();
}

/* A child is there, and has not run yet. @data: not used */
static void task_forks(void *data, struct task_struct *parent,
		       struct task_struct *child)
{
	struct mmlens_tracer *tracer;
	unsigned int i;

	if (task_tgid(child) == task_tgid(parent))
		return;
	rcu_read_lock();
	for_each_tracer(tracer, i, ANY) {
		if (tracer->follow &&
		    mmlens_groups_has(&tracer->groups, task_tgid(parent)))
			mmlens_groups_add(&tracer->groups, task_tgid(child));
	}
	rcu_read_unlock();
}

static struct watch forks = { "sched_process_fork", task_forks };
static struct watch segvs = { "signal_generate", task_signalled };

static void take_point(struct tracepoint *point, void *arg)
{
	struct watch *watch = arg;

	if (!strcmp(point->name, watch->name))
		watch->point = point;
}

static int watch_begin(struct watch *watch)
{
	for_each_kernel_tracepoint(take_point, watch);
	return watch->point ? tracepoint_probe_register(watch->point,
							watch->function, NULL) :
			      -ENOENT;
}

/* What the kernel goes on calling has to stay. */
static void stay_loaded(const char *name)
{
	pr_warn("mmlens: the kernel does not let go of %s: the module stays\n",
		name);
	__module_get(THIS_MODULE);
}

static void watch_end(struct watch *watch)
{
	if (tracepoint_probe_unregister(watch->point, watch->function, NULL))
		stay_loaded(watch->name);
	tracepoint_synchronize_unregister();
}

static int watch_forks(struct netlink_ext_ack *extack)
{
	int err = watch_begin(&forks);

	check_trace_callback_type_sched_process_fork(task_forks);
	if (err == -ENOENT)
		NL_SET_ERR_MSG(extack,
			       "this kernel has no tracepoint sched_process_fork: FOLLOW is not possible");
	return err;
}

static int watch_segvs(struct netlink_ext_ack *extack)
{
	int err = watch_begin(&segvs);

	check_trace_callback_type_signal_generate(task_signalled);
	if (err == -ENOENT)
		NL_SET_ERR_MSG(extack,
			       "this kernel has no tracepoint signal_generate");
	return err;
}

static int arm(struct netlink_ext_ack *extack)
{
	int err;

	if (fault_probe_stuck) {
		NL_SET_ERR_MSG(extack,
			       "the probe of an earlier trace could not be removed: there is no other until the next boot");
		return -EBUSY;
	}
	err = watch_segvs(extack);
	if (err)
		return err;
	/* what an earlier registration has left in it would be refused */
	fault_probe = (struct kretprobe) {
		.kp.symbol_name = "handle_mm_fault",
		.entry_handler = fault_begins,
		.handler = fault_ends,
		.data_size = sizeof(struct visit),
		.maxactive = MAX_ACTIVE,
	};
	err = register_kretprobe(&fault_probe);
	if (err) {
		watch_end(&segvs);
		if (err != -ENOMEM)
			NL_SET_ERR_MSG(extack,
				       "the kernel does not let handle_mm_fault() be probed: is kernel.ftrace_enabled 0?");
	}
	return err;
}

/*
 * To remove a probe, the kernel needs a little memory. If it gets none, it says so
 * in its log, but not to who asked; frees what the probe stands on; and leaves the
 * probe itself where it was. To disable it first can fail in the same way, but says
 * so, and has freed nothing. Trying again is no help: how many such probes there
 * are is wrong by then.
 */
static void disarm(void)
{
	if (disable_kretprobe(&fault_probe)) {
		fault_probe_stuck = true;
		stay_loaded(fault_probe.kp.symbol_name);
	} else {
		unregister_kretprobe(&fault_probe);
	}
	watch_end(&segvs);
}

static u64 missed(void)
{
	return (u64)READ_ONCE(fault_probe.nmissed) +
	       READ_ONCE(fault_probe.kp.nmissed);
}

static int find_slot(struct mmlens_tracer *tracer,
		     struct netlink_ext_ack *extack)
{
	for (tracer->slot = 0; tracer->slot < MAX_TRACERS; tracer->slot++)
		if (!rcu_access_pointer(tracers[tracer->slot]))
			return 0;
	NL_SET_ERR_MSG(extack, "there are 8 traces already: end one first");
	return -EBUSY;
}

static int add_locked(struct mmlens_tracer *tracer,
		      struct netlink_ext_ack *extack)
{
	int err = find_slot(tracer, extack);

	if (!err && tracer->follow && !follower_count)
		err = watch_forks(extack);
	if (err)
		return err;
	if (!tracer_count)
		err = arm(extack);
	if (err) {
		if (tracer->follow && !follower_count)
			watch_end(&forks);
		return err;
	}
	tracer_count++;
	follower_count += tracer->follow;
	tracer->missed = missed();
	tracer->born = tracers_born + 1;
	WRITE_ONCE(tracers_born, tracer->born);
	rcu_assign_pointer(tracers[tracer->slot], tracer);
	WRITE_ONCE(places, max(places, tracer->slot + 1));
	return 0;
}

/**
 * mmlens_probe_add() - let somebody know of page faults from now on
 * @tracer: all but @born, @slot and @missed set; it must stay until
 *	mmlens_probe_remove()
 * @extack: for the reason of a refusal
 *
 * Sleeps.
 *
 * Return: 0, -EBUSY, -ENOENT, or an errno of register_kretprobe()
 */
int mmlens_probe_add(struct mmlens_tracer *tracer,
		     struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&probe_lock);
	err = add_locked(tracer, extack);
	mutex_unlock(&probe_lock);
	return err;
}

/**
 * mmlens_probe_remove() - and no longer
 * @tracer: as added. When this returns, nobody uses it any more
 *
 * Sleeps.
 */
void mmlens_probe_remove(struct mmlens_tracer *tracer)
{
	mutex_lock(&probe_lock);
	RCU_INIT_POINTER(tracers[tracer->slot], NULL);
	while (places && !rcu_access_pointer(tracers[places - 1]))
		WRITE_ONCE(places, places - 1);
	synchronize_rcu();
	tracer->missed = missed() - tracer->missed;
	follower_count -= tracer->follow;
	if (tracer->follow && !follower_count)
		watch_end(&forks);
	tracer_count--;
	if (!tracer_count)
		disarm();
	mutex_unlock(&probe_lock);
}

/**
 * mmlens_probe_missed() - faults since, that the kernel let pass uncalled
 * @tracer: as added, and not yet removed
 *
 * Of whatever process: nobody knows whose they were.
 */
u64 mmlens_probe_missed(const struct mmlens_tracer *tracer)
{
	return missed() - tracer->missed;
}
