// SPDX-License-Identifier: Apache-2.0
#include "image/tree_sums.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "sys/file_meta.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <map>
#include <set>

namespace lxcpp::image {
namespace {

constexpr std::size_t kReadSize = 64u << 10;

// Strings carry their lengths, so that no two descriptions read the same.
void describe(Sha256& hash, std::string_view text) {
    hash.update(fmt::format("{} ", text.size()));
    hash.update(text);
}

std::string description_digest(const std::string& path, const struct stat& info, std::string_view content,
                               const Xattrs& xattrs) {
    const bool is_file = S_ISREG(info.st_mode);
    const bool is_top = path.empty();
    Sha256 hash;
    hash.update(fmt::format("{:o} {} {} {} {}.{} {} ", info.st_mode, info.st_uid, info.st_gid,
                            is_file ? info.st_size : 0, is_top ? 0 : info.st_mtim.tv_sec,
                            is_top ? 0 : info.st_mtim.tv_nsec, xattrs.size()));
    describe(hash, path);
    describe(hash, content);
    auto sorted = xattrs;
    std::sort(sorted.begin(), sorted.end());
    for (const auto& [name, value] : sorted) {
        describe(hash, name);
        describe(hash, value);
    }
    return hash.finish_hex();
}

} // namespace

void TreeSums::add(const std::string& path, const struct stat& info, std::string_view content,
                   const Xattrs& xattrs) {
    std::string digest = description_digest(path, info, content, xattrs);
    const std::lock_guard lock(mutex_);
    lines_.insert_or_assign(path, std::move(digest));
}

std::string TreeSums::text() const {
    std::string text;
    for (const auto& [path, digest] : lines_) text += fmt::format("{} {}\n", digest, printable(path));
    return text;
}

std::vector<std::string> differences(std::string_view expected, std::string_view found) {
    constexpr std::size_t kPath = 65; // behind the digest
    std::map<std::string_view, int> lines; // how often: twice is the same on both sides
    for (const std::string_view text : {expected, found}) {
        for (const std::string_view line : split_lines(text)) ++lines[line];
    }
    std::set<std::string> paths;
    for (const auto& [line, count] : lines) {
        if (count == 1) paths.insert("/" + std::string(line.substr(std::min(kPath, line.size()))));
    }
    return {paths.begin(), paths.end()};
}

std::string first_difference(std::string_view expected, std::string_view found) {
    if (expected == found) return {};
    const auto left = split_lines(expected);
    const auto right = split_lines(found);
    const auto [a, b] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
    // The smaller path: a member that is missing on one side shifts all that follow.
    const auto path = [](std::string_view line) { return line.substr(std::min<std::size_t>(65, line.size())); };
    if (a == left.end()) return "/" + std::string(b == right.end() ? "" : path(*b));
    if (b == right.end()) return "/" + std::string(path(*a));
    return "/" + std::string(std::min(path(*a), path(*b)));
}

std::string content_digest(FdRef file, std::uint64_t size, std::string_view what) {
    std::array<char, kReadSize> buffer;
    Sha256 hash;
    for (std::uint64_t offset = 0; offset < size;) {
        const auto want = std::min<std::uint64_t>(buffer.size(), size - offset);
        const auto got = sys::read_at(file, std::span(buffer).first(static_cast<std::size_t>(want)), offset, what);
        if (got == 0) break;
        hash.update(std::string_view(buffer.data(), got));
        offset += got;
    }
    return hash.finish_hex();
}

} // namespace lxcpp::image
