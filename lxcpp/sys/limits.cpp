// SPDX-License-Identifier: Apache-2.0
#include "sys/limits.h"

#include "base/error.h"

#include <sys/resource.h>

namespace lxcpp::sys {

void set_limit(pid_t pid, int resource, std::uint64_t soft, std::uint64_t hard) {
    const rlimit limit{soft, hard};
    if (::prlimit(pid, static_cast<__rlimit_resource>(resource), &limit, nullptr) < 0) {
        throw SystemError("set the resource limit");
    }
}

std::uint64_t hard_limit(int resource) {
    rlimit limit{};
    if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) throw SystemError("read the resource limit");
    return limit.rlim_max;
}

void reset_soft_limits() noexcept {
    for (const auto resource : {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_AS, RLIMIT_NPROC}) {
        rlimit limit{};
        if (::getrlimit(resource, &limit) != 0) continue;
        limit.rlim_cur = limit.rlim_max;
        (void)::setrlimit(resource, &limit);
    }
}

std::optional<std::uint64_t> file_size_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
    return limit.rlim_cur;
}

} // namespace lxcpp::sys
