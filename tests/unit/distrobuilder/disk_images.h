// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/spawn.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

// File systems in files, made by the programs that make them for distributions.
namespace lxcpp::distro::test {

inline void run_tool(const std::vector<std::string>& argv) {
    const auto result = sys::run_and_capture({.argv = argv}, std::chrono::minutes(2));
    if (result.status.shell_code() != 0) throw std::runtime_error(argv[0] + ": " + result.output);
}

inline void write_file(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// features: as mke2fs -O has them.
inline void make_ext4(const std::filesystem::path& tree, const std::filesystem::path& image, unsigned kilobytes, const std::string& features = "") {
    std::vector<std::string> argv{"/sbin/mke2fs", "-q", "-t", "ext4", "-b", "1024", "-I", "256", "-N", "256",
                                  "-U", "11111111-2222-3333-4444-555555555555", "-E", "hash_seed=11111111-2222-3333-4444-555555555555"};
    if (!features.empty()) argv.insert(argv.end(), {"-O", features});
    argv.insert(argv.end(), {"-d", tree, image, std::to_string(kilobytes)});
    run_tool(argv);
}

inline void make_iso(const std::filesystem::path& tree, const std::filesystem::path& image) {
    run_tool({"/usr/bin/xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-o", image, tree});
}

inline void make_squashfs(const std::filesystem::path& tree, const std::filesystem::path& image) {
    run_tool({"/usr/bin/mksquashfs", tree, image, "-quiet", "-no-progress", "-comp", "gzip", "-processors", "1"});
}

} // namespace lxcpp::distro::test
