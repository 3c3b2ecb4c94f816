// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

// Of an ordinary user's login only systemd may change the cgroups; what it delegates is a scope of the user's manager.
namespace lxcpp::tools {

// Before a start of a user: this process goes on as the same command in such a scope, where there is a manager and no
// group that we may change already. In the scope it leaves room for groups beside its own. Whatever is missing: nothing
// happens, and the start tells what it has to do without.
void move_to_user_scope(const std::string& name);

// Pure. words: our own command line; its first one is replaced by program.
[[nodiscard]] std::vector<std::string> scope_command(const std::string& name, pid_t pid, const std::string& program, std::span<const std::string> words);

} // namespace lxcpp::tools
