#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mmlens and the oracle with five levels of page tables: see outside.t. Slow,
# since only the kernel's own unpacker switches to five levels.
exec "$(dirname "$0")/outside.t" five
