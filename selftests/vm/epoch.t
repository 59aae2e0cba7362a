#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Which changes tear a dump: see epoch.c.
#
# machine: parallel
. "$(dirname "$0")/../ktap.sh"

have_swap
have_disk
include epoch "$disk"
ktap_end
