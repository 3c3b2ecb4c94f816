// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <filesystem>
#include <linux/filter.h>
#include <optional>
#include <span>
#include <string>

// Ethernet interfaces whose frames a program reads and writes: /dev/net/tun.
namespace lxcpp::sys {

inline constexpr const char* kTunDevice = "/dev/net/tun";

// In that network namespace, where it stays without anybody at its other end; a program that opens
// it by its name takes that place. Single-threaded callers only. Throws SystemError.
void make_tap(FdRef network_namespace, const std::string& name);

// The end of an interface that another process has open; nullopt when it has none. Needs the rights
// of ptrace(2) over it. Throws SystemError when they are missing.
[[nodiscard]] std::optional<Fd> tap_of(FdRef pidfd);

// From now on the program at this end sees only those frames that the filter returns more than 0
// for; the interface drops the others. It ends with this end. Throws SystemError.
void filter_tap(FdRef tap, std::span<const sock_filter> filter);

} // namespace lxcpp::sys
