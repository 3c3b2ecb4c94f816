// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

#include "config/keys.h"

#include <map>

using namespace lxcpp;
using namespace lxcpp::test;

namespace {

// A text with a value other than the default for every key of the table. A key that is new to the
// table and not here fails the test below.
const std::map<std::string, std::string> kSamples = {
    {"lxc.apparmor.allow_incomplete", "1"},
    {"lxc.apparmor.allow_nesting", "1"},
    {"lxc.apparmor.profile", "generated"},
    {"lxc.apparmor.raw", "mount fstype=tmpfs,"},
    {"lxc.arch", "armhf"},
    {"lxc.autodev", "0"},
    {"lxc.autodev.tmpfs.size", "1MB"},
    {"lxc.cap.drop", "sys_admin 5"},
    {"lxc.cap.keep", "chown kill"},
    {"lxc.cgroup.NAME", "512M"},
    {"lxc.cgroup.dir", "a/b"},
    {"lxc.cgroup.dir.container", "a/c"},
    {"lxc.cgroup.dir.container.inner", "inner"},
    {"lxc.cgroup.dir.monitor", "a/m"},
    {"lxc.cgroup.dir.monitor.pivot", "a/p"},
    {"lxc.cgroup.relative", "1"},
    {"lxc.cgroup2.NAME", "max"},
    {"lxc.console.buffer.size", "auto"},
    {"lxc.console.logfile", "/var/log/c.log"},
    {"lxc.console.path", "none"},
    {"lxc.console.rotate", "1"},
    {"lxc.console.size", "64KB"},
    {"lxc.environment", "A=b c"},
    {"lxc.environment.hooks", "H=1"},
    {"lxc.environment.runtime", "R="},
    {"lxc.ephemeral", "1"},
    {"lxc.execute.cmd", "/bin/sh -c 'exit 3'"},
    {"lxc.group", "web db"},
    {"lxc.hook", ""},
    {"lxc.hook.autodev", "/h/autodev a b"},
    {"lxc.hook.clone", "/h/clone"},
    {"lxc.hook.destroy", "/h/destroy"},
    {"lxc.hook.mount", "/h/mount"},
    {"lxc.hook.post-stop", "/h/post-stop"},
    {"lxc.hook.pre-mount", "/h/pre-mount"},
    {"lxc.hook.pre-start", "/h/pre-start"},
    {"lxc.hook.start", "/h/start"},
    {"lxc.hook.start-host", "/h/start-host"},
    {"lxc.hook.stop", "/h/stop"},
    {"lxc.hook.version", "1"},
    {"lxc.idmap", "u 0 100000 65536"},
    {"lxc.include", ""},
    {"lxc.init.cmd", "/sbin/init --unit=rescue"},
    {"lxc.init.cwd", "/root"},
    {"lxc.init.gid", "1000"},
    {"lxc.init.groups", "4,24"},
    {"lxc.init.uid", "1000"},
    {"lxc.keyring.session", "0"},
    {"lxc.log.file", "/var/log/lxc.log"},
    {"lxc.log.level", "DEBUG"},
    {"lxc.log.syslog", "local3"},
    {"lxc.monitor.signal.pdeath", "SIGTERM"},
    {"lxc.monitor.unshare", "1"},
    {"lxc.mount.auto", "proc:rw sys:ro cgroup-full:mixed:force shmounts:/srv/shared"},
    {"lxc.mount.entry", "/srv srv none bind,create=dir 0 0"},
    {"lxc.mount.fstab", "/etc/fstab.c1"},
    {"lxc.namespace.clone", "net pid"},
    {"lxc.namespace.keep", "net"},
    {"lxc.namespace.share.NAME", "1234"},
    {"lxc.net", ""},
    {"lxc.net.N.flags", "up"},
    {"lxc.net.N.hwaddr", "10:66:6a:xx:xx:01"},
    {"lxc.net.N.ipv4.address", "10.0.3.5/24 10.0.3.255"},
    {"lxc.net.N.ipv4.gateway", "10.0.3.1"},
    {"lxc.net.N.ipv6.address", "fd00::5/64"},
    {"lxc.net.N.ipv6.gateway", "auto"},
    {"lxc.net.N.ipvlan.isolation", "vepa"},
    {"lxc.net.N.ipvlan.mode", "l2"},
    {"lxc.net.N.l2proxy", "1"},
    {"lxc.net.N.link", "br0"},
    {"lxc.net.N.macvlan.mode", "passthru"},
    {"lxc.net.N.mtu", "1400"},
    {"lxc.net.N.name", "eth0"},
    {"lxc.net.N.script.down", "/h/down"},
    {"lxc.net.N.script.up", "/h/up"},
    {"lxc.net.N.type", "none"},
    {"lxc.net.N.veth.ipv4.route", "192.0.2.0/24"},
    {"lxc.net.N.veth.ipv6.route", "2001:db8::/64"},
    {"lxc.net.N.veth.mode", "router"},
    {"lxc.net.N.veth.n_rxqueues", "2"},
    {"lxc.net.N.veth.n_txqueues", "3"},
    {"lxc.net.N.veth.pair", "vc1"},
    {"lxc.net.N.veth.vlan.id", "none"},
    {"lxc.net.N.veth.vlan.tagged.id", "12"},
    {"lxc.net.N.vlan.id", "77"},
    {"lxc.no_new_privs", "1"},
    {"lxc.prlimit.NAME", "1024:unlimited"},
    {"lxc.proc.NAME", "100"},
    {"lxc.pty.max", "1024"},
    {"lxc.publish", "127.0.0.1:8080:80/tcp"},
    {"lxc.rootfs.managed", "0"},
    {"lxc.rootfs.mount", "/mnt/stage"},
    {"lxc.rootfs.options", "ro,idmap=/proc/1/ns/user"},
    {"lxc.restart.delay", "5"},
    {"lxc.restart.policy", "on-failure:3"},
    {"lxc.rootfs.path", "overlay:/lower:/upper"},
    {"lxc.sched.core", "1"},
    {"lxc.seccomp.allow_nesting", "1"},
    {"lxc.seccomp.notify.cookie", "cookie"},
    {"lxc.seccomp.notify.proxy", "unix:/run/proxy"},
    {"lxc.seccomp.profile", "/etc/policy"},
    {"lxc.selinux.context", "system_u:system_r:lxc_t:s0:c22"},
    {"lxc.selinux.context.keyring", "system_u:system_r:lxc_t:s0"},
    {"lxc.signal.halt", "SIGRTMIN+3"},
    {"lxc.signal.reboot", "10"},
    {"lxc.signal.stop", "sigterm"},
    {"lxc.start.auto", "1"},
    {"lxc.start.delay", "5"},
    {"lxc.start.order", "-2"},
    {"lxc.sysctl.NAME", "1"},
    {"lxc.time.offset.boot", "-90m"},
    {"lxc.time.offset.monotonic", "1500ms"},
    {"lxc.tty.dir", "lxc"},
    {"lxc.tty.max", "4"},
    {"lxc.uts.name", "c1"},
};

// A name that the family accepts.
std::string concrete(std::string name) {
    const auto put = [&](std::string_view place, std::string_view value) {
        const auto at = name.find(place);
        if (at != name.npos) name.replace(at, place.size(), value);
    };
    if (name.starts_with("lxc.namespace.share.")) put("NAME", "net");
    put("NAME", "memory.max");
    put(".N.", ".3.");
    return name;
}

// The device type that a network key needs first; "" for none.
std::string type_for(std::string_view key) {
    for (const auto type : {"veth", "macvlan", "ipvlan", "vlan"})
        if (key.find(std::string(".N.") + type + ".") != key.npos) return type;
    return {};
}

// One key with its sample applied to an otherwise (nearly) empty configuration.
struct Case {
    KeyInfo info;
    std::string name;
    std::string value;
    Config base;
    Config set;
};

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const auto& info : all_keys()) {
        const auto sample = kSamples.find(info.name);
        if (sample == kSamples.end()) {
            ADD_FAILURE() << "add a sample for " << info.name;
            continue;
        }
        Case test{info, concrete(info.name), sample->second, {}, {}};
        const auto type = type_for(info.name);
        if (!type.empty()) apply(test.base, "lxc.net.3.type", type);
        test.set = test.base;
        apply(test.set, test.name, test.value);
        cases.push_back(std::move(test));
    }
    return cases;
}

