# SPDX-License-Identifier: Apache-2.0
"""A machine of its own for the fault tests: mount and pid namespace, a tmpfs for all our directories, the leak meter."""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

import leaks

HERE = os.path.dirname(os.path.abspath(__file__))
INNER = "LXCPP_FAULTS_INNER"
LIMIT = 30  # seconds that any command may take before it counts as hung
PATIENCE = float(os.environ.get("LXCPP_FAULTS_PATIENCE", "1"))  # how many times as slow a machine may be


def enter():
    """Runs the rest in its own namespaces, below a process 1 that reaps what lost its parent."""
    if os.geteuid() != 0:
        print("SKIP: the fault tests need root")
        sys.exit(77)
    if INNER not in os.environ:
        os.environ[INNER] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", "--pid", "--net", "--fork", "--kill-child",
                              "--mount-proc", sys.executable, "-B", *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    worker = os.fork()
    while worker:
        pid, status = os.wait()
        if pid == worker:
            sys.exit(os.waitstatus_to_exitcode(status) & 127)


class Result:
    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    @property
    def hung(self):
        return self.code is None

    def __str__(self):
        code = "no end" if self.hung else f"exit {self.code}"
        return f"{code} after {self.seconds:.1f} s: {(self.err or self.out).strip()[-400:]}"


