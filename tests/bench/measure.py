# SPDX-License-Identifier: Apache-2.0
"""Runs a program and says how long it took. No shell, no pipe, no thread in the timed part: vfork, exec, wait."""
import os
import statistics
import time

IDLE_SECONDS = 0.1  # after that long the kernel's first wait for all processors costs milliseconds


class Failed(Exception):
    pass


def spawn(argv, environment, output=None):
    """Starts argv with nothing on standard input; what it prints goes to the file output, or nowhere."""
    target = output or "/dev/null"
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
               (os.POSIX_SPAWN_OPEN, 1, target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
               (os.POSIX_SPAWN_DUP2, 1, 2)]
    return os.posix_spawn(argv[0], argv, environment, file_actions=actions)


def run(argv, environment, output, expected=0):
    """Milliseconds from before the start of argv to its end; raises when it failed."""
    begin = time.perf_counter_ns()
    pid = spawn(argv, environment, output)
    status = os.wait4(pid, 0)[1]
    elapsed = (time.perf_counter_ns() - begin) / 1e6
    code = os.waitstatus_to_exitcode(status)
    if code != expected:
        with open(output, errors="replace") as file:
            raise Failed(f"{' '.join(argv)}: exit code {code}: {file.read(500).strip()}")
    return elapsed


def text_of(argv, environment, output):
    run(argv, environment, output)
    with open(output, errors="replace") as file:
        return file.read()


def idle():
    time.sleep(IDLE_SECONDS)


class Samples:
    """Values by peer of one row, taken in turn."""

    def __init__(self):
        self.values = {}

    def add(self, peer, value):
        self.values.setdefault(peer, []).append(value)

    def median(self, peer):
        return statistics.median(self.values[peer])

    def fastest(self, peer):
        return min(self.values[peer])

    def spread(self, peer):
        """Lower and upper quartile."""
        ordered = sorted(self.values[peer])
        return ordered[len(ordered) // 4], ordered[(3 * len(ordered)) // 4]
