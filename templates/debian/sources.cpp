// SPDX-License-Identifier: Apache-2.0
#include "debian/sources.h"

#include "base/strings.h"
#include "debian/control.h"
#include "sys/file.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/core.h>

namespace lxcpp::debian {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kAptConfig = "/usr/bin/apt-config";

// A source of the distribution itself, as opposed to a third party's with suites of the same names.
constexpr std::array<std::string_view, 12> kReleases{
    "bullseye", "bookworm",  "trixie",       "forky",   "duke",     "sid",
    "stable",   "oldstable", "oldoldstable", "testing", "unstable", "rc-buggy"};

bool is_release(std::string_view suite) {
    return std::find(kReleases.begin(), kReleases.end(), suite) != kReleases.end();
}

bool usable_url(std::string_view url) {
    if (!url.starts_with("http://") && !url.starts_with("https://")) return false;
    const auto rest = url.substr(url.find("//") + 2);
    const auto host = rest.substr(0, rest.find('/'));
    return !host.empty() && host.find('@') == host.npos && url.size() < 1024 &&
           printable(url) == url && url.find_first_of(" \"'<>\\?#") == url.npos;
}

std::string without_slash(std::string_view url) {
    while (url.ends_with('/')) url.remove_suffix(1);
    return std::string(url);
}

// "[ arch=amd64 ] http://... suite main" without the bracket; nullopt when it does not close.
std::optional<std::string_view> skip_options(std::string_view text) {
    text = trim(text);
    if (!text.starts_with('[')) return text;
    const auto close = text.find(']');
    if (close == text.npos) return std::nullopt;
    return text.substr(close + 1);
}

void parse_list_line(std::string_view line, std::vector<AptSource>& sources) {
    line = trim(line.substr(0, line.find('#')));
    if (!line.starts_with("deb ") && !line.starts_with("deb\t")) return;
    const auto rest = skip_options(line.substr(4));
    if (!rest) return;
    const auto words = split_words(*rest);
    if (words.size() < 3) return;
    sources.push_back({std::string(words[0]), std::string(words[1]), {words.begin() + 2, words.end()}});
}

std::string without_comments(std::string_view text) {
    std::string result;
    for (const auto line : split_lines(text)) {
        if (!line.starts_with('#')) result += fmt::format("{}\n", line);
    }
    return result;
}

std::vector<std::string_view> value_words(const Stanza& stanza, std::string_view field) {
    std::vector<std::string_view> words;
    for (const auto line : split_lines(stanza.get(field))) {
        const auto part = split_words(line);
        words.insert(words.end(), part.begin(), part.end());
    }
    return words;
}

bool has(const std::vector<std::string_view>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

void add_stanza(const Stanza& stanza, std::vector<AptSource>& sources) {
    if (!has(value_words(stanza, "Types"), "deb") || stanza.get("Enabled") == "no") return;
    const auto components = value_words(stanza, "Components");
    for (const auto uri : value_words(stanza, "URIs")) {
        for (const auto suite : value_words(stanza, "Suites")) {
            sources.push_back({std::string(uri), std::string(suite), {components.begin(), components.end()}});
        }
    }
}

bool is_debian(const std::filesystem::path& root) {
    const auto text = sys::read_file_if_exists(root / "etc/os-release");
    if (!text) return false;
    const auto lines = split_lines(*text);
    return std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
        return line == "ID=debian" || line == "ID=\"debian\"";
    });
}

std::vector<AptSource> read_sources(const std::filesystem::path& apt) {
    std::vector<AptSource> all;
    const auto add = [&](const std::filesystem::path& file) {
        const auto text = sys::read_file_if_exists(file);
        if (!text) return;
        const auto part = file.extension() == ".sources" ? parse_deb822_format(*text)
                                                         : parse_list_format(*text);
        all.insert(all.end(), part.begin(), part.end());
    };
    const auto directory = apt / "sources.list.d";
    if (sys::exists(directory)) {
        for (const std::string& name : sys::list_dir(directory)) {
            if (name.ends_with(".sources") || name.ends_with(".list")) add(directory / name);
        }
    }
    add(apt / "sources.list");
    return all;
}

} // namespace

std::vector<AptSource> parse_list_format(std::string_view text) {
    std::vector<AptSource> sources;
    for (const auto line : split_lines(text)) parse_list_line(line, sources);
    return sources;
}

std::vector<AptSource> parse_deb822_format(std::string_view text) {
    const std::string clean = without_comments(text);
    std::vector<AptSource> sources;
    try {
        ControlReader reader(clean, "sources");
        while (const Stanza* stanza = reader.next()) add_stanza(*stanza, sources);
    } catch (const Error&) {
        // apt itself would refuse this file; what stands before the mistake is good
    }
    return sources;
}

std::optional<Mirror> host_mirror(const std::filesystem::path& root) {
    if (!is_debian(root)) return std::nullopt;
    std::optional<Mirror> mirror;
    std::optional<std::string> security;
    for (const AptSource& source : read_sources(root / "etc/apt")) {
        const auto& components = source.components;
        const bool main = std::find(components.begin(), components.end(), "main") != components.end();
        if (!main || !usable_url(source.uri)) continue;
        const std::string url = without_slash(source.uri);
        if (!mirror && is_release(source.suite)) mirror = Mirror{url, std::nullopt, true};
        if (!security && source.suite.ends_with("-security")) security = url;
    }
    if (mirror) mirror->security = security;
    return mirror;
}

bool host_accepts_expired() {
    if (!sys::exists(kAptConfig)) return false;
    const auto result = sys::run_and_capture(
        {.argv = {std::string(kAptConfig), "dump", "--format", "%v%n", "Acquire::Check-Valid-Until"}}, 10s);
    const auto value = trim(result.output);
    return value == "false" || value == "no" || value == "0" || value == "off";
}

Mirror parse_mirror(std::string_view url, std::string_view option) {
    if (!usable_url(url)) {
        throw Error(fmt::format("{} '{}': give an http:// or https:// URL without user, password, "
                                "query or blanks", option, printable(url)));
    }
    return {without_slash(url), std::nullopt, false};
}

} // namespace lxcpp::debian
