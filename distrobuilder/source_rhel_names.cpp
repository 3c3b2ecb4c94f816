// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_rhel_names.h"

#include "base/ascii.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <fnmatch.h>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kDigits = "+([0-9])";

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The variant, in large or small letters.
std::string variant_of(const SourceRequest& request) {
    const std::string& variant = request.source.variant;
    if (variant.empty()) throw Error(fmt::format("source.variant: {} needs one, such as minimal, boot or dvd", request.source.downloader));
    std::string pattern;
    for (const char c : variant) {
        if (!is_letter(c)) pattern += literal(std::string_view(&c, 1));
        else pattern += fmt::format("[{}{}]", ascii_lower(c), static_cast<char>(ascii_lower(c) - 'a' + 'A'));
    }
    return pattern;
}

std::vector<std::string> fields_of(const std::string& release) {
    std::vector<std::string> fields;
    for (const auto part : split(release, '.')) fields.push_back(literal(part));
    return fields;
}

// Of "a.iso" and "a-1.iso" the second is newer.
std::string_view stem(std::string_view name) {
    for (const std::string_view suffix : {std::string_view("/"), std::string_view(".iso")})
        if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
    return name;
}

std::string newest_match(const std::vector<std::string>& names, const std::string& pattern) {
    std::string newest;
    for (const std::string& name : names) {
        if (::fnmatch(pattern.c_str(), name.c_str(), FNM_EXTMATCH) != 0) continue;
        if (newest.empty() || version_less(stem(newest), stem(name))) newest = name;
    }
    return newest;
}

// "9-Stream" is called Stream-9 there.
std::string centos_name(const std::string& release) {
    const auto dash = release.find("-Stream");
    return dash == release.npos ? release : "Stream-" + release.substr(0, dash);
}

} // namespace

std::string major_release(std::string_view release) { return std::string(release.substr(0, release.find('.'))); }

unsigned stream_number(std::string_view release) {
    return static_cast<unsigned>(std::min<std::uint64_t>(parse_u64(release.substr(0, release.find('-'))).value_or(0), 1000));
}

NamePatterns alma_patterns(const SourceRequest& request) {
    const std::string architecture = literal(request.architecture());
    const std::string variant = variant_of(request);
    const auto fields = fields_of(request.release());
    if (fields.size() > 2) return {};
    const std::string release = fields.size() == 1 ? fmt::format("{}*(.{})", fields[0], kDigits) : fmt::format("{}.{}", fields[0], fields[1]);
    return {fmt::format("AlmaLinux-{}-{}-{}?(-{}).iso", release, architecture, variant, kDigits),
            fmt::format("AlmaLinux-{}-@(beta|rc)-[0-9]-{}-{}.iso", release, architecture, variant)};
}

NamePatterns rocky_patterns(const SourceRequest& request) {
    const auto fields = fields_of(request.release());
    if (fields.size() > 2) return {};
    const std::string release = fields.size() == 1 ? fmt::format("{}*(.{})", fields[0], kDigits) : fmt::format("{}.{}", fields[0], fields[1]);
    return {fmt::format("Rocky-{}-{}-{}.iso", release, literal(request.architecture()), variant_of(request))};
}

NamePatterns centos_patterns(const SourceRequest& request) {
    const std::string architecture = literal(request.architecture());
    const std::string variant = variant_of(request);
    const auto fields = fields_of(centos_name(request.release()));
    const bool arm = request.architecture() == "armhfp";
    if (fields.size() == 1 && arm) return {fmt::format("CentOS-Userland-{}-armv7hl-@(RootFS|generic)-{}?(-{})-sda.raw.xz", fields[0], variant, kDigits)};
    if (fields.size() == 2 && arm) return {fmt::format("CentOS-Userland-{}.{}-armv7hl-RootFS-{}?(-{})-sda.raw.xz", fields[0], fields[1], variant, kDigits)};
    if (fields.size() == 1)
        return {fmt::format("CentOS-{}*(.{})-{}-{}?(-{}).iso", fields[0], kDigits, architecture, variant, kDigits),
                fmt::format("CentOS-{}*(.{})-{}?(-{})-{}.iso", fields[0], kDigits, architecture, kDigits, variant),
                fmt::format("CentOS-{}-{}.{}-{}-{}.iso", fields[0], kDigits, kDigits, architecture, variant)};
    if (fields.size() == 2)
        return {fmt::format("CentOS-{}.{}-{}-{}?(-{}).iso", fields[0], fields[1], architecture, variant, kDigits),
                fmt::format("CentOS-{}-{}-{}-{}.iso", fields[0], architecture, fields[1], variant)};
    if (fields.size() != 3 || request.architecture() != "x86_64") return {};
    const std::string minor = fields[1].size() == 1 ? "0" + fields[1] : fields[1];
    return {fmt::format("CentOS-{}.{}-{}-{}-{}?(-{}).iso", fields[0], fields[1], fields[2], architecture, variant, kDigits),
            fmt::format("CentOS-{}-{}-{}-{}-{}.iso", fields[0], architecture, variant, fields[2], minor),
            fmt::format("CentOS-{}-{}-{}-{}.iso", fields[0], architecture, variant, fields[2]),
            fmt::format("CentOS-{}-{}-{}-{}.iso", fields[0], architecture, fields[2], variant)};
}

std::vector<std::string> oracle_names(const SourceRequest& request, int update) {
    const std::string& architecture = request.architecture();
    const std::string kind = architecture == "aarch64" ? "dvd" : "boot";
    return {fmt::format("OracleLinux-R{}-U{}-{}-{}.iso", request.release(), update, architecture, kind), fmt::format("{}-boot.iso", architecture)};
}

std::vector<std::string> oracle_updates(const SourceRequest& request, const std::string& below) {
    std::vector<std::string> updates;
    try {
        for (std::string& name : listed_names(request.fetch(below + "/"))) {
            if (::fnmatch("[uU]+([0-9])/", name.c_str(), FNM_EXTMATCH) != 0) continue;
            name.pop_back();
            updates.push_back(std::move(name));
        }
    } catch (const Error&) {
        return {};
    }
    std::ranges::sort(updates, [](const std::string& left, const std::string& right) { return version_less(ascii_lower(right), ascii_lower(left)); });
    return updates;
}

std::string newest_of(const SourceRequest& request, const std::string& url, const NamePatterns& patterns) {
    if (patterns.empty()) throw Error(fmt::format("image.release: {} has no image of '{}'", request.source.downloader, printable(request.release())));
    const auto names = listed_names(request.fetch(url));
    for (const std::string& pattern : patterns) {
        std::string newest = newest_match(names, pattern);
        if (!newest.empty()) return newest;
    }
    throw Error(fmt::format("{}: lists nothing that is named like {}", url, patterns.front()));
}

std::optional<std::string> newest_of_listing(const SourceRequest& request, const std::string& url, const std::string& pattern) {
    std::vector<std::string> names;
    try {
        names = listed_names(request.fetch(url));
    } catch (const Error&) {
        return std::nullopt;
    }
    std::string newest = newest_match(names, pattern);
    return newest.empty() ? std::nullopt : std::optional(std::move(newest));
}

} // namespace lxcpp::distro
