# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

test_empty() {
    expect 0 lxcpp-ls
    out_is ""
    expect 0 lxcpp-ls -f
    out_is ""
    expect 0 lxcpp-ls --format json
    out_is "[]"
}

three() {
    make_container "$C1" 'lxc.start.auto = 1' 'lxc.group = web' 'lxc.group = prod'
    make_container "$C2" 'lxc.group = web'
    CREATE_OPTIONS=--privileged make_container "$C3"
    start "$C2"
    start "$C3"
    expect 0 lxcpp-freeze -n "$C3"
}

test_selection() {
    three
    expect 0 lxcpp-ls -1
    out_is "$C1"$'\n'"$C2"$'\n'"$C3"
    expect 0 lxcpp-ls -1 --stopped
    out_is "$C1"
    expect 0 lxcpp-ls -1 --running
    out_is "$C2"
    expect 0 lxcpp-ls -1 --frozen
    out_is "$C3"
    expect 0 lxcpp-ls -1 --active
    out_is "$C2"$'\n'"$C3"
    expect 0 lxcpp-ls -1 --defined
    out_is "$C1"$'\n'"$C2"$'\n'"$C3"
    expect 0 lxcpp-ls -1 --filter '-[ab]$'
    out_is "$C1"$'\n'"$C2"
    expect 0 lxcpp-ls -1 '.*-c$'
    out_is "$C3"
    expect 0 lxcpp-ls -1 -g web
    out_is "$C1"$'\n'"$C2"
    expect 0 lxcpp-ls -1 -g web,prod
    out_is "$C1"
}

test_fancy() {
    three
    expect 0 lxcpp-ls -f
    out_matches '^NAME +STATE +AUTOSTART +GROUPS +IPV4 +IPV6 +UNPRIVILEGED'
    out_matches "$C1 +STOPPED +1 +web, prod +- +- +true"
    out_matches "$C2 +RUNNING +0 +web +- +- +true"
    out_matches "$C3 +FROZEN +0 +- +- +- +false"
    expect 0 lxcpp-ls -f -F NAME,PID,STATE
    out_matches '^NAME +PID +STATE'
    out_matches "$C2 +$(init_pid "$C2") +RUNNING"
    expect 0 lxcpp-ls -f -F NAME,INTERFACE
    out_matches "$C1 +- *"$'\n'"$C2 +lo *"$'\n'"$C3 +lo"
    expect 0 lxcpp-ls -f -F name,Nonsense
    is "$ERR" "Invalid key: Nonsense"
    out_is ""
}

test_fancy_as_stock_lxc() {
    [ -n "$LXC_PEER" ] || skip "lxc is not installed"
    make_container "$C1" 'lxc.start.auto = 1' 'lxc.group = web' 'lxc.group = prod'
    make_container "$C2"
    # Stock LXC reads the same directories.
    is "$(lxcpp-ls -f | sed 's/ *$//')" "$(lxc-ls -P "$LXCPATH" -f | sed 's/ *$//')" "table"
    is "$(lxcpp-ls -1)" "$(lxc-ls -P "$LXCPATH" -1)" "list"
}

test_broken_configuration_is_not_guessed_at() {
    make_container "$C1" 'lxc.start.auto = 1'
    make_container "$C2"
    echo 'lxc.no.such = 1' >>"$LXCPATH/$C1/config"
    expect 0 lxcpp-ls -f
    err_has "lxc.no.such"
    err_is_one_line
    out_matches "$C1 +STOPPED +- +- +- +- +-"
    out_matches "$C2 +STOPPED +0 +- +- +- +true"
    expect 0 lxcpp-ls --format json
    out_matches '"unprivileged": null'
}

test_formats() {
    need_tool python3
    three
    expect 0 lxcpp-ls --format json
    python3 - "$SANDBOX/out" "$C1" "$C2" "$C3" <<'PY' || fail "the JSON is not what it should be"
import json, sys
rows = json.load(open(sys.argv[1]))
assert [row["name"] for row in rows] == sys.argv[2:], rows
assert [row["state"] for row in rows] == ["STOPPED", "RUNNING", "FROZEN"], rows
assert rows[0]["autostart"] is True and rows[0]["groups"] == ["web", "prod"], rows
assert rows[0]["unprivileged"] is True and rows[2]["unprivileged"] is False, rows
PY
    expect 0 lxcpp-ls --format csv
    out_has "$C1"
    is "$(head -1 <<<"$OUT" | tr '[:upper:]' '[:lower:]' | cut -d, -f1,2)" name,state
    expect 0 lxcpp-ls --format yaml
    out_has "name: $C1"
    expect 0 lxcpp-ls --format table
    out_has NAME
    expect 1 lxcpp-ls --format nonsense
}

test_info() {
    make_container "$C1" 'lxc.uts.name = guest'
    expect 0 lxcpp-info -n "$C1"
    out_matches "^Name: +$C1"$'\n'"State: +STOPPED"
    out_lacks PID
    start "$C1"
    expect 0 lxcpp-info -n "$C1"
    out_matches "State: +RUNNING"
    out_matches "PID: +$(init_pid "$C1")"
    expect 0 lxcpp-info -n "$C1" -s
    out_matches '^State: +RUNNING$'
    expect 0 lxcpp-info -n "$C1" -s -H
    out_is RUNNING
    expect 0 lxcpp-info -n "$C1" -p -H
    out_matches '^[0-9]+$'
    expect 0 lxcpp-info -n "$C1" -c lxc.uts.name
    out_is "lxc.uts.name = guest"
    expect 0 lxcpp-info -n "$C1" -H -c lxc.uts.name -c lxc.tty.max
    is "$(head -1 <<<"$OUT")" guest
    expect 0 lxcpp-info -n "$C1" -c lxc.nonsense
    is "$ERR" "lxc.nonsense invalid" "standard error for an invalid key"
    out_is ""
    # One kind of line comes bare with -H, several keep their labels.
    expect 0 lxcpp-info -n "$C1" -H -s -p
    out_matches '^State: +RUNNING'$'\n''PID: +[0-9]+$'
    expect 0 lxcpp-info -n "$C1" -H -S
    out_matches 'Memory use: +[0-9]+($|'$'\n'')'
    expect 0 lxcpp-info -n "$C1" -S
    out_matches 'Memory use: +[0-9]'
    expect 1 lxcpp-info -n "$C2"
    err_has "$C2 doesn't exist"
}

