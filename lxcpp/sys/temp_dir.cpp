// SPDX-License-Identifier: Apache-2.0
#include "sys/temp_dir.h"

#include "base/log.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <cstdlib>
#include <string>
#include <utility>

namespace lxcpp::sys {

TempDir::TempDir(const std::filesystem::path& parent, std::string_view prefix) {
    std::string name = (parent / prefix).string() + "XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw SystemError("make temporary directory " + name);
    path_ = std::move(name);
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDir::~TempDir() {
    if (path_.empty()) return;
    try {
        RootedDir::open(path_).remove_tree("", true);
        remove_dir(path_);
    } catch (const std::exception& error) {
        log::debug("temporary directory stays: {}", error.what());
    }
}

} // namespace lxcpp::sys
