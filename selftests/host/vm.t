#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scripts/vm: what goes into the virtual machine and what comes out of it. Without
# our module, so that nothing but the script is to blame; a boot for each group.
. "$(dirname "$0")/../ktap.sh"

scripts=$(cd "$(dirname "$0")/../../scripts" && pwd)
files=$ktap_files
# a directory of ours that the guest can be told to write to
shared=$files/shared
mkdir "$shared"
# the consoles of machines that are meant to fail are not worth keeping
export VM_LOGS=$files

command -v qemu-system-x86_64 >/dev/null || skip_all "no qemu-system-x86_64 (scripts/deps vm)"
"$scripts/kernel" fetch 6.1 2>"$files/err" || {
	note - <"$files/err"
	skip_all "no kernel to boot"
}

# vm NAME ARG...: a machine whose stdout, stderr and exit status are in NAME.out,
# NAME.err and NAME.status
vm()
{
	local name=$1

	shift
	VM_FAST=1 "$scripts/vm" run --no-load "$@" >"$files/$name.out" 2>"$files/$name.err"
	echo $? >"$files/$name.status"
}

status_of() { cat "$files/$1.status"; }
output() { cat "$files/$1.out"; }
errors() { cat "$files/$1.err"; }

# ---- misuse needs no machine -----------------------------------------------

run "$scripts/vm" run --no-load
ran "no command" 125
run "$scripts/vm" run --no-such-option -- true
ran "an unknown option" 125
run "$scripts/vm" run --memory much -- true
ran "a number that is none" 125
run "$scripts/vm" run --cpus 2 --nodes 3 -- true
ran "more nodes than processors" 125
like "... which says so" "$err" "3 nodes cannot share 2 processors"
run "$scripts/vm" run --rw /no/such/directory -- true
ran "--rw for a directory that is not there" 125
run "$scripts/vm" run --rw /proc -- true
ran "--rw for a directory that the guest has its own of" 125
run "$scripts/vm" -h
ran "help" 0

# ---- what the command sees -------------------------------------------------

cat >"$shared/looks" <<'SCRIPT'
#!/bin/sh
# prints NAME=value lines; what is odd goes into files next to it
echo "cwd=$PWD"
cd "$(dirname "$0")" || exit 9
printf '%s\0' "$@" >argv
echo "uid=$(id -u)"
echo "kernel=$(uname -r)"
echo "series=$MMLENS_KERNEL"
echo "ko=$MMLENS_KO"
echo "stale=$MMLENS_STALE_TEXT"
echo "home=$HOME"
echo "path=$PATH"
echo "stdin=$(readlink /proc/self/fd/0)"
echo "session=$(cut -d ' ' -f 6 /proc/$$/stat) $$"
echo "parent=$(awk '{ print $4 }' /proc/$$/stat)"
echo "modules=$(ls /lib/modules/"$(uname -r)" | grep -c '^modules.dep$')"
modprobe zram && echo "zram=$(ls -d /sys/block/zram0)"
echo "lo=$(cat /sys/class/net/lo/flags)"
echo elsewhere >/etc/mmlens-vm-test && echo "etc=$(cat /etc/mmlens-vm-test)"
echo written >through
(echo reopened >/dev/stderr) && echo "stderr=fine"
python3 -c 'import mmap
f = open("mapped", "wb+"); f.truncate(8192)
m = mmap.mmap(f.fileno(), 8192); m[4096:4100] = b"mmap"; m.flush()'
sleep 1000 >/dev/null 2>&1 &
sleep 1001 &
SCRIPT
chmod +x "$shared/looks"

start=$SECONDS
# shellcheck disable=SC2016
odd=('' ' two  spaces ' "it's" '"quoted"' $'new\nline' '$HOME `id` \ * ?' -- --kernel $'\t' 'ünï')
vm sees --rw "$shared" -- "$shared/looks" "${odd[@]}"
took=$((SECONDS - start))
note "from start to end: $took s"

declare -A seen
while IFS='=' read -r name value; do
	seen[${name:-_}]=$value
done <"$files/sees.out"

