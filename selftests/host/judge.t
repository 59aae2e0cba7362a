#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What follows from the facts: see judge.c.

host=$(cd "$(dirname "$0")" && pwd)
exec "${BUILD:-$host/../../build}/host/judge"
