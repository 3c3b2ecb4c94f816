# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Containers for one program, as those of OCI images: lxc.execute.cmd, and no init of their own.

# The root file system has no /sbin/init. COMMAND as lxc.execute.cmd takes it.
make_application() { # NAME COMMAND [CONFIG-LINE...]
    need_tool busybox
    make_container "$1" "lxc.execute.cmd = $2" "${@:3}"
    rm "$LXCPATH/$1/rootfs/sbin/init"
}
inside() { echo "$LXCPATH/$C1/rootfs/$1"; }
# A fifo on which the program says that it is ready.
make_ready() { mkfifo "$(inside ready)" && chmod 0666 "$(inside ready)"; }
wait_ready() { read -r -t 60 READY <>"$(inside ready)" || fail "the program did not get ready"; }

test_runs_below_our_init() {
    make_application "$C1" "/bin/sh -c 'echo \$\$ \$PPID >/ready; exec sleep 1000'"
    make_ready
    start "$C1"
    wait_ready
    is "${READY#* }" 1 "parent of the program"
    is "$(cat "/proc/$(init_pid "$C1")/comm")" lxcpp-init "process 1"
    stop "$C1"
}

test_every_word_arrives() {
    make_application "$C1" '/bin/sh -c $'\''printf "%s|" "$@" >/words'\'' sh "two words" $'\''line\nbreak'\'' '\'\'' it\'\''s back\\slash $HOME "*"' \
        "lxc.environment = LINES=\$'one\\ntwo'" 'lxc.environment = QUOTES="a" '\''b'\'
    expect 0 lxcpp-start -F -n "$C1"
    is "$(cat "$(inside words)")" $'two words|line\nbreak||it\'s|back\\slash|$HOME|*|' "words of the program"
    expect 0 lxcpp-config get -f "$LXCPATH/$C1/config" lxc.environment
    out_is $'LINES=$\'one\\ntwo\'\nQUOTES="a" \'b\''
    expect 0 lxcpp-start -F -n "$C1" -s "lxc.execute.cmd=/bin/sh -c 'printf \"%s|\" \"\$LINES\" \"\$QUOTES\" >/words'"
    is "$(cat "$(inside words)")" $'one\ntwo|"a" \'b\'|' "variables of the program"
}

test_its_exit_code_is_the_containers() {
    make_application "$C1" "/bin/sh -c 'echo out; exit 7'"
    expect 7 lxcpp-start -F -n "$C1"
    out_has out
    events_have 'STOPPED +0 +7 '
    expect 137 lxcpp-start -F -n "$C1" -s "lxc.execute.cmd=/bin/sh -c 'kill -KILL \$\$'"
    expect 255 lxcpp-start -F -n "$C1" -s 'lxc.execute.cmd=/no/such'
    out_has 'lxcpp-init: cannot run /no/such: No such file or directory'
    is "$(state_of "$C1")" STOPPED
}

test_init_cmd_and_command_go_before_it() {
    make_application "$C1" '/bin/sh -c "echo execute; exit 1"' 'lxc.init.cmd = /bin/sh -c "echo init; exit 2"'
    expect 0 lxcpp-start -F -n "$C1"
    out_is $'init\r'
    expect 0 lxcpp-start -F -n "$C1" -- /bin/sh -c 'echo command; exit 3'
    out_is $'command\r'
    expect 1 lxcpp-start -F -n "$C1" -s lxc.init.cmd=
    out_is $'execute\r'
    expect 1 lxcpp-execute -n "$C1"
    out_is execute
}

test_stop_passes_the_halt_signal_on() {
    make_application "$C1" "/bin/sh -c 'trap \"echo quit >>/got; exit 5\" QUIT; trap \"echo term >>/got; exit 6\" TERM; echo >/ready; sleep 1000 & wait'" \
        'lxc.signal.halt = SIGQUIT'
    make_ready
    start "$C1"
    wait_ready
    expect 0 lxcpp-stop -n "$C1" -t 60
    is "$(cat "$(inside got)")" quit "signals that arrived"
    events_have 'STOPPED +0 +5 '
    # Without the key it is SIGTERM.
    start "$C1" -s lxc.signal.halt=
    wait_ready
    expect 0 lxcpp-stop -n "$C1" -t 60
    is "$(tail -n 1 "$(inside got)")" term
    events_have 'STOPPED +0 +6 '
}

# Whatever code it ends with.
test_reboot_runs_it_again() {
    make_application "$C1" "/bin/sh -c 'trap \"exit 9\" TERM; echo >/ready; sleep 1000 & wait'"
    make_ready
    start "$C1"
    wait_ready
    local pid
    pid=$(init_pid "$C1")
    expect 0 lxcpp-stop -r -n "$C1" -t 60
    wait_ready
    differs "$(init_pid "$C1")" "$pid" "process 1"
    is "$(state_of "$C1")" RUNNING
    expect 0 lxcpp-stop -n "$C1" -t 60
    is "$(state_of "$C1")" STOPPED
}

