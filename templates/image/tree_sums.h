// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>
#include <vector>

namespace lxcpp::image {

using Xattrs = std::vector<std::pair<std::string, std::string>>;

// What a tree holds, one line a member ("SHA256 PATH", sorted), so that whatever changes in it later
// is noticed and can be named: type, mode, owner, size, time, attributes and content. Sockets and
// device nodes do not count, nor does the time of the tree's own directory.
class TreeSums {
public:
    // content: the sha256 of a file's, the target of a link, else "". For use by several threads.
    void add(const std::string& path, const struct stat& info, std::string_view content, const Xattrs& xattrs);
    [[nodiscard]] std::string text() const;

private:
    std::mutex mutex_;
    std::map<std::string, std::string> lines_;
};

// The paths, with '/' in front and sorted, that the two texts say different things about.
[[nodiscard]] std::vector<std::string> differences(std::string_view expected, std::string_view found);

// The first path that the two texts say different things about; "" when they are equal.
[[nodiscard]] std::string first_difference(std::string_view expected, std::string_view found);

// sha256 of the first size bytes (fewer when the file is shorter), wherever its offset is.
[[nodiscard]] std::string content_digest(FdRef file, std::uint64_t size, std::string_view what);

} // namespace lxcpp::image
