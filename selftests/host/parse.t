#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What people type: see parse.c.

host=$(cd "$(dirname "$0")" && pwd)
exec "${BUILD:-$host/../../build}/host/parse"
