// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/oci_document.h"
#include "image/oci_reference.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::oci {

// What lxcpp-create and the user told the template.
struct Options {
    std::filesystem::path path; // the container's directory
    std::string name;
    bool mapped = false; // --mapped-uid: we are root of a user namespace
    image::OciReference reference;
    std::filesystem::path image_at; // where to find what the reference names on this machine, if that is elsewhere
    image::OciPlatform platform;
    std::optional<std::string> user;
    std::optional<std::string> password;
    bool no_cache = false;
    bool quiet = false;
    bool help = false;
};

// Reads the template calling contract's and the user's arguments. Throws Error naming the argument.
[[nodiscard]] Options parse_options(const std::vector<std::string>& arguments);

[[nodiscard]] std::string_view usage() noexcept;

} // namespace lxcpp::oci
