// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include "base/error.h"

#include <sched.h>
#include <sys/personality.h>

namespace lxcpp {

void plan_security(const PlanContext& context) {
    const Config& config = context.config;
    if (config.arch == Arch::Bits32) context.add(SetPersonality{PER_LINUX32});
    context.add(ReportReady{});
    for (RunProgram& hook : plan_hooks(context.request, config, context.host.staging, "start", config.hooks.start)) {
        context.add(std::move(hook));
    }
    context.add(DropBounding{context.host.bounding_set});
    if (config.sched_core) context.add(CoreScheduling{});
}

} // namespace lxcpp
