// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>

namespace lxcpp::sys {

// Repeats a system call that a signal interrupted before it did anything.
template <typename Call>
[[nodiscard]] auto retry_eintr(Call&& call) noexcept(noexcept(call())) {
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR) return result;
    }
}

} // namespace lxcpp::sys
