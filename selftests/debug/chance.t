#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# chance.c: 100 dumps to which something happens, 10,000 with MMLENS_LONG, or
# CHANCE_ROUNDS; and the module unloads when all is over.
#
# machine: parallel
. "$(dirname "$0")/../ktap.sh"

rounds=100
if [ -n "${MMLENS_LONG-}" ]; then
	rounds=10000
fi
include chance "${CHANCE_ROUNDS:-$rounds}"
ok "nobody uses the module" nothing_holds_module
ok "it unloads" rmmod mmlens
ok "... and loads again" insmod "${MMLENS_KO:-$(modinfo -n mmlens)}"
ok "... and answers" mmlens info
ktap_end
