// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace lxcpp::debian {

// One field of a control paragraph. The value is as written: continuation lines with their leading
// blank, without the final newline.
struct Field {
    std::string_view name;
    std::string_view value;
};

// One paragraph; its views point into the text it was read from.
class Stanza {
public:
    // Field names compare without case. nullopt when it is absent.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
    [[nodiscard]] std::string_view get(std::string_view name) const noexcept; // "" when absent
    [[nodiscard]] const std::vector<Field>& fields() const noexcept { return fields_; }

private:
    friend class ControlReader;
    std::vector<Field> fields_;
};

// Reads the paragraphs of a Debian control file (deb822(5)) one after the other, without copying.
// Throws Error naming the line of malformed text, or a field that occurs twice.
class ControlReader {
public:
    // what names the text in messages, e.g. the URL.
    ControlReader(std::string_view text, std::string_view what) : rest_(text), what_(what) {}
    // The paragraph stays valid until the next call; nullptr at the end.
    [[nodiscard]] const Stanza* next();

private:
    [[nodiscard]] std::string_view take_line() noexcept;
    void add_line(std::string_view line);
    [[noreturn]] void fail(std::string_view problem) const;

    std::string_view rest_;
    std::string_view what_;
    std::size_t line_ = 0;
    Stanza stanza_;
};

// The paragraph of a text that must hold exactly one (Release, a package's control file).
[[nodiscard]] Stanza read_single_stanza(std::string_view text, std::string_view what);

} // namespace lxcpp::debian
