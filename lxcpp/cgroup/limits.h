// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cgroup/cgroup_plan.h"

namespace lxcpp {

// Writes the limits to the payload's group, in order. Throws SystemError that shows key and value.
void apply_limits(const CgroupGroups& groups);

// v2: makes the plan's controllers available below each group from base down to last. A controller
// that a limit needs and that cannot be had is an Error; others are left out.
void enable_controllers(const CgroupGroups& groups, const std::filesystem::path& last);

// v1 cpuset: a new group takes no process before it has cpus and memory nodes: copies the parent's.
void init_cpuset(const std::filesystem::path& group);

// Hands the group in which the payload lives to its root: the directory, and the files that the
// kernel says are safe to delegate. Limits stay ours.
void delegate_group(const CgroupGroups& groups, const CgroupOwner& owner);

} // namespace lxcpp
