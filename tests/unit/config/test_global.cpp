// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

#include "config/global.h"

using namespace lxcpp;
using namespace lxcpp::test;

namespace {

Paths test_paths(const std::filesystem::path& config = "/etc/lxcpp") {
    Paths paths;
    paths.config = config;
    paths.state = "/var/lib/lxcpp";
    return paths;
}

GlobalConfig parse_global(std::string_view text) {
    return parse_global_config(text, "lxcpp.conf", test_paths());
}

} // namespace

TEST(Global, MissingFileGivesTheDefaults) {
    const ConfigDir dir;
    const auto config = load_global_config(test_paths(dir.path()));
    EXPECT_EQ(global_item(config, "lxc.lxcpath"), "/var/lib/lxcpp");
    EXPECT_EQ(global_item(config, "lxc.default_config"), dir.at("default.conf"));
    EXPECT_EQ(global_item(config, "lxc.bdev.lvm.vg"), "lxc");
    EXPECT_EQ(global_item(config, "lxc.cgroup.use"), "");
    EXPECT_EQ(global_item(config, "lxc.nonsense"), std::nullopt);
}

TEST(Global, ReadsAFileWrittenForLxc) {
    const ConfigDir dir;
    dir.write("lxcpp.conf", "# host\nlxc.lxcpath = /srv/lxc/\nlxc.cgroup.pattern = lxc/%n\n"
                            "lxcpath = /ignored\nlxc.bdev.zfs.root = tank/lxc\n");
    const auto config = load_global_config(test_paths(dir.path()));
    EXPECT_EQ(config.lxcpath, "/srv/lxc");
    EXPECT_EQ(config.cgroup_pattern, "lxc/%n");
    EXPECT_EQ(config.zfs_root, "tank/lxc");
}

TEST(Global, MistakesAreErrorsWithFileAndLine) {
    EXPECT_EQ(error_of([] { (void)parse_global("\nlxc.lxcpaht = /x\n"); }),
              "lxcpp.conf:2: lxc.lxcpaht: unknown key; did you mean lxc.lxcpath?");
    EXPECT_EQ(error_of([] { (void)parse_global("lxc.lxcpath /x\n"); }),
              "lxcpp.conf:1: lxc.lxcpath /x: the line has no \"=\"");
}

TEST(Global, EveryListedKeyCanBeRead) {
    const auto config = parse_global("");
    for (const auto& key : global_keys()) EXPECT_TRUE(global_item(config, key.name)) << key.name;
    EXPECT_EQ(std::ranges::count(global_keys(), true, &GlobalKeyInfo::listed), 7);
}
