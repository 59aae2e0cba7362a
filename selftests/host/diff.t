#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What has changed between two pictures: see diff.c.

host=$(cd "$(dirname "$0")" && pwd)
exec "${BUILD:-$host/../../build}/host/diff"
