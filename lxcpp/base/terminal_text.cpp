// SPDX-License-Identifier: Apache-2.0
#include "base/terminal_text.h"

#include "base/strings.h"

#include <algorithm>
#include <utility>

namespace lxcpp {
namespace {

constexpr std::string_view kLayout = "\n\t\r";
constexpr std::size_t kLongest = 4; // bytes of a character

// How many bytes a character has that begins so; 0: none does.
std::size_t length_of(unsigned char first) {
    if (first >= 0xf0) return 4;
    if (first >= 0xe0) return 3;
    return first >= 0xc0 ? 2 : 0;
}

// Where the last character begins when there is less of it than its first byte says; else the end.
std::size_t end_of_whole(std::string_view text) {
    for (std::size_t back = 1; back < kLongest && back <= text.size(); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if (const std::size_t length = length_of(byte); length != 0)
            return length > back ? text.size() - back : text.size();
        if (byte < 0x80) break;
    }
    return text.size();
}

std::string shown(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(kLayout), text.size());
        out += printable(text.substr(0, end));
        if (end < text.size()) out += text[end];
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

} // namespace

std::string TerminalText::add(std::string_view piece) {
    rest_ += piece;
    const std::string whole = rest_.substr(0, end_of_whole(rest_));
    rest_.erase(0, whole.size());
    return shown(whole);
}

std::string TerminalText::end() {
    return shown(std::exchange(rest_, {}));
}

} // namespace lxcpp
