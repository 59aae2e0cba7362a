// SPDX-License-Identifier: GPL-2.0
/* The requests that have one answer. Dumps are in dump.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/client.h"
#include "lib/decode.h"
#include "lib/error.h"

/* In our words, where the kernel has none of its own. */
static const struct {
	int errnum;
	enum mml_exit exit;
	const char *words;
} sentences[] = {
	{ EPERM, MML_EXIT_REFUSED,
	  "not permitted: CAP_SYS_ADMIN in the initial user namespace is needed, run as root" },
	{ ESRCH, MML_EXIT_REFUSED, "there is no such process" },
	{ ENODATA, MML_EXIT_REFUSED, "it has no address space" },
	{ ESTALE, MML_EXIT_VANISHED, "it has another address space since it called exec" },
	{ EOPNOTSUPP, MML_EXIT_REFUSED,
	  "the loaded module does not know this request: is it older than this tool?" },
	{ ENOBUFS, MML_EXIT_USAGE, "a reply was lost: the socket's buffer was full" },
	{ EPROTONOSUPPORT, MML_EXIT_REFUSED, "this kernel has no generic netlink" },
	{ EBADMSG, MML_EXIT_USAGE,
	  "the kernel's reply makes no sense: do the module and this tool belong together?" },
	{ ENOMEM, MML_EXIT_USAGE, "out of memory" },
};

static const char *words_for(int errnum, enum mml_exit *code)
{
	size_t i;

	*code = MML_EXIT_REFUSED;
	for (i = 0; i < sizeof(sentences) / sizeof(*sentences); i++)
		if (sentences[i].errnum == errnum) {
			*code = sentences[i].exit;
			return sentences[i].words;
		}
	return strerror(errnum);
}

/**
 * mml_explain() - put the failure of a request into words
 * @ret: negative errno
 * @pid: whom the request was about, 0 for nobody
 * @err: what the kernel said becomes part of the sentence
 *
 * Return: @ret
 */
int mml_explain(int ret, uint32_t pid, struct mml_error *err)
{
	char said[sizeof(err->extack) + 32];
	enum mml_exit code;
	const char *words = words_for(-ret, &code);

	if (err && *err->extack) {
		snprintf(said, sizeof(said), "%s%s",
			 ret == -EPERM ? "not permitted: " : "", err->extack);
		words = said;
	}
	if (pid)
		return mml_fail(err, code, -ret, "process %u: %s", pid, words);
	return mml_fail(err, code, -ret, "%s", words);
}

/**
 * mml_fail_locked() - say that a process's mmap lock could not be had
 * @pid: the process
 * @timeout_ms: how long it was waited for
 * @err: where to say it
 *
 * Return: -ETIMEDOUT
 */
int mml_fail_locked(uint32_t pid, unsigned int timeout_ms, struct mml_error *err)
{
	if (!timeout_ms)
		return mml_fail(err, MML_EXIT_REFUSED, ETIMEDOUT,
				"process %u: its mmap lock is held", pid);
	return mml_fail(err, MML_EXIT_REFUSED, ETIMEDOUT,
			"process %u: its mmap lock has been held for %g s (is it stuck in a page fault?)",
			pid, timeout_ms / 1000.0);
}

static void sleep_ms(unsigned int ms)
{
	struct timespec time = {
		.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L,
	};

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

/* A request with one answer; asks again while the mmap lock is busy. */
static int ask(struct mml_client *client, struct nlmsghdr *request, uint32_t pid,
	       mml_reply_fn reply, void *arg, struct mml_error *err)
{
	uint64_t deadline = mml_now_ms() + client->timeout_ms;
	unsigned int pause = 1;
	int ret;

	if (err)
		memset(err, 0, sizeof(*err));
	for (;;) {
		ret = mml_talk(client, request, reply, arg, err);
		if (ret != -EAGAIN)
			return ret ? mml_explain(ret, pid, err) : 0;
		if (mml_now_ms() >= deadline)
			return mml_fail_locked(pid, client->timeout_ms, err);
		sleep_ms(pause);
		pause = pause < 64 ? pause * 2 : 100;
		request->nlmsg_seq = ++client->seq;
	}
}

static int take_info(const struct nlmsghdr *nlh, void *arg)
{
	return mml_decode_info(nlh, arg);
}

/**
 * mml_info() - what the module and its kernel can do
 * @client: the client, which remembers the answer
 * @info: where to
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_info(struct mml_client *client, struct mml_info *info,
	     struct mml_error *err)
{
	int ret = 0;

	if (!client->has_info)
		ret = ask(client, mml_request(client, MMLENS_CMD_INFO_GET,
					      NLM_F_ACK),
			  0, take_info, &client->info, err);
	if (ret)
		return ret;
	/* An ACK without an answer. */
	if (!client->info.page_size)
		return mml_explain(-EBADMSG, 0, err);
	client->has_info = true;
	*info = client->info;
	return 0;
}

