// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

enum class LineKind {
    Blank,
    Comment,
    Foreign,    // does not begin with "lxc.": belongs to someone else, ignored
    Assignment, // key = value
    Malformed,  // lxc.something without '='
};

// One line taken apart; the views point into the line. Blanks around key and value are gone, and
// one pair of equal quotes around the value.
struct Line {
    LineKind kind = LineKind::Blank;
    std::string_view key;
    std::string_view value;
};
[[nodiscard]] Line parse_line(std::string_view text) noexcept;

// The lines of one file, includes not expanded: what is saved. Comments, order, blank and foreign
// lines and line ends stay; an unchanged text is equal byte for byte.
class ConfigText {
public:
    ConfigText() = default;
    explicit ConfigText(std::string_view text);

    [[nodiscard]] std::string text() const;
    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

    // The values that the file itself gives this key, in order ("" for a clearing line).
    [[nodiscard]] std::vector<std::string> values(std::string_view key) const;
    // A new last line.
    void append(std::string_view key, std::string_view value);
    // The last line of the key takes the value, its other lines go; appends when there is none.
    // Lines that clear a list stay: what they take back was set by an included file.
    void set(std::string_view key, std::string_view value);
    // Removes the lines of the key, or only those with this value. Returns how many went.
    std::size_t remove(std::string_view key);
    std::size_t remove(std::string_view key, std::string_view value);
    // Replaces one line (index into lines()) by any number of lines; keeps its line end.
    void replace(std::size_t index, const std::vector<std::string>& with);

    bool operator==(const ConfigText&) const = default;

private:
    std::vector<std::string> lines_; // with their line ends
};

// "key = value", quoted where needed; "key =" for an empty value.
[[nodiscard]] std::string assignment(std::string_view key, std::string_view value);

} // namespace lxcpp
