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

# ---- differences between kernels ----

# What has no place in FILE... outside module/compat/: versions, configuration,
# and any other condition than against being included twice
kernel_dependent()
{
	grep -nHE 'LINUX_VERSION_CODE|KERNEL_VERSION|CONFIG_[A-Z]|IS_(ENABLED|BUILTIN|MODULE|REACHABLE)[[:space:]]*\(' "$@"
	grep -nHE '^[[:space:]]*#[[:space:]]*(if|elif)' "$@" | grep -vE '#ifndef MMLENS_[A-Z0-9_]+_H$'
}

# Names that FILE... of module/compat/ defines and that are not ours
foreign_names()
{
	sed -nE 's/^[[:space:]]*#[[:space:]]*define[[:space:]]+([A-Za-z0-9_]+).*/\1/p
		s/^[a-z].*[ *]([a-z0-9_]+)\(.*/\1/p
		s/^([a-z0-9_]+)\(.*/\1/p' "$@" | grep -vE '^(mml_|MML_|MMLENS_)'
}

# Conditions in FILE... that do not say which kernels need them
unexplained()
{
	grep -nHE '^[[:space:]]*#[[:space:]]*(if|elif)' "$@" |
		grep -vE '#ifndef MMLENS_COMPAT_|CONFIG_[A-Z]|/\* *(since|until) [0-9]+\.[0-9]+'
}

# superfluous OLDEST FILE...: conditions that are the same for all kernels from
# OLDEST on
superfluous()
{
	awk -v oldest="$1" '
		function number(version, part) {
			split(version, part, ".")
			return part[1] * 1000 + part[2]
		}
		!/^[ \t]*#[ \t]*(if|elif)/ { next }
		match($0, /since [0-9]+\.[0-9]+/) &&
			number(substr($0, RSTART + 6, RLENGTH - 6)) <= number(oldest) ||
		match($0, /until [0-9]+\.[0-9]+/) &&
			number(substr($0, RSTART + 6, RLENGTH - 6)) < number(oldest) {
			print FILENAME ":" FNR ": " $0
		}' "${@:2}"
}

supported()
{
	sed -n "s/^#define MMLENS_$1_\(MAJOR\|MINOR\) //p" module/compat/supported.h | xargs | tr ' ' .
}

mapfile -t module < <(tracked 'module/*.c' 'module/*.h' | grep -v '^module/compat/')
mapfile -t compat < <(tracked 'module/compat/*.h' | grep -v '/supported.h$')
kept "differences between kernels live in module/compat/ only" "$(kernel_dependent "${module[@]}")"
kept "versions are compared in module/compat/supported.h only" \
	"$(grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION' "${compat[@]}" Kbuild)"
kept "what module/compat/ defines has a name of our own" "$(foreign_names "${compat[@]}")"
kept "each shim says which kernels need it" "$(unexplained "${compat[@]}")"
kept "no shim outlives the kernels that need it" "$(superfluous "$(supported OLDEST)" "${compat[@]}")"

# These rules notice when they are broken.
offender=$ktap_files/offender.h
noticed()
{
	printf '%s\n' "$1" >"$offender"
	shift
	like "... and this would be noticed: $(xargs <"$offender")" "$("$@" "$offender")" '.'
}
noticed '#if LINUX_VERSION_CODE > 0' kernel_dependent
noticed 'if (KERNEL_VERSION(6, 1, 0))' kernel_dependent
noticed '#ifdef CONFIG_SWAP' kernel_dependent
noticed 'return IS_ENABLED (CONFIG_SWAP);' kernel_dependent
noticed '#ifdef MML_HAVE_MAPLE_TREE' kernel_dependent
noticed ' # define VM_SEALED 0' foreign_names
noticed 'static inline bool folio_test_large(struct folio *folio)' foreign_names
noticed 'static inline struct file *get_file(struct mm_struct *mm)' foreign_names
noticed '#ifdef MML_HAVE_MAPLE_TREE' unexplained
noticed '#ifdef MML_X /* since 5.10 */' superfluous 5.10
noticed '#ifdef MML_X /* until 5.9: gone */' superfluous 5.10
is "a shim that is needed is left alone" \
	"$(superfluous 5.10 <(printf '#ifdef A /* since 5.11 */\n#ifdef B /* until 5.10 */\n'))" ""

# ---- all else ----

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
