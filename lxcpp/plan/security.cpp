// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include "base/error.h"

#include <sched.h>
#include <sys/personality.h>

namespace lxcpp {

void plan_security(const PlanContext& context) {
    const Config& config = context.config;
    if (config.arch == Arch::Bits32) context.add(SetPersonality{PER_LINUX32});
    if (config.arch == Arch::Bits64) context.add(SetPersonality{PER_LINUX});
    context.add(ReportReady{});
    context.add(DropBounding{context.host.bounding_set});
    if (config.sched_core) context.add(CoreScheduling{});
}

} // namespace lxcpp
