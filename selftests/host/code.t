#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Functions and lines of instructions: see code.c.
exec "${BUILD:-$(dirname "$0")/../../build}/host/code"
