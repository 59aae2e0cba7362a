#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may ask, as a table: see access.c.
. "$(dirname "$0")/../ktap.sh"

include access
ktap_end
