#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may ask, as a table: see access.c. Who may is told of page faults, too.
. "$(dirname "$0")/../ktap.sh"

# who has one capability that opens nothing takes the debug kernel a minute
every=1
[ "${MMLENS_KERNEL-}" != debug ] || every=8
include access $every
ktap_end
