// SPDX-License-Identifier: Apache-2.0
#include "debian/sources.h"

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gtest/gtest.h>

namespace lxcpp::debian {
namespace {

class HostMirrorTest : public testing::Test {
protected:
    HostMirrorTest() {
        sys::make_dirs(dir_ / "etc/apt/sources.list.d");
        write("etc/os-release", "NAME=\"Debian GNU/Linux\"\nID=debian\n");
    }
    void write(const std::string& path, const std::string& text) { sys::write_file_atomic(dir_ / path, text); }
    [[nodiscard]] std::string url() const {
        const auto mirror = host_mirror(dir_.path());
        return mirror ? mirror->url : "none";
    }
    test::TempDir dir_;
};

TEST_F(HostMirrorTest, ReadsDeb822) {
    write("etc/apt/sources.list.d/debian.sources",
          "# a comment\nTypes: deb deb-src\n# another\nURIs: http://mirror.example/debian/\n"
          "Suites: bookworm bookworm-updates\nComponents: main contrib\n\n"
          "Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\nComponents: main\n");
    const auto mirror = host_mirror(dir_.path());
    ASSERT_TRUE(mirror);
    EXPECT_EQ(mirror->url, "http://mirror.example/debian");
    EXPECT_EQ(mirror->security, "http://mirror.example/debian-security");
    EXPECT_TRUE(mirror->from_host);
}

TEST_F(HostMirrorTest, ReadsTheOneLineFormat) {
    write("etc/apt/sources.list",
          "deb-src http://src.example/debian sid main\n# deb http://off.example/debian sid main\n"
          "deb [arch=amd64 signed-by=/x] https://one.example/debian  trixie  main # comment\n"
          "deb http://sec.example/debian-security trixie-security main\n");
    const auto mirror = host_mirror(dir_.path());
    ASSERT_TRUE(mirror);
    EXPECT_EQ(mirror->url, "https://one.example/debian");
    EXPECT_EQ(mirror->security, "http://sec.example/debian-security");
}

TEST_F(HostMirrorTest, PassesOverWhatAContainerCannotUse) {
    EXPECT_EQ(url(), "none");
    for (const std::string line :
         {"deb cdrom:[Debian]/ bookworm main", "deb file:/srv/debian bookworm main",
          "deb http://user:secret@mirror.example/debian bookworm main", "deb http://third.example/app bookworm contrib",
          "deb http://third.example/app jammy main", "deb [ http://mirror.example/debian bookworm main",
          "deb http://mirror.example/debian bookworm-updates main", "deb http://e.example/\"x bookworm main"}) {
        write("etc/apt/sources.list", line + "\n");
        EXPECT_EQ(url(), "none") << line;
    }
    write("etc/apt/sources.list.d/x.sources",
          "Types: deb\nEnabled: no\nURIs: http://off.example/debian\nSuites: sid\nComponents: main\n");
    EXPECT_EQ(url(), "none");
}

TEST_F(HostMirrorTest, AsksDebianHostsOnly) {
    write("etc/apt/sources.list", "deb http://mirror.example/debian bookworm main\n");
    EXPECT_EQ(url(), "http://mirror.example/debian");
    write("etc/os-release", "ID=ubuntu\nID_LIKE=debian\n");
    EXPECT_EQ(url(), "none");
}

TEST(ParseMirror, TakesWebAddressesOnly) {
    EXPECT_EQ(parse_mirror("https://m.example/debian//").url, "https://m.example/debian");
    for (const auto* bad : {"", "ftp://m.example/", "file:///etc", "http://", "http://u:p@m.example/", "m.example",
                            "http://m.example/a b", "http://m.example/\n", "http://m.example/?x"}) {
        EXPECT_NE(test::error_of([&] { (void)parse_mirror(bad); }), "") << bad;
    }
}

} // namespace
} // namespace lxcpp::debian
