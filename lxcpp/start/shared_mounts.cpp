// SPDX-License-Identifier: Apache-2.0
#include "start/shared_mounts.h"

#include "base/error.h"
#include "base/strings.h"
#include "start/made.h"
#include "start/owner.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/mount.h"
#include "sys/mount_point.h"
#include "sys/namespace.h"

#include <sys/mount.h>
#include <utility>

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

sys::FileLock lock_shared_mounts(const Paths& paths) {
    auto lock = sys::FileLock::acquire(paths.runtime / ".shmounts.lock", std::chrono::seconds(30), true);
    if (!lock) throw StateError(StateProblem::Busy, "another container is being given its shared mounts");
    return std::move(*lock);
}

// Runtime directories of other containers, of any lxcpath, that note this mount as lxcpp's.
std::vector<std::filesystem::path> others_with(const std::filesystem::path& directory, const Paths& paths,
                                               const std::filesystem::path& own) {
    std::vector<std::filesystem::path> others;
    for (const std::string& lxcpath : sys::list_dir(paths.runtime)) {
        const std::filesystem::path folder = paths.runtime / lxcpath;
        const auto info = sys::stat_path(folder, false);
        if (!info || !S_ISDIR(info->st_mode)) continue;
        for (const std::string& name : sys::list_dir(folder)) {
            if (name.starts_with('.')) continue; // a lock, or one that is being removed
            const std::filesystem::path runtime = folder / name;
            if (runtime != own && load_made(runtime).shared_mount == directory) others.push_back(runtime);
        }
    }
    return others;
}

bool is_used(const std::filesystem::path& runtime) {
    if (is_owned(runtime)) return true;
    const auto state = load_runtime_state(runtime);
    return state && sys::is_alive(state->supervisor.init, sys::boot_id());
}

} // namespace

void share_host_directory(const std::string& directory, const Paths& paths, const std::filesystem::path& runtime) {
    if (directory.empty()) return;
    with_context("lxc.mount.auto: shmounts:" + directory, [&] {
        sys::make_dirs(directory, 0711);
        const auto lock = lock_shared_mounts(paths);
        Made made = load_made(runtime);
        const bool noted = made.shared_mount == directory; // by the run before a reboot
        made.shared_mount = directory;
        if (sys::is_mount_point(directory)) {
            if (!noted && !others_with(directory, paths, runtime).empty()) save_made(runtime, made);
            return;
        }
        save_made(runtime, made); // first, so that no moment has a mount that nobody knows of
        const sys::MountTree tree = sys::MountTree::clone(directory);
        tree.attach(directory);
        sys::set_propagation(directory, MS_SHARED);
    });
}

void release_host_directory(const Paths& paths, const std::filesystem::path& runtime) {
    Made made = load_made(runtime);
    const std::filesystem::path directory = std::exchange(made.shared_mount, {});
    if (directory.empty()) return;
    with_context("lxc.mount.auto: shmounts:" + directory.string(), [&] {
        const auto lock = lock_shared_mounts(paths);
        for (const std::filesystem::path& other : others_with(directory, paths, runtime)) {
            if (is_used(other)) return;
        }
        if (sys::exists(directory) && sys::is_mount_point(directory)) sys::unmount(directory, true);
        save_made(runtime, made);
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
