// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

namespace lxcpp::test {

// What the callable throws, as text; "" when it throws nothing.
template <typename Callable>
std::string error_of(Callable&& callable) {
    try {
        callable();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

} // namespace lxcpp::test
