#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The module as a kernel with CONFIG_NO_PAGE_MAPCOUNT has it, run on one that keeps
# every page's count: what it calls an average is the average of those.
. "$(dirname "$0")/../ktap.sh"
cd "$(dirname "$0")/../.." || exit 1

if [ "${1-}" != inside ]; then
	run scripts/vm run --kernel 7.2-average --memory 1024 -- "$0" inside
	include printf '%s\n' "$out"
	ran "the machine comes to its end" 0
	ktap_end
fi

run mmlens info --json
is "info: mapcounts are an average" "$(jq -c '[.averaged, (.exact | index("mapcount"))]' <<<"$out")" \
	'[["mapcount"],null]'
like "... and says what that means" "$(mmlens info)" \
	'mapcount: a page of a large folio shows the average'

echo madvise >/sys/kernel/mm/transparent_hugepage/enabled
target_start thp "$BUILD/targets/thp"

# averages: `MMLENS PROC PRECISE PAGES` of each page of the area whose count /proc has
# otherwise than the average, or what is wrong
averages()
{
	mmlens pages --json -o +FRAME,HEAD,ORDER,MAPS,MAPKIND "$1" "$thp_ANON+4M" >"$ktap_files/pages"
	python3 - "$ktap_files/pages" <<'PYTHON'
import json, struct, sys
extents = json.load(open(sys.argv[1]))["extents"]
kpagecount = open("/proc/kpagecount", "rb", buffering=0)

def counts(frame, n):
    kpagecount.seek(frame * 8)
    return struct.unpack("%dQ" % n, kpagecount.read(n * 8))

large = small = differ = 0
wrong = []
for e in extents:
    if e["frame"] is None:
        continue
    size = 1 << (e["order"] or 0)
    folio = counts(e["head"], size) if size > 1 else counts(e["frame"], 1)
    average = max(1, (sum(folio) + size // 2) // size)
    own = counts(e["frame"], e["pages"])
    kind = "average" if size > 1 else "precise"
    large += e["pages"] if size > 1 else 0
    small += e["pages"] if size == 1 else 0
    differ += sum(count != average for count in own)
    if e["mapcount"] != average or e["mapcount_kind"] != kind:
        wrong.append("frame %#x: %s (%s), not %d (%s)" %
                     (e["frame"], e["mapcount"], e["mapcount_kind"], average, kind))
print("large %d small %d differ %d" % (large, small, differ))
print(*wrong[:10], sep="\n")
PYTHON
}

is "a forked process's huge pages" "$(averages "$thp_A")" "large 1024 small 0 differ 0"
target_step thp
is "... of which the child took a page: the parent's" "$(averages "$thp_A")" \
	"large 1024 small 0 differ 1"
is "... and the child's, one of them small" "$(averages "$thp_B")" \
	"large 1023 small 1 differ 0"
like "pages: says that they are averages" "$(mmlens pages "$thp_A" "$thp_ANON+4M")" \
	'MAPS of large folios are averages on this kernel'
run oracle "$thp_A" "$thp_B"
ran "the oracle finds nothing wrong" 0
like "... and leaves averages out" "$out" 'average +[1-9]'
ktap_end
