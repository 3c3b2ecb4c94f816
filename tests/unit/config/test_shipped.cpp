// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

#include "config/bridge_config.h"
#include "config/lint.h"
#include "config/man_page.h"

using namespace lxcpp;
using namespace lxcpp::test;

namespace {

const std::filesystem::path kSource = std::filesystem::path(LXCPP_TEST_SOURCE_DIR).parent_path();
const std::filesystem::path kShipped = kSource / "config";

std::vector<std::filesystem::path> conf_files(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> files;
    if (!std::filesystem::exists(directory)) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        const auto& path = entry.path();
        if (path.extension() == ".conf" && path.filename() != "image-servers.conf") files.push_back(path); // that is another language
    }
    return files;
}

Config load_shipped(std::string_view includes) {
    return load_config_text(includes, kShipped / "test").config;
}

} // namespace

TEST(Shipped, EveryFileLoadsWithoutAProblem) {
    const auto files = conf_files(kShipped);
    EXPECT_GE(files.size(), 6u);
    for (const auto& file : files)
        for (const auto& problem : lint(file)) ADD_FAILURE() << problem_line(problem);
}

TEST(Shipped, DefaultIsADeviceOnTheManagedBridge) {
    const auto config = load_config(kShipped / "default.conf").config;
    ASSERT_EQ(config.net.size(), 1u);
    EXPECT_EQ(config.net[0].type, NetType::Veth);
    EXPECT_EQ(config.net[0].link, BridgeConfig{}.bridge);
    EXPECT_TRUE(config.net[0].up);
    EXPECT_TRUE(config.idmap.empty()); // create allocates them
}

TEST(Shipped, CommonSaysTheSameToBothCgroupVersions) {
    const auto config = load_shipped("lxc.include = debian.common.conf\n");
    EXPECT_EQ(config.cgroup.v1, config.cgroup.v2);
    EXPECT_EQ(config.cgroup.v2.size(), 17u);
    EXPECT_EQ(config.cgroup.v2.front(), (Setting{"devices.deny", "a"}));
    EXPECT_EQ(config.caps.drop.size(), 5u);
    EXPECT_EQ(config.tty, Tty{.max = 4});
    EXPECT_EQ(get_item(config, "lxc.mount.auto"), "proc:mixed sys:mixed cgroup:mixed");
}

TEST(Shipped, UsernsTakesBackWhatAUserNamespaceRulesOut) {
    const auto config =
        load_shipped("lxc.include = debian.common.conf\nlxc.include = debian.userns.conf\n");
    EXPECT_TRUE(config.cgroup.v1.empty());
    EXPECT_TRUE(config.cgroup.v2.empty());
    EXPECT_EQ(config.caps, Capabilities{});
    EXPECT_EQ(get_item(load_shipped("lxc.include = common.conf\nlxc.include = userns.conf\n"), "lxc.mount.auto"),
              "proc:mixed sys:rw cgroup:mixed");
    EXPECT_EQ(get_item(config, "lxc.mount.auto"), "proc:mixed sys:mixed cgroup:mixed"); // no udev
}

// The files that LXC's package installs load as they are, and saving changes no byte of them.
TEST(Shipped, LxcsOwnFilesLoadAndRoundTrip) {
    const auto files = conf_files("/usr/share/lxc/config");
    if (files.empty()) GTEST_SKIP() << "LXC's configuration files are not installed";
    for (const auto& file : files) {
        const auto loaded = load_config(file);
        EXPECT_EQ(loaded.text.text(), sys::read_file(file)) << file;
        EXPECT_EQ(load_config_text(effective_text(loaded.config), "again").config, loaded.config)
            << file;
    }
}

TEST(Shipped, OurCommonHasLxcsEffect) {
    if (!std::filesystem::exists("/usr/share/lxc/config/debian.common.conf"))
        GTEST_SKIP() << "LXC's configuration files are not installed";
    auto ours = load_shipped("lxc.include = debian.common.conf\n");
    auto theirs = load_config("/usr/share/lxc/config/debian.common.conf").config;
    const auto devices = [](Config& config) {
        std::ranges::sort(config.cgroup.v1, {}, &Setting::value);
        return config.cgroup.v1;
    };
    EXPECT_EQ(devices(ours), devices(theirs));
    std::ranges::sort(ours.caps.drop);
    std::ranges::sort(theirs.caps.drop);
    EXPECT_EQ(ours.caps, theirs.caps);
    EXPECT_EQ(ours.mounts, theirs.mounts);
    EXPECT_EQ(ours.tty, theirs.tty);
    EXPECT_EQ(ours.pty, theirs.pty);
}

TEST(ManPage, NamesEveryKeyAndBreaksNoRoffRule) {
    const auto page = container_conf_man_page();
    for (const auto& key : all_keys()) {
        std::string name;
        for (const char c : key.name) name += c == '-' ? "\\-" : std::string(1, c);
        EXPECT_THAT(page, testing::HasSubstr("\n.BR \"" + name + "\" ")) << key.name;
    }
    EXPECT_THAT(page, testing::Not(testing::HasSubstr("\n'")));
}
