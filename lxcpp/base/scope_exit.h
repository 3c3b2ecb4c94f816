// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace lxcpp {

// Runs a callable when the scope ends, unless release()d. The callable must not throw.
template <typename Callable>
class [[nodiscard]] ScopeExit {
public:
    explicit ScopeExit(Callable callable) : callable_(std::move(callable)) {}
    ScopeExit(const ScopeExit&) = delete;
    ScopeExit& operator=(const ScopeExit&) = delete;
    ~ScopeExit() {
        if (armed_) callable_();
    }
    void release() noexcept { armed_ = false; }

private:
    Callable callable_;
    bool armed_ = true;
};

} // namespace lxcpp
