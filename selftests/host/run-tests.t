#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scripts/run-tests: what it makes of programs that do well, badly, or not at all.
# Its virtual machine is a stand-in here; vm.t boots real ones.
. "$(dirname "$0")/../ktap.sh"

files=$ktap_files
mkdir "$files/scripts"
cp "$(dirname "$0")/../../scripts/run-tests" "$files/scripts/"
cat >"$files/scripts/vm" <<'SCRIPT'
#!/bin/bash
# runs the command here; $VM_ENDS is how the machine is to fail
while [ "$1" != -- ]; do
	printf '%s ' "$1" >&2
	shift
done
shift
"$@"
status=$?
exit "${VM_ENDS:-$status}"
SCRIPT
chmod +x "$files/scripts/vm"
cd "$files" || bail "no $files"

# What the half of a virtual machine changes there.
knobs()
{
	cat /proc/sys/kernel/randomize_va_space \
		/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs 2>&1
}
before=$(knobs)

# program NAME: makes one that is the shell script on stdin
program()
{
	{
		echo '#!/bin/sh'
		cat
	} >"$1"
	chmod +x "$1"
}

# counts NAME ARG...: runs them, and expects these as the last line
counts()
{
	local name=$1 expected=$2

	shift 2
	run scripts/run-tests "$@"
	is "$name" "$(tail -n 1 "$files/out")" "$expected"
}

program good <<<'echo KTAP version 1; echo 1..3; echo "ok 1 - a"; echo "ok 2 - b # SKIP no c"; echo "ok 3"'
program late-plan <<<'echo "ok 1 - a"; echo "# a remark"; echo "ok 2 - not ok"; echo 1..2'
program bad <<<'echo 1..2; echo "ok 1 - a"; echo "not ok 2 - b"; exit 1'
program no-plan <<<'echo "ok 1 - a"'
program short <<<'echo 1..3; echo "ok 1 - a"; echo "ok 2 - b"'
program long <<<'echo 1..1; echo "ok 1 - a"; echo "ok 2 - b"'
program crash <<<'echo 1..1; echo "ok 1 - a"; kill -SEGV $$'
program grumpy <<<'echo 1..1; echo "ok 1 - a"; exit 3'
program skips <<<'echo "1..0 # SKIP nothing to do"; exit 4'
program skips-silently <<<'exit 4'
program skips-by-plan <<<'echo "1..0 # SKIP nothing to do"'
program bails <<<'echo 1..2; echo "ok 1 - a"; echo "Bail out! no more"; exit 1'
program hangs <<<'echo 1..1; sleep 100 & sleep 100'
program silent <<<':'
program chatty <<<'echo 1..1; echo "it is ok 1"; echo "ok 1 - a"; printf "no newline" ; echo complaint >&2'
program nested <<'SCRIPT'
cat <<'KTAP'
KTAP version 1
1..3
  KTAP version 1
  1..2
    1..2
    ok 1 - aa
    not ok 2 - ab
  not ok 1 - a
  ok 2 - b # SKIP
not ok 1 - first
  1..1
  ok 1 - c
ok 2 - second
  1..1
  ok 1 - d
not ok 3 - third
KTAP
exit 1
SCRIPT

# ---- one program -----------------------------------------------------------

counts "results and skipped ones" "2 passed, 0 failed, 1 skipped" good
ran "are a success" 0
counts "a plan at the end" "2 passed, 0 failed, 0 skipped" late-plan
counts "a failed test" "1 passed, 1 failed, 0 skipped" bad
ran "is a failure" 1
like "named at the end" "$out" '# failed: bad: 2 - b'
counts "no plan" "1 passed, 1 failed, 0 skipped" no-plan
like "gets a line of its own" "$out" 'not ok - no-plan: announced no tests'
counts "fewer than planned" "2 passed, 1 failed, 0 skipped" short
counts "more than planned" "2 passed, 1 failed, 0 skipped" long
counts "a crash" "1 passed, 1 failed, 0 skipped" crash
like "and its signal" "$out" 'not ok - crash: was killed by signal 11'
counts "an exit status without a reason" "1 passed, 1 failed, 0 skipped" grumpy
counts "exit status 4" "0 passed, 0 failed, 1 skipped" skips
ran "is no failure" 0
counts "exit status 4 without a word" "0 passed, 0 failed, 1 skipped" skips-silently
counts "a plan of nothing" "0 passed, 0 failed, 1 skipped" skips-by-plan
counts "one that gives up" "1 passed, 2 failed, 0 skipped" bails
counts "one that says nothing" "0 passed, 1 failed, 0 skipped" silent
counts "one that is not there" "0 passed, 1 failed, 0 skipped" missing
counts "only lines that are results count" "1 passed, 0 failed, 0 skipped" chatty
like "all are shown" "$out" $'it is ok 1\n.*\nno newline\n'
is "stderr stays stderr" "$err" complaint
counts "groups count by what is in them" "3 passed, 2 failed, 1 skipped" nested
counts "one that hangs, and its child" "0 passed, 1 failed, 0 skipped" --timeout 1 hangs
like "took too long" "$out" 'not ok - hangs: took longer than 1 s'

# ---- several ---------------------------------------------------------------

counts "totals" "5 passed, 1 failed, 2 skipped" good skips late-plan bad
counts "none at all" "0 passed, 0 failed, 0 skipped"
ran "is a failure" 1

run scripts/run-tests --tap copy good bad
ok "--tap keeps a copy" cmp copy "$files/out"
run scripts/run-tests --no-summary good
is "--no-summary" "$(grep -v '^# took' "$files/out" | tail -n 1)" "ok 3"
like "how long a program took" "$out" $'\nok 3\n# took [0-9]+\.[0-9] s$'
run scripts/run-tests --no-such-option
ran "an unknown option" 2
run scripts/run-tests -h
ran "help" 0

# ---- the virtual machine ---------------------------------------------------

counts "both sides' totals" "7 passed, 1 failed, 3 skipped" \
	good --vm-options '--memory 512 --kernel 6.12' --vm good skips late-plan bad
like "its options" "$err" "^run .*[^l] --memory 512 --kernel 6.12 $"
like "whose test failed" "$out" '# failed: bad: 2 - b'
counts "only there" "2 passed, 0 failed, 1 skipped" --vm good
ran "is a success" 0
counts "a crash there counts once" "1 passed, 1 failed, 0 skipped" --vm crash
{
	echo '# machine: parallel'
	echo 'echo 1..1; echo "ok 1 - a"'
} | program racing
counts "one that wants processors to race" "5 passed, 0 failed, 1 skipped" \
	--vm-options '--memory 512' --vm good racing late-plan
is "... is run in a machine of its own" \
	"$(grep -oE '(--parallel|[^l]) --memory 512' <<<"$err" | paste -sd,)" \
	'M --memory 512,--parallel --memory 512'
counts "... alone there" "1 passed, 0 failed, 0 skipped" --vm racing
counts "as does a program that skips itself" "0 passed, 0 failed, 2 skipped" --vm skips skips-by-plan

for end in '124 took too long' '125 died' '126 the kernel complained' '77 exited with 77'; do
	VM_ENDS=${end%% *} counts "a machine that ends with ${end%% *}" \
		"2 passed, 1 failed, 1 skipped" --vm good
	like "is a failure of its own" "$out" "not ok - virtual machine: ${end#* }"
done
VM_ENDS=125 counts "one that dies after a failure" "1 passed, 2 failed, 0 skipped" --vm bad

is "this machine is as it was" "$(knobs)" "$before"

ktap_end
