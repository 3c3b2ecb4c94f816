// SPDX-License-Identifier: Apache-2.0
#include "console/escape.h"

#include <lxcpp/error.h>

#include "base/strings.h"

namespace lxcpp {
namespace {

constexpr char kQuit = 'q';

} // namespace

std::optional<char> parse_escape(std::string_view text) {
    if (text == "none") return std::nullopt;
    const bool caret = text.size() == 2 && text[0] == '^';
    if (caret || text.size() == 1) {
        const char key = text.back();
        if (key >= 'a' && key <= 'z') return static_cast<char>(key - 'a' + 1);
        if (caret && key >= 'A' && key <= '_') return static_cast<char>(key - 'A' + 1);
    }
    throw Error("escape prefix \"" + printable(text) + "\" is not one of a..z, ^a..^z or none");
}

EscapeFilter::Result EscapeFilter::feed(std::string_view typed) {
    Result result;
    for (const char byte : typed) {
        if (!pending_ && prefix_ && byte == *prefix_) {
            pending_ = true;
            continue;
        }
        if (pending_ && byte == kQuit) {
            result.detach = true;
            return result;
        }
        if (pending_ && byte != *prefix_) result.data += *prefix_;
        pending_ = false;
        result.data += byte;
    }
    return result;
}

} // namespace lxcpp
