/* SPDX-License-Identifier: GPL-2.0 */
/* Inside the library: the socket, and one request at a time on it. */
#ifndef MML_CLIENT_H
#define MML_CLIENT_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "lib/mmlens.h"

#define MML_REQUEST_SIZE 1024

/* A reader's buffer this large lets the kernel send 32 KiB at a time. */
#define MML_REPLY_SIZE (64 * 1024)

/*
 * Who answers in the kernel's stead; each as the public function of that name
 * (at: mml_walk() if @descend, else mml_vma_at()).
 */
struct mml_source {
	int (*mm)(void *from, uint32_t pid, struct mml_mm *mm,
		  struct mml_error *err);
	int (*vmas)(void *from, uint32_t pid, uint64_t start, uint64_t end,
		    uint64_t columns, struct mml_vmas *vmas,
		    struct mml_error *err);
	int (*at)(void *from, uint32_t pid, uint64_t addr, bool descend,
		  struct mml_walk *walk, struct mml_error *err);
	int (*pages)(void *from, const struct mml_page_query *query,
		     mml_extent_fn extent, void *arg, struct mml_dump *dump,
		     struct mml_error *err);
	void (*close)(void *from);
};

struct mml_client {
	const struct mml_source *source;	/* NULL: the kernel */
	void *from;		/* its argument */
	void *wire;		/* of mml_transport; NULL: to be opened again */
	uint16_t family;
	uint32_t seq;
	unsigned int timeout_ms;
	bool has_info;
	struct mml_info info;

	char request[MML_REQUEST_SIZE] __attribute__((aligned(8)));
	char reply[MML_REPLY_SIZE] __attribute__((aligned(8)));
};

/* Begins a request in @client->request; attributes are put after it. */
struct nlmsghdr *mml_request(struct mml_client *client, uint8_t command,
			     uint16_t flags);

/* Called for each reply; anything but 0 ends the exchange. */
typedef int (*mml_reply_fn)(const struct nlmsghdr *nlh, void *arg);

/*
 * Sends the request and reads until its end. Returns 0, what @reply returned,
 * or the negative errno of the kernel's refusal; its own words are in
 * @err->extack and @err->attr then, and the sentence is up to the caller.
 */
int mml_talk(struct mml_client *client, struct nlmsghdr *request,
	     mml_reply_fn reply, void *arg, struct mml_error *err);

/* Sends a request in the midst of an exchange; what comes of it is not read. */
int mml_interject(struct mml_client *client, uint8_t command);

/* Puts the failure of a request about @pid (0: none) into words. */
int mml_explain(int ret, uint32_t pid, struct mml_error *err);

/* What is said of a process whose mmap lock could not be had. */
int mml_fail_locked(uint32_t pid, unsigned int timeout_ms, struct mml_error *err);

uint64_t mml_now_ms(void);

#endif /* MML_CLIENT_H */