/* Has an answer come, and not only its ACK? */
static int answered(const struct mml_envelope *envelope, uint32_t pid,
		    struct mml_error *err)
{
	return envelope->pid == pid ? 0 : mml_explain(-EBADMSG, pid, err);
}

static int take_mm(const struct nlmsghdr *nlh, void *arg)
{
	return mml_decode_mm(nlh, arg);
}

/**
 * mml_mm() - the address space as a whole
 * @client: the client
 * @pid: the process
 * @mm: where to
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_mm(struct mml_client *client, uint32_t pid, struct mml_mm *mm,
	   struct mml_error *err)
{
	struct nlmsghdr *nlh;
	int ret;

	memset(mm, 0, sizeof(*mm));
	if (client->source)
		return client->source->mm(client->from, pid, mm, err);
	nlh = mml_request(client, MMLENS_CMD_MM_GET, NLM_F_ACK);
	mnl_attr_put_u32(nlh, MMLENS_A_PID, pid);
	ret = ask(client, nlh, pid, take_mm, mm, err);
	return ret ? ret : answered(&mm->envelope, pid, err);
}

static int take_walk(const struct nlmsghdr *nlh, void *arg)
{
	mml_walk_free(arg);
	return mml_decode_walk(nlh, arg);
}

static int ask_address(struct mml_client *client, uint8_t command, uint32_t pid,
		       uint64_t addr, struct mml_walk *walk,
		       struct mml_error *err)
{
	struct nlmsghdr *nlh;
	int ret;

	memset(walk, 0, sizeof(*walk));
	if (client->source) {
		ret = client->source->at(client->from, pid, addr,
					 command == MMLENS_CMD_WALK_GET, walk,
					 err);
		if (ret)
			mml_walk_free(walk);
		return ret;
	}
	nlh = mml_request(client, command, NLM_F_ACK);
	mnl_attr_put_u32(nlh, MMLENS_A_PID, pid);
	mnl_attr_put_u64(nlh, MMLENS_A_ADDR, addr);
	ret = ask(client, nlh, pid, take_walk, walk, err);
	if (!ret)
		ret = answered(&walk->envelope, pid, err);
	if (ret)
		mml_walk_free(walk);
	return ret;
}

/**
 * mml_walk() - one address, level by level
 * @client: the client
 * @pid: the process
 * @addr: any byte address
 * @walk: where to; free with mml_walk_free() after success
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_walk(struct mml_client *client, uint32_t pid, uint64_t addr,
	     struct mml_walk *walk, struct mml_error *err)
{
	return ask_address(client, MMLENS_CMD_WALK_GET, pid, addr, walk, err);
}

/**
 * mml_vma_at() - the area at an address, or the hole's neighbours
 * @client: the client
 * @pid: the process
 * @addr: any byte address
 * @walk: where to; free with mml_walk_free() after success
 * @err: says why not
 *
 * Return: 0 or a negative errno
 */
int mml_vma_at(struct mml_client *client, uint32_t pid, uint64_t addr,
	       struct mml_walk *walk, struct mml_error *err)
{
	return ask_address(client, MMLENS_CMD_VMA_GET, pid, addr, walk, err);
}

/**
 * mml_walk_free() - free what a walk holds
 * @walk: from mml_walk() or mml_vma_at(), or all zeroes
 */
void mml_walk_free(struct mml_walk *walk)
{
	mml_vma_release(&walk->vma);
	mml_vma_release(&walk->prev);
	mml_vma_release(&walk->next);
}
