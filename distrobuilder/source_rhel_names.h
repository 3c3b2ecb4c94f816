// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/source.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How distributions name their installation images: patterns as newest_name() takes them, the better ones first.
namespace lxcpp::distro {

using NamePatterns = std::vector<std::string>;

[[nodiscard]] NamePatterns alma_patterns(const SourceRequest& request);
[[nodiscard]] NamePatterns rocky_patterns(const SourceRequest& request);
[[nodiscard]] NamePatterns centos_patterns(const SourceRequest& request);
[[nodiscard]] std::vector<std::string> oracle_names(const SourceRequest& request, int update);
// "u4" and the like, as the listing below has them, the newest first; none where there is no listing.
[[nodiscard]] std::vector<std::string> oracle_updates(const SourceRequest& request, const std::string& below);

// The newest name of a listing that matches the first pattern that any matches. Throws Error naming url and the pattern.
[[nodiscard]] std::string newest_of(const SourceRequest& request, const std::string& url, const NamePatterns& patterns);
// nullopt too where there is no listing.
[[nodiscard]] std::optional<std::string> newest_of_listing(const SourceRequest& request, const std::string& url, const std::string& pattern);

[[nodiscard]] std::string major_release(std::string_view release); // "9.4" -> "9"
[[nodiscard]] unsigned stream_number(std::string_view release);    // "9-Stream" -> 9

} // namespace lxcpp::distro
