// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>

#include "lib/extack.h"
#include "lib/names.h"

/* Since Linux 6.1; the header of the build machine may be older. */
#define ATTR_MISS_TYPE 5

/* The kernel's MAX_ERRNO */
#define ERRNO_MAX 4095

static const struct mml_name request_names[] = {
	{ "PID", MMLENS_A_PID },
	{ "ADDR", MMLENS_A_ADDR },
	{ "START", MMLENS_A_START },
	{ "END", MMLENS_A_END },
	{ "COLUMNS", MMLENS_A_COLUMNS },
	{ "FILTER", MMLENS_A_FILTER },
	{ }
};

static const struct mml_name filter_names[] = {
	{ "FILTER.STATES", MMLENS_FILTER_STATES },
	{ "FILTER.ENTRY_ALL", MMLENS_FILTER_ENTRY_ALL },
	{ "FILTER.ENTRY_NONE", MMLENS_FILTER_ENTRY_NONE },
	{ "FILTER.FLAGS_ALL", MMLENS_FILTER_FLAGS_ALL },
	{ "FILTER.FLAGS_NONE", MMLENS_FILTER_FLAGS_NONE },
	{ "FILTER.FRAME_START", MMLENS_FILTER_FRAME_START },
	{ "FILTER.FRAME_END", MMLENS_FILTER_FRAME_END },
	{ }
};

static void name_attr(const struct mml_name *names, unsigned int type,
		      struct mml_error *err)
{
	const char *name = mml_name(names, type);

	if (name)
		snprintf(err->attr, sizeof(err->attr), "%s", name);
	else
		snprintf(err->attr, sizeof(err->attr), "attribute %u", type);
}

/* Is byte @offset of the request in the payload of @attr? */
static bool holds(const struct nlmsghdr *request, const struct nlattr *attr,
		  uint32_t offset)
{
	const char *at = (const char *)request + offset;

	return at >= (const char *)attr &&
	       at < (const char *)attr + mnl_attr_get_len(attr);
}

/* The kernel points with a byte offset into the request: find who is there. */
static void name_offset(const struct nlmsghdr *request, uint32_t offset,
			struct mml_error *err)
{
	const struct nlattr *attr, *inner;

	mnl_attr_for_each(attr, request, GENL_HDRLEN) {
		if (!holds(request, attr, offset))
			continue;
		name_attr(request_names, mnl_attr_get_type(attr), err);
		if (mnl_attr_get_type(attr) != MMLENS_A_FILTER)
			return;
		mnl_attr_for_each_nested(inner, attr)
			if (holds(request, inner, offset))
				name_attr(filter_names,
					  mnl_attr_get_type(inner), err);
	}
}

static void copy_text(const struct nlattr *attr, struct mml_error *err)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len >= sizeof(err->extack))
		len = sizeof(err->extack) - 1;
	memcpy(err->extack, mnl_attr_get_payload(attr), len);
	err->extack[len] = '\0';
}

static void read_extack(const struct nlattr *attr,
			const struct nlmsghdr *request, struct mml_error *err)
{
	switch (mnl_attr_get_type(attr)) {
	case NLMSGERR_ATTR_MSG:
		copy_text(attr, err);
		break;
	case NLMSGERR_ATTR_OFFS:
		if (mnl_attr_get_payload_len(attr) == sizeof(uint32_t))
			name_offset(request, mnl_attr_get_u32(attr), err);
		break;
	case ATTR_MISS_TYPE:
		if (mnl_attr_get_payload_len(attr) == sizeof(uint32_t))
			name_attr(request_names, mnl_attr_get_u32(attr), err);
		break;
	}
}

/* What comes before any attributes: an errno, or that and a request's header. */
static bool is_whole(const struct nlmsghdr *nlh)
{
	return mnl_nlmsg_get_payload_len(nlh) >=
	       (nlh->nlmsg_type == NLMSG_DONE ? sizeof(int) :
						sizeof(struct nlmsgerr));
}

/* Where the attributes begin: after the errno, and a copied request. */
static size_t extack_offset(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == NLMSG_DONE)
		return sizeof(int);
	if (nlh->nlmsg_flags & NLM_F_CAPPED)
		return sizeof(*error);
	return sizeof(error->error) + (size_t)error->msg.nlmsg_len;
}

/**
 * mml_extack() - read the extended ACK of a refusal
 * @nlh: an NLMSG_ERROR or NLMSG_DONE message
 * @request: the request that it answers
 * @err: its extack and attr are set, "" when there is none
 */
void mml_extack(const struct nlmsghdr *nlh, const struct nlmsghdr *request,
		struct mml_error *err)
{
	size_t size = mnl_nlmsg_get_payload_len(nlh);
	const struct nlattr *attr;
	size_t offset;

	if (!err)
		return;
	err->extack[0] = '\0';
	err->attr[0] = '\0';
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || !is_whole(nlh) ||
	    mml_message_errno(nlh) >= 0)
		return;
	offset = MNL_ALIGN(extack_offset(nlh));
	if (offset > size)
		return;
	mnl_attr_for_each_payload(mnl_nlmsg_get_payload_offset(nlh, offset),
				  size - offset)
		read_extack(attr, request, err);
}

/**
 * mml_message_errno() - the verdict of a message that ends an exchange
 * @nlh: an NLMSG_ERROR or NLMSG_DONE message
 *
 * Return: 0, the kernel's negative errno, or -EBADMSG when it is too short, or
 * no errno
 */
int mml_message_errno(const struct nlmsghdr *nlh)
{
	int error;

	if (!is_whole(nlh))
		return -EBADMSG;
	memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
	return error > 0 || error < -ERRNO_MAX ? -EBADMSG : error;
}
