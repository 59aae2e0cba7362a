#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A snapshot of live processes says what they say themselves, to those who may
# not ask them; and it takes no harm, nor does its target.
. "$(dirname "$0")/../ktap.sh"

target_start forked "$BUILD/targets/forked" 4M
target_step forked
file=$ktap_files/forked.snap
run mmlens snap "$forked_A" "$forked_B" --stop --write "$file"
ran "two processes are kept" 0
like "and that is said" "$err" '2 processes, [0-9]+ areas, [0-9]+ pages in [0-9]+ extents, not torn'
is "only their owner may read it" "$(stat -c %a "$file")" 600

# What others may do to the target's pages (a library's mapcount) is left out; page
# by page, for flags that change split extents, whether they are shown or not.
for pid in "$forked_A" "$forked_B"; do
	same "mm of $pid" "$(mmlens mm "$file:$pid" -o PID,TGID,EXEC_ID,START_TIME,MM_ID,PGD,BRK,AREAS,EXE)" \
		"$(mmlens mm "$pid" -o PID,TGID,EXEC_ID,START_TIME,MM_ID,PGD,BRK,AREAS,EXE)"
	same "vma of $pid" "$(mmlens vma "$file:$pid" -o +RSS,ANON_ID,SWAP,PGOFF)" \
		"$(mmlens vma "$pid" -o +RSS,ANON_ID,SWAP,PGOFF)"
	same "pages of $pid" "$(mmlens pages "$file:$pid" --each -o START,FRAME,STATE,LEVEL,KIND,SWAP)" \
		"$(mmlens pages "$pid" --each -o START,FRAME,STATE,LEVEL,KIND,SWAP)"
	same "classes of $pid" "$(mmlens pages "$file:$pid" anon --each -o START,CLASS,PREDICTED)" \
		"$(mmlens pages "$pid" anon --each -o START,CLASS,PREDICTED)"
done
numbers='.total | [.shared, .copied, .different, .own, .unfaulted]'
same "cow" "$(mmlens cow "$file" -j | jq -c "$numbers")" \
	"$(mmlens cow "$forked_A" "$forked_B" -j | jq -c "$numbers")"

# ---- those who may not ask ----
if command -v setpriv >/dev/null; then
	chmod 644 "$file"
	chmod 755 "$ktap_files"
	same "nobody in particular can read it" \
		"$(setpriv --reuid 65534 --clear-groups "$BUILD/mmlens" pages "$file:$forked_A")" \
		"$(mmlens pages "$file:$forked_A")"
else
	skip "nobody in particular can read it" "there is no setpriv"
fi

# ---- does compression pay? ----
text=$(mmlens snap "$forked_A" --write - | wc -c)
mmlens snap "$forked_A" --write "$ktap_files/one.snap"
packed=$(stat -c %s "$ktap_files/one.snap")
note "$(mmlens pages "$forked_A" | tail -1): $text bytes of text, $packed compressed"
ok "compression makes it three times smaller at least" [ $((packed * 3)) -lt "$text" ]

# ---- what fails leaves nothing ----
run mmlens snap 4194303 --write "$ktap_files/nobody.snap"
ran "nobody can be kept" 2
run mmlens snap "$forked_A" 4194303 --write "$ktap_files/nobody.snap"
ran "nor anybody and nobody" 2
is "no file comes of it" "$(find "$ktap_files" -name 'nobody.snap*')" ""
run mmlens snap 2 --write "$ktap_files/nobody.snap"
ran "a kernel thread has nothing to keep" 2
is "and keeps nothing" "$(find "$ktap_files" -name 'nobody.snap*')" ""
ktap_end
