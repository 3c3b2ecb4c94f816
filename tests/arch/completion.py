#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What bash completes for the installed programs: commands, options and their values."""
import os
import shutil
import subprocess
import sys
import tempfile

import common

# The line as it is typed, up to where Tab is pressed; words that are offered; words that are not.
CASES = (
    ("lxcpp dist", {"distrobuilder"}, {"start"}),
    ("lxcpp-distrobuilder ", {"build", "build-lxc", "pack-oci", "validate", "show", "lint", "cache"}, {"--all", "a.yaml"}),
    ("lxcpp distrobuilder build-", {"build-dir", "build-lxc", "build-incus", "build-oci"}, {"build", "lint"}),
    ("lxcpp-distrobuilder validate ", {"a.yaml", "directory"}, {"b.txt", "validate"}),
    ("lxcpp-distrobuilder build-dir a.yaml ", {"directory"}, {"a.yaml"}),
    ("lxcpp-distrobuilder build-lxc -", {"--compression", "--cache-dir", "-o", "--options"}, {"--type", "--oci-tag"}),
    ("lxcpp-distrobuilder validate --", {"--options", "--help"}, {"--json", "--compression"}),
    ("lxcpp-distrobuilder -", {"--options", "--older-than", "--oci-tag"}, set()),
    ("lxcpp-distrobuilder build-incus --type ", {"split", "unified"}, {"a.yaml"}),
    ("lxcpp-distrobuilder build-incus --type = ", {"split", "unified"}, {"a.yaml"}),
    ("lxcpp-distrobuilder build-incus --type = u", {"unified"}, {"split"}),
    ("lxcpp-distrobuilder build-incus --type split ", {"a.yaml"}, {"directory/", "unified"}),
    ("lxcpp-distrobuilder -o image.release = sid build-lxc --compression z", {"zstd"}, {"xz"}),
    ("lxcpp-distrobuilder -o image.release = sid val", {"validate"}, set()),
    ("lxcpp-distrobuilder build --output ", {"lxc", "oci", "lxc,incus,oci"}, {"a.yaml"}),
    ("lxcpp-distrobuilder build -o ima", {"image.release=", "image.variant="}, {"source.url="}),
    ("lxcpp-distrobuilder cache ", {"list", "prune"}, {"a.yaml"}),
    ("lxcpp-image ", {"list", "pull", "import"}, {"--format"}),
    ("lxcpp-image list --format ", {"json", "csv"}, {"squashfs,"}),
    ("lxcpp-image list --format = j", {"json"}, {"csv"}),
    ("lxcpp-net ", {"up", "down", "status", "edit", "leases", "publish", "unpublish", "published"}, {"--force"}),
    ("lxcpp net st", {"status"}, {"up"}),
    ("lxcpp-net status --format ", {"json", "table"}, {"up"}),
    ("lxcpp-start --", {"--name", "--lxcpath", "--help"}, set()),
)
SCRIPT = """
source "$1"
COMP_WORDS=("${@:2}")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_lxcpp
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(prefix, directory, line):
    """Words are split at blanks; a line that ends in one has an empty word at its end."""
    words = line.split(" ")
    result = subprocess.run(["bash", "--norc", "-c", SCRIPT, "bash", f"{prefix}/share/bash-completion/completions/lxcpp"] + words,
                            cwd=directory, env={"PATH": f"{prefix}/bin:/usr/bin:/bin", "HOME": directory, "LC_ALL": "C.UTF-8"},
                            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
    return set(result.stdout.split("\n")) - {""}, result.stderr.strip()


def main():
    prefix = sys.argv[2]
    if not shutil.which("bash"):
        print("SKIP: there is no bash")
        sys.exit(77)
    violations = []
    with tempfile.TemporaryDirectory() as directory:
        os.mkdir(f"{directory}/directory")
        for name in ("a.yaml", "b.txt"):
            with open(f"{directory}/{name}", "w", encoding="utf-8"):
                pass
        for line, offered, others in CASES:
            words, errors = completed(prefix, directory, line)
            missing, wrong = offered - words, others & words
            if missing or wrong or errors:
                violations.append(f"'{line}': lacks {sorted(missing)}, should not have {sorted(wrong)}, has {sorted(words)[:12]} {errors}")
    for name in sorted(os.listdir(f"{prefix}/bin")):
        if name.startswith("lxcpp-") and not os.path.exists(f"{prefix}/share/bash-completion/completions/{name}"):
            violations.append(f"bash does not look for what it completes for {name}: there is no completions/{name}")
    common.finish(violations, "bash completes commands, options and values of the installed programs")


if __name__ == "__main__":
    main()
