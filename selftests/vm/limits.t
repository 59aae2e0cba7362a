#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# As much as can be asked at once: see limits.c.
. "$(dirname "$0")/../ktap.sh"

include limits
ok "nobody uses the module" wait_until '[ "$(</sys/module/mmlens/refcnt)" = 0 ]'
ktap_end