// What is left when the key is taken back: a key below lxc.net.N makes the device, and keeps it.
Config taken_back(const Case& test) {
    Config config = test.base;
    if (test.name.starts_with("lxc.net.3.")) apply(config, "lxc.net.3.l2proxy", "0");
    return config;
}

} // namespace

TEST(EveryKey, IsKnownAndHelpful) {
    for (const auto& test : all_cases()) {
        SCOPED_TRACE(test.name);
        EXPECT_TRUE(is_known_key(test.name));
        EXPECT_TRUE(test.info.help.ends_with('.')) << test.info.help;
        EXPECT_FALSE(test.info.syntax.empty());
        EXPECT_EQ(is_list_key(test.name), test.info.list);
    }
}

TEST(EveryKey, SampleChangesTheConfig) {
    for (const auto& test : all_cases()) EXPECT_EQ(test.set == test.base, test.value.empty());
}

TEST(EveryKey, EffectiveTextLoadsEqual) {
    LoadOptions options;
    options.validate = false; // one key alone may contradict the defaults of another
    for (const auto& test : all_cases()) {
        const auto text = effective_text(test.set);
        EXPECT_EQ(load_config_text(text, "again.conf", options).config, test.set) << text;
    }
}

TEST(EveryKey, EmptyValueTakesItBack) {
    for (auto& test : all_cases()) {
        const bool exception = test.name == "lxc.mount.fstab" || test.name == "lxc.autodev" ||
                               test.name.ends_with(".type"); // test_empty.cpp
        if (exception) continue;
        apply(test.set, test.name, "");
        EXPECT_EQ(test.set, taken_back(test)) << test.name;
    }
}

