// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source.h"

#include "base/error.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <fnmatch.h>

namespace lxcpp::distro {
namespace {

struct SourceRow {
    std::string_view downloader;
    SourcePlan (*plan)(const SourceRequest&);
};

constexpr std::array kSources{
    SourceRow{"alpaquita-http", plan_alpaquita}, SourceRow{"alpinelinux-http", plan_alpine}, SourceRow{"alt-http", plan_alt},
    SourceRow{"apertis-http", plan_apertis},     SourceRow{"archlinux-http", plan_arch},     SourceRow{"funtoo-http", plan_funtoo},
    SourceRow{"gentoo-http", plan_gentoo},       SourceRow{"nixos-http", plan_nixos},        SourceRow{"opensuse-http", plan_opensuse},
    SourceRow{"rootfs-http", plan_rootfs},       SourceRow{"ubuntu-http", plan_ubuntu},      SourceRow{"voidlinux-http", plan_void},
};

const SourceRow* find_row(std::string_view downloader) noexcept {
    const auto row = std::ranges::find(kSources, downloader, &SourceRow::downloader);
    return row == kSources.end() ? nullptr : row;
}

constexpr std::size_t kLongestName = 255;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// A run of digits or of other characters.
std::string_view take_run(std::string_view& text) {
    const bool digits = is_digit(text.front());
    const auto end = std::ranges::find_if(text, [&](char c) { return is_digit(c) != digits; });
    const auto run = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(run.size());
    return run;
}

int compare_runs(std::string_view left, std::string_view right) {
    if (!is_digit(left.front()) || !is_digit(right.front())) return left.compare(right);
    left.remove_prefix(std::min(left.find_first_not_of('0'), left.size()));
    right.remove_prefix(std::min(right.find_first_not_of('0'), right.size()));
    if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
    return left.compare(right);
}

} // namespace

bool version_less(std::string_view left, std::string_view right) {
    while (!left.empty() && !right.empty()) {
        if (const int order = compare_runs(take_run(left), take_run(right)); order != 0) return order < 0;
    }
    return left.empty() && !right.empty();
}

std::vector<std::string> listed_names(std::string_view html) {
    std::vector<std::string> names;
    constexpr std::string_view kLink = "href=";
    for (auto at = html.find(kLink); at != html.npos; at = html.find(kLink, at)) {
        at += kLink.size();
        if (at >= html.size() || (html[at] != '"' && html[at] != '\'')) continue;
        const auto end = html.find(html[at], at + 1);
        if (end == html.npos) break;
        std::string_view name = html.substr(at + 1, end - at - 1);
        if (name.starts_with("./")) name.remove_prefix(2);
        const auto slash = name.find('/');
        const bool below = !name.empty() && name.size() <= kLongestName && name != "../" && (slash == name.npos || slash == name.size() - 1);
        if (below && name.find_first_of("?#:") == name.npos) names.emplace_back(name);
    }
    return names;
}

std::string literal(std::string_view text) {
    std::string pattern;
    for (const char c : text) {
        if (std::string_view("*?[]\\()|+@!").find(c) != std::string_view::npos) pattern += '\\';
        pattern += c;
    }
    return pattern;
}

std::string newest_name(const SourceRequest& request, const std::string& url, const std::string& pattern) {
    std::string newest;
    for (const std::string& name : listed_names(request.fetch(url))) {
        if (::fnmatch(pattern.c_str(), name.c_str(), FNM_EXTMATCH) != 0) continue;
        if (newest.empty() || version_less(newest, name)) newest = name;
    }
    if (newest.empty()) throw Error(fmt::format("{}: lists nothing that is named like {}", url, pattern));
    return newest;
}

std::string SourceRequest::base(std::string_view otherwise) const {
    std::string url = source.url.empty() ? std::string(otherwise) : source.url;
    if (url.empty()) throw Error(fmt::format("source.url: {} needs one", source.downloader));
    while (url.ends_with('/')) url.pop_back();
    return url;
}

const std::string& SourceRequest::release() const {
    if (image.release.empty()) throw Error(fmt::format("image.release: {} needs one; give -o image.release=RELEASE", source.downloader));
    return image.release;
}

bool is_archive_source(std::string_view downloader) noexcept { return find_row(downloader) != nullptr; }

SourcePlan plan_source(const Recipe& recipe, const FetchText& fetch) {
    const SourceRow* row = find_row(recipe.source.downloader);
    if (row == nullptr) throw Error(fmt::format("source.downloader: {} is no archive on a server", printable(recipe.source.downloader)));
    return with_context(row->downloader, [&] { return row->plan({recipe.image, recipe.source, fetch}); });
}

} // namespace lxcpp::distro