class Sandbox:
    def __init__(self, size="256m", disk=None):
        """DISK mounts a file system of its own for state, runtime, cache and log: disk(directory)."""
        stage, prefix = os.environ["LXCPP_TEST_STAGE"], os.environ["LXCPP_TEST_PREFIX"]
        self.id = f"f{os.getpid()}x{time.time_ns() % 1000000000:09d}"
        self.top = f"/var/tmp/lxcpp-{self.id}"
        os.mkdir(self.top, 0o755)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "faults", self.top], check=True)
        for name in ("etc", "tmp", "disk"):
            os.mkdir(f"{self.top}/{name}", 0o755)
        self.disk = f"{self.top}/disk"
        if disk:
            disk(self.disk)
        os.chmod(self.disk, 0o755)
        for name, mode in (("state", 0o755), ("cache", 0o755), ("log", 0o755), ("run", 0o700)):
            os.mkdir(f"{self.disk}/{name}", mode)
        self.lxcpath, self.runtime = f"{self.disk}/state", f"{self.disk}/run"
        installed = stage + prefix
        roots = [d for d, _, _ in os.walk(f"{installed}/lib") if d.endswith("/lxcpp/rootfs")]
        self.env = {
            "PATH": f"{installed}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8", "HOME": self.top, "LXCPP_ROOTFS_MOUNT": roots[0],
            "LXCPP_CONFIG_DIR": f"{self.top}/etc", "LXCPP_STATE_DIR": self.lxcpath,
            "LXCPP_CACHE_DIR": f"{self.disk}/cache", "LXCPP_RUNTIME_DIR": self.runtime,
            "LXCPP_LOG_DIR": f"{self.disk}/log", "LXCPP_LIBEXEC_DIR": f"{installed}/libexec/lxcpp",
            "LXCPP_DATA_DIR": f"{installed}/share/lxcpp", "CASE_ID": self.id, "SANDBOX": self.top,
            "LXCPATH": self.lxcpath}
        self.payload = f"{self.top}/tmp/payload"
        shutil.copy(os.environ["LXCPP_TESTINIT"], self.payload)
        os.chmod(self.payload, 0o755)
        self.template = f"{self.top}/tmp/template"
        shutil.copy(f"{HERE}/template", self.template)
        os.chmod(self.template, 0o755)
        self.config = f"{self.top}/tmp/config"
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("lxc.net.0.type = empty\nlxc.mount.auto = proc:mixed sys:mixed cgroup:mixed\n")
        open(f"{self.top}/etc/default.conf", "w", encoding="utf-8").close()
        self.counter, self.servers, self.serving = 0, [], set()
        self.more = list  # what a verb has to count besides
        self.tidying = []  # commands after which no leftover may be there, and before all is removed by force
        self.removing = []
        os.chdir(f"{self.top}/tmp")
        self.before = leaks.reading(self)

    def serve(self, argv, extra=None, **streams):
        """A server for as long as we are here; note_servers() when all of it runs."""
        server = subprocess.Popen(argv, stdin=subprocess.DEVNULL, env={**self.env, **(extra or {})}, **streams)
        self.servers.append(server)
        return server

    def note_servers(self):
        """What runs now and is there besides is no leak."""
        self.serving = {pid for pid, _ in leaks.command_lines()}
        self.before = leaks.reading(self)

    def name(self):
        self.counter += 1
        return f"{self.id}-{self.counter}"

    @contextlib.contextmanager
    def extra_environment(self, extra):
        before = {name: self.env.get(name) for name in extra}
        self.env.update(extra)
        try:
            yield
        finally:
            for name, value in before.items():
                self.env.pop(name)
                if value is not None:
                    self.env[name] = value

    def run(self, argv, limit=LIMIT, prefix=(), extra=None):
        start, limit = time.monotonic(), limit * PATIENCE
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", dir=f"{self.top}/tmp") as out, \
                tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", dir=f"{self.top}/tmp") as err:
            child = subprocess.Popen([*prefix, *argv], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={**self.env, **(extra or {})},
                                     start_new_session=True)
            try:
                code = child.wait(limit)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, 9)
                child.wait()
                code = None
            out.seek(0)
            err.seek(0)
            return Result(code, out.read(), err.read(), time.monotonic() - start)

    def create_command(self, name):
        return ["lxcpp-create", "-n", name, "-f", self.config, "-t", self.template, "--", f"--payload={self.payload}"]

    def must(self, argv, limit=LIMIT):
        result = self.run(argv, limit)
        if result.code != 0:
            raise RuntimeError(f"{' '.join(argv)}: {result}")
        return result

    def create(self, name):
        self.must(self.create_command(name))

    def state(self, name):
        return self.run(["lxcpp-info", "-n", name, "-s", "-H"]).out.strip()

    def settle(self, limit=5):
        """Until nothing of the verb runs any more that is on its way: owners without a running init."""
        end = time.monotonic() + limit * PATIENCE
        while time.monotonic() < end:
            if not self.busy():
                return
            time.sleep(0.01)

    @staticmethod
    def busy():
        # A monitor calls itself otherwise.
        return any(words.startswith(b"lxcpp-") for _, words in leaks.command_lines())

    def owner(self, name):
        """The process that answers for a running container: its monitor."""
        for folder in os.scandir(self.runtime):
            try:
                with open(f"{folder.path}/{name}/owner", encoding="utf-8") as file:
                    return int(file.read().split()[1])
            except (OSError, IndexError):
                continue
        return None

    def leaks(self, patience=3):
        """What is there now and was not at the start; what goes by itself within PATIENCE is none."""
        end = time.monotonic() + patience * PATIENCE
        while True:
            rest = leaks.reading(self)
            for line in self.before:
                if line in rest:
                    rest.remove(line)
            if not rest or time.monotonic() > end:
                return rest
            time.sleep(0.05)  # nothing tells when a cgroup is gone

    def clear(self):
        """By force, after a finding: the next place begins as the first did."""
        for argv in self.removing:
            self.run(argv, 10)
        for entry in os.scandir(self.lxcpath):
            if entry.is_dir() and not entry.name.startswith("."):
                self.run(["lxcpp-destroy", "-f", "-n", entry.name], 10)
        for line in self.leaks(0.2):
            if line.startswith("process "):
                self.kill_strays()
        for line in sorted(self.leaks(0.2), reverse=True):
            kind, _, path = line.partition(" ")
            if kind == "mount":
                subprocess.run(["umount", "-l", path], check=False)
            elif kind == "cgroup":
                try:
                    os.rmdir(path)
                except OSError:
                    pass
        for entry in os.scandir(self.lxcpath):
            if entry.name.startswith("inventory.db"):
                os.unlink(entry.path)
        shutil.rmtree(self.runtime, ignore_errors=True)
        os.mkdir(self.runtime, 0o700)
        for entry in os.scandir(self.lxcpath):
            if entry.is_dir():
                shutil.rmtree(entry.path, ignore_errors=True)

    def kill_strays(self):
        keep = {1, os.getpid(), *self.serving}
        for entry in os.listdir("/proc"):
            if entry.isdigit() and int(entry) not in keep:
                try:
                    os.kill(int(entry), 9)
                except OSError:
                    pass

    def remove(self):
        for server in self.servers:
            server.terminate()
            server.wait()
        self.clear()
        os.chdir("/")
        if os.path.ismount(self.disk):
            subprocess.run(["umount", "-l", self.disk], check=False)
        subprocess.run(["umount", "-l", self.top], check=False)
        os.rmdir(self.top)
