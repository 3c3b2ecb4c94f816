# SPDX-License-Identifier: Apache-2.0
"""Small mirrors laid out like those that the sources of lxcpp-distrobuilder read: MIRRORS, by name.

Each is a function of what its parts are made with (Parts) and of the key that signs: the same mirror, signed by
another key, is made by calling it again. The root file system of each has /etc/issue with the mirror's name in it.
"""
import json
import os
import platform
import time

from dataclasses import dataclass, field

from mirror_parts import APPLETS, packed, sha256, sha512, tar

MACHINE = platform.machine()
DEBIAN_NAME = {"x86_64": "amd64", "aarch64": "arm64"}.get(MACHINE, MACHINE)


@dataclass
class Mirror:
    downloader: str
    files: dict  # path: bytes; what is fetched
    url: str = "{server}"
    release: str = "1"
    architecture: str = MACHINE  # as the distribution says
    source: dict = field(default_factory=dict)  # more of the recipe
    listings: dict = field(default_factory=dict)  # path: names; nobody signs them
    signed: dict = field(default_factory=dict)  # path of a signature: of what it is; its own when it is around it


# --- archives ---

def of_archive(parts, key, downloader, path, list_name="", line="{0}  {1}\n", signature="", clear=False, over_archive=False, below="", digest=sha256, **more):
    """An archive, a list of checksums (by its suffix when it begins with "."), a signature of either."""
    folder, name = os.path.split(path)
    archive = packed(name, parts.root(downloader, below))
    files, signed = {path: archive}, {}
    listed = "" if not list_name else path + list_name if list_name.startswith(".") else os.path.join(folder, list_name)
    what = path
    if listed:
        text = line.format(digest(archive), name, sha256(b"other"), "b" * 128).encode()
        files[listed] = parts.signer.clear(text, key) if clear else text
        what = path if over_archive else listed
    if clear:
        signed[listed] = listed
    if signature:
        place = path + signature if signature.startswith(".") else os.path.join(folder, signature)
        files[place] = parts.signer.detached(files[what], key)
        signed[place] = what
        if over_archive:
            del files[listed]  # a signature says more: it is not fetched
    if not signed:
        more["source"] = {**more.get("source", {}), "sha256": sha256(archive)}
        files.pop(listed, None)
    return Mirror(downloader, files, signed=signed, **more)


def alpaquita(parts, key):
    return of_archive(parts, key, "alpaquita-http", f"alpaquita/musl/stream/releases/{MACHINE}/alpaquita-minirootfs-stream-latest-musl-{MACHINE}.tar.gz",
                      ".sha512", digest=sha512, release="stream", source={"variant": "musl"})


def alpine(parts, key):
    names = [f"alpine-minirootfs-3.20.{number}-x86_64.tar.gz" for number in (9, 10)]
    return of_archive(parts, key, "alpinelinux-http", f"v3.20/releases/x86_64/{names[1]}", ".sha256", signature=".asc", over_archive=True,
                      listings={"v3.20/releases/x86_64/": names}, release="3.20", architecture="x86_64")


def alt(parts, key):
    return of_archive(parts, key, "alt-http", "p10/cloud/x86_64/alt-p10-rootfs-systemd-x86_64.tar.xz", "SHA256SUMS", "{2}  other.tar.xz\n{0}  {1}\n",
                      "SHA256SUMS.gpg", release="p10", architecture="x86_64")


def apertis(parts, key):
    return of_archive(parts, key, "apertis-http", "release/v2024/20250101.0/amd64/default/ospack_v2024-amd64-default_20250101.0.tar.gz",
                      listings={"release/v2024/": ["20250101.0/", "20241201.0/"]}, release="v2024", architecture="amd64", source={"variant": "release"})


def arch(parts, key):
    return of_archive(parts, key, "archlinux-http", "2025.01.01/archlinux-bootstrap-2025.01.01-x86_64.tar.zst", signature=".sig", below="root.x86_64/",
                      listings={"": ["2024.12.01/", "2025.01.01/"]}, release="", architecture="x86_64")


def funtoo(parts, key):
    return of_archive(parts, key, "funtoo-http", "1.4-release-std/x86-64bit/generic_64/stage3-latest.tar.xz", signature=".gpg", release="1.4", architecture="generic_64")


