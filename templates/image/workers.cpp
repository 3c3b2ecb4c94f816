// SPDX-License-Identifier: Apache-2.0
#include "image/workers.h"

#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace lxcpp::image {

void run_workers(unsigned count, const std::function<void(unsigned)>& work) {
    std::mutex mutex;
    std::exception_ptr first;
    const auto guarded = [&](unsigned number) noexcept {
        try {
            work(number);
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!first) first = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> threads;
        for (unsigned number = 1; number < count; ++number) threads.emplace_back(guarded, number);
        guarded(0);
    }
    if (first) std::rethrow_exception(first);
}

} // namespace lxcpp::image
