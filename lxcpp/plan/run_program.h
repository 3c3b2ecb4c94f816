// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace lxcpp {

struct RunProgram {
    std::string what; // "lxc.hook.mount: /path/script"
    std::vector<std::string> argv;
    std::vector<std::string> env;
};

} // namespace lxcpp
