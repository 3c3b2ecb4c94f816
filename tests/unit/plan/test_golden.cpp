// SPDX-License-Identifier: Apache-2.0
#include "plan_test.h"

#include "base/strings.h"
#include "sys/file.h"

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>

// What a start does, step by step, for whole configurations: the printed plans of tests/golden/plan.
// LXCPP_UPDATE_GOLDEN=1 writes them anew; read the difference before you commit it.
namespace lxcpp::test {
namespace {

std::filesystem::path golden(const std::string& name) {
    return std::filesystem::path(LXCPP_TEST_SOURCE_DIR) / "golden" / "plan" / (name + ".txt");
}

void expect_golden(const std::string& name, const std::string& text) {
    const std::filesystem::path file = golden(name);
    if (std::getenv("LXCPP_UPDATE_GOLDEN") != nullptr) {
        std::filesystem::create_directories(file.parent_path());
        sys::write_file_atomic(file, text, 0644);
        return;
    }
    EXPECT_EQ(text, sys::read_file_if_exists(file).value_or("(there is no " + file.string() + ")"));
}

constexpr std::string_view kSystemd = "lxc.uts.name = web\n"
                                      "lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed\n"
                                      "lxc.tty.max = 2\n"
                                      "lxc.pty.max = 512\n"
                                      "lxc.net.0.type = empty\n";

struct Golden {
    std::string name;
    std::string config;
    Host host;
    StartRequest request = any_request();
};

std::string with_root(std::string_view text) { return std::string(kRootfs) + std::string(text); }

StartRequest execute(std::vector<std::string> command, bool keep_stdio) {
    StartRequest request = any_request();
    request.kind = StartKind::Execute;
    request.command = std::move(command);
    request.keep_stdio = keep_stdio;
    return request;
}

StartRequest with_fstab() {
    StartRequest request = any_request();
    request.fstab = {"/srv/a\\040b srv/data none bind,ro,create=dir 0 0"};
    return request;
}

const std::string kHooks = "lxc.hook.pre-start = /h/pre-start one\n"
                           "lxc.hook.pre-mount = /h/pre-mount\n"
                           "lxc.hook.mount = /h/mount\n"
                           "lxc.hook.autodev = /h/autodev\n"
                           "lxc.hook.start-host = /h/start-host\n"
                           "lxc.hook.start = /h/start\n";

const std::string kDevices = "lxc.net.0.type = veth\nlxc.net.0.flags = up\nlxc.net.0.link = br0\n"
                             "lxc.net.0.hwaddr = 10:66:6a:xx:xx:01\nlxc.net.0.mtu = 1400\n"
                             "lxc.net.0.ipv4.address = 10.0.3.5/24\nlxc.net.0.ipv4.address = 10.0.4.5/32\n"
                             "lxc.net.0.ipv4.gateway = 10.0.3.1\nlxc.net.0.ipv6.address = fd00::5\n"
                             "lxc.net.0.ipv6.gateway = fe80::1\nlxc.net.0.veth.vlan.id = 5\n"
                             "lxc.net.0.veth.vlan.tagged.id = 6\nlxc.net.0.veth.vlan.tagged.id = 7\n"
                             "lxc.net.0.veth.n_rxqueues = 2\nlxc.net.0.veth.n_txqueues = 3\n"
                             "lxc.net.0.script.up = /h/up one\nlxc.net.0.script.down = /h/down\n"
                             "lxc.net.1.type = veth\nlxc.net.1.flags = up\nlxc.net.1.veth.mode = router\n"
                             "lxc.net.1.veth.pair = host1\nlxc.net.1.ipv4.address = 10.0.5.5/32\n"
                             "lxc.net.1.ipv4.gateway = 169.254.0.1\nlxc.net.1.link = uplink0\nlxc.net.1.l2proxy = 1\n"
                             "lxc.net.1.veth.ipv4.route = 10.6.0.0/16\nlxc.net.1.veth.ipv6.route = fd00:6::/48\n"
                             "lxc.net.2.type = macvlan\nlxc.net.2.flags = up\nlxc.net.2.link = uplink0\n"
                             "lxc.net.2.macvlan.mode = bridge\nlxc.net.2.name = eth0\n"
                             "lxc.net.2.ipv4.address = 10.0.7.5/24 10.0.7.127\nlxc.net.2.ipv4.gateway = auto\n"
                             "lxc.net.3.type = ipvlan\nlxc.net.3.flags = up\nlxc.net.3.link = uplink0\n"
                             "lxc.net.3.ipvlan.mode = l3s\nlxc.net.3.ipvlan.isolation = vepa\n"
                             "lxc.net.3.ipv4.address = 10.0.8.5/32\nlxc.net.3.ipv4.gateway = dev\n"
                             "lxc.net.4.type = vlan\nlxc.net.4.link = uplink0\nlxc.net.4.vlan.id = 12\n"
                             "lxc.net.5.type = phys\nlxc.net.5.link = lan+\nlxc.net.5.flags = up\n"
                             "lxc.net.6.type = phys\nlxc.net.6.link = eth2\nlxc.net.6.name = wan\n"
                             "lxc.net.7.type = empty\n";

std::vector<Golden> cases() {
    return {
        {"unprivileged_hybrid", std::string(kUnprivileged) + std::string(kSystemd), hybrid_host()},
        {"unprivileged_unified", std::string(kUnprivileged) + std::string(kSystemd), unified_host()},
        {"privileged_hybrid", with_root(kSystemd), hybrid_host()},
        {"plain", std::string(kRootfs), any_host()},
        {"busybox", with_root("lxc.mount.auto = cgroup:mixed proc:mixed sys:mixed\n"
                              "lxc.mount.entry = shm dev/shm tmpfs defaults,create=dir 0 0\n"
                              "lxc.signal.halt = SIGUSR1\nlxc.tty.max = 1\nlxc.pty.max = 1\n"
                              "lxc.cap.drop = sys_module mac_admin mac_override sys_time\n"),
         hybrid_host()},
        {"overlay", "lxc.rootfs.path = overlay:/cache/trees/top:/cache/trees/base:/var/lib/lxcpp/c1/overlay/upper\n"
                    "lxc.rootfs.options = idmap=container,ro,nodev\n"
                    "lxc.idmap = u 0 100000 65536\nlxc.idmap = g 0 100000 65536\n" + std::string(kSystemd),
         unified_host()},
        {"execute_without_rootfs", "", hybrid_host(), execute({"/bin/sh", "-c", "exit 3"}, true)},
        {"execute_unprivileged", std::string(kUnprivileged), unified_host(), execute({"/bin/id"}, false)},
        {"shared_namespaces", with_root("lxc.namespace.share.net = c2\nlxc.namespace.share.ipc = 4711\n"
                                        "lxc.namespace.share.uts = /proc/4711/ns/uts\n"),
         hybrid_host()},
        {"chosen_namespaces", with_root("lxc.namespace.clone = mnt pid\n"), hybrid_host()},
        {"kept_namespaces", with_root("lxc.namespace.keep = net uts cgroup\nlxc.mount.auto = sys:mixed\n"),
         hybrid_host()},
        {"host_network", std::string(kUnprivileged) + "lxc.net.0.type = none\n"
                                                      "lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed\n",
         hybrid_host()},
        {"mount_entries", std::string(kUnprivileged) +
                              "lxc.mount.entry = /srv/m srv/m none bind,idmap=container,create=dir 0 0\n"
                              "lxc.mount.entry = /srv/n srv/n none rbind,idmap=/proc/9/ns/user,optional,ro 0 0\n"
                              "lxc.mount.entry = /srv/o var/lib/lxcpp none rbind,nosuid,nodev,rslave 0 0\n"
                              "lxc.mount.entry = dev/null proc/kcore none bind,relative 0 0\n"
                              "lxc.mount.entry = tmpfs tmp tmpfs size=1m,mode=1777,nosuid,optional 0 0\n"
                              "lxc.mount.entry = /mnt/x mnt/x none move,create=dir 0 0\n"
                              "lxc.mount.entry = none srv/m none remount,ro 0 0\n"
                              "lxc.mount.entry = none srv none rshared 0 0\n"
                              "lxc.mount.entry = /srv/p /var/lib/lxcpp/c1/rootfs/srv/p none bind 0 0\n"
                              "lxc.mount.entry = /srv/q /stage/srv/q none bind 0 0\n"
                              "lxc.mount.entry = /srv/r /srv/r none bind 0 0\n",
         hybrid_host(), with_fstab()},
        {"time_offsets", with_root("lxc.time.offset.boot = 168h\nlxc.time.offset.monotonic = -5s\n"), hybrid_host()},
        {"hooks_version_0", with_root(kHooks), hybrid_host()},
        {"hooks_version_1", with_root(kHooks + "lxc.hook.version = 1\n"), hybrid_host()},
        {"tty_dir", with_root("lxc.tty.max = 2\nlxc.tty.dir = lxc\n"), hybrid_host()},
        {"console_none", with_root("lxc.console.path = none\nlxc.tty.max = 1\n"), hybrid_host()},
        {"seccomp_none", with_root("lxc.seccomp.profile = none\nlxc.no_new_privs = 1\n"), hybrid_host()},
        {"no_autodev", with_root("lxc.autodev = 0\nlxc.tty.max = 1\nlxc.hook.autodev = /h/autodev\n"), hybrid_host()},
        {"nesting", std::string(kUnprivileged) + "lxc.apparmor.allow_nesting = 1\nlxc.mount.auto = proc:mixed sys:rw\n", hybrid_host()},
        {"limits", with_root("lxc.prlimit.nofile = 1024:4096\nlxc.prlimit.core = unlimited\n"
                             "lxc.sysctl.net.ipv4.ip_forward = 1\nlxc.proc.oom_score_adj = 10\n"
                             "lxc.mount.auto = proc\n"),
         hybrid_host()},
        {"seccomp_and_start_hook", with_root("lxc.seccomp.profile = /p\nlxc.no_new_privs = 1\nlxc.arch = x86_64\n"
                                             "lxc.hook.start = /h/start\nlxc.init.uid = 1000\n"),
         hybrid_host()},
        {"network", std::string(kUnprivileged) + kDevices, hybrid_host()},
        {"network_user_mode", with_root("lxc.net.0.type = user\nlxc.net.0.flags = up\n"), hybrid_host()},
        {"network_user_mode_addresses",
         with_root("lxc.net.0.type = user\nlxc.net.0.flags = up\nlxc.net.0.name = lan\nlxc.net.0.mtu = 1400\n"
                   "lxc.net.0.ipv4.address = 10.9.0.2/20\nlxc.net.0.ipv6.address = fd09::5/64\n"),
         hybrid_host()},
        {"network_version_1", with_root("lxc.hook.version = 1\nlxc.net.0.type = empty\nlxc.net.0.script.up = /h/up\n"
                                        "lxc.sysctl.net.ipv4.conf.all.forwarding = 1\nlxc.mount.auto = proc\n"),
         hybrid_host()},
        {"init_ids", with_root("lxc.init.cmd = /bin/app --flag 'two words'\nlxc.init.uid = 1000\nlxc.init.gid = 1001\n"
                               "lxc.init.groups = 20,30\nlxc.init.cwd = /srv/app\n"
                               "lxc.monitor.signal.pdeath = SIGTERM\nlxc.arch = i686\nlxc.sched.core = 1\n"
                               "lxc.keyring.session = 0\n"),
         hybrid_host()},
    };
}

TEST(PlanGolden, WholeConfigurations) {
    for (const Golden& golden_case : cases()) {
        SCOPED_TRACE(golden_case.name);
        expect_golden(golden_case.name, print_plan(plan_start(golden_case.request, config_of(golden_case.config),
                                                              golden_case.host)));
    }
}

// What lxc.mount.auto alone adds to a plan.
std::string mounts_of(const std::string& value, const Host& host, std::string_view base) {
    const std::string text = std::string(base) + "lxc.mount.auto = " + value + '\n';
    const StartPlan with = plan_of(text, host);
    const StartPlan without = plan_of(base, host);
    const std::string all = print_plan(without);
    const std::string ours = print_plan(with);
    std::string lines;
    for (const std::string_view line : split_lines(ours)) {
        if (all.find(line) == std::string::npos) lines += std::string(line) + '\n';
    }
    return lines + (with.shared_mount_dir.empty() ? "" : "shared on the host: " + with.shared_mount_dir + '\n');
}

TEST(PlanGolden, EveryValueOfMountAuto) {
    Host modern = hybrid_host();
    modern.payload_unified_only = true;
    Host powerless = hybrid_host();
    powerless.bounding_set = 0xff;
    const std::string shared_view = std::string(kRootfs) + "lxc.namespace.keep = cgroup\n";
    const std::string shared_net = std::string(kUnprivileged) + "lxc.net.0.type = none\n";
    std::string text;
    for (const char* value :
         {"proc", "proc:mixed", "proc:rw", "sys", "sys:mixed", "sys:ro", "sys:rw", "cgroup", "cgroup:mixed",
          "cgroup:ro", "cgroup:rw", "cgroup:force", "cgroup:mixed:force", "cgroup:ro:force", "cgroup:rw:force",
          "cgroup-full", "cgroup-full:mixed", "cgroup-full:ro", "cgroup-full:rw", "cgroup-full:force",
          "cgroup-full:mixed:force", "cgroup-full:ro:force", "cgroup-full:rw:force", "cgroup2", "cgroup2:rw",
          "cgroup2:ro", "cgroup2:force", "shmounts:/srv/share", "shmounts:/srv/share:/mnt/share"}) {
        const std::string word = value;
        text += "== " + word + ", hybrid\n" + mounts_of(word, hybrid_host(), kRootfs);
        text += "== " + word + ", unified\n" + mounts_of(word, unified_host(), kRootfs);
        if (word.starts_with("cgroup")) {
            text += "== " + word + ", hybrid, systemd 258\n" + mounts_of(word, modern, kRootfs);
            text += "== " + word + ", hybrid, no CAP_SYS_ADMIN inside\n" + mounts_of(word, powerless, kRootfs);
            text += "== " + word + ", hybrid, the host's cgroup namespace\n" + mounts_of(word, hybrid_host(), shared_view);
        }
        if (word.starts_with("sys")) {
            text += "== " + word + ", hybrid, unprivileged in the host's network\n" + mounts_of(word, hybrid_host(), shared_net);
        }
    }
    expect_golden("mount_auto", text);
}

} // namespace
} // namespace lxcpp::test
