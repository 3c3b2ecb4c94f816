// SPDX-License-Identifier: Apache-2.0
#include "common/harmless.h"

#include "base/strings.h"
#include "sys/pty.h"

namespace lxcpp::tools {

std::string harmless(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = text.find_first_of("\n\t");
        out += printable(text.substr(0, end));
        if (end == text.npos) break;
        out += text[end];
        text.remove_prefix(end + 1);
    }
    return out;
}

std::string for_output(std::string_view text) {
    return sys::is_terminal(FdRef(1)) ? harmless(text) : std::string(text);
}

} // namespace lxcpp::tools
