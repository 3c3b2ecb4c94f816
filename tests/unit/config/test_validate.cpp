// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

using namespace lxcpp;
using namespace lxcpp::test;

namespace {

struct Conflict {
    std::string_view text;
    std::string_view message;
};

const Conflict kConflicts[] = {
    {"lxc.cap.drop = chown\nlxc.cap.keep = kill\n",
     "test.conf:2: lxc.cap.keep: excludes lxc.cap.drop; clear one of the two lists"},
    {"lxc.namespace.clone = net\nlxc.namespace.keep = pid\n",
     "test.conf:2: lxc.namespace.keep: excludes lxc.namespace.clone"},
    {"lxc.namespace.keep = net\nlxc.namespace.share.net = 1\n",
     "test.conf:2: lxc.namespace.share.net: net is in lxc.namespace.keep already"},
    {"lxc.idmap = u 0 1000 10\nlxc.idmap = g 0 1000 10\nlxc.idmap = u 5 2000 10\n",
     "test.conf:3: lxc.idmap: \"u 0 1000 10\" and \"u 5 2000 10\" overlap inside"},
    {"lxc.idmap = u 0 1000 10\nlxc.idmap = g 0 1000 10\nlxc.idmap = g 10 1009 1\n",
     "test.conf:3: lxc.idmap: \"g 0 1000 10\" and \"g 10 1009 1\" overlap on the host"},
    {"lxc.idmap = u 0 4294967290 10\nlxc.idmap = g 0 1 1\n",
     "test.conf:2: lxc.idmap: \"u 0 4294967290 10\" goes past the last id"},
    {"lxc.idmap = u 0 1000 10\n",
     "test.conf:1: lxc.idmap: needs lines for both user (u) and group (g) ids"},
    {"lxc.rootfs.options = ro,idmap=container\n",
     "test.conf:1: lxc.rootfs.options: idmap=container needs lxc.idmap lines"},
    {"lxc.cgroup.dir = a\nlxc.cgroup.dir.monitor = m\nlxc.cgroup.dir.container = c\n",
     "test.conf:1: lxc.cgroup.dir: excludes lxc.cgroup.dir.container and lxc.cgroup.dir.monitor"},
    {"lxc.cgroup.dir.container = a\n",
     "test.conf:1: lxc.cgroup.dir.container: needs lxc.cgroup.dir.monitor too"},
    {"lxc.cgroup.dir.monitor = a\n",
     "test.conf:1: lxc.cgroup.dir.monitor: needs lxc.cgroup.dir.container too"},
    {"lxc.cgroup.dir.container.inner = a\n",
     "test.conf:1: lxc.cgroup.dir.container.inner: needs lxc.cgroup.dir.container"},
    {"lxc.cgroup.dir.monitor = a\nlxc.cgroup.dir.container = a\n",
     "test.conf:1: lxc.cgroup.dir.monitor: is the same as lxc.cgroup.dir.container"},
    {"lxc.namespace.keep = time\nlxc.time.offset.boot = 5s\n",
     "test.conf:2: lxc.time.offset.boot: needs a time namespace, which lxc.namespace.* rules out"},
    {"lxc.net.0.type = phys\n", "test.conf:1: lxc.net.0.type: phys needs lxc.net.0.link"},
    {"lxc.net.0.name = a\nlxc.net.1.name = a\n",
     "test.conf:2: lxc.net.1.name: another device is called a already"},
    {"lxc.net.0.type = veth\nlxc.net.0.veth.pair = a\nlxc.net.1.type = veth\nlxc.net.1.veth.pair = a\n",
     "test.conf:4: lxc.net.1.veth.pair: another device is called a already"},
    {"lxc.net.0.type = veth\nlxc.net.0.ipv4.address = 10.0.3.5\n",
     "test.conf:2: lxc.net.0.ipv4.address: 10.0.3.5 has no prefix: write 10.0.3.5/24, or what the network has"},
    {"lxc.net.0.type = veth\nlxc.net.0.veth.ipv4.route = 10.0.0.0\n",
     "test.conf:2: lxc.net.0.veth.ipv4.route: 10.0.0.0 has no prefix: write 10.0.0.0/24, or what the network has"},
};

} // namespace

TEST(Validate, ContradictionsAreErrorsAtTheLineThatMadeThem) {
    for (const auto& [text, message] : kConflicts) EXPECT_EQ(parse_error(text), message);
}

TEST(Validate, SoundConfigurationsPass) {
    for (const auto text : {
             "",
             "lxc.cap.keep = kill\nlxc.cap.keep =\nlxc.cap.drop = chown\n",
             "lxc.idmap = u 0 100000 65536\nlxc.idmap = g 0 100000 65536\n",
             "lxc.idmap = u 0 1000 10\nlxc.idmap = g 0 1000 10\nlxc.idmap = u 10 990 10\n",
             "lxc.idmap = u 0 4294967285 10\nlxc.idmap = g 0 1 1\n",
             "lxc.rootfs.options = idmap=/proc/1/ns/user\n",
             "lxc.namespace.clone = time\nlxc.time.offset.boot = 5s\n",
             "lxc.cgroup.dir.container = c\nlxc.cgroup.dir.monitor = m\n",
         })
        EXPECT_EQ(parse_error(text), "") << text;
}

// Lines that contradict each other on the way are fine when a later one takes them back.
TEST(Validate, LooksAtTheResultOnly) {
    EXPECT_EQ(parse_error("lxc.cap.drop = chown\nlxc.cap.keep = kill\nlxc.cap.drop =\n"), "");
}

TEST(Validate, CanBeLeftOut) {
    LoadOptions options;
    options.validate = false;
    for (const auto& conflict : kConflicts)
        EXPECT_NO_THROW((void)load_config_text(conflict.text, "f", options));
}
