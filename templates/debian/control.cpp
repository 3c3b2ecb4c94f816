// SPDX-License-Identifier: Apache-2.0
#include "debian/control.h"

#include "base/ascii.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::debian {
namespace {

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

std::string_view trim_blanks(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

} // namespace

std::optional<std::string_view> Stanza::find(std::string_view name) const noexcept {
    for (const Field& field : fields_) {
        if (same_letters(field.name, name)) return field.value;
    }
    return std::nullopt;
}

std::string_view Stanza::get(std::string_view name) const noexcept {
    return find(name).value_or(std::string_view());
}

std::string_view ControlReader::take_line() noexcept {
    const auto end = std::min(rest_.find('\n'), rest_.size());
    const auto line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    return line;
}

void ControlReader::fail(std::string_view problem) const {
    throw Error(fmt::format("{}: line {}: {}", what_, line_, problem));
}

void ControlReader::add_line(std::string_view line) {
    auto& fields = stanza_.fields_;
    if (is_blank(line.front())) {
        if (fields.empty()) fail("a continuation line without a field before it");
        std::string_view& value = fields.back().value;
        value = {value.data(), static_cast<std::size_t>(line.data() + line.size() - value.data())};
        return;
    }
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0) {
        fail(fmt::format("'{}' is not a field", printable(line.substr(0, 60))));
    }
    const auto name = line.substr(0, colon);
    if (stanza_.find(name)) fail(fmt::format("field {} stands twice", printable(name)));
    fields.push_back({name, trim_blanks(line.substr(colon + 1))});
}

const Stanza* ControlReader::next() {
    stanza_.fields_.clear();
    while (!rest_.empty()) {
        const auto line = take_line();
        if (trim_blanks(line).empty()) {
            if (!stanza_.fields_.empty()) return &stanza_;
        } else {
            add_line(line);
        }
    }
    return stanza_.fields_.empty() ? nullptr : &stanza_;
}

Stanza read_single_stanza(std::string_view text, std::string_view what) {
    ControlReader reader(text, what);
    const Stanza* first = reader.next();
    if (first == nullptr) throw Error(fmt::format("{}: it is empty", what));
    Stanza result = *first;
    if (reader.next() != nullptr) throw Error(fmt::format("{}: more than one paragraph", what));
    return result;
}

} // namespace lxcpp::debian
