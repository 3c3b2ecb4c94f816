// SPDX-License-Identifier: Apache-2.0
#include "image/http_head.h"

#include "base/ascii.h"
#include "base/strings.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lxcpp::image {

namespace {

constexpr std::array<std::pair<int, std::string_view>, 14> kReasons = {{
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {416, "Range Not Satisfiable"},
    {429, "Too Many Requests"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
}};

constexpr std::size_t kMostChallenges = 16;

std::string known_reason(int status) {
    const auto* row = std::find_if(kReasons.begin(), kReasons.end(),
                                   [&](const auto& entry) { return entry.first == status; });
    return row == kReasons.end() ? std::string() : std::string(row->second);
}

HttpHead parse_status_line(std::string_view line) {
    HttpHead head;
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) return head;
    const auto rest = trim(line.substr(blank));
    const auto code = parse_u64(rest.substr(0, 3));
    if (!code || rest.size() < 3) return head; // no status that anybody could mean
    head.status = static_cast<int>(*code);
    head.reason = printable(trim(rest.substr(3)).substr(0, 80));
    if (head.reason.empty()) head.reason = known_reason(head.status);
    return head;
}

// "bytes 100-199/1000"; the total may be '*'.
void parse_content_range(std::string_view value, HttpHead& head) {
    if (!value.starts_with("bytes ")) return;
    value.remove_prefix(6);
    const auto dash = value.find('-');
    const auto slash = value.find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos) return;
    head.range_start = parse_u64(value.substr(0, dash));
    head.range_total = parse_u64(value.substr(slash + 1));
}

} // namespace

void HttpHead::take_line(std::string_view line) {
    line = trim(line);
    if (line.starts_with("HTTP/")) {
        *this = parse_status_line(line);
        return;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const auto name = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    if (same_letters(name, "content-length"))
        length = parse_u64(value);
    else if (same_letters(name, "etag") && value.starts_with('"'))
        etag = value;
    else if (same_letters(name, "last-modified"))
        last_modified = value;
    else if (same_letters(name, "content-range"))
        parse_content_range(value, *this);
    else if (same_letters(name, "content-type"))
        content_type = value;
    else if (same_letters(name, "www-authenticate") && challenges.size() < kMostChallenges)
        challenges.emplace_back(value);
}

bool is_transient_status(int status) noexcept {
    return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

bool is_redirect_status(int status) noexcept {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

} // namespace lxcpp::image
