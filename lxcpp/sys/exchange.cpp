// SPDX-License-Identifier: Apache-2.0
#include "sys/exchange.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <cstdio>
#include <fmt/core.h>

namespace lxcpp::sys {

bool exchange_names(FdRef directory, const std::string& one, const std::string& other) {
    if (::renameat2(directory.raw(), one.c_str(), directory.raw(), other.c_str(), RENAME_EXCHANGE) == 0) return true;
    if (errno == EINVAL || errno == ENOSYS) return false;
    throw SystemError(fmt::format("exchange {} and {}", one, other), errno);
}

} // namespace lxcpp::sys
