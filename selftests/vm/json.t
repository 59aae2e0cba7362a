#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# --json of every command: it is JSON, has the documented keys, keeps to the
# documented types, and says what the text says.
. "$(dirname "$0")/../ktap.sh"

command -v gojq >/dev/null || skip_all "gojq is not installed"

# The words of the expressions below.
prelude='
def hex: type == "string" and test("^0x[0-9a-f]+$");
def number: type == "number";
# each object that f yields, of which there are some, has these keys
def has_keys(f; $keys): [f] | length > 0 and
	all(.[]; . as $o | all($keys | split(" ")[]; . as $k | $o | has($k)));
'

# json ARG...: looks at what `mmlens ARG...` prints. The tests are read from
# stdin, a line each: NAME: EXPRESSION
json()
{
	local names=() program='' line results index=0

	run mmlens "$@"
	ran "mmlens $*" 0
	while IFS= read -r line; do
		names+=("${line%%: *}")
		program+="${program:+, }(try (${line#*: }) catch .)"
	done
	mapfile -t results < <(jq -c "$prelude $program" "$ktap_files/out" 2>&1)
	for line in "${names[@]}"; do
		if [ "${results[index]}" = true ]; then
			pass "$1: $line"
		else
			fail "$1: $line" "${results[index]-no answer: ${results[*]}}"$'\n'"$out"
		fi
		index=$((index + 1))
	done
}

target_start demo "$BUILD/targets/cow-steps"
target_step demo
target_start holes "$BUILD/targets/holes"
target_start names "$BUILD/targets/names"
# what is compared must not change in between
kill -STOP "$demo_A" "$demo_B" "$holes_PID"

json info --json <<EXPRESSIONS
keys: has_keys(.; "module kernel page_size levels user_end exact averaged approximate unavailable commands columns states page_flags vm_flags entry_bits")
the running kernel's release: .kernel == "$(uname -r)"
types: (.user_end | hex) and (.page_size | number) and (.states | type) == "array"
EXPRESSIONS

# what each kernel keeps, as its sources have it
approximate='' unavailable=''
kernel_before 6.15 && approximate='"folio-shared"'
kernel_before 6.2 && approximate+=',"rss"'
kernel_before 5.19 && unavailable='"exclusive"'
json info --json <<EXPRESSIONS
this kernel's mapcounts are exact, not averaged: .averaged == [] and any(.exact[]; . == "mapcount")
what is approximate: .approximate == [$approximate]
what is unavailable: .unavailable == [$unavailable]
all is one of them: (.exact + .approximate + .unavailable | sort) == ["epoch", "exclusive", "folio-shared", "mapcount", "rss", "soft-dirty", "trace", "uffd-wp"]
nothing unavailable is among the flags: (.page_flags | any(. == "anon_exclusive")) == (.unavailable == [])
EXPRESSIONS

json mm --json "$demo_A" <<EXPRESSIONS
keys: has_keys(.; "pid tgid comm task_state ppid threads exe mm_id pgd mm_users map_count rss rss_anon rss_file rss_shmem swap total_vm start_code brk start_stack min_flt")
of that process: .pid == $demo_A and .tgid == $demo_A and .comm == "cow-steps"
as in /proc: .map_count == $(grep -vc vsyscall "/proc/$demo_A/maps") and .ppid == $$ and .threads == 1 and .exe == "$(readlink "/proc/$demo_A/exe")"
types: (.mm_id | hex) and (.start_code | hex) and (.pgd | number) and (.rss | number)
EXPRESSIONS

json mm --json 2 <<'EXPRESSIONS'
a kernel thread's unknown is null, never 0: .pgd == null and .rss == null and .mm_id == null and .map_count == null and .exe == null and .comm == "kthreadd"
EXPRESSIONS

json vma --json "$holes_PID" <<'EXPRESSIONS'
keys: has_keys(.; "pid areas complete torn")
areas' keys: has_keys(.areas[]; "start end perms kind offset name inode device vm_flags anon_id page_size")
types: all(.areas[]; (.start | hex) and (.end | hex) and (.page_size | number) and (.vm_flags | type) == "array")
without a file no inode and no offset: [.areas[] | select(.kind == "anon")] | length > 0 and all(.[]; .inode == null and .offset == null and .device == null)
complete: .complete == true and .torn == false
EXPRESSIONS
same "vma: the areas of /proc/PID/maps" \
	"$(jq -r '.areas[] | "\(.start[2:])-\(.end[2:]) \(.perms)"' <<<"$out")" \
	"$(grep -v vsyscall "/proc/$holes_PID/maps" | cut -d' ' -f 1,2 | sed 's/^0*//; s/-0*/-/')"
