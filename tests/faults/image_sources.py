# SPDX-License-Identifier: Apache-2.0
"""Where the images of the fault tests are from: an OCI layout, a registry, an image server; all on this machine's loopback."""
import functools
import hashlib
import io
import json
import os
import platform
import random
import re
import subprocess
import sys
import tarfile
import threading
import urllib.request

SUPPORT = f"{os.path.dirname(os.path.abspath(__file__))}/../support"
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def member(name, kind=tarfile.REGTYPE, size=0, mode=0o755, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mode, info.linkname = kind, size, mode, link
    info.mtime = 1767225600
    return info


def archive(*members, mode="w"):
    """The bytes of a tar of (name) directories, (name, content) files, (name, kind, target) links."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=tarfile.PAX_FORMAT) as tar:
        for name, *rest in members:
            if not rest:
                tar.addfile(member(name, tarfile.DIRTYPE))
            elif len(rest) == 1:
                tar.addfile(member(name, size=len(rest[0])), io.BytesIO(rest[0]))
            else:
                tar.addfile(member(name, rest[0], link=rest[1]))
    return out.getvalue()


def noise(size):
    """What no compression makes smaller, the same in each run: a download of it takes several pieces."""
    return random.Random(size).randbytes(size)


def root_members(box):
    with open(box.payload, "rb") as file:
        init = file.read()
    return [*((name,) for name in ("bin", "sbin", "etc", "proc", "sys", "dev", "tmp", "run", "data")), ("sbin/init", init), ("data/noise", noise(1200000)),
            ("data/keep", b"keep\n"), ("data/hard", tarfile.LNKTYPE, "data/keep"), ("etc/old", b"old\n"), ("etc/link", tarfile.SYMTYPE, "old")]


def layers(box):
    """Three: what a layer above takes away, hides and links to is what is worth a fault."""
    return (archive(*root_members(box), ("opaque",), ("opaque/a", b"a\n")),
            archive(("etc",), ("etc/.wh.old", b""), ("data",), ("data/more", tarfile.LNKTYPE, "data/keep"), ("opaque",), ("opaque/.wh..wh..opq", b""),
                    ("opaque/b", b"b\n")),
            archive(("etc",), ("etc/new", b"new\n"), ("data",), ("data/other-noise", noise(200000))))


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(kind, data):
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest(data), "size": len(data)}


def oci_image(box):
    """(manifest, all blobs); the layers are plain tars, one gzipped."""
    import gzip
    plain = layers(box)
    packed = (gzip.compress(plain[0], 1, mtime=0), *plain[1:])
    kinds = ("layer.v1.tar+gzip", "layer.v1.tar", "layer.v1.tar")
    config = json.dumps({"architecture": ARCHITECTURE, "os": "linux", "config": {"Cmd": ["/sbin/init"]},
                         "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in plain]}}).encode()
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": descriptor("config.v1+json", config),
                           "layers": [descriptor(kind, data) for kind, data in zip(kinds, packed)]}).encode()
    return manifest, (config, *packed)


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def layout(box):
    """An OCI layout with the tag v1; returns its directory."""
    top = f"{box.top}/tmp/layout"
    if os.path.exists(top):
        return top
    manifest, blobs = oci_image(box)
    for data in (manifest, *blobs):
        write(f"{top}/blobs/{digest(data).replace(':', '/')}", data)
    entry = {**descriptor("manifest.v1+json", manifest), "annotations": {"org.opencontainers.image.ref.name": "v1"}}
    write(f"{top}/index.json", json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode())
    write(f"{top}/oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
    return top


def drain(stream):
    threading.Thread(target=lambda: [None for _ in stream], daemon=True).start()


def ask(method, url, data=None, kind="application/octet-stream"):
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": kind})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, timeout=30)


def push(host, manifest, blobs):
    for data in blobs:
        place = ask("POST", f"http://{host}/v2/app/blobs/uploads/", b"").headers["Location"]
        ask("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest(data)}", data)
    ask("PUT", f"http://{host}/v2/app/manifests/v1", manifest, "application/vnd.oci.image.manifest.v1+json")


@functools.cache
def registry(box):
    """A docker-registry that has the image; returns its reference."""
    top = f"{box.top}/tmp/registry"
    write(f"{top}/config.yml", f"version: 0.1\nstorage:\n  filesystem: {{rootdirectory: {top}/data}}\nhttp:\n  addr: 127.0.0.1:0\n  secret: x\n".encode())
    server = box.serve(["docker-registry", "serve", f"{top}/config.yml"], {"OTEL_TRACES_EXPORTER": "none"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True)
    for line in server.stdout:
        found = re.search(r"listening on (127\.0\.0\.1:\d+)", line)
        if found:
            break
    else:
        raise RuntimeError("docker-registry does not listen")
    drain(server.stdout)
    push(found[1], *oci_image(box))
    with open(f"{box.top}/etc/registries.conf", "a", encoding="utf-8") as file:
        file.write(f'[[registry]]\nlocation = "{found[1]}"\ninsecure = true\n')
    box.note_servers()
    return f"docker://{found[1]}/app:v1"


@functools.cache
def server_tree(box):
    """What lxcpp-image server-tree makes of one image, test/1; returns its directory."""
    cache, top, root = f"{box.top}/tmp/source-cache", f"{box.top}/tmp/www", f"{box.top}/tmp/root.tar"
    os.mkdir(cache)
    write(root, archive(*root_members(box)))
    with box.extra_environment({"LXCPP_CACHE_DIR": cache}):
        box.must(["lxcpp-image", "import", root, "-d", "test", "-r", "1"])
        box.must(["lxcpp-image", "server-tree", top, "--all"], 120)  # it packs twice, as well as it can
    return top


@functools.cache
def parts(box):
    """The metadata and the root file system of the image that the server has."""
    found = [f"{folder}/{name}" for folder, _, names in os.walk(server_tree(box)) for name in names]
    return (next(path for path in found if path.endswith("/incus.tar.xz")),
            next(path for path in found if path.endswith(("/rootfs.tar.xz", "/root.tar.xz"))))


@functools.cache
def image_server(box):
    """nginx with the server tree, over TLS; returns its address."""
    www, top = server_tree(box), f"{box.top}/tmp/nginx"
    os.mkdir(top)
    key, certificate, port = f"{top}/key", f"{box.top}/etc/server.crt", f"{top}/port"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
    os.chmod(certificate, 0o644)
    os.mkfifo(port)
    box.serve([sys.executable, f"{SUPPORT}/nginx_server.py", www, top, port, certificate, key])
    with open(port, encoding="utf-8") as file:
        address = f"https://127.0.0.1:{file.read().strip()}"
    box.env["SSL_CERT_FILE"] = certificate
    ask_until_answered(address, certificate)
    box.note_servers()
    return address


def ask_until_answered(address, certificate):
    """Its worker is there then, and no leak."""
    import ssl
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=certificate)))
    opener.open(f"{address}/streams/v1/index.json", timeout=30).read()
