// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// What the head of one HTTP response says, as far as we care.
struct HttpHead {
    int status = 0;
    std::string reason; // "Not Found"; from our own table when the server gives none (HTTP/2)
    std::optional<std::uint64_t> length; // Content-Length
    std::string etag;                    // strong ones only
    std::string last_modified;
    std::optional<std::uint64_t> range_start; // Content-Range
    std::optional<std::uint64_t> range_total;
    std::string content_type;
    std::vector<std::string> challenges; // WWW-Authenticate, one for each line

    // One header line; a status line starts over (1xx responses come before the final one).
    void take_line(std::string_view line);
};

// The request may succeed when it is made again: 408, 429 and the 5xx of overloaded servers.
[[nodiscard]] bool is_transient_status(int status) noexcept;
[[nodiscard]] bool is_redirect_status(int status) noexcept;

} // namespace lxcpp::image
