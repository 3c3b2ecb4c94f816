// SPDX-License-Identifier: Apache-2.0
#include "build_lab.h"

#include "base/sha256.h"
#include "distrobuilder/root_source.h"
#include "sys/file.h"
#include "unit/image/tar_builder.h"

#include <ctime>
#include <fmt/core.h>
#include <gmock/gmock.h>

namespace lxcpp {
namespace {

using image::TarMember;
using testing::HasSubstr;

// Alpine's edge is a release of it, and a script that runs in it.
class SourceScripts : public test::BuildLab {
protected:
    void SetUp() override {
        BuildLab::SetUp();
        if (!std::filesystem::exists("/bin/busybox")) GTEST_SKIP() << "needs a static busybox";
    }
    // An archive with a busybox, and what stands for apk.
    static std::string minirootfs(const std::string& apk) {
        const auto directory = [](const char* name) { return TarMember{.name = name, .type = '5', .mode = "0000755", .uid = "0000000", .gid = "0000000"}; };
        const auto program = [](const char* name, const std::string& text) {
            return TarMember{.name = name, .data = text, .mode = "0000755", .uid = "0000000", .gid = "0000000"};
        };
        const auto link = [](const char* name) { return TarMember{.name = name, .type = '2', .link = "busybox", .uid = "0000000", .gid = "0000000"}; };
        return image::make_tar(directory("./"), directory("bin/"), directory("sbin/"), directory("etc/"), directory("etc/apk/"), directory("dev/"), directory("proc/"),
                               directory("sys/"), directory("run/"), directory("tmp/"), program("bin/busybox", sys::read_file("/bin/busybox")), link("bin/sh"),
                               link("bin/sed"), program("sbin/apk", apk), program("etc/apk/repositories", "https://mirror.example/alpine/v3.20/main\n"));
    }
    // What a build of it says at its end.
    std::string edge(const std::string& apk, const std::string& show) {
        const std::string tar = minirootfs(apk);
        return build([&](const distro::BuildIdentity&) -> std::string {
            const auto folder = home() / "cache/mirror/v3.20/releases/x86_64";
            sys::make_dirs(folder);
            sys::write_file_atomic(folder / "alpine-minirootfs-3.20.1-x86_64.tar.gz", tar);
            distro::Recipe recipe;
            recipe.source = {.downloader = "alpinelinux-http", .url = "file://" + (home() / "cache/mirror").string(), .same_as = "3.20.1", .sha256 = sha256_hex(tar)};
            recipe.image = {.release = "edge", .architecture_mapped = "x86_64"};
            const auto cache = image::ImageCache::open(home() / "cache/images");
            image::HttpClient http;
            image::SilentProgress progress;
            const distro::SourceWork work{recipe, http, cache, cache.scratch(), progress, home() / "recipe", log(), std::time(nullptr)};
            sys::make_dir(root(), 0755);
            distro::open_source(work)->unpack(root());
            return sys::read_file(root() / show);
        });
    }
};

TEST_P(SourceScripts, RunInTheTree) {
    EXPECT_EQ(edge("#!/bin/sh\necho \"$@\" >/asked\n", "asked"), "upgrade --update-cache --available\n");
    EXPECT_EQ(sys::read_file(in_root("etc/apk/repositories")), "https://mirror.example/alpine/edge/main\n");
    EXPECT_TRUE(std::filesystem::is_empty(in_root("dev")));
}

TEST_P(SourceScripts, MayFail) {
    const std::string said = edge("#!/bin/sh\necho no network >&2\nexit 5\n", "asked");
    EXPECT_THAT(said, HasSubstr("alpinelinux-http: its script failed with exit status 5"));
    EXPECT_EQ(sys::read_file(log()), "no network\n");
}

INSTANTIATE_TEST_SUITE_P(Builders, SourceScripts, test::kBuilders, test::builder_name);

} // namespace
} // namespace lxcpp
