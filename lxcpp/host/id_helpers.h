// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lxcpp {

// The setuid programs that write a user's subordinate ids into the maps of a user namespace (package uidmap).
inline constexpr const char* kNewUidMap = "/usr/bin/newuidmap";
inline constexpr const char* kNewGidMap = "/usr/bin/newgidmap";

} // namespace lxcpp
