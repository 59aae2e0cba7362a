# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# KTAP for tests in shell, to be sourced; ktap.h is the same for C. A test is
#
#	. "$(dirname "$0")/../ktap.sh"
#	is "what is tested" "$seen" "$expected"
#	ktap_end
#
# and runs by hand, as root, where mmlens is loaded. BUILD is the build
# directory; the tools of it come first on PATH.

BUILD=${BUILD:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build}
PATH=$BUILD:$BUILD/selftests:$PATH
export BUILD PATH

ktap_tests=0
ktap_failed=0
ktap_files=$(mktemp -d "${TMPDIR:-/tmp}/ktap.XXXXXX")
ktap_children=()
ktap_undo=()

ktap_clean_up()
{
	local pid tries

	for pid in "${ktap_children[@]}"; do
		kill -CONT "$pid" 2>/dev/null
		kill -KILL "$pid" 2>/dev/null
	done
	# or one would still keep a disk in use; not for ever, lest it cannot end
	for ((tries = 0; tries < 200 && ${#ktap_children[@]}; tries++)); do
		kill -0 "${ktap_children[@]}" 2>/dev/null || break
		sleep 0.05
	done
	for ((pid = ${#ktap_undo[@]} - 1; pid >= 0; pid--)); do
		eval "${ktap_undo[pid]}"
	done
	rm -rf "$ktap_files"
}
trap ktap_clean_up EXIT

echo "KTAP version 1"

# Debian 12's jq takes a quarter of a second to start on a machine that is emulated,
# and tests start it often; gojq is the same language. It sorts the keys of objects.
jq()
{
	gojq "$@"
}

# undo COMMAND: evaluated at the end, the last one first
undo()
{
	ktap_undo+=("$1")
}

# set_knob FILE VALUE: until the end of the test
set_knob()
{
	undo "echo $(cat "$1") >$1"
	echo "$2" >"$1"
}

# have_swap [SIZE]: two compressed swap devices of our own, of SIZE each, until the end
# of the test; false where there are none. They take turns, so that not all entries
# have the same type.
have_swap()
{
	local device devices=(zram0 zram1)

	modprobe -q zram num_devices=2
	for device in "${devices[@]}"; do
		if [ ! -w "/sys/block/$device/disksize" ] ||
		   [ "$(<"/sys/block/$device/disksize")" != 0 ]; then
			return 1
		fi
	done
	for device in "${devices[@]}"; do
		echo "${1:-64M}" >"/sys/block/$device/disksize"
		mkswap "/dev/$device" >/dev/null
		swapon -p 5 "/dev/$device"
		undo "swapoff /dev/$device; echo 1 >/sys/block/$device/reset"
	done
}

# have_disk [DEVICE]: mounts a file system whose pages come from a device, until the end
# of the test, and sets $disk to where
have_disk()
{
	local device=${1-}

	disk=$(mktemp -d)
	undo "rmdir $disk"
	modprobe -q -a loop ext4
	if [ -z "$device" ]; then
		device=$ktap_files/disk
		truncate -s 16M "$device"
	fi
	mkfs.ext4 -q -F "$device" && mount "$device" "$disk" || bail "no file system on a device"
	undo "umount $disk"
}

# have_held: sets $held to a device-mapper device and where it is mounted; to nothing
# where there is no dmsetup
have_held()
{
	local loop mount name=mmlens-held

	held=()
	if ! command -v dmsetup >/dev/null || ! modprobe -q -a loop dm-mod; then
		return 0
	fi
	mount=$(mktemp -d)
	undo "rmdir $mount"
	truncate -s 16M "$ktap_files/held"
	loop=$(losetup --show -f "$ktap_files/held") || bail "no loop device"
	undo "losetup -d $loop"
	# it makes the node itself then
	export DM_DISABLE_UDEV=1
	dmsetup create $name --table "0 32768 linear $loop 0" ||
		bail "no device-mapper device"
	undo "dmsetup remove $name"
	# a dirty page is written when we say so
	set_knob /proc/sys/vm/dirty_writeback_centisecs 0
	# 5.10 warns of discards through device-mapper to a loop device
	if ! mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0 -O ^has_journal /dev/mapper/$name ||
	   ! mount -o nobarrier /dev/mapper/$name "$mount"; then
		bail "no file system on a device-mapper device"
	fi
	undo "dmsetup resume $name; umount $mount"
	# it would wait for the device while that is suspended, with the mount's lock held
	wait_until '! pgrep -x ext4lazyinit >/dev/null'
	# shellcheck disable=SC2034 # tests use it
	held=("$name" "$mount")
}

# hasten_balancing: NUMA balancing looks at a process soon after its start; it is off,
# though it may be turned on, until the end of the test
hasten_balancing()
{
	local dir=/sys/kernel/debug/sched/numa_balancing/

	[ -w /proc/sys/kernel/numa_balancing ] || return 0
	[ -e $dir ] || dir=/proc/sys/kernel/numa_balancing_
	set_knob ${dir}scan_delay_ms 10
	set_knob ${dir}scan_period_min_ms 10
	set_knob /proc/sys/kernel/numa_balancing 0
}

# Forks are dear in an emulated machine: what bash can do itself, it does here.

# note TEXT...: for people; - reads it from stdin
note()
{
	local lines

	if [ "$*" = - ]; then
		mapfile -t lines
	else
		mapfile -t lines <<<"$*"
	fi
	if [ ${#lines[@]} -gt 0 ]; then
		printf '# %s\n' "${lines[@]}"
	fi
}

pass()
{
	ktap_tests=$((ktap_tests + 1))
	printf 'ok %d - %s\n' $ktap_tests "$1"
}

# What is too much to read is cut.
ktap_shorten()
{
	local lines

	mapfile -t lines <<<"$1"
	printf '# %.200s\n' "${lines[@]:0:40}"
	if [ ${#lines[@]} -gt 40 ]; then
		printf '# ... and %d more lines\n' $((${#lines[@]} - 40))
	fi
}

# fail NAME [WHY]
fail()
{
	ktap_tests=$((ktap_tests + 1))
	ktap_failed=$((ktap_failed + 1))
	printf 'not ok %d - %s\n' $ktap_tests "$1"
	if [ $# -gt 1 ]; then
		ktap_shorten "$2"
	fi
	return 1
}

skip()
{
	ktap_tests=$((ktap_tests + 1))
	printf 'ok %d - %s # SKIP %s\n' $ktap_tests "$1" "$2"
}

skip_all()
{
	echo "1..0 # SKIP $*"
	exit 4
}

bail()
{
	echo "Bail out! $*"
	exit 1
}

# What kernels have answered, for mmlens-replay to play: sets $tapes
make_tapes()
{
	if [ ! -x "$BUILD/mmlens-replay" ] || [ ! -x "$BUILD/host/mkreply" ]; then
		bail "make -C userspace BUILD=$BUILD tests comes first"
	fi
	tapes=$ktap_files/tapes
	mkdir "$tapes"
	"$BUILD/host/mkreply" "$tapes" || bail "mkreply failed"
}

# is NAME SEEN EXPECTED: as strings
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "$(difference "$3" "$2")"
	fi
}

# difference EXPECTED SEEN: both, or of long ones only the lines that differ
difference()
{
	if [ "$(wc -l <<<"$1$2")" -gt 20 ]; then
		diff -U1 --label expected --label seen <(printf '%s\n' "$1") <(printf '%s\n' "$2")
	else
		printf "expected '%s'\nseen     '%s'\n" "$1" "$2"
	fi
}

# same NAME A B: equal, and not both empty
same()
{
	if [ -n "$2" ]; then
		is "$@"
	else
		fail "$1" "there is nothing to compare"
	fi
}

# like NAME SEEN PATTERN: as an extended regular expression
like()
{
	if [[ $2 =~ $3 ]]; then
		pass "$1"
	else
		fail "$1" "expected to match '$3'"$'\n'"seen '$2'"
	fi
}

# ok NAME COMMAND...: succeeds; its output is shown when it does not
ok()
{
	local name=$1 out

	shift
	if out=$("$@" 2>&1); then
		pass "$name"
	else
		fail "$name" "$* ended with status $?"$'\n'"$out"
	fi
}

# run COMMAND...: sets $out, $err and $status
run()
{
	"$@" >"$ktap_files/out" 2>"$ktap_files/err" </dev/null
	status=$?
	# bash drops NULs from them, and says so
	{
		out=$(<"$ktap_files/out")
		err=$(<"$ktap_files/err")
	} 2>/dev/null
	return 0
}

# ran NAME STATUS: the last `run` ended so
ran()
{
	if [ "$status" = "$2" ]; then
		pass "$1"
	else
		fail "$1" "exit status $status, not $2"$'\n'"$out"$'\n'"$err"
	fi
}

# include PROGRAM [ARG...]: the results of another KTAP program become ours
include()
{
	local line name planned='' before=$ktap_tests

	while IFS= read -r line; do
		name=${line#* - }
		case $line in
		"ok "*)		pass "$name" ;;
		"not ok "*)	fail "$name" ;;
		"1..0"*)	skip "$1" "${line#*SKIP }"; return ;;
		"1.."*)		planned=${line#1..} ;;
		"KTAP version"*)	;;
		"# "*|"Bail out!"*) echo "$line" ;;
		*)		note "$line" ;;
		esac
	done < <("$@" 2>&1)
	if [ "$planned" != $((ktap_tests - before)) ]; then
		fail "$1 comes to its end" "planned ${planned:-nothing}"
	fi
}

# wait_until CONDITION: evaluated again and again, for five minutes at most: a
# machine may be busy with other things
wait_until()
{
	local end=$((SECONDS + 300))

	until eval "$1"; do
		if [ $SECONDS -ge $end ]; then
			note "never came true: $1"
			return 1
		fi
		sleep 0.05
	done
}

# nothing_holds_module: waits until that is so; a socket is closed in its own time
nothing_holds_module()
{
	wait_until '[ "$(</sys/module/mmlens/refcnt)" = 0 ]'
}

# What a kernel in a slow virtual machine logs about itself, at any time; 6.12 also
# that EVM does not cover an overlay, as the machine's root is one.
# shellcheck disable=SC2034 # tests use it
slow_machine='\] ((hrtimer|clocksource|tsc|sched_clock|evm): |TSC found unstable|sched: (DL replenish|RT throttling)|INFO: NMI handler|workqueue: \S+ hogged|perf: interrupt took|random: crng)'

# kernel_before MAJOR.MINOR: is this kernel older?
kernel_before()
{
	local release

	release=$(uname -r)
	[[ $release =~ ^([0-9]+)\.([0-9]+) ]] || bail "no version in $release"
	((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] < ${1%.*} * 1000 + ${1#*.}))
}

ktap_end()
{
	echo "1..$ktap_tests"
	if [ $ktap_failed -gt 0 ]; then
		exit 1
	fi
	exit 0
}

# ---- targets ---------------------------------------------------------------
#
# A target prints NAME=value lines and `ready`. Each line it then reads asks for
# the next step: it answers with what has changed and `done`, or with `end`, and
# is `ready` again.

declare -A target_pid target_input

# target_start ID PROGRAM [ARG...]: returns when it is ready; its values are
# then in ${ID_NAME}
target_start()
{
	target_launch "$@"
	target_await "$1" 1
}

# target_launch ID PROGRAM [ARG...]: does not wait; target_await ID 1 does
target_launch()
{
	local id=$1 pipe=$ktap_files/$1.in fd

	shift
	mkfifo "$pipe"
	# for both, so that neither end waits for the other to be opened
	exec {fd}<>"$pipe"
	# before it runs: there may be one of that name from before
	: >"$ktap_files/$id.out"
	"$@" <"$pipe" >"$ktap_files/$id.out" 2>&1 {fd}>&- &
	# bash is not to report how it ended
	disown
	target_pid[$id]=$!
	target_input[$id]=$fd
	ktap_children+=($!)
}

# target_step ID: fails when there was no further step to take
target_step()
{
	local id=$1

	target_read "$id"
	echo >&"${target_input[$id]}"
	target_await "$id" $((target_answers + 1))
	[ "${target_lines[-2]}" != end ]
}

# target_read ID: sets target_lines, and target_answers to how often it was ready
target_read()
{
	local line

	target_answers=0
	target_lines=()
	[ ! -e "$ktap_files/$1.out" ] || mapfile -t target_lines <"$ktap_files/$1.out"
	for line in "${target_lines[@]}"; do
		[ "$line" != ready ] || target_answers=$((target_answers + 1))
	done
}

# target_runs ID: it may still be about to wait, with what that brings with it
target_runs()
{
	local stat

	read -r stat <"/proc/${target_pid[$1]}/stat" && [[ ${stat##*) } == R* ]]
} 2>/dev/null

# target_await ID N: until it has been ready N times, and waits
target_await()
{
	local id=$1 end=$((SECONDS + 600)) line name

	target_read "$id"
	until [ $target_answers -ge "$2" ] && ! target_runs "$id"; do
		if ! kill -0 "${target_pid[$id]}" 2>/dev/null || [ $SECONDS -ge $end ]; then
			note - <"$ktap_files/$id.out"
			bail "target $id does not answer"
		fi
		sleep 0.05
		target_read "$id"
	done
	for line in "${target_lines[@]}"; do
		name=${line%%=*}
		if [[ $line == *=* && $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]]; then
			printf -v "${id//-/_}_$name" '%s' "${line#*=}"
		fi
	done
}

# target_end ID
target_end()
{
	local fd=${target_input[$1]}

	exec {fd}>&-
	kill -KILL "${target_pid[$1]}" 2>/dev/null
	while kill -0 "${target_pid[$1]}" 2>/dev/null; do
		sleep 0.01
	done
	rm -f "$ktap_files/$1.in"
}