def gentoo(parts, key):
    folder = "releases/amd64/autobuilds/current-stage3-amd64-openrc/"
    name = "stage3-amd64-openrc-20250201T1.tar.xz"
    mirror = of_archive(parts, key, "gentoo-http", folder + name, ".DIGESTS", "# BLAKE2B HASH\n{3}  {1}\n# SHA512 HASH\n{0}  {1}\n", clear=True, digest=sha512,
                        listings={folder: [name]}, release="current", architecture="amd64", source={"variant": "openrc"})
    snapshot = "snapshots/portage-latest.tar.xz"
    mirror.files[snapshot] = packed(snapshot, tar({"portage/": None, "portage/skel.ebuild": b"EAPI"}))
    mirror.files[snapshot + ".gpgsig"] = parts.signer.detached(mirror.files[snapshot], key)
    mirror.signed[snapshot + ".gpgsig"] = snapshot
    return mirror


def nixos(parts, key):
    mirror = of_archive(parts, key, "nixos-http", f"job/nixos/trunk-combined/nixos.incusContainerImage.{MACHINE}-linux/latest/download-by-type/file/squashfs-image",
                        release="unstable")
    path, = mirror.files
    mirror.files[path] = parts.squashfs("nixos", {"etc/": None, "etc/issue": b"nixos-http"})
    mirror.source["sha256"] = sha256(mirror.files[path])
    return mirror


def opensuse(parts, key):
    folder, name = "distribution/leap/15.6/appliances/", "opensuse-leap-image.x86_64-lxc.tar.xz"
    return of_archive(parts, key, "opensuse-http", folder + name, ".sha256", "{0}  opensuse-leap-image.x86_64-15.6.0-lxc-Build1.2.tar.xz\n", clear=True,
                      listings={folder: [name]}, release="15.6", architecture="x86_64")


def rootfs(parts, key):
    return of_archive(parts, key, "rootfs-http", "root.tar.xz", url="{server}/root.tar.xz")


def rootfs_signed(parts, key):
    return of_archive(parts, key, "rootfs-http", "root.tar.xz", signature=".asc", url="{server}/root.tar.xz")


def ubuntu(parts, key):
    return of_archive(parts, key, "ubuntu-http", "releases/22.04.5/release/ubuntu-base-22.04.5-base-amd64.tar.gz", "SHA256SUMS", "{0} *{1}\n", "SHA256SUMS.gpg",
                      release="22.04.5", architecture="amd64")


def void(parts, key):
    name = "void-x86_64-musl-ROOTFS-20250202.tar.xz"
    return of_archive(parts, key, "voidlinux-http", name, "sha256sum.txt", "SHA256 ({1}) = {0}\n", "sha256sum.sig", listings={"": [name]}, release="current",
                      architecture="x86_64", source={"variant": "musl"})


# --- images of disks and media ---

def openwrt(parts, key):
    disk = bytearray(512 * 64)
    disk[510:512] = b"\x55\xaa"
    for at, first, count in ((446, 32, 32), (462, 64, 4096)):
        disk[at + 4] = 0x83
        disk[at + 8:at + 16] = first.to_bytes(4, "little") + count.to_bytes(4, "little")
    image = bytes(disk) + parts.ext4("openwrt", {"etc/": None, "etc/issue": b"openwrt-http"}) + bytes(512 * 33)
    mirror = of_archive(parts, key, "openwrt-http", "releases/24.10.2/targets/x86/64/openwrt-24.10.2-x86-64-generic-ext4-combined-efi.img.gz", release="24.10",
                        architecture="x86-64", listings={"releases/": ["24.10.0/", "24.10.2/"]})
    path, = mirror.files
    folder, name = os.path.split(path)
    mirror.files[path] = packed(name, image)
    del mirror.source["sha256"]
    listed = f"{folder}/sha256sums"
    mirror.files[listed] = f"{sha256(mirror.files[path])} *{name}\n".encode()
    mirror.files[listed + ".asc"] = parts.signer.detached(mirror.files[listed], key)
    mirror.signed[listed + ".asc"] = listed
    return mirror


def vyos(parts, key):
    live = parts.squashfs("vyos-live", {"etc/": None, "etc/issue": b"vyos-http"})
    image = parts.iso("vyos", {"live/": None, "live/filesystem.squashfs": live})
    return Mirror("vyos-http", {"vyos.iso": image}, url="{server}/vyos.iso", source={"sha256": sha256(image)})


DNF = """#!/bin/sh
for word in "$@"; do case $word in --installroot=*) root=${word#*=} ;; esac; done
mkdir -p "$root/etc"
echo ID=rhel >"$root/etc/os-release"
printf %s NAME >"$root/etc/issue"
"""


