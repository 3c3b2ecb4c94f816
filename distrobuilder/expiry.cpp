// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/expiry.h"

#include <algorithm>

namespace lxcpp::distro {
namespace {

constexpr std::time_t kLatest = 253'402'300'799; // 9999-12-31

std::time_t seconds_of(char unit) noexcept {
    switch (unit) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86'400;
    case 'w': return 7 * 86'400;
    default: return 0;
    }
}

} // namespace

std::time_t expiry_date(std::time_t now, std::string_view text) {
    std::time_t sum = now;
    std::time_t number = 0;
    bool digits = false;
    for (const char c : text) {
        if (c >= '0' && c <= '9') {
            number = std::min<std::time_t>(number * 10 + (c - '0'), kLatest);
            digits = true;
            continue;
        }
        if (const std::time_t unit = seconds_of(c); digits && unit != 0) {
            sum = number > (kLatest - std::min(sum, kLatest)) / unit ? kLatest : sum + number * unit;
        }
        number = 0;
        digits = false;
    }
    return sum;
}

} // namespace lxcpp::distro
