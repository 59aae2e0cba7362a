# SPDX-License-Identifier: GPL-2.0
"""spec.py SPEC HEADER NETLINK_C: do the YNL spec, the header and the module's
policies say the same? Prints KTAP.

The spec is read by a few lines of our own, which know as much of YAML as it
uses: what they do not know is an error.
"""
import re
import sys

tests = failed = 0


def ok(name, wrong):
    global tests, failed
    tests += 1
    wrong = list(wrong)
    failed += bool(wrong)
    print("%s %d - %s" % ("not ok" if wrong else "ok", tests, name))
    for line in wrong[:20]:
        print("# %s" % line)


# ---- YAML ----

def scalar(text):
    if text.startswith("[") and text.endswith("]"):
        return [scalar(word.strip()) for word in text[1:-1].split(",") if word.strip()]
    if text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if re.search(r"[{}\[\]&*|>#]|: |^['\"%@`!-]", text):
        raise SystemExit("spec.py: not understood: %s" % text)
    return int(text) if text.isdigit() else text


def block(lines, indent):
    """The value that stands on these (indent, text) lines, which are taken off."""
    if lines[0][1] == "-" or lines[0][1].startswith("- "):
        result = []
        while lines and lines[0][0] == indent and lines[0][1][0] == "-":
            text = lines.pop(0)[1][1:].strip()
            result.append(scalar(text) if text else block(lines, lines[0][0]))
    else:
        result = {}
        while lines and lines[0][0] == indent:
            key, colon, text = lines.pop(0)[1].partition(":")
            if not colon or key in result:
                raise SystemExit("spec.py: not understood: %s" % key)
            result[key] = scalar(text.strip()) if text.strip() else block(lines, lines[0][0])
    if lines and lines[0][0] > indent:
        raise SystemExit("spec.py: an indent that nothing asks for: %s" % lines[0][1])
    return result


def read_spec(path):
    lines = []
    for line in open(path):
        text = line.strip()
        if text and not text.startswith("#") and text != "---":
            lines.append((len(line) - len(line.lstrip()), text))
    return block(lines, 0)


# ---- C ----

def enum(header, name):
    """[(name, value, comment)], without those of the enum's own bookkeeping"""
    body = re.search(r"enum %s \{(.*?)\n\};" % name, header, re.S).group(1)
    result, value = [], 0
    for entry in re.finditer(r"^[ \t]*(\w+)[ \t]*(?:=[ \t]*(\d+))?[ \t]*,[ \t]*(/\*.*?\*/)?",
                             body, re.M | re.S):
        value = int(entry[2]) if entry[2] else value
        if not entry[1].startswith("__"):
            result.append((entry[1], value, entry[3] or ""))
        value += 1
    return result


def bits(header, prefix):
    return {match[1]: int(match[2]) for match in
            re.finditer(r"^#define (%s\w+)\s+\(1ULL << (\d+)\)" % prefix, header, re.M)}


def c_name(prefix, name):
    return (prefix + name).upper().replace("-", "_")


def compare(ours, theirs):
    """Two dicts, and who lacks what"""
    yield from ("%s: only in the header" % key for key in theirs if key not in ours)
    yield from ("%s: only in the spec" % key for key in ours if key not in theirs)
    yield from ("%s: %s in the spec, %s in the header" % (key, ours[key], theirs[key])
                for key in ours if key in theirs and ours[key] != theirs[key])


# Attributes that are set apart: where the header has a comment for many of them.
def stated_type(comment, where):
    match = re.match(r"/\* ?(u32|u64|string|flag|nest)\b", comment)
    if match:
        return match[1]
    return "u64" if where == "counts" else "pad"


spec = read_spec(sys.argv[1])
header = open(sys.argv[2]).read()
module = open(sys.argv[3]).read()

print("KTAP version 1")
ok("name and version", compare(
    {"name": spec["name"], "version": str(spec["version"])},
    {"name": re.search(r'MMLENS_GENL_NAME\s+"(.*)"', header)[1],
     "version": re.search(r"MMLENS_GENL_VERSION\s+(\d+)", header)[1]}))

# definitions
definitions = {}
for definition in spec["definitions"]:
    prefix, name = definition["name-prefix"], definition["name"]
    definitions[name] = definition
    if definition["type"] == "enum":
        start = definition.get("value-start", 0)
        ours = {c_name(prefix, entry): start + i for i, entry in enumerate(definition["entries"])}
        theirs = {entry: value for entry, value, _ in
                  enum(header, c_name("", definition["enum-name"]).lower())}
    else:
        ours = {c_name(prefix, entry["name"]): entry["value"] for entry in definition["entries"]}
        theirs = bits(header, c_name(prefix, ""))
    ok("%s: %d values" % (name, len(ours)), compare(ours, theirs))

