#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Damaged messages do no harm: see fuzz.c.

host=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$host/../../build}
tapes=$(mktemp -d)
trap 'rm -rf "$tapes"' EXIT
"$build/host/mkreply" "$tapes" && cp "$host"/golden/*.nl "$tapes"
"$build/host/fuzz" "$tapes"/*.nl
