// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstddef>
#include <string>

namespace lxcpp::sys {

struct Pipe {
    Fd read;
    Fd write;
};

[[nodiscard]] Pipe make_pipe();
// One that each user may open for writing by its name in /proc (/dev/stderr).
[[nodiscard]] Pipe make_pipe_for_all();

// All that comes until nobody has the other end any more; what is beyond limit is dropped.
[[nodiscard]] std::string drain_pipe(FdRef read, std::size_t limit);

} // namespace lxcpp::sys
