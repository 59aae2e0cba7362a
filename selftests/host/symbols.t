#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Objects of binaries at addresses: see symbols.c.
exec "${BUILD:-$(dirname "$0")/../../build}/host/symbols"