same "vma: text says the same" \
	"$(mmlens vma -n -o START,END,PERMS,KIND,NAME "$holes_PID" | awk '{ print $1, $2, $3, $4, $5 }')" \
	"$(jq -r '.areas[] | "\(.start[2:]) \(.end[2:]) \(.perms) \(.kind) \(.name // "-")"' <<<"$out")"

json vma --json "$holes_PID" "$holes_GUARD" <<EXPRESSIONS
of an address: [.. | objects | select(.start? == "$holes_GUARD")] | length == 1
EXPRESSIONS
json vma --json "$holes_PID" "$holes_HOLE" <<'EXPRESSIONS'
of a hole it tells the neighbours: (.areas == []) and (.prev.end | hex) and (.next.start | hex)
EXPRESSIONS

json walk --json "$demo_A" "$demo_ANON" "$(printf '%#x' $((demo_ANON + 100 * 4096)))" <<EXPRESSIONS
keys: has_keys(.[]; "pid address vma levels leaf page_size state frame page_flags refcount mapcount mapcount_kind")
levels' keys: has_keys(.[].levels[]; "level index table_frame entry bits folded")
an object for each address: length == 2 and .[0].address == "$demo_ANON"
entries are strings of 16 digits, frames numbers: all(.[].levels[] | select(.folded | not); (.entry | test("^0x[0-9a-f]{16}$")) and (.table_frame | number))
what a folded level has not is null: all(.[].levels[] | select(.folded); .entry == null and .index == null and .table_frame == null)
EXPRESSIONS
walk=$(mmlens walk "$demo_A" "$demo_ANON")
same "walk: text has the same entries" \
	"$(grep -oE '0x[0-9a-f]{16}' <<<"$walk" | xargs)" \
	"$(jq -r '[.[0].levels[] | select(.folded | not) | .entry] | join(" ")' <<<"$out")"
like "walk: text has the same frame" "$walk" \
	"frame $(printf '%#x' "$(jq '.[0].frame' <<<"$out")") "

json walk --json "$holes_PID" "$holes_HOLE" <<'EXPRESSIONS'
a hole has no area and no levels, but neighbours: .[0] | .vma == null and (.levels == null or .levels == []) and (.prev.end | hex) and (.next.start | hex)
EXPRESSIONS

json pages --json "$demo_A" <<'EXPRESSIONS'
keys: has_keys(.; "pid extents totals complete torn unwatched")
extents' keys: has_keys(.extents[]; "start pages state level frame swap bits page_flags mapcount mapcount_kind refcount node class predicted")
totals' keys: has_keys(.totals; "pages present extents")
types: all(.extents[]; (.start | hex) and (.pages | number) and (.bits == null or (.bits | type) == "array"))
where nothing is, unknown is null: [.extents[] | select(.state == "none")] | length > 0 and all(.[]; .frame == null and .mapcount == null and .page_flags == null)
totals are sums: .totals.pages == ([.extents[].pages] | add) and .totals.extents == (.extents | length) and .totals.present == ([.extents[] | select(.state != "none" and .state != "swap") | .pages] | add)
complete, not torn: .complete == true and .torn == false
EXPRESSIONS

# what others map as well (libc) changes with every command that runs
json pages --json "$demo_A" "$demo_ANON" <<'EXPRESSIONS'
of a range: .extents | length > 0
EXPRESSIONS
json pages --json "$demo_A" anon <<'EXPRESSIONS'
of areas by name: [.extents[].pages] | add > 288
EXPRESSIONS
# by the same columns: a page that is on its way to its LRU list has other flags
# than its neighbours for a while, and would be an extent of its own
json pages --json -o START,PAGES,FRAME,STATE,MAPS "$demo_A" anon <<'EXPRESSIONS'
of the columns that text is asked for: .extents[0] | has_keys(.; "start pages frame state mapcount")
EXPRESSIONS
same "pages: text says the same" \
	"$(mmlens pages -n -o START,PAGES,FRAME,STATE,MAPS "$demo_A" anon | head -n -1 |
		awk '{ print $1, $2, $3, $4, $5 }')" \
	"$(jq -r '.extents[] | "\(.start[2:]) \(.pages) \(.frame // "-") \(.state) \(.mapcount // "-")"' \
		<<<"$out" |
		while read -r start pages frame rest; do
			[ "$frame" = - ] || printf -v frame '%#x' "$frame"
			echo "$start $pages $frame $rest"
		done)"

json pages --each --json "$demo_A" "$demo_ANON+0x20000" <<'EXPRESSIONS'
each is one page: all(.extents[] | select(.state != "none"); .pages == 1) and ([.extents[].pages] | add) == 32
EXPRESSIONS
json pages --json -o START,REFS "$demo_A" stack <<'EXPRESSIONS'
these keys only: .extents[0] | keys == ["refcount", "start"]
EXPRESSIONS

json cow --json "$demo_A" "$demo_B" <<EXPRESSIONS
keys: has_keys(.; "pids areas total complete torn unwatched")
areas' keys: has_keys(.areas[]; "name kind ranges shared copied different own unfaulted swapped")
ranges' keys: has_keys(.areas[].ranges[]; "pid start end")
the PIDs: .pids == [$demo_A, $demo_B]
types: all(.areas[]; (.shared | number) and (.own | length) == 2 and all(.ranges[]; .start | hex))
EXPRESSIONS

json --json "$demo_A" <<EXPRESSIONS
the portrait is of it: [.. | objects | select(.pid? == $demo_A)] | length > 0
EXPRESSIONS

# A name of any bytes
json vma --json "$names_PID" "$names_FILE" <<'EXPRESSIONS'
the name is there: [.. | strings | select(test("mmlens"))] | length > 0
EXPRESSIONS
ok "... in UTF-8, though it is not" iconv -f UTF-8 -t UTF-8 "$ktap_files/out"
run mmlens vma "$names_PID"
ran "mmlens vma of it" 0
is "... sends no escape sequence to a terminal" "$(tr -cd '\033' <"$ktap_files/out" | wc -c)" 0

ktap_end
