// SPDX-License-Identifier: Apache-2.0
#include "host/id_map.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace lxcpp {
namespace {

// 4294967295 is the invalid id: no line may reach it.
constexpr std::uint64_t kEnd = std::numeric_limits<std::uint32_t>::max();
// The kernel takes less than one page in the single write it allows.
constexpr std::size_t kMaxText = 4095;

std::string line_of(const IdMapping& mapping) {
    return fmt::format("{} {} {}", mapping.inside, mapping.host, mapping.count);
}

void check_line(const IdMapping& mapping) {
    if (mapping.count == 0) {
        throw Error(fmt::format("id map line \"{}\" maps no ids", line_of(mapping)));
    }
    if (std::uint64_t{mapping.inside} + mapping.count > kEnd ||
        std::uint64_t{mapping.host} + mapping.count > kEnd) {
        throw Error(fmt::format("id map line \"{}\" reaches past the last id, {}", line_of(mapping),
                                kEnd - 1));
    }
}

// Sorted by the side that start() tells: only neighbours can overlap.
template <typename Start>
void check_disjoint(const std::vector<IdMapping>& sorted, std::string_view where, Start start) {
    for (std::size_t i = 1; i < sorted.size(); ++i) {
        const IdMapping& before = sorted[i - 1];
        if (std::uint64_t{start(before)} + before.count <= start(sorted[i])) continue;
        throw Error(fmt::format("id map lines \"{}\" and \"{}\" overlap {}", line_of(before),
                                line_of(sorted[i]), where));
    }
}

std::optional<std::uint32_t> translate(std::uint32_t id, std::uint32_t from, std::uint32_t to,
                                       std::uint32_t count) noexcept {
    if (id < from || id - from >= count) return std::nullopt;
    return to + (id - from);
}

std::uint32_t number(std::string_view word, std::string_view line) {
    const auto value = parse_u64(word);
    if (value && *value <= kEnd) return static_cast<std::uint32_t>(*value);
    throw Error(fmt::format("\"{}\" is no line of an id map: \"{}\" is not an id", printable(line),
                            printable(word)));
}

} // namespace

IdMap::IdMap(std::vector<IdMapping> mappings) : mappings_(std::move(mappings)) {
    if (mappings_.size() > kMaxMappings) {
        throw Error(fmt::format("an id map of {} lines: the kernel takes {} at most",
                                mappings_.size(), kMaxMappings));
    }
    for (const IdMapping& mapping : mappings_) check_line(mapping);
    const auto inside = [](const IdMapping& mapping) { return mapping.inside; };
    const auto host = [](const IdMapping& mapping) { return mapping.host; };
    std::vector<IdMapping> by_host = mappings_;
    std::sort(by_host.begin(), by_host.end(),
              [&](const IdMapping& a, const IdMapping& b) { return host(a) < host(b); });
    check_disjoint(by_host, "on the host", host);
    std::sort(mappings_.begin(), mappings_.end(),
              [&](const IdMapping& a, const IdMapping& b) { return inside(a) < inside(b); });
    check_disjoint(mappings_, "inside", inside);
}

std::optional<std::uint32_t> IdMap::to_host(std::uint32_t inside) const noexcept {
    for (const IdMapping& mapping : mappings_) {
        if (auto id = translate(inside, mapping.inside, mapping.host, mapping.count)) return id;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> IdMap::to_container(std::uint32_t host) const noexcept {
    for (const IdMapping& mapping : mappings_) {
        if (auto id = translate(host, mapping.host, mapping.inside, mapping.count)) return id;
    }
    return std::nullopt;
}

bool IdMap::covers(std::uint32_t count) const noexcept {
    std::uint64_t next = 0;
    for (const IdMapping& mapping : mappings_) {
        if (mapping.inside > next) break;
        next = std::uint64_t{mapping.inside} + mapping.count;
    }
    return next >= count;
}

bool IdMap::fits(std::span<const IdRange> allowed) const {
    return subtract_ranges(host_ranges(), {allowed.begin(), allowed.end()}).empty();
}

std::vector<IdRange> IdMap::host_ranges() const {
    std::vector<IdRange> ranges;
    ranges.reserve(mappings_.size());
    for (const IdMapping& mapping : mappings_) ranges.push_back({mapping.host, mapping.count});
    return join_ranges(std::move(ranges));
}

std::string IdMap::text() const {
    std::string text;
    for (const IdMapping& mapping : mappings_) text += line_of(mapping) + '\n';
    if (text.size() > kMaxText) {
        throw Error(fmt::format("an id map of {} lines is {} bytes long: the kernel takes {} at "
                                "most; join lines",
                                mappings_.size(), text.size(), kMaxText));
    }
    return text;
}

IdMap parse_id_map(std::string_view text) {
    std::vector<IdMapping> mappings;
    for (const std::string_view line : split_lines(text)) {
        const auto words = split_words(line);
        if (words.size() != 3) {
            throw Error(fmt::format("\"{}\" is no line of an id map: it has {} fields, not 3",
                                    printable(line), words.size()));
        }
        mappings.push_back(
            {number(words[0], line), number(words[1], line), number(words[2], line)});
    }
    return IdMap(std::move(mappings));
}

} // namespace lxcpp
