// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/offer.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::download {

// What lxcpp-create and the user told the template.
struct Options {
    std::filesystem::path path; // the container's directory
    std::string name;
    std::filesystem::path rootfs;
    bool mapped = false; // --mapped-uid: we are root of a user namespace
    std::string image;   // "debian/12/cloud", an alias of the server; empty: what wanted says
    image::OfferRequest wanted; // empty words: not given
    std::string server;         // empty: the default
    std::optional<std::filesystem::path> keyring;
    bool validate = true;
    bool flush_cache = false;
    bool force_cache = false;
    bool allow_rollback = false;
    bool list = false;
    bool quiet = false; // no progress; errors only
    bool help = false;
};

// Reads the template calling contract's and the user's arguments. Throws Error naming the argument.
[[nodiscard]] Options parse_options(const std::vector<std::string>& arguments);

[[nodiscard]] std::string_view usage() noexcept;

} // namespace lxcpp::download
