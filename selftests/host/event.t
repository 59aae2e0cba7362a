#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a page fault was: see event.c.

host=$(cd "$(dirname "$0")" && pwd)
exec "${BUILD:-$host/../../build}/host/event"
