// SPDX-License-Identifier: Apache-2.0
#include "start/shared_mounts.h"

#include "base/error.h"
#include "base/strings.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/mount_point.h"
#include "sys/namespace.h"

#include <sys/mount.h>

namespace lxcpp {
namespace {

pid_t init_of(const std::string& name, const StarterInput& input) {
    check_container_name(name);
    const auto state = load_runtime_state(runtime_dir(input.paths, input.request.lxcpath, name));
    if (!state || !sys::is_alive(state->supervisor.init, sys::boot_id())) {
        throw StateError(StateProblem::NotRunning, "container " + name + " is not running");
    }
    return state->supervisor.init.pid;
}

Fd open_shared(const SharedNamespace& share, const StarterInput& input) {
    if (share.target.starts_with('/')) return sys::open_file(share.target);
    const auto number = parse_u64(share.target);
    const pid_t pid = number ? static_cast<pid_t>(*number) : init_of(share.target, input);
    std::optional<Fd> fd = sys::open_namespace(pid, share.name);
    if (!fd) throw Error("there is no process " + std::to_string(pid));
    return std::move(*fd);
}

} // namespace

void share_host_directory(const std::string& directory) {
    if (directory.empty()) return;
    with_context("lxc.mount.auto: shmounts:" + directory, [&] {
        sys::make_dirs(directory, 0711);
        if (sys::is_mount_point(directory)) return;
        sys::MountTree tree = sys::MountTree::clone(directory);
        tree.attach(directory);
        sys::set_propagation(directory, MS_SHARED);
    });
}

std::vector<Fd> open_shared_namespaces(const StartPlan& plan, const StarterInput& input) {
    std::vector<Fd> fds;
    for (const SharedNamespace& share : plan.shared_namespaces) {
        fds.push_back(with_context("share the " + share.name + " namespace of " + share.target,
                                   [&] { return open_shared(share, input); }));
    }
    return fds;
}

} // namespace lxcpp
