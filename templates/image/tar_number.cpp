// SPDX-License-Identifier: Apache-2.0
#include "image/tar_number.h"

#include "base/strings.h"

#include <charconv>
#include <limits>

namespace lxcpp::image {

std::optional<std::int64_t> parse_tar_number(std::string_view raw) {
    const auto first = static_cast<unsigned char>(raw.front());
    if ((first & 0x80u) != 0) {
        auto value = static_cast<std::int64_t>((first & 0x40u) != 0 ? ~std::uint64_t{0x3f} | (first & 0x3fu)
                                                                    : first & 0x3fu);
        for (const char c : raw.substr(1)) {
            if (value > (std::numeric_limits<std::int64_t>::max() >> 8) ||
                value < (std::numeric_limits<std::int64_t>::min() >> 8)) {
                return std::nullopt;
            }
            value = value * 256 + static_cast<unsigned char>(c);
        }
        return value;
    }
    raw = raw.substr(0, raw.find('\0'));
    raw = trim(raw);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value, 8);
    if (raw.empty()) return 0;
    if (error != std::errc() || end != raw.data() + raw.size()) return std::nullopt;
    return value;
}

} // namespace lxcpp::image
