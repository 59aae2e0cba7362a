#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Holding processes still: see stop.c.

host=$(cd "$(dirname "$0")" && pwd)
exec "${BUILD:-$host/../../build}/host/stop"
