#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mmlens mm: who shares an address space, and what its addresses are like.
. "$(dirname "$0")/../ktap.sh"

command -v gojq >/dev/null || skip_all "gojq is not installed"

# shared NAME PID OTHER: each names the other, and says the same mm
shared()
{
	local mine other

	mine=$(mmlens mm -j "$2")
	other=$(mmlens mm -j "$3")
	is "$1: names the other process" "$(jq -c '[.shared_with[].pid]' <<<"$mine")" "[$3]"
	is "... by its name" "$(jq -r '.shared_with[0].comm' <<<"$mine")" "$(cat "/proc/$3/comm")"
	is "... which names the first one" "$(jq -c '[.shared_with[].pid]' <<<"$other")" "[$2]"
	same "... and both have one mm" "$(jq -r .mm_id <<<"$mine")" "$(jq -r .mm_id <<<"$other")"
}

# bss NAME JSON START END: the areas tell it as the linker has it, to the page
bss()
{
	is "$1: bss begins where the data end" "$(jq -r '[.start_bss, .end_data] | unique | join(" ")' <<<"$2")" \
		"$(printf '%#x' "$3")"
	is "... and ends with the page that the linker ends it in" "$(jq -r .end_bss <<<"$2")" \
		"$(printf '%#x' $((($4 + 4095) & -4096)))"
}

# as_in_proc NAME PID: every field that /proc has, too; the process stands still
as_in_proc()
{
	local name=$1 pid=$2 key value wrong=() fields
	local -A ours=() proc=() word=() in_smaps=()

	kill -STOP "$pid"
	while IFS='=' read -r key value; do
		ours[$key]=$value
	done < <(mmlens mm -j "$pid" | jq -r 'to_entries[] | select(.value | type != "array") |
		"\(.key)=\(.value // "null")"')
	while IFS=$':\t ' read -r key value _; do
		word[$key]=$value
	done <"/proc/$pid/status"
	while read -r key value; do
		in_smaps[$key]=$value
	done < <(awk '{ kib[$1] += $2 } END { for (key in kib) if (sub(":$", "", key)) print key, kib[key ":"] }' \
		"/proc/$pid/smaps")
	# after the name in parentheses: field 3 of proc(5) is [0]
	read -ra fields <<<"$(sed 's/.*) //' "/proc/$pid/stat")"
	kill -CONT "$pid"
	proc=(
		[tgid]=${word[Tgid]} [ppid]=${word[PPid]} [threads]=${word[Threads]}
		[comm]=${word[Name]} [exe]=$(readlink "/proc/$pid/exe")
		[total_vm]=$((word[VmSize] * 1024)) [locked_vm]=$((word[VmLck] * 1024))
		[pinned_vm]=$((word[VmPin] * 1024)) [data_vm]=$((word[VmData] * 1024))
		[stack_vm]=$((word[VmStk] * 1024)) [pgtables]=$((word[VmPTE] * 1024))
		[min_flt]=${fields[7]} [maj_flt]=${fields[9]}
		[rss_anon]=$((word[RssAnon] * 1024)) [rss_file]=$((word[RssFile] * 1024))
		[rss_shmem]=$((word[RssShmem] * 1024)) [swap]=$((word[VmSwap] * 1024))
		[start_code]=$(printf '%#x' "${fields[23]}") [end_code]=$(printf '%#x' "${fields[24]}")
		[start_stack]=$(printf '%#x' "${fields[25]}")
		[start_data]=$(printf '%#x' "${fields[42]}") [end_data]=$(printf '%#x' "${fields[43]}")
		[start_brk]=$(printf '%#x' "${fields[44]}")
		[arg_start]=$(printf '%#x' "${fields[45]}") [arg_end]=$(printf '%#x' "${fields[46]}")
		[env_start]=$(printf '%#x' "${fields[47]}") [env_end]=$(printf '%#x' "${fields[48]}")
		[map_count]=$(grep -vc vsyscall "/proc/$pid/maps")
	)
	# status has what each CPU or thread has yet to add left out; so had we before 6.2,
	# and it has not since 6.17
	if [ "${ours[rss_exact]}" = true ]; then
		proc[rss]=$((in_smaps[Rss] * 1024))
		proc[rss_anon]=$((in_smaps[Anonymous] * 1024))
		proc[swap]=$((in_smaps[Swap] * 1024))
		if kernel_before 6.17; then
			unset "proc[rss_file]" "proc[rss_shmem]"
		fi
	fi
	for key in "${!proc[@]}"; do
		[ "${ours[$key]-}" = "${proc[$key]}" ] ||
			wrong+=("$key is ${ours[$key]-missing}, in /proc ${proc[$key]}")
	done
	is "$name: ${#proc[@]} fields as in /proc" "$(printf '%s; ' "${wrong[@]}")" "; "
}

target_start clone "$BUILD/targets/two-tasks-one-mm"
bss "a 64-bit program" "$(mmlens mm -j "$clone_A")" "$clone_BSS_START" "$clone_BSS_END"
as_in_proc "two tasks" "$clone_A"
is "... and may dump core" "$(mmlens mm -j "$clone_A" | jq -r .dumpable)" yes
shared "clone(CLONE_VM)" "$clone_A" "$clone_B"
run mmlens mm "$clone_A"
like "... in text too" "$out" "SHARED_WITH   process $clone_B \\("
target_end clone
target_start vfork "$BUILD/targets/two-tasks-one-mm" vfork
wait_until "grep -q ^B= $ktap_files/vfork.out"
child=$(sed -n 's/^B=//p' "$ktap_files/vfork.out" | tail -n 1)
if [ -n "$child" ]; then
	shared "vfork()" "$vfork_A" "$child"
else
	fail "vfork()" "$(cat "$ktap_files/vfork.out")"
fi
target_end vfork

target_start holes "$BUILD/targets/holes"
run mmlens mm -j "$holes_PID"
is "alone: shared with nobody" "$(jq -c .shared_with <<<"$out")" "[]"
is "... and one thread" "$(jq -c .thread_ids <<<"$out")" "[$holes_PID]"
is "64-bit addresses" "$(jq .bits <<<"$out")" 64
case $(jq .levels <<<"$out") in
4) half=0xffff800000000000 ;;
5) half=0xff00000000000000 ;;
esac
is "where the kernel's half begins" "$(jq -r .kernel_start <<<"$out")" "$half"