attr_enums = {match for match in re.findall(r"^enum (mmlens_\w+) \{", header, re.M)}
known = {c_name("", d["enum-name"]).lower() for d in spec["definitions"] if "enum-name" in d}
known |= {c_name("", s["enum-name"]).lower() for s in spec["attribute-sets"]} | {"mmlens_cmd"}
ok("every enum of the header is in the spec", sorted(attr_enums - known))

# attributes
sets = {}
for attributes in spec["attribute-sets"]:
    prefix, name = attributes["name-prefix"], attributes["name"]
    sets[name] = {attribute["name"]: attribute for attribute in attributes["attributes"]}
    ours, our_types = {}, {}
    for i, attribute in enumerate(attributes["attributes"], 1):
        key = c_name(prefix, attribute["name"])
        ours[key] = i
        our_types[key] = attribute["sub-type"] if attribute["type"] == "binary" else \
            attribute["type"]
    entries = [entry for entry in enum(header, c_name("", attributes["enum-name"]).lower())
               if not entry[0].endswith("_UNSPEC")]
    ok("%s: %d numbers" % (name, len(ours)),
       compare(ours, {entry: value for entry, value, _ in entries}))
    theirs = {entry: "pad" if entry.endswith("_PAD") else stated_type(comment, name)
              for entry, _, comment in entries}
    # a comment that stands for those below it as well says no type again
    silent = {key for key, value in theirs.items() if value == "pad" and not key.endswith("_PAD")}
    ok("%s: their types" % name, compare(our_types, {key: our_types.get(key) if key in silent
                                                     else value for key, value in theirs.items()}))
    ok("%s: each type is stated in the header" % name, sorted(silent))
    ok("%s: what it refers to" % name,
       ["%s: %s" % (key, value["nested-attributes"]) for key, value in sets[name].items()
        if value["type"] == "nest" and value["nested-attributes"] not in
        [s["name"] for s in spec["attribute-sets"]]] +
       ["%s: %s" % (key, value["enum"]) for key, value in sets[name].items()
        if "enum" in value and value["enum"] not in definitions])

# operations
operations = {op["name"]: op for op in spec["operations"]["list"]}
ok("commands", compare({c_name("mmlens-cmd-", name): op["value"]
                        for name, op in operations.items()},
                       {name: value for name, value, _ in enum(header, "mmlens_cmd") if value}))

policies = {}
for match in re.finditer(r"nla_policy (\w+)\[.*?\] = \{(.*?)\n\};", module, re.S):
    policies[match[1]] = {entry for entry, kind in
                          re.findall(r"\[(MMLENS_\w+)\] =\s*(.*)", match[2])
                          if "NLA_REJECT" not in kind}
for match in re.finditer(r"\{\s*\.cmd = (\w+),(.*?)\n\t\}", module, re.S):
    op = operations.get(match[1].replace("MMLENS_CMD_", "").lower().replace("_", "-"), {})
    policy = re.search(r"\.policy = (\w+)", match[2])[1]
    asked = {c_name("mmlens-a-", attribute) for kind in ("do", "dump")
             for attribute in op.get(kind, {}).get("request", {}).get("attributes", [])}
    ok("%s: takes what the module's policy lets in" % match[1],
       compare(dict.fromkeys(asked, 1), dict.fromkeys(policies[policy], 1)))
    ok("%s: do and dump" % match[1], compare(
        {kind: 1 for kind in ("do", "dump") if kind in op},
        {kind: 1 for kind, member in (("do", ".doit"), ("dump", ".dumpit"))
         if member in match[2]}))
ok("the filter takes what the module's policy lets in", compare(
    {c_name("mmlens-filter-", name): 1 for name in sets["filter"] if name != "pad"},
    dict.fromkeys(policies["filter_policy"], 1)))
ok("replies are made of attributes that there are",
   ["%s %s: %s" % (name, kind, attribute) for name, op in operations.items()
    for kind in ("do", "dump") if kind in op
    for attribute in op[kind]["reply"]["attributes"] if attribute not in sets["main"]])

print("1..%d" % tests)
sys.exit(1 if failed else 0)
