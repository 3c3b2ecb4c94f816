# SPDX-License-Identifier: Apache-2.0
"""Containers on the managed bridge, and the bridge itself: no port, rule or address stays of what is gone."""
import json
import os
import subprocess

import verbs

BRIDGE = "lxcppbr0"


def elements(box):
    """What the rules have of single ports, in the words of nft."""
    seen = subprocess.run(["nft", "-j", "list", "table", "bridge", f"lxcpp_{BRIDGE}"], capture_output=True, text=True, check=False)
    if seen.returncode != 0:
        return []
    sets = [one["set"] for one in json.loads(seen.stdout)["nftables"] if "set" in one]
    return [f"rule {one['name']} {json.dumps(element)}" for one in sets for element in one.get("elem", []) if "veth" in json.dumps(element)]


def addresses(box):
    """Files of addresses that somebody has, but not what dnsmasq writes of its own."""
    top = f"{box.lxcpath}/.network/{BRIDGE}"
    return [f"address {folder}/{name}" for folder, _, files in os.walk(top) for name in files if folder != top]


class OnBridge:
    """Before a verb: its container is one on the bridge, which is up."""

    def __init__(self, box):
        super().__init__(box)
        box.config = f"{box.top}/tmp/config-bridge"
        with open(box.config, "w", encoding="utf-8") as file:
            file.write(f"lxc.net.0.type = veth\nlxc.net.0.link = {BRIDGE}\nlxc.net.0.flags = up\nlxc.publish = 8080:80\n"
                       "lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed\n")
        self.up()
        name = box.name()  # the first of all leaves a directory for what is on its way out
        box.create(name)
        box.must(["lxcpp-start", "-n", name])
        box.must(["lxcpp-destroy", "-f", "-n", name])
        self.up()
        box.more = lambda: elements(box) + addresses(box)
        box.tidying, box.removing = [["lxcpp-net", "up"]], [["lxcpp-net", "down", "--force"]]
        box.note_servers()

    def up(self):
        self.box.must(["lxcpp-net", "up"])

    def is_up(self):
        seen = self.box.run(["lxcpp-net", "status"])
        return None if seen.code == 0 else f"lxcpp-net status: {seen}"


class StartOnBridge(OnBridge, verbs.Start):
    def truth(self, name):
        wrong = super().truth(name) or self.is_up()
        if wrong:
            return wrong
        return None if elements(self.box) else "its port has no filter"


class StopOnBridge(OnBridge, verbs.Stop):
    pass


class DestroyOnBridge(OnBridge, verbs.DestroyRunning):
    pass


class Up(OnBridge, verbs.Verb):
    retries = True

    def ready(self, name):
        self.box.must(["lxcpp-net", "down", "--force"])

    def command(self, name):
        return ["lxcpp-net", "up"]

    def truth(self, name):
        return self.is_up()


class Down(OnBridge, verbs.Verb):
    retries = True

    def ready(self, name):
        self.up()

    def command(self, name):
        return ["lxcpp-net", "down"]

    def truth(self, name):
        tables = self.box.run(["nft", "list", "tables"]).out
        if f"lxcpp_{BRIDGE}" in tables:
            return f"its tables are there: {tables}"
        with open("/proc/self/net/dev", encoding="utf-8") as file:
            return "the bridge is there" if f"{BRIDGE}:" in file.read() else None


NET_VERBS = {"start-net": StartOnBridge, "stop-net": StopOnBridge, "destroy-net": DestroyOnBridge, "net-up": Up, "net-down": Down}
