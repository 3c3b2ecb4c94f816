// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/systemd_generator.h"

#include "output_fixture.h"

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;

TEST_F(Outputs, GetADropInGeneratorWhereThereIsSystemd) {
    const auto root = sys::RootedDir::open(top / "tree");
    install_systemd_generator(root);
    EXPECT_FALSE(fs::exists(top / "tree/etc/systemd"));
    fs::create_directories(top / "tree/etc/systemd");
    put("tree/etc/systemd/system-generators/lxc", std::string(100'000, 'x'));
    fs::permissions(top / "tree/etc/systemd/system-generators/lxc", fs::perms(0600));
    install_systemd_generator(root);
    EXPECT_EQ(text("tree/etc/systemd/system-generators/lxc"), systemd_generator_script());
    EXPECT_EQ(fs::status(top / "tree/etc/systemd/system-generators/lxc").permissions(), fs::perms(0755));
    EXPECT_TRUE(systemd_generator_script().starts_with("#!/bin/sh\n"));
}

TEST_F(Outputs, LeaveAGeneratorThatIsMasked) {
    fs::create_directories(top / "tree/etc/systemd/system-generators");
    fs::create_symlink("/dev/null", top / "tree/etc/systemd/system-generators/lxc");
    install_systemd_generator(sys::RootedDir::open(top / "tree"));
    EXPECT_TRUE(fs::is_symlink(top / "tree/etc/systemd/system-generators/lxc"));
    EXPECT_FALSE(fs::exists(top / "tree/dev/null"));
}

} // namespace
} // namespace lxcpp::distro
