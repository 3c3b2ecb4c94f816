// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace lxcpp {

// Paths under which a program is looked for, in order, as execvp(3) does: the name itself when it is empty or has a '/',
// else below each directory of PATH in env; none without a PATH.
[[nodiscard]] std::vector<std::string> program_candidates(const std::string& program, const std::vector<std::string>& env);

} // namespace lxcpp
