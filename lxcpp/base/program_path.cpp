// SPDX-License-Identifier: Apache-2.0
#include "base/program_path.h"

#include "base/strings.h"

namespace lxcpp {

std::vector<std::string> program_candidates(const std::string& program, const std::vector<std::string>& env) {
    if (program.empty() || program.find('/') != std::string::npos) return {program};
    std::vector<std::string> candidates;
    for (const std::string& assignment : env) {
        if (!assignment.starts_with("PATH=")) continue;
        for (const std::string_view directory : split(std::string_view(assignment).substr(5), ':')) {
            candidates.push_back((directory.empty() ? "." : std::string(directory)) + '/' + program);
        }
    }
    return candidates;
}

} // namespace lxcpp
