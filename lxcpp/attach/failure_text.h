// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "start/join_report.h"

#include <string>

namespace lxcpp {

// What the process that joins a container could not do, for the administrator.
[[nodiscard]] std::string failure_text(const JoinReport& report, const std::string& program);

} // namespace lxcpp
