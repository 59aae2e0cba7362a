#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# inject.t for who has minutes: a request that is answered at once, and a dump.
exec "$(dirname "$0")/inject.t" WALK_GET PAGE_GET
