#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# As much as can be asked at once: see limits.c.
. "$(dirname "$0")/../ktap.sh"

# a dump of all frames takes the debug kernel half a minute: there, a few are read
every=1
[ "${MMLENS_KERNEL-}" != debug ] || every=100
include limits $every
ok "nobody uses the module" nothing_holds_module
ktap_end
