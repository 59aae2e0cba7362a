#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# controls.t for who has minutes: one machine for all.
exec "$(dirname "$0")/controls.t" together
