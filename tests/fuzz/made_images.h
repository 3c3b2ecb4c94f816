// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/spawn.h"
#include "sys/temp_dir.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/xattr.h>
#include <vector>

// Small file systems in files, made by the programs that make them for distributions: seeds.
namespace lxcpp::fuzz {

// "" where the program is not installed: the target then begins with less.
inline std::string made_by(const std::filesystem::path& image, std::vector<std::string> argv) {
    std::filesystem::remove(image);
    if (!std::filesystem::exists(argv[0])) return {};
    const auto result = sys::run_and_capture({.argv = std::move(argv)}, std::chrono::minutes(1));
    if (result.status.shell_code() != 0) return {};
    std::ifstream in(image, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// A directory, files of some sizes, a hard link, links, a fifo.
inline void make_small_tree(const std::filesystem::path& top) {
    namespace fs = std::filesystem;
    fs::create_directories(top / "etc/deep");
    std::ofstream(top / "etc/motd") << "hello\n";
    std::ofstream(top / "etc/deep/large") << std::string(3000, 'x') << "end";
    std::ofstream(top / "etc/empty");
    static_cast<void>(::setxattr((top / "etc/deep/large").c_str(), "user.a", "value", 5, 0)); // where the file system has them
    fs::create_hard_link(top / "etc/motd", top / "etc/same");
    fs::create_symlink("../etc/motd", top / "etc/link");
    fs::create_symlink(std::string(100, 'y'), top / "long-link");
    fs::resize_file(top / "etc/deep/large", 20'000); // ends in a hole
}

} // namespace lxcpp::fuzz
