// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// How lxcpp-enter is called, by descriptor; its arguments are all that it knows:
//   lxcpp-enter TASKS REPORT TERMINAL FILTER UID GID STEP CAPS GROUPS COUNT PROGRAM... ARGV...
// Numbers are decimal; TERMINAL and FILTER may be "-"; GROUPS is "-" or "N,N,...", of at most 512. COUNT programs are tried in order, as by execvp(3).
namespace lxcpp {

inline constexpr unsigned kEnterGroups = 512;

enum EnterTask : std::uint32_t {
    kEnterBorn = 1,    // first fork a sibling: the process that the container will see goes on
    kEnterJoin = 2,    // REPORT takes a JoinReport; without it a SyncMessage about STEP
    kEnterRemount = 4, // fresh /proc and /sys
    kEnterConfine = 8, // take CAPS (a mask) from the bounding set, load FILTER, become UID and GID, with GROUPS
};

} // namespace lxcpp
