// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <sys/types.h>

// What a process in new namespaces, without a container around it, is given. All throw SystemError.
namespace lxcpp::sys {

// An interface of ours to the network namespace of a process, with its name (rtnetlink(7)).
void move_interface(const std::string& name, pid_t pid);
// The maps of a process in a new user namespace, whose only id is ours; nobody in there may change
// groups.
void map_own_ids(pid_t pid, uid_t inside);

// Of ourselves: the name in our UTS namespace, and the user alone.
void set_host_name(const std::string& name);
void set_user(uid_t uid);

} // namespace lxcpp::sys
