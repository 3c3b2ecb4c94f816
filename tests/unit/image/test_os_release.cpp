// SPDX-License-Identifier: Apache-2.0
#include "image/os_release.h"

#include "support/temp_dir.h"
#include "sys/file.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;

class OsReleaseTest : public testing::Test {
protected:
    OsReleaseTest() {
        fs::create_directories(dir_ / "etc");
        fs::create_directories(dir_ / "usr/lib");
    }
    void write(const std::string& path, const std::string& text) { sys::write_file_atomic(dir_ / path, text); }
    [[nodiscard]] OsRelease read() const { return read_os_release(sys::RootedDir::open(dir_.path())); }

    test::TempDir dir_;
};

TEST_F(OsReleaseTest, ReadsWhatASystemSaysThatItIs) {
    write("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian\"\nVERSION_ID='12'\nVERSION_CODENAME=bookworm\nID_LIKE=x\nID=debian\r\n");
    EXPECT_EQ(read(), (OsRelease{.id = "debian", .version = "12", .release = "bookworm", .name = "Debian GNU/Linux 12 (bookworm)"}));
}

TEST_F(OsReleaseTest, TheVersionIsTheReleaseWithoutACodeName) {
    write("usr/lib/os-release", "ID=alpine\nVERSION_ID=3.20\n");
    EXPECT_EQ(read(), (OsRelease{.id = "alpine", .version = "3.20", .release = "3.20", .name = ""}));
}

TEST_F(OsReleaseTest, TheAdministratorsFileReplacesTheSystems) {
    write("usr/lib/os-release", "ID=debian\nVERSION_ID=12\n");
    write("etc/os-release", "ID=mine\n");
    EXPECT_EQ(read(), (OsRelease{.id = "mine", .version = "", .release = "", .name = ""}));
}

TEST_F(OsReleaseTest, LinksStayWithinTheRoot) {
    write("usr/lib/os-release", "ID=inside\n");
    fs::create_symlink("../../../../../usr/lib/os-release", dir_ / "etc/os-release");
    EXPECT_EQ(read().id, "inside");
}

TEST_F(OsReleaseTest, AnythingElseSaysNothing) {
    EXPECT_EQ(read(), OsRelease{});
    fs::create_directory(dir_ / "etc/os-release");
    fs::create_symlink("os-release", dir_ / "usr/lib/os-release");
    EXPECT_EQ(read(), OsRelease{});
}

} // namespace
} // namespace lxcpp::image
