#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Where a page fault leads to: see fault.c.

host=$(cd "$(dirname "$0")" && pwd)
exec "${BUILD:-$host/../../build}/host/fault"
