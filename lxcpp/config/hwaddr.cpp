// SPDX-License-Identifier: Apache-2.0
#include "config/hwaddr.h"

#include "base/strings.h"

#include <random>

namespace lxcpp {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kMulticastDigit = 1; // the low bit of the first octet

bool is_hwaddr_line(const Line& line) {
    return line.kind == LineKind::Assignment && line.key.starts_with("lxc.net.") &&
           line.key.ends_with(".hwaddr");
}

} // namespace

std::string expand_hwaddr(std::string_view pattern) {
    std::random_device random;
    std::string address(pattern);
    for (std::size_t i = 0; i < address.size(); ++i) {
        if (address[i] != 'x' && address[i] != 'X') continue;
        const unsigned mask = i == kMulticastDigit ? 0xe : 0xf;
        address[i] = kDigits[random() & mask];
    }
    return address;
}

std::size_t expand_hwaddrs(ConfigText& text) {
    std::size_t changed = 0;
    for (std::size_t i = 0; i < text.lines().size(); ++i) {
        const std::string raw = text.lines()[i];
        const Line line = parse_line(raw);
        if (!is_hwaddr_line(line)) continue;
        const auto expanded = expand_hwaddr(line.value);
        if (expanded == line.value) continue;
        std::string fresh = raw;
        fresh.replace(static_cast<std::size_t>(line.value.data() - raw.data()), line.value.size(),
                      expanded);
        while (fresh.ends_with('\n') || fresh.ends_with('\r')) fresh.pop_back();
        text.replace(i, {fresh});
        ++changed;
    }
    return changed;
}

} // namespace lxcpp
