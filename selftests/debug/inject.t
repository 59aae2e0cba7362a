#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# inject.t [NAME...]: each allocation of every command fails once (inject.c; or of those
# NAMEs), and the module unloads afterwards. What is lost by that, kmemleak tells at
# the end of the run.
. "$(dirname "$0")/../ktap.sh"

include inject "$@"
ok "nobody uses the module" nothing_holds_module
ok "it unloads" rmmod mmlens
ok "... and loads again" insmod "${MMLENS_KO:-$(modinfo -n mmlens)}"
ok "... and answers" mmlens info
ktap_end
