#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# uapi/specs/mmlens.yaml, the contract in the kernel's notation, agrees with
# uapi/linux/mmlens.h and with what the module lets in: see spec.py. And the
# comparison notices what does not.

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/../ktap.sh"

host=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$host/../.." && pwd)
python=$(command -v python3) || skip_all "python3 is not installed"

compare()
{
	"$python" "$host/spec.py" "$1" "$top/uapi/linux/mmlens.h" "$top/module/netlink.c"
}

include compare "$top/uapi/specs/mmlens.yaml"

# notices WHAT SED: a spec that was changed so does not pass
notices()
{
	sed "$2" "$top/uapi/specs/mmlens.yaml" >"$ktap_files/spec.yaml"
	if cmp -s "$ktap_files/spec.yaml" "$top/uapi/specs/mmlens.yaml"; then
		fail "notices $1" "nothing was changed"
		return
	fi
	compare "$ktap_files/spec.yaml" >"$ktap_files/out"
	is "notices $1" "$?" 1
}

notices "an attribute that is missing" '/^      -$/{N;/name: start-time$/{N;N;d}}'
notices "another type" '0,/type: u32/s//type: u64/'
notices "another bit" 's/^        value: 36$/        value: 37/'
notices "two names that were exchanged" 's/- swap$/- x/; s/- migration$/- swap/; s/- x$/- migration/'
notices "an attribute that a command does not take" 's/attributes: \[pid\]/attributes: [pid, addr]/'
notices "a command of another number" 's/value: 3$/value: 7/'

ktap_end
