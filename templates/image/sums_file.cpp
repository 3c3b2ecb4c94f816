// SPDX-License-Identifier: Apache-2.0
#include "image/sums_file.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/server_path.h"

#include <fmt/core.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::size_t kDigest = 64;

// "DIGEST  NAME", "DIGEST *NAME"
std::pair<std::string_view, std::string_view> parse_line(std::string_view line) {
    const std::string_view digest = line.substr(0, kDigest);
    const std::string_view rest = line.substr(digest.size());
    if (!is_sha256(digest) || rest.size() < 3 || rest[0] != ' ' || (rest[1] != ' ' && rest[1] != '*'))
        throw Error("expected a sha256 in lower case, two blanks and a name");
    return {rest.substr(2), digest};
}

} // namespace

std::map<std::string, std::string> parse_sums_file(std::string_view text, std::string_view name) {
    std::map<std::string, std::string> sums;
    std::size_t number = 0;
    for (std::string_view line : split_lines(text)) {
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        with_context(fmt::format("{}: line {}", name, number), [&] {
            const auto [file, digest] = parse_line(line);
            if (!is_server_word(file)) return; // no file of this directory
            const auto [known, is_new] = sums.emplace(file, digest);
            if (!is_new && known->second != digest) throw Error(fmt::format("a second digest of {}", printable(file)));
        });
    }
    return sums;
}

} // namespace lxcpp::image
