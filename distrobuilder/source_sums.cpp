// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_sums.h"

#include "base/ascii.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <optional>
#include <set>
#include <vector>

namespace lxcpp::distro {
namespace {

struct Entry {
    std::string digest;
    std::string_view name; // may be empty
};

std::optional<std::string> as_digest(std::string_view word, Digest kind) {
    std::optional<std::string> hex = ascii_lower(word);
    const std::size_t length = kind == Digest::Sha512 ? 128 : 64;
    if (hex->size() != length || hex->find_first_not_of("0123456789abcdef") != std::string::npos) hex.reset();
    return hex;
}

// "SHA256 (NAME) = HASH"
std::optional<Entry> read_bsd_line(std::string_view line, Digest kind) {
    const auto open = line.find(" (");
    const auto close = line.rfind(") = ");
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
    if (ascii_lower(line.substr(0, open)) != digest_name(kind)) return std::nullopt;
    auto digest = as_digest(trim(line.substr(close + 4)), kind);
    if (!digest) return std::nullopt;
    return Entry{*std::move(digest), line.substr(open + 2, close - open - 2)};
}

// "HASH  NAME", "HASH *NAME"
std::optional<Entry> read_line(std::string_view line, Digest kind) {
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    auto digest = as_digest(line.substr(0, end), kind);
    if (!digest) return read_bsd_line(line, kind);
    std::string_view name = trim(line.substr(end));
    if (name.starts_with('*')) name.remove_prefix(1);
    if (name.starts_with("./")) name.remove_prefix(2);
    return Entry{*std::move(digest), name};
}

std::vector<Entry> read_list(std::string_view list, Digest kind) {
    std::vector<Entry> entries;
    bool wanted = true; // until a heading says that what follows is of another kind
    for (const std::string_view raw : split_lines(list)) {
        const std::string_view line = trim(raw);
        if (line.starts_with('#')) {
            const auto words = split_words(line.substr(1));
            if (words.size() == 2 && words[1] == "HASH") wanted = ascii_lower(words[0]) == digest_name(kind);
            continue;
        }
        auto entry = wanted ? read_line(line, kind) : std::nullopt;
        if (entry) entries.push_back(*std::move(entry));
    }
    return entries;
}

} // namespace

std::string_view digest_name(Digest kind) noexcept { return kind == Digest::Sha512 ? "sha512" : "sha256"; }

std::string listed_digest(std::string_view list, std::string_view name, Digest kind, bool any_name) {
    const auto entries = read_list(list, kind);
    const auto matching = [&](auto&& matches) {
        std::set<std::string> digests;
        for (const Entry& entry : entries)
            if (matches(entry.name)) digests.insert(entry.digest);
        return digests;
    };
    auto found = matching([&](std::string_view other) { return any_name || other == name; });
    if (found.empty()) found = matching([&](std::string_view other) { return other.substr(other.rfind('/') + 1) == name; });
    if (found.empty()) throw Error(fmt::format("has no {} of {}", digest_name(kind), printable(name)));
    if (found.size() > 1) throw Error(fmt::format("has {} different {} digests of {}", found.size(), digest_name(kind), printable(name)));
    return *found.begin();
}

} // namespace lxcpp::distro
