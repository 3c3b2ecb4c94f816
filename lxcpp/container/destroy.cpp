// SPDX-License-Identifier: Apache-2.0
#include "container/impl.h"

#include "base/error.h"
#include "base/log.h"
#include "config/overlay_root.h"
#include "container/destroy.h"
#include "container/garbage.h"
#include "container/record.h"
#include "container/recover.h"
#include "plan/planner.h"
#include "start/owner.h"
#include "start/run_note.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp {
namespace {

// Only what we would have made counts: a template may leave anything under these names, and a link or a
// fifo there must neither lead us elsewhere nor make the container immortal.
bool has_entries(const sys::RootedDir& container, std::string_view name) {
    const auto info = container.stat(name);
    return info && S_ISDIR(info->st_mode) && !container.list(name).empty();
}

bool has_content(const sys::RootedDir& container, std::string_view name) {
    const auto info = container.stat(name);
    return info && S_ISREG(info->st_mode) && info->st_size > 0;
}

void refuse_users_of(const Container::Impl& impl, bool with_snapshots) {
    const sys::RootedDir container = sys::RootedDir::open(impl.directory());
    if (has_content(container, "lxc_snapshots")) {
        throw StateError(StateProblem::Busy, "the container has clones that use its root file system; destroy them first");
    }
    if (!with_snapshots && has_entries(container, "snaps")) {
        throw StateError(StateProblem::Busy, "the container has snapshots; -s destroys them too");
    }
}

// A configuration that does not load must not make its container immortal.
std::optional<Config> config_if_sound(const Container::Impl& impl) {
    try {
        return impl.load().config;
    } catch (const Error& error) {
        log::info("destroy without its configuration: {}", error.what());
        return std::nullopt;
    }
}

void run_destroy_hooks(const Container::Impl& impl, const Config& config) {
    StartRequest request;
    request.name = impl.name;
    request.lxcpath = impl.lxcpath.string();
    request.config_file = impl.config_file().string();
    run_host_hooks(plan_hooks(request, config, impl.paths.rootfs_mount.string(), "destroy", config.hooks.destroy));
}

// A root file system outside the container's directory is ours only when create made it there, which its
// marker and the inventory agree on; anything else is left where it is.
void remove_outside_rootfs(const Container::Impl& impl, const Config& config) {
    const auto overlay = overlay_root(config.rootfs);
    const std::filesystem::path rootfs = own_root_directory(config.rootfs); // never the lower directories of an overlay
    if (rootfs.empty() || !config.rootfs.managed || rootfs.string().starts_with(impl.directory().string() + '/')) return;
    std::optional<Inventory> inventory = Inventory::open_read_only(inventory_file(impl.paths));
    const auto record = inventory ? inventory->find(impl.key()) : std::nullopt;
    const auto info = sys::stat_path(rootfs, false);
    if (!record || !info || record->rootfs_inode != info->st_ino || record->rootfs_device != info->st_dev) {
        log::warn("{} was not made by lxcpp-create and stays", rootfs.string());
        return;
    }
    const sys::RootedDir parent = sys::RootedDir::open(rootfs.parent_path());
    parent.remove_tree(rootfs.filename().string());
    if (overlay) parent.remove_tree(kOverlayWork);
}

void kill_if_running(Container& container) {
    try {
        (void)container.stop({.kill = true});
    } catch (const StateError& error) {
        if (error.problem() != StateProblem::NotRunning) throw; // it went by itself meanwhile
    }
}

// Its monitor may have died with it. Without the container's directory nobody would look for what that left.
void clean_up_after_run(const Container::Impl& impl) {
    const auto left = [&impl] { return sys::exists(impl.runtime() / "state") && !is_owned(impl.runtime()); };
    recover(impl);
    if (left()) recover(impl); // who was at it just now may have died, too
    if (left()) {
        throw StateError(StateProblem::Busy, "what its last run left in " + impl.runtime().string() +
                                                 " is not cleaned up yet: repeat");
    }
}

// It stops, and whatever a reboot that was under way makes of it stops, too.
void end_runs(Container& container, const Container::Impl& impl, bool force) {
    constexpr int most = 10;
    for (int round = 0; round < most; ++round) {
        if (!impl.running()) impl.refuse_elsewhere();
        const State state = impl.state();
        if (state != State::Stopped && !force) throw StateError(StateProblem::Running, "the container is running; stop it first or use -f");
        if (state != State::Stopped) kill_if_running(container);
        clean_up_after_run(impl);
        if (!impl.running()) return;
    }
    throw StateError(StateProblem::Busy, "the container starts again each time that it is stopped");
}

// It is not there, but a destroy of it that was killed may have got no further than that.
[[noreturn]] void finish_earlier_destroy(const Container::Impl& impl) {
    recover(impl);
    collect_garbage(impl);
    throw StateError(StateProblem::NotFound, "the container is not defined: there is no " + impl.directory().string());
}

} // namespace

void remove_container(const Container::Impl& impl) {
    // From the first moment on it is not there any more; what a crash leaves has a name that says so.
    const std::string trash = std::string(kTrashPrefix) + impl.name + '-' + std::to_string(::getpid());
    sys::RootedDir::open(impl.lxcpath).rename(impl.name, trash, false);
    finish_destroy(impl, trash, impl.name);
}

void Container::destroy(const DestroyOptions& options) {
    impl_->require_rights("destroy");
    if (!sys::exists(impl_->directory())) finish_earlier_destroy(*impl_);
    end_runs(*this, *impl_, options.force);
    refuse_users_of(*impl_, options.snapshots);
    const auto config = config_if_sound(*impl_);
    if (config) run_destroy_hooks(*impl_, *config); // before the lock: a hook may call our tools
    std::optional<ContainerLock> lock = impl_->lock();
    if (impl_->running()) throw StateError(StateProblem::Busy, "the container was started again meanwhile");
    const RunClaim claim = claim_run(impl_->directory()); // held: nobody starts what goes
    if (config) remove_outside_rootfs(*impl_, *config);
    remove_container(*impl_);
    lock.reset();
    collect_garbage(*impl_);
}

} // namespace lxcpp
