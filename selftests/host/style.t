#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Rules of the house that a machine can check, over the files git tracks or
# would track. What breaks a rule is shown; nothing shown means it is kept.
. "$(dirname "$0")/../ktap.sh"
cd "$(dirname "$0")/../.." || exit 1

tracked()
{
	git ls-files --cached --others --exclude-standard -- "$@" |
		while read -r file; do [ -f "$file" ] && echo "$file"; done
}

# kept RULE OFFENDERS
kept()
{
	is "$1" "$2" ""
}

text()
{
	tracked | grep -vE '\.(bin|nl|log|png)$|^LICENSE$|/golden/'
}

kept "differences between kernels live in module/compat/ only" "$(tracked 'module/*.c' 'module/*.h' | grep -v '^module/compat/' |
	xargs grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION|CONFIG_[A-Z]')"

kept "every source names its licence" "$(tracked '*.c' '*.h' '*.sh' '*.t' 'scripts/*' Makefile Kbuild '*/Makefile' |
	xargs grep -LE 'SPDX-License-Identifier: ')"

kept "no blanks at the end of a line" "$(tracked '*.c' '*.h' Makefile Kbuild | xargs grep -nE '[[:blank:]]+$')"

kept "no line of C is longer than 100 columns, but for its texts" "$(tracked '*.c' '*.h' | xargs awk 'length($0) > 100 && !/"/ { print FILENAME ":" FNR ": " length($0) " columns" }')"

kept "no package mirror's address is written down" "$(text | xargs grep -nE 'https?://[a-z0-9.-]*(mirror|deb|debian|snapshot)')"

version=$(sed -n 's/^.define MMLENS_VERSION "\(.*\)"/\1/p' module/version.h)
kept "there is one version" "$({
	grep -q "^PACKAGE_VERSION=\"$version\"$" dkms.conf ||
		echo "dkms.conf does not say $version"
	[ -n "$version" ] || echo "module/version.h says none"
})"

kept "nothing is left to be done in a comment" "$(text | grep -v '^selftests/host/style.t$' | xargs grep -nwE 'TODO|FIXME|XXX')"

ktap_end
