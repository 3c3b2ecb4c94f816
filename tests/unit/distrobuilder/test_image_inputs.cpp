// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/image_inputs.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

namespace lxcpp::distro {
namespace {

class ImageKey : public testing::Test {
protected:
    ImageKey() {
        put("a.conf", "one");
        put("b.conf", "two");
        put("b.conf.bak", "other");
        put(".c.conf", "hidden");
    }
    void put(const std::string& name, const std::string& text) const { sys::write_file_atomic(top_ / name, text); }
    [[nodiscard]] std::string key(const std::string& source) const {
        Recipe recipe;
        recipe.files.push_back({.generator = "copy", .path = "/etc/", .source = source});
        return image_key("before", recipe, Output::Lxc, top_.path());
    }

    test::TempDir top_;
};

TEST_F(ImageKey, DependsOnWhatIsCopied) {
    const std::string first = key("*.conf");
    EXPECT_EQ(key("*.conf"), first);
    put("b.conf", "changed");
    const std::string second = key("*.conf");
    EXPECT_NE(second, first);
    put("d.conf", "");
    EXPECT_NE(key("*.conf"), second);
    std::filesystem::permissions(top_ / "d.conf", std::filesystem::perms(0755));
    EXPECT_NE(key("*.conf"), second);
    sys::make_dirs(top_ / "tree/sub");
    const std::string tree = key("tree");
    put("tree/sub/file", "new");
    EXPECT_NE(key("tree"), tree);
}

// Which may be the builds' own images.
TEST_F(ImageKey, DoesNotDependOnWhatStandsBeside) {
    const std::string first = key("*.conf");
    put("b.conf.bak", "changed");
    put(".c.conf", "changed");
    sys::make_dirs(top_ / "out");
    put("out/rootfs.tar.xz", "an image");
    std::filesystem::create_symlink("nowhere", top_ / "link");
    ASSERT_EQ(::truncate((top_ / "b.conf.bak").c_str(), off_t{2} << 30), 0); // more than is read into memory
    EXPECT_EQ(key("*.conf"), first);
}

// A tree may be built although a file of it cannot be copied.
TEST_F(ImageKey, OfWhatCannotBeReadIsNeverTheSame) {
    EXPECT_NE(key("*.none"), key("*.none"));
}

} // namespace
} // namespace lxcpp::distro
