# SPDX-License-Identifier: Apache-2.0
"""The verbs that faults hit: how to get ready, what to run, what must be true when it says success."""
import os


class Verb:
    """READY brings a container to where COMMAND makes sense; TRUTH tells what is wrong after a success."""
    retries = False  # a second try after each fault, and not only after some
    disk_step = 4096  # by how much less or more the disk has room for it
    monitored = False  # the monitor takes part: faults hit it too
    struck = ""  # the kind of the fault
    done_already = ()  # what a second try may say when the first got through

    def __init__(self, box):
        self.box = box

    def ready(self, name):
        self.box.create(name)

    def command(self, name):
        raise NotImplementedError

    def truth(self, name):
        raise NotImplementedError

    def settled(self, name):
        """What is wrong whether it succeeded or not."""
        return None

    def pruned(self, name):
        """What is wrong after all was thrown away that nobody needs."""
        return None

    def must_be(self, name, wanted):
        state = self.box.state(name)
        return None if state == wanted else f"its state is {state or 'unknown'}, not {wanted}"

    def listed(self, name):
        return name in self.box.run(["lxcpp-ls", "-1"]).out.split()


class Create(Verb):
    done_already = ("already exists",)

    def ready(self, name):
        pass

    def command(self, name):
        return self.box.create_command(name)

    def truth(self, name):
        if not self.listed(name):
            return "it is not listed"
        started = self.box.run(["lxcpp-start", "-n", name])
        return None if started.code == 0 else f"it does not start: {started}"

    def settled(self, name):
        folder = f"{self.box.lxcpath}/{name}"
        if os.path.exists(folder) and not os.path.exists(f"{folder}/rootfs/sbin/init"):
            return "half a container stands under its name"
        return None


class CreateOfImage(Create):
    """Of an image of the store, as an overlay on it."""
    FINGERPRINT, TREE = "1" * 64, "2" * 64

    def __init__(self, box):
        super().__init__(box)
        root, record = f"{box.top}/tmp/image-root", f"{box.top}/tmp/record"
        box.must([box.template, f"--rootfs={root}", f"--payload={box.payload}"])
        with open(record, "w", encoding="utf-8") as file:
            file.write(f"fingerprint: {self.FINGERPRINT}\nkind: system\nverified: yes\nsize: 0\ntree: {self.TREE}\nvolume: /data\n")
        box.must([os.environ["LXCPP_STORE_IMAGE"], box.env["LXCPP_CACHE_DIR"], "--record", record, "--tree", f"{self.TREE}={root}"])

    def command(self, name):
        return ["lxcpp-create", "-n", name, "-f", self.box.config, "--image", self.FINGERPRINT, "-B", "overlay"]

    def settled(self, name):
        folder = f"{self.box.lxcpath}/{name}"
        if not os.path.exists(folder):
            return None
        whole = all(os.path.exists(f"{folder}/{part}") for part in ("overlay/upper/etc/hostname", "image", "config", "volumes/0"))
        return None if whole else "half a container stands under its name"


class Start(Verb):
    done_already = ("already running",)

    def command(self, name):
        return ["lxcpp-start", "-n", name]

    def truth(self, name):
        wrong = self.must_be(name, "RUNNING")
        if wrong:
            return wrong
        inside = self.box.run(["lxcpp-attach", "-n", name, "--", "/sbin/init", "exit", "0"])
        return None if inside.code == 0 else f"attach: {inside}"


class Stop(Verb):
    monitored = True
    done_already = ("not running",)

    def ready(self, name):
        self.box.create(name)
        self.box.must(["lxcpp-start", "-n", name])

    def command(self, name):
        return ["lxcpp-stop", "-k", "-n", name]

    def truth(self, name):
        return self.must_be(name, "STOPPED")


class Shutdown(Stop):
    def command(self, name):
        return ["lxcpp-stop", "-n", name, "-t", "10"]


class Reboot(Stop):
    def command(self, name):
        return ["lxcpp-stop", "-r", "-n", name, "-t", "10"]

    def truth(self, name):
        return self.must_be(name, "RUNNING")


class Destroy(Verb):
    done_already = ("not defined",)

    def command(self, name):
        return ["lxcpp-destroy", "-n", name]

    def truth(self, name):
        return "it is still listed" if self.listed(name) or os.path.exists(f"{self.box.lxcpath}/{name}") else None


class DestroyRunning(Destroy):
    monitored = True

    def ready(self, name):
        self.box.create(name)
        self.box.must(["lxcpp-start", "-n", name])

    def command(self, name):
        return ["lxcpp-destroy", "-f", "-n", name]


class Attach(Verb):
    def ready(self, name):
        self.box.create(name)
        self.box.must(["lxcpp-start", "-n", name])

    def command(self, name):
        return ["lxcpp-attach", "-n", name, "--", "/sbin/init", "touch", "/attached"]

    def truth(self, name):
        return None if os.path.exists(f"{self.box.lxcpath}/{name}/rootfs/attached") else "the program did not run"

    def settled(self, name):
        return self.must_be(name, "RUNNING")


class Config(Verb):
    NEW = "lxc.uts.name = changed"

    def ready(self, name):
        self.box.create(name)
        with open(f"{self.box.lxcpath}/{name}/config", encoding="utf-8") as file:
            self.old = file.read()

    def command(self, name):
        return ["lxcpp-config", "set", "-n", name, "lxc.uts.name", "changed"]

    def text(self, name):
        with open(f"{self.box.lxcpath}/{name}/config", encoding="utf-8") as file:
            return file.read()

    def truth(self, name):
        return None if self.NEW in self.text(name) else "the value was not saved"

    def settled(self, name):
        text = self.text(name)
        new = self.NEW in text and all(line in text for line in self.old.splitlines())
        return None if text == self.old or new else f"the configuration is neither the old nor the new one: {text!r}"


VERBS = {"create": Create, "create-image": CreateOfImage, "start": Start, "stop": Stop, "shutdown": Shutdown, "reboot": Reboot, "destroy": Destroy,
         "destroy-running": DestroyRunning, "attach": Attach, "config": Config}
