// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"

namespace lxcpp {

// A container for one program, as of an OCI image: lxc.execute.cmd, run below lxcpp-init, instead of an init of its own.
[[nodiscard]] inline bool is_application(const Config& config) { return config.init.cmd.empty() && !config.execute_cmd.empty(); }

} // namespace lxcpp
