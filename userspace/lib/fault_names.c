// SPDX-License-Identifier: GPL-2.0
#include "lib/fault.h"

const struct mml_name mml_access_names[] = {
	{ "read", MML_ACCESS_READ },
	{ "write", MML_ACCESS_WRITE },
	{ "exec", MML_ACCESS_EXEC },
	{ }
};

const struct mml_name mml_fault_names[] = {
	{ "no-fault", MML_FAULT_NONE },
	{ "zero-page", MML_FAULT_ZERO_PAGE },
	{ "zeroed-page", MML_FAULT_ZEROED },
	{ "file-page", MML_FAULT_FILE_PAGE },
	{ "file-copy", MML_FAULT_FILE_COPY },
	{ "shared-write", MML_FAULT_SHARED_WRITE },
	{ "hugetlb-page", MML_FAULT_HUGETLB },
	{ "swap-in", MML_FAULT_SWAP_IN },
	{ "wait", MML_FAULT_WAIT },
	{ "userfaultfd", MML_FAULT_USERFAULTFD },
	{ "numa-hint", MML_FAULT_NUMA },
	{ "copy", MML_FAULT_COPY },
	{ "reuse", MML_FAULT_REUSE },
	{ "device", MML_FAULT_DEVICE },
	{ "signal", MML_FAULT_SIGNAL },
	{ "cannot-tell", MML_FAULT_CANNOT_TELL },
	{ }
};

const struct mml_name mml_count_names[] = {
	{ "none", MML_COUNT_NONE },
	{ "minor", MML_COUNT_MINOR },
	{ "major", MML_COUNT_MAJOR },
	{ "minor-or-major", MML_COUNT_EITHER },
	{ }
};

const struct mml_name mml_frame_names[] = {
	{ "same", MML_FRAME_SAME },
	{ "new", MML_FRAME_NEW },
	{ "unknown", MML_FRAME_UNKNOWN },
	{ }
};

/**
 * mml_fault_code() - name of a signal's si_code
 * @signal: SIGSEGV or SIGBUS
 * @code: its si_code
 *
 * Return: the name, "" when there is none
 */
const char *mml_fault_code(int signal, int code)
{
	static const struct {
		int signal, code;
		const char *name;
	} names[] = {
		{ SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR" },
		{ SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR" },
		{ SIGSEGV, SEGV_PKUERR, "SEGV_PKUERR" },
		{ SIGSEGV, SI_KERNEL, "SI_KERNEL" },
		{ SIGBUS, BUS_ADRERR, "BUS_ADRERR" },
		{ SIGBUS, BUS_MCEERR_AR, "BUS_MCEERR_AR" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].signal == signal && names[i].code == code)
			return names[i].name;
	return "";
}
