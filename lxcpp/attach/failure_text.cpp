// SPDX-License-Identifier: Apache-2.0
#include "attach/failure_text.h"

#include <lxcpp/error.h>

namespace lxcpp {

std::string failure_text(const JoinReport& report, const std::string& program) {
    const std::string reason = SystemError("", report.error).what();
    switch (report.stage) {
    case JoinStage::Cgroups: return "join the container's cgroups" + reason;
    case JoinStage::Namespaces: return "enter the container's namespaces" + reason;
    case JoinStage::Root: return "become root of the container" + reason;
    case JoinStage::Remount: return "mount fresh /proc and /sys" + reason;
    case JoinStage::Terminal: return "connect the terminal" + reason;
    case JoinStage::Confine: return "apply the container's restrictions" + reason;
    case JoinStage::Seccomp: return "load the seccomp filter" + reason;
    case JoinStage::Enter: return "go on as lxcpp-enter" + reason;
    default: return "run " + program + reason;
    }
}

} // namespace lxcpp
