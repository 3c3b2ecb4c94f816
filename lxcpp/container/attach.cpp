// SPDX-License-Identifier: Apache-2.0
#include "attach/attach.h"

#include "base/error.h"
#include "cgroup/freezer.h"
#include "container/adopt.h"
#include "container/impl.h"
#include "container/rights.h"

namespace lxcpp {

Exit Container::attach(const AttachOptions& options) {
    impl_->require_ours("attach to");
    adopt_if_orphaned(*impl_);
    const Running running = impl_->require_running();
    // A delegated cgroup belongs to the container's root: only from where that is ours somebody can be put into it.
    if (!running.state.payload_cgroups.empty()) reach_ids_of(running);
    if (!options.elevation.cgroup && freezer_state(running.state.payload_cgroups) != FreezerState::Thawed) {
        throw Error("the container is frozen, and a program in its cgroup would be too: use lxcpp-unfreeze first");
    }
    const Config config =
        options.config.empty() ? impl_->running_config() : impl_->load(options.config).config;
    const AttachTarget target{config, running.init, running.pid(), running.state.payload_cgroups, impl_->paths};
    const sys::ExitStatus status = lxcpp::attach(target, options);
    return {status.signaled, status.value};
}

} // namespace lxcpp
