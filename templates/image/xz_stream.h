// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace lxcpp::image {

// Decompresses .xz from front to back, several streams one after the other too, with at most 64 MiB
// for its dictionary (xz -9). Any other byte after them is refused.
class XzStream {
public:
    // more gives the next compressed bytes, valid until the next call; none at the end.
    XzStream(std::function<std::span<const char>()> more, std::string what);
    ~XzStream();

    // 0 = end. Throws Error "WHAT: damaged: ...".
    [[nodiscard]] std::size_t read(std::span<char> into);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace lxcpp::image
