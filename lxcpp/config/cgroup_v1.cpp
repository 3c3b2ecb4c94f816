// SPDX-License-Identifier: Apache-2.0
#include "config/cgroup_v1.h"

#include "base/strings.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace lxcpp {
namespace {

using Lines = std::vector<Setting>;

constexpr std::string_view kQuota = "cpu.cfs_quota_us";
constexpr std::string_view kPeriod = "cpu.cfs_period_us";
constexpr std::string_view kMemory = "memory.limit_in_bytes";
constexpr std::string_view kMemorySwap = "memory.memsw.limit_in_bytes";

struct SameMeaning {
    std::string_view v1;
    std::string_view v2;
};

constexpr std::array kSameValue = {
    SameMeaning{"cpuset.cpus", "cpuset.cpus"},     SameMeaning{"cpuset.mems", "cpuset.mems"},
    SameMeaning{"devices.allow", "devices.allow"}, SameMeaning{"devices.deny", "devices.deny"},
    SameMeaning{"pids.max", "pids.max"},           SameMeaning{"rdma.max", "rdma.max"},
};

// A limit, of which -1 means none.
constexpr std::array kSameLimit = {
    SameMeaning{"memory.limit_in_bytes", "memory.max"},
    SameMeaning{"memory.soft_limit_in_bytes", "memory.low"},
};

constexpr std::array kThrottle = {
    SameMeaning{"blkio.throttle.read_bps_device", "rbps"},
    SameMeaning{"blkio.throttle.write_bps_device", "wbps"},
    SameMeaning{"blkio.throttle.read_iops_device", "riops"},
    SameMeaning{"blkio.throttle.write_iops_device", "wiops"},
};

template <typename Table>
const SameMeaning* find(const Table& table, std::string_view name) {
    const auto row = std::ranges::find(table, name, &SameMeaning::v1);
    return row == table.end() ? nullptr : &*row;
}

std::string last_value(const Lines& all, std::string_view name) {
    const auto last = std::find_if(all.rbegin(), all.rend(),
                                   [&](const Setting& line) { return line.name == name; });
    return last == all.rend() ? std::string() : last->value;
}

std::string limit(std::string_view value) {
    return value == "-1" ? "max" : std::string(value);
}

V1Translation one(std::string_view name, std::string value) {
    return {{{std::string(name), std::move(value)}}, {}};
}

V1Translation lost(std::string why) {
    return {{}, std::move(why)};
}

// Maps low1..high1 to low2..high2 and keeps the ends.
std::uint64_t scale(std::uint64_t value, std::uint64_t low1, std::uint64_t high1,
                    std::uint64_t high2) {
    return 1 + (std::clamp(value, low1, high1) - low1) * (high2 - 1) / (high1 - low1);
}

V1Translation weight(const Setting& line, std::string_view v2, std::uint64_t low,
                     std::uint64_t high) {
    const auto number = parse_u64(line.value);
    if (!number) return lost("its value is no number");
    return one(v2, std::to_string(scale(*number, low, high, 10000)));
}

V1Translation cpu_bandwidth(const Setting& line, const Lines& all) {
    const std::string quota = last_value(all, kQuota);
    const std::string period = last_value(all, kPeriod);
    if (line.name == kPeriod && !quota.empty()) return {}; // goes with the quota's line
    const bool unlimited = quota.empty() || quota.front() == '-';
    return one("cpu.max",
               fmt::format("{} {}", unlimited ? "max" : quota, period.empty() ? "100000" : period));
}

// "512M" -> bytes
std::optional<std::uint64_t> bytes(std::string_view text) {
    constexpr std::string_view units = "KMGT";
    if (text.empty()) return std::nullopt;
    const char last = text.back() >= 'a' ? static_cast<char>(text.back() - 'a' + 'A') : text.back();
    const auto unit = units.find(last);
    if (unit != units.npos) text.remove_suffix(1);
    const auto number = parse_u64(text);
    const auto shift = unit == units.npos ? 0 : 10 * (unit + 1);
    if (!number || *number > (~std::uint64_t{0} >> shift)) return std::nullopt;
    return *number << shift;
}

// v1 limits memory plus swap, v2 swap alone.
V1Translation swap_limit(const Setting& line, const Lines& all) {
    if (line.value == "-1") return one("memory.swap.max", "max");
    const auto both = bytes(line.value);
    const auto memory = bytes(last_value(all, kMemory));
    if (!both || !memory || *both < *memory)
        return lost("it needs a memory.limit_in_bytes that is not larger");
    return one("memory.swap.max", std::to_string(*both - *memory));
}

V1Translation throttle(const Setting& line, std::string_view v2) {
    const auto words = split_words(line.value);
    if (words.size() != 2) return lost("its value is not MAJOR:MINOR NUMBER");
    return one("io.max", fmt::format("{} {}={}", words[0], v2, words[1] == "0" ? "max" : words[1]));
}

} // namespace

V1Translation translate_v1(const Setting& line, const Lines& all) {
    constexpr std::string_view huge = "hugetlb.";
    constexpr std::string_view huge_limit = ".limit_in_bytes";
    if (const auto* same = find(kSameValue, line.name)) return one(same->v2, line.value);
    if (const auto* same = find(kSameLimit, line.name)) return one(same->v2, limit(line.value));
    if (const auto* same = find(kThrottle, line.name)) return throttle(line, same->v2);
    if (line.name == "cpu.shares") return weight(line, "cpu.weight", 2, 262144);
    if (line.name == "blkio.weight") return weight(line, "io.weight", 10, 1000);
    if (line.name == kQuota || line.name == kPeriod) return cpu_bandwidth(line, all);
    if (line.name == kMemorySwap) return swap_limit(line, all);
    if (line.name.starts_with(huge) && line.name.ends_with(huge_limit))
        return one(line.name.substr(0, line.name.size() - huge_limit.size()) + ".max",
                   limit(line.value));
    return lost("a unified hierarchy has nothing like it");
}

} // namespace lxcpp
