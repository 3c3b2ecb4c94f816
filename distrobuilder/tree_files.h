// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/rooted_dir.h"

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

// Files of a root file system as its own programs would write them: links are followed, as if it were "/".
namespace lxcpp::distro {

// Makes the directories above path, 0755, and opens the file empty; what is not a regular file is refused.
[[nodiscard]] Fd create_file(const sys::RootedDir& root, const std::string& path, mode_t mode = 0644);
void write_file(const sys::RootedDir& root, const std::string& path, std::string_view content, mode_t mode = 0644);
void append_file(const sys::RootedDir& root, const std::string& path, std::string_view content);
[[nodiscard]] std::optional<std::string> read_file(const sys::RootedDir& root, const std::string& path);

// What an entry of a recipe says of owner and mode; empty texts change nothing. Names are those of the tree's passwd
// and group.
struct FileAttributes {
    std::string mode;
    std::string uid;
    std::string gid;
};
void set_attributes(const sys::RootedDir& root, FdRef file, const FileAttributes& wanted, std::string_view path);

// With a newline at its end.
[[nodiscard]] std::string whole_lines(std::string text);
// Throws Error when the path is empty or not absolute.
[[nodiscard]] const std::string& require_absolute(const std::string& path);

} // namespace lxcpp::distro