def medium(parts, name):
    """An image that brings an installer and the packages."""
    live = parts.squashfs(name + "-live", parts.runnable({"dnf": DNF.replace("NAME", name), "rpmkeys": "#!/bin/sh\n"}))
    return parts.iso(name, {"LiveOS/": None, "LiveOS/squashfs.img": live, "Packages/": None, "Packages/a.rpm": b"a", "repodata/": None, "repodata/repomd.xml": b"r"})


def of_medium(parts, downloader, path, **more):
    return Mirror(downloader, {path: medium(parts, downloader)}, **more)


def almalinux(parts, key):
    folder, name = f"9/isos/{MACHINE}/", f"AlmaLinux-9.4-{MACHINE}-minimal.iso"
    mirror = of_medium(parts, "almalinux-http", folder + name, release="9", source={"variant": "minimal"}, listings={folder: [name]})
    mirror.files[folder + "CHECKSUM"] = parts.signer.clear(f"{sha256(mirror.files[folder + name])}  {name}\n".encode(), key)
    mirror.signed[folder + "CHECKSUM"] = folder + "CHECKSUM"
    return mirror


def rockylinux(parts, key):
    folder, name = f"10/isos/{MACHINE}/", f"Rocky-10.0-{MACHINE}-minimal.iso"
    mirror = of_medium(parts, "rockylinux-http", folder + name, release="10", source={"variant": "minimal"}, listings={folder: [name]})
    mirror.files[folder + "CHECKSUM"] = f"SHA256 ({name}) = {sha256(mirror.files[folder + name])}\n".encode()
    mirror.files[folder + "CHECKSUM.asc"] = parts.signer.detached(mirror.files[folder + "CHECKSUM"], key)
    mirror.signed[folder + "CHECKSUM.asc"] = folder + "CHECKSUM"
    return mirror


def pinned(mirror):
    """Nobody signs it: the recipe says what it must be."""
    image, = mirror.files.values()
    mirror.source["sha256"] = sha256(image)
    return mirror


def centos(parts, _key):
    folder, name = f"9-stream/BaseOS/{MACHINE}/iso/", f"CentOS-Stream-9-20250101.0-{MACHINE}-dvd1.iso"
    return pinned(of_medium(parts, "centos-http", folder + name, release="9-Stream", source={"variant": "dvd1"}, listings={folder: [name]}))


def oracle(parts, _key):
    name = f"OL9/u4/{MACHINE}/OracleLinux-R9-U4-{MACHINE}-boot.iso"
    return pinned(of_medium(parts, "oraclelinux-http", name, release="9", listings={"OL9/": ["u4/"], f"OL9/u4/{MACHINE}/": [os.path.basename(name)]}))


def openeuler(parts, _key):
    path = f"openEuler-24.03-LTS-SP1/ISO/{MACHINE}/openEuler-24.03-LTS-SP1-{MACHINE}-dvd.iso"
    return pinned(of_medium(parts, "openeuler-http", path, release="24.03", listings={"": ["openEuler-24.03-LTS-SP1/"]}))


def springdale(parts, _key):
    return pinned(of_medium(parts, "springdalelinux-http", f"9/{MACHINE}/os/images/boot.iso", release="9"))


# --- images of registries ---

def oci(name):
    """blobs by digest, the descriptor of the manifest"""
    blobs = {}

    def put(kind, data):
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        blobs["sha256:" + sha256(data)] = data
        return {"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + sha256(data), "size": len(data)}

    layers = [tar({"etc/": None, "etc/issue": b"below", "etc/gone": b"x"}), tar({"etc/issue": name.encode(), "etc/.wh.gone": b""})]
    config = put("config.v1+json", {"os": "linux", "architecture": DEBIAN_NAME, "config": {},
                                    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha256(layer) for layer in layers]}})
    return blobs, put("manifest.v1+json", {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config,
                                           "layers": [put("layer.v1.tar", layer) for layer in layers]})


def docker(_parts, _key):
    blobs, manifest = oci("docker-http")
    files = {f"v2/repo/{'manifests' if digest == manifest['digest'] else 'blobs'}/{digest}": data for digest, data in blobs.items()}
    return Mirror("docker-http", files, url="{address}/repo:v1", source={"sha256": manifest["digest"].partition(":")[2]})


def fedora(_parts, _key):
    blobs, manifest = oci("fedora-http")
    image = tar({"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode(),
                 **{f"blobs/{digest.replace(':', '/')}": data for digest, data in blobs.items()}})
    builds = "packages/Fedora-Container-Base-Generic/41/"
    path = f"{builds}20250102.0/images/Fedora-Container-Base-Generic-41-20250102.0.{MACHINE}.oci.tar.xz"
    return pinned(Mirror("fedora-http", {path: packed(path, image)}, release="41", listings={builds: ["20241029.0/", "20250102.0/"]}))


