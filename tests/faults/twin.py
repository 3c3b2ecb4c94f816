# SPDX-License-Identifier: Apache-2.0
"""The harness on trial: commands that do wrong what it looks for, each of which it must find."""
import os
import shutil
from unittest import mock

import places
from build_verb import Build
from image_verbs import Stored
from verbs import Config, Verb

FILE = "$LXCPATH/$NAME/config"


class Broken(Verb):
    """A shell under a name of ours, so that faults hit it; its script may use builtins alone."""
    script, kind, wanted = "", "kill", ""

    def command(self, name):
        shell = f"{self.box.top}/tmp/lxcpp-broken"
        if not os.path.exists(shell):
            shutil.copy("/bin/dash", shell)
        return [shell, "-c", f"NAME={name}\n{self.script}"]

    def truth(self, name):
        return None


class Torn(Broken, Config):
    """Empties the configuration, then writes it, as LXC does."""
    script = f'old=; while read -r line; do old="$old$line\n"; done <{FILE}; printf "$old" >{FILE}; echo "{Config.NEW}" >>{FILE}'
    wanted = "neither the old nor the new"


class Liar(Broken):
    kind, wanted = "errno", "false success"
    script = f"echo '# changed' >>{FILE} 2>/dev/null; exit 0"

    def truth(self, name):
        with open(f"{self.box.lxcpath}/{name}/config", encoding="utf-8") as file:
            return None if "# changed" in file.read() else "it changed nothing"


class Mute(Broken):
    kind, wanted = "errno", "without a word"
    script = f"echo '# changed' 2>/dev/null >>{FILE} || exit 1"


class Endless(Broken):
    kind, wanted = "errno", "it hangs"
    script = f"echo '# changed' >>{FILE} || while :; do :; done"


class Litter(Broken):
    wanted = "left behind"
    script = 'echo >"$LXCPP_RUNTIME_DIR/rest"; echo >>"$LXCPP_RUNTIME_DIR/rest"'


class Hermit(Broken):
    """Leaves a process."""
    wanted = "left behind"
    script = f"sleep 100 & echo >>{FILE}"


class Stubborn(Broken):
    """Never succeeds again after a crash."""
    wanted = "second try"
    script = f"[ ! -e {FILE}.busy ] || exit 1; echo >{FILE}.busy; echo >>{FILE}; echo >>{FILE}; exit 0"


class Wall(Broken):
    """After it ls does not answer."""
    wanted = "lxcpp-ls"
    script = f"echo >>{FILE}"

    def ready(self, name):
        super().ready(name)
        folder = f"{self.box.top}/tmp/bin"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/lxcpp-ls", "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexec sleep 100\n")
        os.chmod(f"{folder}/lxcpp-ls", 0o755)
        if not self.box.env["PATH"].startswith(folder):
            self.box.env["PATH"] = folder + ":" + self.box.env["PATH"]


class Drift(Broken):
    """Changes something else in each run: a fault that is meant for one must not hit another."""
    wanted = "never reached"

    def command(self, name):
        self.script = f"echo >>$LXCPATH/$NAME/rootfs/{chr(ord('a') + self.box.counter % 26)}"
        return super().command(name)


class Odd(Broken):
    """Ends by ctrl-C as if something else had failed."""
    kind, wanted = "interrupt", "ends otherwise"
    script = f"trap 'exit 3' INT; echo '# changed' >>{FILE}; :"


class Hoarder(Broken, Stored):
    """Keeps what its first try left in the store."""
    wanted = "has besides"
    script = 'cd "$LXCPP_CACHE_DIR"; /bin/mkdir -p -m 0700 images/files; cd images/files; [ -e rest ] || { echo >rest; /bin/rm rest; }; echo >done'

    def truth(self, name):
        return Stored.truth(self, name)

    def ready(self, name):
        Stored.ready(self, name)


class Halves(Broken, Build):
    """Writes the files of an image in their places, one after the other."""
    kind, wanted = "interrupt", "neither the older nor the newer image"
    script = 'cd "$LXCPATH/../target"; for file in meta.tar.xz rootfs.tar manifest.spdx.json; do echo new >$file; done'


TWINS = (Halves, Odd, Hoarder, Torn, Liar, Mute, Endless, Litter, Hermit, Stubborn, Wall, Drift)


def findings(box, verb):
    for options, _, place in places.faults_of(places.list_places(box, verb, verb.kind), verb.kind):
        trial = places.Trial(box, verb, verb.kind)
        if not trial.run(options, place):
            yield "never reached"
        yield from trial.findings
        if trial.findings:
            box.clear()


def check(box):
    blind = 0
    with mock.patch.object(places, "PATIENT", 3), mock.patch.object(places, "QUICK", 2):
        for twin in TWINS:
            if any(twin.wanted in text for text in findings(box, twin(box))):
                continue
            print(f"FAIL: twin: the harness does not see what {twin.__name__} does wrong ({twin.wanted})")
            blind += 1
    return len(TWINS), len(TWINS), blind
