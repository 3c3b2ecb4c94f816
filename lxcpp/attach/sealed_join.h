// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attach/join.h"
#include "base/paths.h"

#include <string>
#include <vector>

namespace lxcpp {

// What run_join() needs to go on as lxcpp-enter before the container can see it; outlives the plan's use.
class SealedJoin {
public:
    // terminal: the standard descriptor that becomes the controlling terminal, or -1. Throws Error.
    void apply(JoinPlan& plan, const Paths& paths, int terminal);

private:
    Fd program_;
    Fd filter_;
    std::vector<std::string> words_;
};

} // namespace lxcpp
