// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "build_lab.h"

#include "base/sha256.h"
#include "distrobuilder/root_source.h"
#include "sys/file.h"
#include "unit/distrobuilder/disk_images.h"
#include "unit/image/gpg_fixture.h"
#include "unit/image/http_server.h"
#include "unit/image/served_tree.h"

#include <chrono>
#include <ctime>
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <string>

namespace lxcpp::test {

// A mirror on the loopback interface, and builds in a build namespace whose sources run programs.
class SourceLab : public BuildLab {
protected:
    static void SetUpTestSuite() {
        signer_ = new image::Signer();
        key_ = new image::Signer::Key(signer_->make_key("mirror"));
    }
    static void TearDownTestSuite() {
        delete key_;
        delete signer_;
    }

    SourceLab() : server_([this](const image::HttpRequest& request) { return tree_(request); }) {
        for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
        recipe_.image = {.distribution = "test", .release = "9", .architecture = "x86_64", .variant = "default", .architecture_mapped = "x86_64"};
    }

    [[nodiscard]] static std::string key() { return sys::read_file(signer_->armored(*key_)); }
    [[nodiscard]] static std::string listing(const std::vector<std::string>& names) {
        std::string html = "<html>\n";
        for (const std::string& name : names) html += "<a href=\"" + name + "\">" + name + "</a>\n";
        return html;
    }
    // A directory for what becomes images and packages.
    [[nodiscard]] std::filesystem::path work(const std::string& name) const { return scratch_ / name; }
    void serve(const std::string& path, const std::filesystem::path& file) { tree_.put(path, distro::test::read_file(file)); }

    // A tree in which scripts run.
    void make_tree(const std::filesystem::path& tree) const {
        for (const char* name : {"bin", "dev", "etc", "mnt", "proc", "run", "sys", "tmp", "usr/bin", "usr/sbin"}) std::filesystem::create_directories(tree / name);
        std::filesystem::copy_file("/bin/busybox", tree / "bin/busybox");
        for (const char* applet : {"sh", "mkdir", "mount", "umount", "ln", "rm", "cp", "cat", "echo", "chown", "find", "sed"})
            std::filesystem::create_symlink("busybox", tree / "bin" / applet);
    }
    static void make_program(const std::filesystem::path& path, const std::string& script) {
        distro::test::write_file(path, script);
        std::filesystem::permissions(path, std::filesystem::perms(0755));
    }

    // What look says of the root file system that the recipe's source makes, or "error: …".
    std::string build_source(const std::function<std::string(const std::filesystem::path& root, const distro::RootSource&)>& look) {
        return build([&](const distro::BuildIdentity&) -> std::string {
            const auto cache = image::ImageCache::open(home() / "cache");
            image::HttpClient http({.first_backoff = std::chrono::milliseconds(1)});
            image::SilentProgress silent;
            const distro::SourceWork with{recipe_, http, cache, cache.scratch(), silent, home() / "recipe", log(), std::time(nullptr)};
            const auto source = distro::open_source(with);
            const std::filesystem::path root = home() / "cache/made";
            if (sys::exists(root)) std::filesystem::remove_all(root);
            sys::make_dir(root, 0700);
            source->unpack(root);
            return look(root, *source);
        });
    }
    // The text of one file of it.
    std::string build_file(const std::string& path) {
        return build_source([&](const std::filesystem::path& root, const distro::RootSource&) { return sys::read_file(root / path); });
    }
    [[nodiscard]] std::string printed() const { return sys::read_file_if_exists(log()).value_or(""); }

    static inline image::Signer* signer_ = nullptr;
    static inline image::Signer::Key* key_ = nullptr;
    image::ServedTree tree_;
    image::HttpServer server_;
    distro::Recipe recipe_;
    TempDir scratch_;
};

} // namespace lxcpp::test