test_attach_has_what_the_program_has() {
    local flavour
    for flavour in '' --privileged; do
        CREATE_OPTIONS=$flavour make_application "$C1" '/bin/sleep 1000' 'lxc.init.uid = 1000' 'lxc.init.gid = 1000' \
            'lxc.init.groups = 29,30' 'lxc.init.cwd = /srv/app' 'lxc.environment = A=image' 'lxc.environment = PATH=/bin:/opt/app'
        start "$C1"
        # shellcheck disable=SC2016
        SECRET=host TERM=vt100 expect 0 lxcpp-attach -n "$C1" -- sh -c 'id -u; id -g; id -G; pwd; echo "$A $PATH $TERM $HOME $SECRET"'
        out_is $'1000\n1000\n1000 29 30\n/srv/app\nimage /bin:/opt/app vt100 /tmp '
        # shellcheck disable=SC2016
        SECRET=host expect 0 lxcpp-attach -n "$C1" -u 0 -g 29 -v A=mine --keep-var SECRET -- sh -c 'id -u; id -G; echo "$A $HOME $SECRET"'
        out_is $'0\n29\nmine /root host'
        # shellcheck disable=SC2016
        SECRET=host expect 0 lxcpp-attach -n "$C1" --keep-env -- sh -c 'echo "$A $SECRET"'
        out_is 'image host'
        stop "$C1"
        expect 0 lxcpp-destroy -n "$C1"
    done
}

test_output_is_logged_and_kept() {
    need_tool python3
    make_application "$C1" "/bin/sh -c 'echo at first; echo >/ready; read -r word; echo from the program, \$word; exec sleep 1000'" \
        "lxc.console.logfile = $SANDBOX/tmp/console" 'lxc.console.buffer.size = auto'
    make_ready
    start "$C1"
    wait_ready
    timeout 60 python3 - "$C1" <<'P' || fail "the console does not show what the program said"
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.execvp("lxcpp-console", ["lxcpp-console", "-n", sys.argv[1], "-t", "0"])
def until(text):
    seen = b""
    while text not in seen:
        seen += os.read(master, 4096)
until(b"to enter Ctrl+a itself")
os.write(master, b"typed\n")
until(b"from the program, typed")
os.write(master, b"\001q")
try:
    while os.read(master, 4096):
        pass
except OSError: # the other end is closed
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
P
    stop "$C1"
    grep -q 'at first' "$SANDBOX/tmp/console" && grep -q 'from the program' "$SANDBOX/tmp/console" || fail "the log lacks what the program said"
}

runs() { wc -l <"$(inside runs)"; }

test_restart_on_failure_is_counted() {
    make_application "$C1" "/bin/sh -c 'echo run >>/runs; exit 3'" 'lxc.restart.policy = on-failure:2' 'lxc.restart.delay = 0'
    expect 3 lxcpp-start -F -n "$C1"
    is "$(runs)" 3 "runs"
    events_have $'restart'
    expect 0 lxcpp-start -F -n "$C1" -s "lxc.execute.cmd=/bin/sh -c 'echo run >>/runs'"
    is "$(runs)" 4 "runs"
    expect 3 lxcpp-start -F -n "$C1" -s lxc.restart.policy=
    is "$(runs)" 5 "runs"
    expect 3 lxcpp-execute -n "$C1"
    is "$(runs)" 6 "runs"
}

test_restart_until_it_is_stopped() {
    make_application "$C1" "/bin/sh -c 'echo run >>/runs; echo >/ready; read -r code </go; exit \$code'" \
        'lxc.restart.policy = always' 'lxc.restart.delay = 0'
    make_ready
    mkfifo "$(inside go)"
    start "$C1"
    local code
    for code in 0 1; do
        wait_ready
        echo "$code" >"$(inside go)"
    done
    wait_ready
    # Nor does a crash of its init end it.
    wait_state "$C1" RUNNING 60
    kill -KILL "$(init_pid "$C1")"
    wait_ready
    is "$(runs)" 4 "runs"
    expect 0 lxcpp-stop -n "$C1" -t 60
    is "$(state_of "$C1")" STOPPED
    start "$C1"
    wait_ready
    stop "$C1"
    is "$(state_of "$C1")" STOPPED
    is "$(runs)" 5 "runs"
}

# The delay is an hour: whatever ends it is not its end.
test_stop_ends_the_wait_for_a_restart() {
    make_application "$C1" "/bin/sh -c 'echo run >>/runs; exit 4'" 'lxc.restart.policy = always' 'lxc.restart.delay = 3600'
    start "$C1"
    wait_state "$C1" STARTING 60
    events_have 'STOPPED +0 +4 '
    expect 0 lxcpp-ls -f -F NAME,STATE
    out_matches "$C1 +STARTING"
    expect 1 lxcpp-destroy -n "$C1"
    err_has 'stop it first'
    local waiting
    lxcpp-wait -n "$C1" -s STOPPED -t 60 &
    waiting=$!
    expect 0 lxcpp-stop -n "$C1"
    is "$(state_of "$C1")" STOPPED
    wait "$waiting" || fail "who waited was not told"
    is "$(runs)" 1 "runs"
    # The same for who runs it in the foreground: its program's exit code.
    lxcpp-start -F -n "$C1" </dev/null >"$SANDBOX/tmp/foreground" 2>&1 &
    waiting=$!
    events_have 'STOPPED +0 +4 .*STOPPED +0 +4 '
    wait_state "$C1" STARTING 60
    kill -TERM "$waiting"
    wait "$waiting"
    is $? 4 "exit code in the foreground, which says $(<"$SANDBOX/tmp/foreground")"
    is "$(state_of "$C1")" STOPPED
    start "$C1"
    wait_state "$C1" STARTING 60
    expect 0 lxcpp-destroy -f -n "$C1"
    [ ! -e "$LXCPATH/$C1" ] || fail "it is still there"
}

test_power_off_from_inside_is_no_reason_to_restart() {
    make_busybox_container "$C1" 'lxc.restart.policy = always' 'lxc.restart.delay = 0'
    start "$C1"
    run lxcpp-attach -n "$C1" -- poweroff
    wait_state "$C1" STOPPED 60
    is "$(state_of "$C1")" STOPPED
}
