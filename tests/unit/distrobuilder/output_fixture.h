// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/output.h"
#include "distrobuilder/output_files.h"

#include "image/decompress.h"
#include "image/tar_reader.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace lxcpp::distro {

struct Member {
    image::TarEntry entry;
    std::string data;
};

inline image::ByteSource source_of(const std::string& text) {
    return [text, at = std::size_t{0}](std::span<char> into) mutable {
        const auto size = std::min(into.size(), text.size() - at);
        std::memcpy(into.data(), text.data() + at, size);
        at += size;
        return size;
    };
}

// The members of a tar archive in their order.
inline std::vector<Member> members_of(const std::string& archive) {
    image::TarReader reader(image::Decompressor::as_source({source_of(archive), "archive"}), "archive");
    std::vector<Member> members;
    while (const auto* entry = reader.next()) {
        Member member{*entry, ""};
        for (auto bytes = reader.read(); !bytes.empty(); bytes = reader.read()) member.data.append(bytes.data(), bytes.size());
        members.push_back(std::move(member));
    }
    return members;
}

inline std::vector<std::string> names_of(const std::vector<Member>& members) {
    std::vector<std::string> names;
    for (const Member& member : members) names.push_back(member.entry.path);
    return names;
}

// A small tree, a recipe, and a directory for what is written of them.
class Outputs : public testing::Test {
protected:
    Outputs() {
        for (const char* name : {"tree/etc", "tree/dev", "out"}) std::filesystem::create_directories(top / name);
        put("tree/etc/hostname", "LXC_NAME\n");
        put("tree/bin/sh", std::string(100'000, 's'));
        std::filesystem::create_symlink("sh", top / "tree/bin/ash");
        recipe.image = {.distribution = "debian", .release = "trixie", .architecture = "x86_64", .variant = "default", .name = "debian-trixie",
                        .description = "Debian trixie", .serial = "20260101_1200", .expiry = "30d", .architecture_mapped = "amd64",
                        .architecture_kernel = "x86_64", .architecture_personality = "linux64"};
        recipe.targets.lxc.create_message = "hello";
        recipe.targets.lxc.config = {{.type = "all", .before = 5, .content = "old"}, {.type = "all", .after = 4, .content = "new"}};
        files.lxc_templates = {"/etc/hostname"};
        files.instance_templates = {{.target = "/etc/hostname", .file = "hostname.tpl", .text = "{{ container.name }}\n", .when = {"create"}}};
    }

    void put(const std::string& path, const std::string& text) {
        std::filesystem::create_directories((top / path).parent_path());
        std::ofstream(top / path) << text;
    }
    std::string text(const std::string& path) const { return sys::read_file(top / path, 1u << 30); }
    std::vector<std::string> left() const { return sys::list_dir(top / "out"); }

    using Write = void (*)(const OutputWork&, OutputFiles&);
    void add(Write output, OutputFiles& to, const std::string& tree = "tree") {
        const auto root = sys::RootedDir::open(top / tree);
        output({.recipe = recipe, .files = files, .root = root, .options = options, .now = 1'800'000'000, .progress = silent}, to);
    }
    std::vector<OutputFile> write(Write output, const std::string& tree = "tree") {
        OutputFiles to = output_files();
        add(output, to, tree);
        return to.publish();
    }
    [[nodiscard]] OutputFiles output_files() const { return {top / "out", ::getuid(), ::getgid()}; }

    test::TempDir top;
    Recipe recipe;
    ImageFiles files;
    OutputOptions options;
    image::SilentProgress silent;
};

} // namespace lxcpp::distro
