#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a dump that is not called torn promises, under fire: see torn.c. 10,000
# dumps where there is time (MMLENS_LONG=1).
#
# machine: parallel
. "$(dirname "$0")/../ktap.sh"

dumps=1000
[ -n "${MMLENS_LONG-}" ] && dumps=10000
include torn "$dumps"
ktap_end
