// SPDX-License-Identifier: Apache-2.0
#include "debian/release.h"

#include "base/strings.h"
#include "debian/control.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::debian {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::time_t kClockSlack = 3600;
constexpr std::time_t kLastDate = 253'402'300'799; // 31 Dec 9999 23:59:59

[[noreturn]] void fail(std::string_view what, std::string_view problem) {
    throw Error(fmt::format("{}: {}", what, problem));
}

std::vector<std::string> words(std::string_view text) {
    const auto parts = split_words(text);
    return {parts.begin(), parts.end()};
}

std::time_t read_date(std::string_view text, std::string_view field, std::string_view what) {
    const auto date = parse_release_date(text);
    if (!date) fail(what, fmt::format("{} is '{}'", field, printable(text)));
    return *date;
}

void read_file_line(Release& release, std::string_view line, std::string_view what) {
    const auto parts = split_words(line);
    if (parts.empty()) return;
    const auto size = parts.size() == 3 ? parse_u64(parts[1]) : std::nullopt;
    if (!size || parts[0].size() != 64 ||
        parts[0].find_first_not_of("0123456789abcdef") != std::string_view::npos) {
        fail(what, fmt::format("SHA256 has the line '{}'", printable(line)));
    }
    const auto [place, fresh] =
        release.files.try_emplace(std::string(parts[2]), IndexedFile{std::string(parts[0]), *size});
    if (!fresh && place->second.sha256 != parts[0]) {
        fail(what, fmt::format("SHA256 lists {} twice", printable(parts[2])));
    }
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

// Security suites of old releases say "updates/main" for main.
bool has_component(const Release& release, const std::string& name) {
    return contains(release.components, name) || contains(release.components, "updates/" + name);
}

// Of a date: not more digits than it has, so that there is one way to write 60.
std::optional<std::uint64_t> date_number(std::string_view text, std::size_t digits = 2) noexcept {
    return text.size() <= digits ? parse_u64(text) : std::nullopt;
}

template <std::size_t Count>
std::optional<int> position(const std::array<std::string_view, Count>& names, std::string_view name) noexcept {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<int>(found - names.begin());
}

} // namespace

Release parse_release(std::string_view text, std::string_view what) {
    const Stanza stanza = read_single_stanza(text, what);
    Release release;
    release.origin = stanza.get("Origin");
    release.suite = stanza.get("Suite");
    release.codename = stanza.get("Codename");
    release.date = read_date(stanza.get("Date"), "Date", what);
    if (const auto until = stanza.find("Valid-Until")) {
        release.valid_until = read_date(*until, "Valid-Until", what);
    }
    release.architectures = words(stanza.get("Architectures"));
    release.components = words(stanza.get("Components"));
    release.by_hash = stanza.get("Acquire-By-Hash") == "yes";
    const auto hashes = stanza.find("SHA256");
    if (!hashes) fail(what, "it has no SHA256 sums");
    for (const auto line : split_lines(*hashes)) read_file_line(release, line, what);
    if (!valid_suite_name(release.codename)) {
        fail(what, fmt::format("Codename is '{}'", printable(release.codename)));
    }
    return release;
}

void check_release(const Release& release, const ReleaseRequest& request, std::string_view what) {
    if (request.suite != release.codename && request.suite != release.suite) {
        fail(what, fmt::format("it is the index of {} ({}), not of {}", printable(release.codename),
                               printable(release.suite), request.suite));
    }
    if (!contains(release.architectures, request.architecture)) {
        fail(what, fmt::format("{} has no packages for {}", release.codename, request.architecture));
    }
    for (const std::string& component : request.components) {
        if (!has_component(release, component)) {
            fail(what, fmt::format("{} has no component {}", release.codename, component));
        }
    }
    if (release.date > request.now + kClockSlack) {
        fail(what, fmt::format("its date, {}, is in the future: is this machine's clock right?",
                               format_release_date(release.date)));
    }
    if (release.valid_until && *release.valid_until < request.now && !request.allow_expired) {
        refuse_expired(release, what);
    }
}

void refuse_expired(const Release& release, std::string_view what) {
    fail(what, fmt::format("it expired on {}: the mirror is out of date, or somebody replays an old "
                           "index; use another --mirror, or --allow-expired to accept it",
                           format_release_date(release.valid_until.value_or(0))));
}

std::optional<std::time_t> parse_release_date(std::string_view text) noexcept {
    try {
        auto parts = split_words(text);
        if (parts.size() == 6) parts.erase(parts.begin()); // the day's name says nothing new
        if (parts.size() != 5 || (parts[4] != "UTC" && parts[4] != "GMT" && parts[4] != "+0000")) {
            return std::nullopt;
        }
        const auto clock = split(parts[3], ':');
        const auto day = date_number(parts[0]);
        const auto month = position(kMonths, parts[1]);
        const auto year = date_number(parts[2], 4);
        if (clock.size() != 3 || !day || !month || !year) return std::nullopt;
        const auto hour = date_number(clock[0]);
        const auto minute = date_number(clock[1]);
        const auto second = date_number(clock[2]);
        if (!hour || !minute || !second || *day < 1 || *day > 31 || *year < 1970 || *hour > 23 || *minute > 59 || *second > 60) {
            return std::nullopt;
        }
        std::tm broken{};
        broken.tm_year = static_cast<int>(*year) - 1900;
        broken.tm_mon = *month;
        broken.tm_mday = static_cast<int>(*day);
        broken.tm_hour = static_cast<int>(*hour);
        broken.tm_min = static_cast<int>(*minute);
        broken.tm_sec = static_cast<int>(*second);
        const std::time_t time = ::timegm(&broken);
        // timegm(3) makes the 1st of July of the 31st of June. A leap second is the next minute's first one.
        const bool exists = time <= kLastDate && (*second == 60 || broken.tm_mday == static_cast<int>(*day));
        return exists ? std::optional(time) : std::nullopt;
    } catch (...) {
        return std::nullopt;
    }
}

std::string format_release_date(std::time_t time) {
    std::tm broken{};
    ::gmtime_r(&time, &broken);
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} UTC", kDays[static_cast<std::size_t>(broken.tm_wday)],
                       broken.tm_mday, kMonths[static_cast<std::size_t>(broken.tm_mon)],
                       broken.tm_year + 1900, broken.tm_hour, broken.tm_min, broken.tm_sec);
}

bool valid_suite_name(std::string_view name) noexcept {
    constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz0123456789";
    return !name.empty() && name.size() <= 64 && kFirst.find(name.front()) != name.npos &&
           std::all_of(name.begin(), name.end(), [&](char c) {
               return kFirst.find(c) != kFirst.npos || c == '.' || c == '+' || c == '-';
           });
}

} // namespace lxcpp::debian
