// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lxcpp {

// lxc-console's --escape: "a".."z" or "^a".."^z" (also ^[ ^\ ^] ^^ ^_) is that control character;
// "none" is no escape at all. Throws Error on anything else.
[[nodiscard]] std::optional<char> parse_escape(std::string_view text);

// Looks for "prefix q" in what the user types. The prefix twice is the prefix once; the prefix and
// any other byte pass as they are. A prefix at the end of one piece waits for the next.
class EscapeFilter {
public:
    explicit EscapeFilter(std::optional<char> prefix) noexcept : prefix_(prefix) {}

    struct Result {
        std::string data;    // to be sent
        bool detach = false; // seen "prefix q"; what follows it is dropped
    };
    [[nodiscard]] Result feed(std::string_view typed);

private:
    std::optional<char> prefix_;
    bool pending_ = false;
};

} // namespace lxcpp
