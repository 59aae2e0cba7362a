#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may ask, as a table: see access.c. Who may is told of page faults, too:
#
# machine: patches kernel text
. "$(dirname "$0")/../ktap.sh"

include access
ktap_end
