// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/base_system.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::debian {

// What lxcpp-create and the user told the template.
struct Options {
    std::filesystem::path path; // the container's directory
    std::string name;
    std::filesystem::path rootfs;
    bool mapped = false; // --mapped-uid: we are root of a user namespace
    std::string release = "stable";
    std::string architecture;
    std::optional<std::string> mirror;
    std::optional<std::string> security_mirror;
    std::vector<std::string> packages;
    Variant variant = Variant::Default;
    std::optional<std::filesystem::path> keyring;
    std::optional<std::filesystem::path> auth_key;
    bool flush_cache = false;
    bool non_free = false;
    bool allow_expired = false;
    bool allow_rollback = false;
    bool quiet = false; // no progress; errors only
    bool help = false;
};

// Reads the template calling contract's and the user's arguments. Throws Error naming the argument.
[[nodiscard]] Options parse_options(const std::vector<std::string>& arguments);

[[nodiscard]] std::string_view usage() noexcept;

} // namespace lxcpp::debian