test_info_as_stock_lxc() {
    [ -n "$LXC_PEER" ] || skip "lxc is not installed"
    make_container "$C1" 'lxc.uts.name = guest' 'lxc.tty.max = 3' 'lxc.environment = A=1' 'lxc.environment = B=2'
    local options
    for options in "" "-s" "-s -H" "-p" "-c lxc.uts.name" "-c lxc.uts.name -H" "-c lxc.tty.max" "-c lxc.environment -H" \
        "-c lxc.rootfs.path" "-c lxc.cap.drop" "-c lxc.mount.entry" "-i" "-H" "-s -p -H" "-c lxc.no -s" "-s -i"; do
        # shellcheck disable=SC2086
        is "$(lxcpp-info -n "$C1" $options 2>/dev/null)" "$(lxc-info -P "$LXCPATH" -n "$C1" $options 2>/dev/null)" "info $options"
    done
}

test_info_formats() {
    need_tool python3
    make_container "$C1"
    start "$C1"
    expect 0 lxcpp-info -n "$C1" --format json
    python3 - "$SANDBOX/out" "$C1" <<'PY' || fail "the JSON is not what it should be"
import json, sys
info = json.load(open(sys.argv[1]))
info = info[0] if isinstance(info, list) else info
assert info["name"] == sys.argv[2] and info["state"] == "RUNNING" and info["pid"] > 1, info
PY
    expect 0 lxcpp-info -n "$C1" --format yaml
    out_has "state: RUNNING"
    expect 0 lxcpp-info -n "$C1" --format csv
}

test_control_characters_do_not_reach_the_terminal() {
    make_container "$C1"
    printf 'lxc.group = evil\033[2J\n' >>"$LXCPATH/$C1/config"
    expect 0 lxcpp-ls -f
    [[ "$OUT" != *$'\033'* ]] || fail "an escape sequence of the config is printed"
}

# What a configuration may hold and a format must quote.
AWKWARD=$'yes|0x1F|1e3|null|~|x"quoted"y|a,b|#no|-|key:|it\'s|*star|&and|!bang|%percent|@at|`tick|{brace}|[list]|?|1_000|12:30:45|.inf|=|<<|caf\u00e9|2026-11-25'

test_formats_by_their_own_parsers() {
    need_tool python3
    python3 -c 'import yaml' 2>/dev/null || skip "python3-yaml is not installed"
    make_container "$C1"
    make_container "$C2" 'lxc.start.auto = 1'
    tr '|' '\n' <<<"$AWKWARD" | sed 's/^/lxc.group = /' >>"$LXCPATH/$C1/config"
    start "$C2"
    local format
    for format in json yaml csv; do
        expect 0 lxcpp-ls --format $format -F NAME,STATE,PID,RAM,AUTOSTART,GROUPS,INTERFACE,IPV4,UNPRIVILEGED
        cp "$SANDBOX/out" "$SANDBOX/tmp/ls.$format"
        expect 0 lxcpp-info -n "$C2" --format $format
        cp "$SANDBOX/out" "$SANDBOX/tmp/info.$format"
    done
    AWKWARD="$AWKWARD" python3 - "$SANDBOX/tmp" "$C1" "$C2" <<'P' || fail "the formats do not say the same"
import csv, json, os, sys, yaml
top, first, second = sys.argv[1:]
def read(name):
    return open(f"{top}/{name}", newline="", encoding="utf-8")
rows = json.load(read("ls.json"))
assert [row["name"] for row in rows] == [first, second], rows
groups = os.environ["AWKWARD"].split("|")
assert rows[0]["groups"] == groups, (rows[0]["groups"], groups)
assert rows[1]["interface"] == ["lo"] and rows[1]["autostart"] is True and rows[1]["pid"] > 1, rows
def same(a, b):
    a, b = dict(a), dict(b)
    for row in a, b:
        for key in [key for key in row if key == "ram" or key.endswith(("_ns", "_bytes"))]:
            assert row[key] is None or isinstance(row[key], int), (key, row[key])
            row[key] = None
    assert a == b, (a, b)
for loader in yaml.SafeLoader, yaml.BaseLoader:
    listed = yaml.load(read("ls.yaml"), loader)
    assert [row["groups"] for row in listed] == [row["groups"] for row in rows], listed
for a, b in zip(yaml.safe_load(read("ls.yaml")), rows, strict=True):
    same(a, b)
info = json.load(read("info.json"))
same(yaml.safe_load(read("info.yaml")), info)
def flat(value):
    if value is None: return ""
    if isinstance(value, bool): return "true" if value else "false"
    return " ".join(value) if isinstance(value, list) else str(value)
for name, wanted in ("ls", rows), ("info", [info]):
    lines = list(csv.DictReader(read(name + ".csv"), strict=True))
    assert len(lines) == len(wanted), lines
    for line, row in zip(lines, wanted):
        assert list(line) == list(row), (list(line), list(row))
        for key in row:
            if key == "ram" or key.endswith(("_ns", "_bytes")): continue
            assert line[key] == flat(row[key]), (key, line[key], flat(row[key]))
P
}
