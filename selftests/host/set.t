#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Matching areas and judging pages, from a table and by chance: see set.c.
exec "${BUILD:-$(dirname "$0")/../../build}/host/set"
