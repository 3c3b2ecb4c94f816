// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace lxcpp::sys {

// A directory of ours (0700) with an unguessable name, removed with its content at the end.
class TempDir {
public:
    // <parent>/<prefix>XXXXXX. Throws SystemError.
    TempDir(const std::filesystem::path& parent, std::string_view prefix);
    TempDir(TempDir&& other) noexcept;
    TempDir& operator=(TempDir&&) = delete;
    ~TempDir();

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

} // namespace lxcpp::sys
