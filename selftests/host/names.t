#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every number of the protocol has a name: see names.c.

host=$(cd "$(dirname "$0")" && pwd)
exec "${BUILD:-$host/../../build}/host/names" "$host/../../uapi/linux/mmlens.h"
