// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/error.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <thread>

namespace lxcpp {

// The kernel removes what a container's network had a moment after its end, and tells nobody: a
// container that starts again with the same names and addresses finds some of them taken. act is
// tried again for ten seconds while it fails with one of these errors; waits says whether that can
// pass.
template <typename Act, typename Waits>
void until_the_last_one_is_gone(std::initializer_list<int> errors, Waits&& waits, Act&& act) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (;;) {
        try {
            return act();
        } catch (const SystemError& error) {
            if (std::ranges::find(errors, error.code()) == errors.end() || !waits()) throw;
            if (std::chrono::steady_clock::now() >= end) throw;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

template <typename Act>
void until_the_last_one_is_gone(std::initializer_list<int> errors, Act&& act) {
    until_the_last_one_is_gone(
        errors, [] { return true; }, act);
}

} // namespace lxcpp
