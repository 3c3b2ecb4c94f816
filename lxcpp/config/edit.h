// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/load.h"
#include "config/text.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

// Changes to one file that keep everything else in it. Each returns the new text and has read it
// with its includes (name is the file's path): a change that would break it is refused with a
// ConfigError.
namespace lxcpp {

// The file's own lines of key become these values; "" stands for a clearing line. A value that an
// include further down would replace moves behind it.
[[nodiscard]] ConfigText with_values(const ConfigText& text, const std::filesystem::path& name,
                                     std::string_view key, std::span<const std::string> values,
                                     const LoadOptions& options = {});

// One more line.
[[nodiscard]] ConfigText with_added(const ConfigText& text, const std::filesystem::path& name,
                                    std::string_view key, std::string_view value,
                                    const LoadOptions& options = {});

// Without the file's own lines of key, or, with a value, without those that have it. Throws Error
// when there is none.
[[nodiscard]] ConfigText without(const ConfigText& text, const std::filesystem::path& name,
                                 std::string_view key, std::string_view value,
                                 const LoadOptions& options = {});

// For a text that moves to another directory: its relative includes, which started at from, become
// absolute. Every other byte stays.
void make_includes_absolute(ConfigText& text, const std::filesystem::path& from);

} // namespace lxcpp
