# SPDX-License-Identifier: Apache-2.0
"""System calls of a command and of what it starts until it ends, by strace; and where their time goes.

strace makes each call some 20 to 100 microseconds dearer, so the times say which calls are dear, not how
long the command takes: that is what the table is for.
"""
import collections
import os
import re
import shutil
import signal
import time

import measure

LINE = re.compile(r"^(\d+) +(\d+\.\d+) (?:<\.\.\. )?(\w+)(.*)$")
TOOK = re.compile(r"<(\d+\.\d+)>$")
EXITED = re.compile(r"^(\d+) +(\d+\.\d+) \+\+\+ (exited|killed)")


class Trace:
    def __init__(self, lines, tool):
        """Lines of strace -f -ttt -T, up to the end of the process tool."""
        self.count = collections.Counter()
        self.seconds = collections.Counter()
        self.by_process = collections.Counter()
        self.first = self.last = 0.0
        for line in lines:
            gone = EXITED.match(line)
            if gone and int(gone.group(1)) == tool:
                self.last = float(gone.group(2))
                break
            self.add(line)

    def add(self, line):
        match = LINE.match(line)
        if not match:
            return
        pid, when, name, rest = match.groups()
        self.first = self.first or float(when)
        took = TOOK.search(rest)
        if "resumed>" not in rest or "<... " not in line:
            self.count[name] += 1
            self.by_process[int(pid)] += 1
        if took:
            self.seconds[name] += float(took.group(1))

    def total(self):
        return sum(self.count.values())


def available():
    return shutil.which("strace")


def of(peer, verb, name, *rest):
    """The trace of one command; what it leaves running is not followed any longer, and lives on."""
    log = os.path.join(peer.folder, "strace.log")
    if os.path.exists(log):
        os.remove(log)
    # -I2: with -o strace blocks SIGTERM for good otherwise, and a monitor never ends by itself.
    argv = [available(), "-I2", "-f", "-ttt", "-T", "-s", "64", "-o", log, *peer.command(verb, name, *rest)]
    pid = measure.spawn(argv, peer.environment, peer.output)
    tool = wait_for_tool(log, pid)
    with open(log, errors="replace") as file:
        return Trace(file, tool)


def log_lines(log):
    try:
        with open(log, errors="replace") as file:
            return file.read().splitlines()
    except FileNotFoundError:  # strace did not come that far yet
        return []


def wait_for_tool(log, strace):
    """strace itself ends with the last process; a monitor stays, so ask the log for the end of the first."""
    tool = None
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ended = os.waitpid(strace, os.WNOHANG)[0] == strace
        lines = log_lines(log)
        if lines and tool is None:
            tool = int(lines[0].split()[0])
        done = any((gone := EXITED.match(line)) and int(gone.group(1)) == tool for line in lines)
        if ended:
            return tool
        if done:
            os.kill(strace, signal.SIGTERM)  # detaches
            os.waitpid(strace, 0)
            return tool
        time.sleep(0.02)
    raise measure.Failed(f"strace did not end; see {log}")


def counts(setup):
    """(verb, {peer: Trace}) of each verb once."""
    steps = (("start", ("-d",)), ("info", ()), ("attach", ("--", "/bin/true")), ("ls", ("-f",)), ("stop", ("-k",)))
    result = {verb: {} for verb, _ in steps}
    for peer in setup.peers:
        peer.define("traced")
        for verb, rest in steps:
            result[verb][peer.name] = of(peer, verb, None if verb == "ls" else "traced", *rest)
    return result
