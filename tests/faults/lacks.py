# SPDX-License-Identifier: Apache-2.0
"""A kernel that lacks something: a container is as isolated as ever, or it is refused by the name of what is missing."""
import os
import re

NEW_MOUNTS = [f"{call}=ENOSYS" for call in ("open_tree", "fsopen", "fsconfig", "fsmount", "move_mount", "mount_setattr")]
# What is missing, and what a refusal must name.
PROFILES = {
    "clone3": (["clone3=ENOSYS"], "clone3"),
    "openat2": (["openat2=ENOSYS"], "openat2"),
    "openat2-filtered": (["openat2=EPERM"], "openat2"),  # by the seccomp filter of an outer container
    "mount_setattr": (["mount_setattr=ENOSYS"], "mount_setattr"),
    "new-mounts": (NEW_MOUNTS, "open_tree|fsopen|move_mount|mount_setattr"),
    "pidfd_open": (["pidfd_open=ENOSYS"], "pidfd_open"),
    "pidfd_send_signal": (["pidfd_send_signal=ENOSYS"], "pidfd_send_signal"),
    "close_range": (["close_range=ENOSYS"], "close_range"),
    "memfd_create": (["memfd_create=ENOSYS"], "memfd"),
    "seccomp": (["seccomp=ENOSYS", "prctl=EINVAL@0,all,22"], "seccomp"),
    "setns-pidfd": (["setns=EINVAL@1,all,536870912"], "enter the container's namespaces"),  # with CLONE_NEWPID
    "renameat2": (["renameat2=ENOSYS"], "renameat2"),
    "exec-by-descriptor": (["execveat=ENOSYS"], "execveat"),
    "bpf": (["bpf=ENOSYS"], "bpf|BPF"),
    "linux-5.1": (NEW_MOUNTS + [f"{call}=ENOSYS" for call in ("pidfd_open", "clone3", "openat2", "close_range")], "fsopen"),
}
REPORT = (["status"], ["cat", "/proc/1/status"], ["uid-map"], ["gid-map"], ["mounts"], ["cat", "/proc/1/mountinfo"],
          ["cat", "/proc/1/uid_map"], ["fds"], ["cat", "/proc/1/limits"])
CHANGES = re.compile(r"^(Pid|Tgid|NStgid|NSpid|NSpgid|NSsid|PPid|NSpid|Vm|Rss|Threads|voluntary|nonvoluntary|Hugetlb|SigQ|Seccomp_filters|"
                     r"Cpus|Mems|State|Ngid|FDSize|untag|CoreDumping|THP|x86|Kthread|Sig|Speculation|TracerPid)")


def lack(rules, argv):
    return [os.environ["LXCPP_FAULTS_LACK"], *rules, "--", *argv] if rules else argv


def plain(text, name):
    """Without what differs from container to container."""
    lines = []
    for line in text.replace(name, "NAME").splitlines():
        if CHANGES.match(line):
            continue
        words = line.split()
        if len(words) > 6 and ":" in words[2]:  # mountinfo: ids, device numbers, peer groups
            words = words[3:6] + [word for word in words[6:] if not re.match(r"(master|shared):", word)]
        lines.append(re.sub(r"\b\d{5,}\b", "N", " ".join(words)))
    return lines


def namespaces(box, name):
    pid = box.run(["lxcpp-info", "-n", name, "-p", "-H"]).out.strip()
    own = {kind: os.readlink(f"/proc/self/ns/{kind}") for kind in os.listdir("/proc/self/ns")}
    return sorted(kind for kind in own if os.readlink(f"/proc/{pid}/ns/{kind}") != own[kind])


def report(box, name, rules):
    """What a container is like from inside; the first refusal instead."""
    lines = [" ".join(namespaces(box, name))]
    for words in REPORT:
        seen = box.run(lack(rules, ["lxcpp-attach", "-n", name, "--", "/sbin/init", *words]))
        if seen.code:
            return lines, seen
        lines += [" ".join(words)] + plain(seen.out, name)
    devices = box.run(["lxcpp-cgroup", "-n", name, "devices.list"])
    return lines + devices.out.splitlines(), None


def life(box, name, rules, refused):
    """(the report of what started, or None, findings). What is refused is done without anything missing, so that all steps are seen."""
    findings, seen = [], None
    steps = (("create", box.create_command(name)), ("start", ["lxcpp-start", "-n", name]), ("attach", None), ("ls", ["lxcpp-ls", "-f"]),
             ("stop", ["lxcpp-stop", "-k", "-n", name]), ("destroy", ["lxcpp-destroy", "-n", name]))
    started = False
    for what, argv in steps:
        if what == "attach":
            seen, no = report(box, name, rules)
            if no:
                findings += refused(what, no)
                seen, no = report(box, name, [])
            continue
        done = box.run(lack(rules, argv))
        started = started or what == "start" and done.code == 0
        if done.code:
            findings += refused(what, done)
            again = box.run(argv)
            if again.code:
                findings.append(f"after that {what} does not work any more: {again}")
    return seen if started else None, findings


def check(box, profile):
    rules, names = PROFILES[profile]
    told = []

    def refused(what, result):
        told.append(f"{what}: {result.err.strip()}")
        if result.hung or not re.search(names, result.err):
            return [f"{what} is refused without the name of what is missing: {result}"]
        return []

    usual, findings = life(box, box.name(), [], lambda what, result: [f"{what} without anything missing: {result}"])
    if usual:
        name = box.name()
        seen, findings = life(box, name, rules, refused)
        if seen is not None and seen != usual:
            findings.append("silently different: " + "; ".join(
                [f"not any more: {line}" for line in usual if line not in seen] + [f"new: {line}" for line in seen if line not in usual]))
        box.run(["lxcpp-destroy", "-f", "-n", name])
        rest = box.leaks()
        if rest:
            findings.append("left behind: " + "; ".join(rest))
    print(f"lacks.{profile}: " + ("refused: " + "; ".join(told) if told else "works as usual"))
    for text in findings:
        print(f"FAIL: lacks.{profile}: {text}", flush=True)
    return 1, 1, len(findings)
