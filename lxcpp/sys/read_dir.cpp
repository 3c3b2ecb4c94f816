// SPDX-License-Identifier: Apache-2.0
#include "sys/read_dir.h"

#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <memory>

namespace lxcpp::sys {
namespace {

struct CloseDir {
    void operator()(DIR* dir) const noexcept { ::closedir(dir); }
};

bool is_dot(std::string_view name) noexcept {
    return name == "." || name == "..";
}

} // namespace

std::vector<DirEntry> read_dir(Fd dir, std::string_view what) {
    const std::unique_ptr<DIR, CloseDir> stream(::fdopendir(dir.raw()));
    if (!stream) throw SystemError(fmt::format("list {}", what));
    static_cast<void>(dir.release()); // the stream owns it now
    std::vector<DirEntry> entries;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
        if (!is_dot(entry->d_name)) entries.push_back({entry->d_name, entry->d_type, entry->d_ino});
        errno = 0;
    }
    if (errno != 0) throw SystemError(fmt::format("list {}", what));
    std::sort(entries.begin(), entries.end(),
              [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
    return entries;
}

std::vector<std::string> list_dir(const fs::path& path) {
    std::vector<std::string> names;
    for (DirEntry& entry : read_dir(open_file(path, {.directory = true}), path.native())) {
        names.push_back(std::move(entry.name));
    }
    return names;
}

} // namespace lxcpp::sys
