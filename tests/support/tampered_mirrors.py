#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds from mirrors that somebody tampered with: tampered_mirrors.py FOLDER [MIRROR…]

For each mirror (distro_mirrors.py), by lxcpp-distrobuilder: one bit is changed of each file that is fetched, one after the
other; text is put before and after what is signed; a signature is missing, by another key, by one that has expired. Each
build must be refused by name, leave nothing in its target, and a cache by which the mirror as it was builds well. Prints
what went otherwise, and how much was tried; exit code 1 when anything did.
"""
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading

from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import distro_mirrors  # noqa: E402
import mirror_parts  # noqa: E402


class Signer:
    """Keys of gpg in a home of their own."""

    def __init__(self, home):
        self.home = home
        os.mkdir(home, 0o700)
        self.lock = threading.Lock()
        self.keys = {"mirror": self.make("mirror", "0"), "stranger": self.make("stranger", "0"), "expired": self.make("expired", "1y", "20200101T000000")}

    def gpg(self, *words, text=b""):
        with self.lock:
            done = subprocess.run(["gpg", "--homedir", self.home, "--batch", "--quiet", "--no-permission-warning", "--yes", *words], input=text, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"gpg {words}: {done.stderr.decode()}")
        return done.stdout

    def make(self, name, expire, when=""):
        at = ["--faked-system-time", when + "!"] if when else []
        self.gpg(*at, "--passphrase", "", "--pinentry-mode", "loopback", "--quick-generate-key", f"{name} <{name}@example.org>", "ed25519", "sign", expire)
        return self.gpg("--armor", "--export", f"{name}@example.org").decode()

    def sign(self, how, text, key):
        at = ["--faked-system-time", "20200201T000000!"] if key == "expired" else []
        return self.gpg(*at, "-u", f"{key}@example.org", how, text=text)

    def detached(self, text, key):
        return self.sign("--detach-sign", text, key)

    def clear(self, text, key):
        return self.sign("--clear-sign", text, key)

    def end(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


class Server:
    """Serves a dictionary; remembers what was asked for."""

    def __init__(self):
        self.files, self.asked = {}, set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                path = self.path.lstrip("/")
                outer.asked.add(path)
                data = outer.files.get(path)
                self.send_response(404 if data is None else 200)
                if "/manifests/" in path:
                    self.send_header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

        class Listener(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # who has seen enough hangs up

        self.http = Listener(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.address = f"127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def end(self):
        self.http.shutdown()
        self.http.server_close()


def flipped(data, at):
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


class Trial:
    """One mirror, and builds from it."""

    def __init__(self, name, parts, folder):
        self.name, self.parts, self.folder = name, parts, os.path.join(folder, name)
        os.mkdir(self.folder)
        self.server, self.tried, self.failures, self.caches = Server(), 0, [], 0
        self.mirror = self.made("mirror")
        self.config = os.path.join(self.folder, "config")
        os.mkdir(self.config)
        with open(f"{self.config}/registries.conf", "w") as file:
            file.write(f'[[registry]]\nlocation = "{self.server.address}"\ninsecure = true\n')

    def made(self, key):
        return distro_mirrors.MIRRORS[self.name](self.parts, key)

    def recipe(self, keys):
        one = self.mirror
        source = {"downloader": one.downloader, "url": one.url.format(server="http://" + self.server.address, address=self.server.address), **one.source}
        if one.signed:
            source["keys"] = [self.parts.signer.keys[keys]]
        image = {"distribution": "small", "release": one.release, "architecture": distro_mirrors.MACHINE}
        mappings = {"architectures": {distro_mirrors.MACHINE: one.architecture}}
        return {"image": image, "mappings": mappings, "source": source, "targets": {}, "packages": {"manager": "apt"}}

    def build(self, files, keys="mirror"):
        """Returns the exit code, standard error, and the target."""
        self.server.files = {**{path: "".join(f'<a href="{name}">{name}</a>\n' for name in names).encode() for path, names in self.mirror.listings.items()}, **files}
        target, recipe = os.path.join(self.folder, "target"), os.path.join(self.folder, "recipe.yaml")
        shutil.rmtree(target, ignore_errors=True)
        os.mkdir(target)
        with open(recipe, "w") as file:
            json.dump(self.recipe(keys), file)
        done = subprocess.run(["lxcpp-distrobuilder", "build-dir", recipe, target, "--cache-dir", self.cache()], env={**os.environ, "LXCPP_CONFIG_DIR": self.config},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
        return done.returncode, done.stderr.decode(errors="replace"), target

    def cache(self):
        return os.path.join(self.folder, f"cache-{self.caches}")

    def fail(self, what, text):
        self.failures.append(f"{self.name}: {what}: {text}")

    def is_refused(self, what, files, names, keys="mirror"):
        """names: one of them is in the message."""
        self.tried += 1
        code, errors, target = self.build(files, keys)
        if code != 1:
            self.fail(what, f"exit code {code}\n{errors}")
        elif not any(os.path.basename(name) in errors for name in names):
            self.fail(what, f"the message has none of {names}\n{errors}")
        if os.listdir(target):
            self.fail(what, f"left in the target: {os.listdir(target)}")
        left = os.path.join(self.cache(), "tmp")
        if os.path.isdir(left) and os.listdir(left):
            self.fail(what, f"left in the cache: {os.listdir(left)}")

    def builds_well(self, what):
        self.tried += 1
        code, errors, target = self.build(self.mirror.files)
        issue = os.path.join(target, "bin/busybox" if self.name == "busybox" else "etc/issue")
        if code != 0 or not os.path.isfile(issue):
            return self.fail(what, f"exit code {code}\n{errors}")
        with open(issue, errors="replace") as file:
            if self.name != "busybox" and file.read() != self.mirror.downloader:
                self.fail(what, "another image")
        return None

    def changed_files(self):
        """Of each, one bit; the cache of a build that was refused is used again."""
        of = self.mirror.signed
        for path, data in self.mirror.files.items():
            self.caches += 1
            self.server.asked.clear()
            # Of a signature beside a file some parts are not signed: a hint at the key.
            changed = flipped(data, -8 if of.get(path, path) != path else len(data) // 2)
            self.is_refused(f"a bit of {path}", {**self.mirror.files, path: changed}, (path, of.get(path, path)))
            if path not in self.server.asked:
                self.fail(path, "nobody asked for it")
            if path == max(self.mirror.files, key=lambda one: len(self.mirror.files[one])):
                self.builds_well(f"as it was, after a bit of {path}")

    def changed_signatures(self):
        self.caches += 1
        for signature, of in self.mirror.signed.items():
            files, names = self.mirror.files, (signature, of)
            self.is_refused("without " + signature, {path: data for path, data in files.items() if path != signature}, names)
            for what, text in (("before", b"evil\n" + files[of]), ("after", files[of] + b"evil\n")):
                self.is_refused(f"text {what} {of}", {**files, of: text}, names)
        for keys in ("mirror", "expired"):
            if self.mirror.signed:
                files = self.made("stranger" if keys == "mirror" else keys).files
                self.is_refused(f"signed by {'another key' if keys == 'mirror' else 'a key that has expired'}", files, list(self.mirror.signed) + list(self.mirror.signed.values()), keys)
        self.builds_well("as it was, after signatures")

    def run(self):
        try:
            self.changed_files()
            if self.mirror.signed:
                self.changed_signatures()
        finally:
            self.server.end()
        return self


def main():
    folder, names = sys.argv[1], sys.argv[2:] or list(distro_mirrors.MIRRORS)
    signer = Signer(os.path.join(folder, "gnupg"))
    try:
        parts = mirror_parts.Parts(folder, signer, shutil.which("busybox"))
        with ThreadPoolExecutor(min(4, len(os.sched_getaffinity(0)) * 2)) as pool:
            trials = list(pool.map(lambda name: Trial(name, parts, folder).run(), names))
    finally:
        signer.end()
    failures = [text for trial in trials for text in trial.failures]
    print("\n".join(failures + [f"{len(trials)} mirrors, {sum(trial.tried for trial in trials)} builds, {len(failures)} wrong"]))
    sys.exit(1 if failures else 0)


main()
