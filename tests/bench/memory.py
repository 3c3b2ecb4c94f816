# SPDX-License-Identifier: Apache-2.0
"""Memory from /proc: of single processes, and what the kernel holds that no process owns."""


def fields_kb(path):
    result = {}
    with open(path) as file:
        for line in file:
            name, _, rest = line.partition(":")
            words = rest.split()
            if len(words) == 2 and words[1] == "kB":
                result[name] = result.get(name, 0) + int(words[0])
    return result


def private_kb(pid):
    fields = fields_kb(f"/proc/{pid}/smaps_rollup")
    return fields["Private_Clean"] + fields["Private_Dirty"]


def pss_kb(pid):
    return fields_kb(f"/proc/{pid}/smaps_rollup")["Pss"]


def parent(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(next(line for line in file if line.startswith("PPid:")).split()[1])


def kernel_kb():
    """Unreclaimable slabs, page tables, stacks, per-processor memory, tmpfs: what other work on the machine
    changes least. Caches of files and of names are left out: they come and go."""
    fields = fields_kb("/proc/meminfo")
    return sum(fields.get(name, 0) for name in ("SUnreclaim", "PageTables", "KernelStack", "Percpu", "Shmem"))
