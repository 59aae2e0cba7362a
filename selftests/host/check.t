#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scripts/check: several kernels' tests, and what it makes of them. Its virtual
# machines are stand-ins that run their programs here.
. "$(dirname "$0")/../ktap.sh"

files=$ktap_files
mkdir -p "$files"/{scripts,selftests/{host,long,outside,vm}}
cp "$(dirname "$0")"/../../scripts/{check,run-tests} "$files/scripts/"
cat >"$files/scripts/vm" <<'SCRIPT'
#!/bin/bash
# a machine of the kernel 9.9 does not start
while [ "$1" != -- ]; do
	if [ "$1" = --kernel ]; then export MMLENS_KERNEL=$2; fi
	shift
done
shift
if [ "$MMLENS_KERNEL" = 9.9 ]; then
	echo "vm: no such kernel" >&2
	exit 125
fi
exec "$@"
SCRIPT
cat >"$files/scripts/kernel" <<'SCRIPT'
#!/bin/sh
printf '%s\n' 'SERIES SUITE' '1.0 old' '2.0* new'
SCRIPT
cd "$files" || bail "no $files"

# program NAME: makes one that is the shell script on stdin
program()
{
	{
		echo '#!/bin/bash'
		cat
	} >"selftests/$1"
	chmod +x "selftests/$1" scripts/*
}

# row NAME: that row of the table, single blanks
row() { grep "^$1 " <<<"$out" | xargs; }

program host/here.t <<<'echo 1..2; echo "ok 1 - a"; echo "ok 2 - b"'
program outside/outside.t <<<'echo 1..1; echo "ok 1 - outside of $KERNEL"'
program outside/slow.t <<<'echo 1..1; echo "ok 1 - slow"'
program long/longer.t <<<'echo 1..1; echo "ok 1 - longer"'
program vm/all.t <<<'echo 1..1; echo "# a remark"; echo "ok 1 - a"'
program vm/some.t <<'SCRIPT'
echo 1..2
echo "ok 1 - a"
echo "# leaf | a hole | signal"
if [ "$MMLENS_KERNEL" = 1.0 ]; then
	echo "# leaf | a page of others | ~"
else
	echo "# leaf | a page of others | copy?"
fi
if [ "$MMLENS_KERNEL" = 1.0 ]; then
	echo "ok 2 - b # SKIP folios are there since 2.0"
else
	echo "ok 2 - b"
fi
SCRIPT

run scripts/check 1.0
ran "one kernel: a success" 0
is "... and its sum" "${out##*$'\n'}" "5 passed, 0 failed, 1 skipped"
like "... all that was printed is shown" "$out" '# a remark'
like "... what looks from outside knows the kernel" "$out" 'ok 1 - outside of 1.0'
is "... only one sum" "$(grep -c '^[0-9]* passed' <<<"$out")" 1

run scripts/check all
ran "all kernels: a success" 0
is "... and the sum of all" "${out##*$'\n'}" "9 passed, 0 failed, 1 skipped"
is "... only one sum" "$(grep -c '^[0-9]* passed' <<<"$out")" 1
is "... the table's columns" "$(row TESTS)" "TESTS 1.0 2.0"
is "... a program that is well on both" "$(row all.t)" "all.t 1 1"
is "... one that skips" "$(row some.t)" "some.t 1 ~1 2"
is "... and all" "$(row all)" "all 4 4"
is "... what was foretold, by kernel" "$(row FAULTS), $(row 'a hole'), $(row 'a page')" \
	"FAULTS FORETOLD 1.0 2.0, a hole signal signal, a page of others ~ copy?"
like "... and how long it took" "$(row seconds)" '^seconds [0-9]+ [0-9]+$'
like "... why something was skipped" "$out" '# skipped: 1.0 some.t: .*b # SKIP folios are there since 2.0'
is "... remarks are not shown" "$(grep -c 'a remark' <<<"$out")" 0
ok "... but kept" grep -q 'a remark' build/check-2.0.tap

program vm/all.t <<'SCRIPT'
echo 1..2
echo "ok 1 - a"
if [ "$MMLENS_KERNEL" = 2.0 ]; then
	echo "not ok 2 - b"
	echo "# expected this, seen that"
	exit 1
fi
echo "ok 2 - b"
echo "# nothing to remark"
SCRIPT
run scripts/check --jobs 1 all
ran "a failure on one of them" 1
is "... counts" "${out##*$'\n'}" "10 passed, 1 failed, 1 skipped"
is "... is in the table" "$(row all.t)" "all.t 2 1 -1"
like "... is named" "$out" '# failed: 2.0: .*all.t: 2 - b'
like "... and shown, with what it remarks" "$out" $'not ok 2 - b\n# expected this, seen that\n'
is "... other remarks are not shown" "$(grep -c 'nothing to remark' <<<"$out")" 0

mkdir selftests/build
program build/build.t <<<'echo 1..2; echo "ok 1 - builds"; echo "not ok 2 - warns"; exit 1'
run scripts/check --build 1.0
is "--build: those of selftests/build as well" "${out##*$'\n'}" "7 passed, 1 failed, 1 skipped"
like "... said beside the table" "$out" $'\nand 2 host tests in .*\nand 2 build tests in '
like "... and which failed" "$out" '# failed: build: .*build.t: 2 - warns'

run scripts/check 2.0 9.9
ran "a kernel that does not start" 1
like "... is a failure" "$out" 'failed: 9.9: virtual machine: .*did not start'
like "... of which the reason is shown" "$out" 'vm: no such kernel'

program vm/all.t <<<'echo 1..1; echo "ok 1 - ${MMLENS_LONG-short}"'
run scripts/check 1.0
like "usually the short form" "$out" 'ok 1 - short'
is "... without the slow ones" "$(grep -cE 'ok 1 - (slow|longer)' <<<"$out")" 0
run scripts/check --long 1.0
like "--long reaches the programs" "$out" 'ok 1 - 1'
is "... and adds the slow ones" "$(grep -cE 'ok 1 - (slow|longer)' <<<"$out")" 2

# stopped, it leaves nothing behind
program vm/all.t <<<'echo 1..1; echo $$ >pid; exec sleep 1000'
scripts/check 1.0 2.0 >/dev/null 2>&1 &
check=$!
ok "a test that hangs" wait_until '[ -s pid ]'
kill -TERM $check
wait $check
is "told to stop, it stops" $? 130
ok "... and its tests do" wait_until '! kill -0 "$(cat pid)" 2>/dev/null'

for arguments in '' '--jobs 0 1.0' '--nonsense'; do
	# shellcheck disable=SC2086
	run scripts/check $arguments
	ran "misuse: check $arguments" 2
done
ktap_end
