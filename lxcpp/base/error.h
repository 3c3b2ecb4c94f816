// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/error.h>

#include <string_view>
#include <utility>

namespace lxcpp {

// Runs body; an Error that leaves it carries "context: " in front. Used at module borders only.
template <typename Body>
decltype(auto) with_context(std::string_view context, Body&& body) {
    try {
        return std::forward<Body>(body)();
    } catch (Error& error) {
        error.add_context(context);
        throw;
    }
}

} // namespace lxcpp
