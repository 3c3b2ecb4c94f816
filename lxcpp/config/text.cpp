// SPDX-License-Identifier: Apache-2.0
#include "config/text.h"

#include "base/strings.h"
#include "config/item.h"

#include <algorithm>
#include <utility>

namespace lxcpp {
namespace {

constexpr std::string_view kOwnPrefix = "lxc.";
// Some editors begin a file with it; the first line means what it says all the same.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view unquote(std::string_view value) noexcept {
    if (value.size() < 2 || value.front() != value.back()) return value;
    if (value.front() != '"' && value.front() != '\'') return value;
    return value.substr(1, value.size() - 2);
}

std::string_view line_end(std::string_view line) noexcept {
    if (line.ends_with("\r\n")) return "\r\n";
    return line.ends_with('\n') ? std::string_view("\n") : std::string_view();
}

bool assigns(std::string_view line, std::string_view key) noexcept {
    const Line parsed = parse_line(line);
    return parsed.kind == LineKind::Assignment && parsed.key == key;
}

} // namespace

Line parse_line(std::string_view text) noexcept {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    const auto line = trim(text);
    if (line.empty()) return {LineKind::Blank, {}, {}};
    if (line.front() == '#') return {LineKind::Comment, {}, {}};
    if (!line.starts_with(kOwnPrefix)) return {LineKind::Foreign, line, {}};
    const auto equals = line.find('=');
    if (equals == line.npos) return {LineKind::Malformed, line, {}};
    return {LineKind::Assignment, trim(line.substr(0, equals)),
            unquote(trim(line.substr(equals + 1)))};
}

ConfigText::ConfigText(std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        lines_.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

std::string ConfigText::text() const {
    std::string all;
    for (const auto& line : lines_) all += line;
    return all;
}

std::vector<std::string> ConfigText::values(std::string_view key) const {
    std::vector<std::string> found;
    for (const auto& line : lines_)
        if (assigns(line, key)) found.emplace_back(parse_line(line).value);
    return found;
}

void ConfigText::append(std::string_view key, std::string_view value) {
    const bool dos = !lines_.empty() && lines_.front().ends_with("\r\n");
    const std::string_view end = dos ? "\r\n" : "\n";
    if (!lines_.empty() && line_end(lines_.back()).empty()) lines_.back() += end;
    lines_.push_back(assignment(key, value).append(end));
}

void ConfigText::set(std::string_view key, std::string_view value) {
    const auto matches = [&](const std::string& line) { return assigns(line, key); };
    const auto last = std::ranges::find_if(lines_.rbegin(), lines_.rend(), matches);
    if (last == lines_.rend()) return append(key, value);
    const std::string replacement = assignment(key, value).append(line_end(*last));
    const auto kept = last.base();
    *last = replacement;
    const bool list = is_list_key(key);
    const auto goes = [&](const std::string& line) {
        return matches(line) && !(list && parse_line(line).value.empty());
    };
    lines_.erase(std::remove_if(lines_.begin(), kept - 1, goes), kept - 1);
}

std::size_t ConfigText::remove(std::string_view key) {
    return std::erase_if(lines_, [&](const std::string& line) { return assigns(line, key); });
}

std::size_t ConfigText::remove(std::string_view key, std::string_view value) {
    return std::erase_if(lines_, [&](const std::string& line) {
        return assigns(line, key) && parse_line(line).value == value;
    });
}

void ConfigText::replace(std::size_t index, const std::vector<std::string>& with) {
    const std::string end(line_end(lines_[index]));
    std::vector<std::string> fresh;
    for (const auto& line : with) fresh.push_back(line + (end.empty() ? "\n" : end));
    if (end.empty() && !fresh.empty()) fresh.back().pop_back();
    const auto at = lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(index));
    lines_.insert(at, fresh.begin(), fresh.end());
}

std::string assignment(std::string_view key, std::string_view value) {
    std::string line(key);
    line += " =";
    if (!value.empty()) line.append(" ").append(quote_value(value));
    return line;
}

} // namespace lxcpp