# --- packages, and sources ---

INSTALLPKG = """#!/bin/sh
for word in "$@"; do package=$word; done
mkdir -p /rootfs
tar -C /rootfs -xf "$package"
"""


def slackware(parts, key):
    folder = "slackware64-15.0/slackware64/"
    packages = {"a/pkgtools-15.0-noarch-42.txz": {"sbin/": None, "sbin/installpkg": (INSTALLPKG.encode(), 0o755)},
                "a/aaa_base-15.0-x86_64-3.txz": {"etc/": None, "etc/issue": b"slackware-http", "etc/rc.d/": None}}
    mirror = Mirror("slackware-http", {}, release="15.0", architecture="x86_64", listings={f"{folder}{series}/": [] for series in ("a", "ap", "d", "l", "n")})
    for path, members in packages.items():
        mirror.files[folder + path] = packed(path, tar(members))
        mirror.files[folder + path + ".asc"] = parts.signer.detached(mirror.files[folder + path], key)
        mirror.signed[folder + path + ".asc"] = folder + path
        mirror.listings[folder + "a/"].append(os.path.basename(path))
    return mirror


BUSYBOX = """defconfig:
\t: >.config
.DEFAULT_GOAL := all
all:
\tprintf '#!/bin/sh\\necho bin/sh\\n' >busybox
\tchmod 755 busybox
"""


def busybox(parts, key):
    path = "busybox-1.36.1.tar.bz2"
    files = {path: packed(path, tar({"busybox-1.36.1/": None, "busybox-1.36.1/Makefile": BUSYBOX.encode()}))}
    files[path + ".sig"] = parts.signer.detached(files[path], key)
    return Mirror("busybox", files, release="1.36.1", signed={path + ".sig": path})


def deb(control, data):
    def member(name, content):
        return f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content + b"\n" * (len(content) % 2)
    return b"!<arch>\n" + member("debian-binary", b"2.0\n") + member("control.tar", tar({"./": None, "./control": control})) + member("data.tar", tar({"./": None, **data}))


def debootstrap(parts, key):
    """A dpkg that only says that it did what it was asked for."""
    dpkg = b"#!/bin/sh\nsed -i 's/install ok unpacked/install ok installed/' /var/lib/dpkg/status\n"
    shell = {"./usr/": None, "./usr/bin/": None, "./usr/bin/busybox": parts.busybox, **{f"./usr/bin/{name}": "->busybox" for name in APPLETS}}
    packages = {"dpkg": ("Essential: yes\nPriority: required\n", {**shell, "./usr/bin/dpkg": (dpkg, 0o755)}),
                "base-files": ("Essential: yes\nPriority: required\n", {"./etc/": None, "./etc/issue": b"debootstrap"}),
                "apt": ("Priority: important\n", {})}
    index, files = "", {}
    for name, (fields, data) in packages.items():
        control = f"Package: {name}\nVersion: 1\nArchitecture: {DEBIAN_NAME}\nMaintainer: nobody\n{fields}"
        files[f"debian/pool/{name}.deb"] = made = deb(control.encode(), data)
        index += f"{control}Filename: pool/{name}.deb\nSize: {len(made)}\nSHA256: {sha256(made)}\n\n"
    place, path, listed = "debian/dists/testix", f"main/binary-{DEBIAN_NAME}", index.encode()
    files[f"{place}/{path}/by-hash/SHA256/{sha256(listed)}"] = listed
    date = time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.gmtime(time.time() - 86400))
    release = (f"Origin: Test\nSuite: stable\nCodename: testix\nDate: {date}\nAcquire-By-Hash: yes\nArchitectures: {DEBIAN_NAME}\nComponents: main\n"
               f"SHA256:\n {sha256(listed)} {len(listed)} {path}/Packages\n")
    files[f"{place}/InRelease"] = parts.signer.clear(release.encode(), key)
    return Mirror("debootstrap", files, url="{server}/debian", release="testix", architecture=DEBIAN_NAME, source={"variant": "minbase"},
                  signed={f"{place}/InRelease": f"{place}/InRelease"})


MIRRORS = {make.__name__: make for make in (
    alpaquita, alpine, alt, apertis, arch, funtoo, gentoo, nixos, opensuse, rootfs, rootfs_signed, ubuntu, void, openwrt, vyos, almalinux, rockylinux, centos, oracle,
    openeuler, springdale, docker, fedora, slackware, busybox, debootstrap)}