TEST(EveryKey, ClearItemTakesItBack) {
    for (auto& test : all_cases()) {
        if (test.name.ends_with(".type")) continue; // a device without type cannot be
        clear_item(test.set, test.name);
        EXPECT_EQ(test.set, taken_back(test)) << test.name;
    }
}

TEST(Keys, SamplesNameOnlyKeysOfTheTable) {
    std::vector<std::string> names;
    for (const auto& key : all_keys()) names.push_back(key.name);
    for (const auto& [name, value] : kSamples) EXPECT_THAT(names, testing::Contains(name));
}

TEST(Keys, ListKeysGivesWhatIsBelow) {
    const auto config = parse("lxc.net.4.type = veth\nlxc.net.0.type = empty\n"
                              "lxc.sysctl.net.core.somaxconn = 5\n");
    EXPECT_THAT(list_keys(config, ""), testing::Contains("lxc.uts.name"));
    EXPECT_THAT(list_keys(config, "lxc.net"), testing::ElementsAre("0", "4"));
    EXPECT_THAT(list_keys(config, "lxc.net.4"), testing::Contains("veth.pair"));
    EXPECT_THAT(list_keys(config, "lxc.net.0"), testing::Not(testing::Contains("veth.pair")));
    EXPECT_THAT(list_keys(config, "lxc.net.9"), testing::IsEmpty());
    EXPECT_THAT(list_keys(config, "lxc.sysctl"), testing::ElementsAre("net.core.somaxconn"));
    EXPECT_THAT(list_keys(config, "lxc.hook"), testing::Contains("pre-start"));
    EXPECT_THAT(list_keys(config, "lxc.nonsense"), testing::IsEmpty());
}

TEST(Keys, NotAppliedNamesWhatNothingActsOn) {
    EXPECT_THAT(not_applied(Config{}), testing::IsEmpty());
    // Whatever the table says today: a flagged row is reported when set, another one is not.
    for (const auto& row : config_keys()) {
        const auto sample = kSamples.find(std::string(row.name));
        if (sample == kSamples.end() || sample->second.empty()) continue;
        Config config;
        apply(config, row.name, sample->second);
        EXPECT_EQ(not_applied(config).empty(), row.applied == Applied::Now) << row.name;
    }
}
