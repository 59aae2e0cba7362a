#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What root is told once he has locked the kernel down for confidentiality (vm/access.c):
# in a machine of its own, for there is no way back. KERNEL is the machine's (6.1).
. "$(dirname "$0")/../ktap.sh"

export VM_LOGS=$ktap_files
include "$(dirname "$0")/../../scripts/vm" run --fast --kernel "${KERNEL:-6.1}" -- \
	sh -c 'mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
		exec access lockdown'
ktap_end