is "exit status 0" "$(status_of sees)" 0
printf '%s\0' "${odd[@]}" >"$files/argv"
ok "arguments arrive as they were" cmp "$files/argv" "$shared/argv"
is "the current directory" "${seen[cwd]}" "$PWD"
is "runs as root" "${seen[uid]}" 0
like "the kernel asked for" "${seen[kernel]}" '^6\.1\.'
is "MMLENS_KERNEL" "${seen[series]}" 6.1
is "MMLENS_KO" "${seen[ko]}" "$(dirname "$scripts")/build/6.1/mmlens.ko"
is "kernel text may be patched, unless --parallel is asked for" "${seen[stale]-not set}" ""
is "HOME" "${seen[home]}" "$HOME"
like "build/ comes first on PATH" "${seen[path]}" "^$(dirname "$scripts")/build:"
is "stdin is /dev/null" "${seen[stdin]}" /dev/null
is "a session of its own" "${seen[session]% *}" "${seen[session]#* }"
is "a child of pid 1" "${seen[parent]}" 1
is "the kernel's modules" "${seen[modules]}" 1
is "modprobe" "${seen[zram]}" /sys/block/zram0
is "loopback is up" "${seen[lo]}" 0x9
is "the guest can write anywhere" "${seen[etc]}" elsewhere
ok "and the host does not see it" test ! -e /etc/mmlens-vm-test
is "/dev/stderr can be opened" "${seen[stderr]}" fine
is "stdout and stderr stay apart" "$(errors sees)" reopened
is "--rw writes through" "$(cat "$shared/through")" written
is "also by a shared mapping" "$(tail -c +4097 "$shared/mapped" | head -c 4)" mmap

# ---- output ----------------------------------------------------------------

# Random, so that what is lost or repeated shows; both streams at once, and more
# than all buffers on the way hold. With the kernel as it comes, KASLR and all.
head -c 50000000 /dev/urandom >"$shared/random"
head -c 3000000 /dev/urandom >"$shared/random.err"
printf 'before\n' >"$files/appended"
VM_FAST='' "$scripts/vm" run --no-load --rw "$shared" -- sh -c "
	cat '$shared/random.err' >&2 &
	cat '$shared/random'
	wait
	exit 77" >>"$files/appended" 2>"$files/big.err"
is "exit status 77" $? 77
printf 'before\n' | cat - "$shared/random" >"$files/expected"
ok "50 MB of stdout, appended to a file" cmp "$files/expected" "$files/appended"
ok "and 3 MB of stderr" cmp "$shared/random.err" "$files/big.err"
rm -f "$shared"/random* "$files/expected" "$files/appended"

# ---- how a run can end: two or three machines at a time --------------------

# long enough for a slow machine to get there, even with others beside it
vm late --timeout $((3 * took + 15)) -- sh -c 'echo early; sleep 1000' &
late=$!

vm fails -- sh -c 'echo out; exit 1' &
first=$!
vm killed -- sh -c 'kill -SEGV $$' &
wait $first $!
is "exit status 1" "$(status_of fails)" 1
[ "$(status_of fails)" = 1 ] || note - <"$files/fails.err"
is "machines do not meet" "$(output fails)$(output killed)" out
is "killed by a signal" "$(status_of killed)" 139

vm panics -- sh -c 'sleep 1; echo c >/proc/sysrq-trigger' &
first=$!
vm warns -- sh -c 'echo "WARNING: CPU: 0 PID: 1 at mm/made-up.c:1 made_up+0x1/0x2" >/dev/kmsg' &
wait $first $!
is "a panic" "$(status_of panics)" 126
like "with the console's last lines" "$(errors panics)" 'last lines.*Kernel Offset'
like "and what the kernel said" "$(errors panics)" 'Kernel panic - not syncing: sysrq'
is "a kernel that complains" "$(status_of warns)" 126
like "and about what" "$(errors warns)" 'console-6.1-[0-9]+.log:[0-9]+:.*made_up'
is "each of these lines says whose it is" "$(cat "$files"/{panics,warns}.err | grep -vc '^vm: ')" 0

vm missing -- no-such-command &
first=$!
vm vanishes -- sh -c 'sleep 1; echo b >/proc/sysrq-trigger' &
wait $first $!
is "a command that is not there" "$(status_of missing)" 127
is "a machine that dies" "$(status_of vanishes)" 125

"$scripts/vm" run --no-load --fast -- sh -c 'yes' 2>/dev/null | head -n 1 >"$files/head.out"
is "a reader that goes away" "${PIPESTATUS[0]}" 141

wait $late
# others were beside it: was it too late to get there?
[ -n "$(output late)" ] ||
	vm late --timeout $((9 * took + 45)) -- sh -c 'echo early; sleep 1000'
is "the time is up" "$(status_of late)" 124
is "what came before came out" "$(output late)" early
like "why, and the console's last lines" "$(errors late)" 'time is up after [0-9]+ s.*last lines'

# ---- nothing is left -------------------------------------------------------

mkdir "$files/tmp"
TMPDIR=$files/tmp VM_FAST=1 "$scripts/vm" run --no-load --monitor "$files/monitor" -- \
	sleep 1000 2>/dev/null &
pid=$!
ok "a monitor on a socket" wait_until "[ -S '$files/monitor' ]"
work=$(echo "$files"/tmp/mmlens-vm.*)
kill -TERM $pid
wait $pid
is "told to stop, it stops" $? 143
is "and takes its files" "$(ls "$files/tmp")" ''
is "and QEMU along" "$(grep -lsF "$work/" /proc/[0-9]*/cmdline 2>/dev/null)" ''

ktap_end