python=$([ -x /usr/bin/python3 ] && echo /usr/bin/python3 || command -v python3)
if [ -n "$python" ]; then
	target_start threads "$python" -c '
import sys, threading
for i in range(15):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()'
	pid=${target_pid[threads]}
	run mmlens mm -j "$pid"
	is "each thread is listed" "$(jq -c '.thread_ids | sort' <<<"$out")" \
		"$(ls "/proc/$pid/task" | sort -n | jq -s -c .)"
	is "... as many as there are" "$(jq '.thread_ids | length' <<<"$out")" 16
	is "... and they are no other process" "$(jq -c .shared_with <<<"$out")" "[]"
else
	skip "each thread is listed" "python3 is not installed"
fi

# ---- what a process may have asked for itself ----

target_start locked "$BUILD/targets/dumpless"
run mmlens mm -j "$locked_PID"
is "not dumpable" "$(jq -r .dumpable <<<"$out")" no
is "flags of new areas: mlockall(MCL_FUTURE) has set lo" "$(jq -c .def_flags <<<"$out")" '["lo"]'
as_in_proc "locked" "$locked_PID"
is "mmap_base: the highest area that mmap() placed ends there" "$(jq -r .mmap_base <<<"$out")" "$locked_MMAP_END"
target_end locked

# ---- pages that are in swap, and some that were ----

if have_swap; then
	target_start swap "$BUILD/targets/swap-entries"
	target_step swap
	as_in_proc "swap" "$swap_PID"
	read -r swap major < <(mmlens mm -j "$swap_PID" | jq -r '"\(.swap) \(.maj_flt)"')
	like "... of which there is some" "$swap" '^[1-9]'
	like "... and there were major faults" "$major" '^[1-9]'
	target_end swap
else
	fail "swap" "there is none"
fi

# ---- a 32-bit program on this kernel ----

target_start ia32 "$BUILD/targets/ia32"
run mmlens mm -j "$ia32_PID"
is "32-bit: addresses" "$(jq -c '[.bits, .task_size, .kernel_start]' <<<"$out")" "[32,\"0xffffe000\",\"$half\"]"
bss "32-bit" "$out" "$ia32_BSS_START" "$ia32_BSS_END"
as_in_proc "32-bit" "$ia32_PID"
run mmlens "$ia32_PID"
ran "32-bit: a portrait" 0
like "... says so" "$out" '32-bit'
target_end ia32

# ---- the portrait ----

target_start large "$BUILD/targets/large"
run mmlens -j "${large_PID}"
ran "a portrait" 0
same "... with TLB entries as vma counts them" \
	"$(jq -c '.translation | [.tlb_entries, .leaves_pte, .leaves_pmd, .leaves_pud]' <<<"$out")" \
	"$(mmlens vma -j -o LEAVES,LEAVES_PTE,LEAVES_PMD,LEAVES_PUD "$large_PID" |
		jq -c '.areas | [map(.leaves), map(.leaves_pte), map(.leaves_pmd), map(.leaves_pud)] | map(add)')"
like "... of more sizes than one" "$(jq .translation.leaves_pmd <<<"$out")" '^[1-9]'
same "... and bounds as mm has them" \
	"$(jq -c '[.start_data, .end_data, .start_bss, .end_bss, .start_brk, .brk, .levels, .bits, .kernel_start]' <<<"$out")" \
	"$(mmlens mm -j "$large_PID" |
		jq -c '[.start_data, .end_data, .start_bss, .end_bss, .start_brk, .brk, .levels, .bits, .kernel_start]')"
levels=$(jq .levels <<<"$out")
run mmlens "$large_PID"
like "... and what a miss costs" "$out" "of 4K, [0-9]+ of 2M.*; a miss reads $levels, $((levels - 1))"
like "... and where the kernel's half begins" "$out" "kernel's half begins at ${half#0x}"
target_end large

run mmlens mm 2
like "a kernel thread is called one" "$err" "kernel thread: it has no address space"

ktap_end
