// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::sys {

// Connects to a local stream socket, sends the request, says that this was all of it, and returns
// what comes back until the other end closes, at most 64 KiB. nullopt: nobody listens there. Throws
// SystemError; ETIMEDOUT when it takes longer.
[[nodiscard]] std::optional<std::string> stream_request(const std::filesystem::path& path,
                                                        std::string_view request,
                                                        std::chrono::milliseconds patience);

} // namespace lxcpp::sys
