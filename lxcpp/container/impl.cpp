// SPDX-License-Identifier: Apache-2.0
#include "container/impl.h"

#include "base/error.h"
#include "cgroup/freezer.h"
#include "config/global.h"
#include "container/rights.h"
#include "host/required_calls.h"
#include "start/owner.h"
#include "sys/file.h"
#include "sys/own_file.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr std::size_t kMaxConfig = 16u << 20;

} // namespace

std::filesystem::path normal_lxcpath(const std::filesystem::path& lxcpath, const Paths& paths) {
    std::filesystem::path path = lxcpath;
    if (path.empty()) path = load_global_config(paths).lxcpath;
    path = std::filesystem::absolute(path).lexically_normal();
    return path.has_filename() ? path : path.parent_path();
}

Container::Impl::Impl(std::string container, std::filesystem::path where)
    : name(std::move(container)), paths(default_paths()) {
    check_container_name(name);
    lxcpath = normal_lxcpath(where, paths);
}

namespace {

// Who may not look gets to read who may, and not the name of a file of ours.
template <typename Look>
auto looking_at(const Container::Impl& impl, Look look) {
    try {
        return look();
    } catch (const SystemError& error) {
        if (::geteuid() == 0 || (error.code() != EACCES && error.code() != EPERM)) throw;
        if (!impl.ours()) throw StateError(StateProblem::Denied, "only root can look at the containers of " + impl.lxcpath.string());
        throw StateError(StateProblem::Denied, impl.directory().string() + " cannot be looked into (" + std::strerror(error.code()) +
                                                   "): give its owner the rights again with chmod u+rwx");
    }
}

} // namespace

bool Container::Impl::defined() const {
    return looking_at(*this, [this] { return sys::stat_path(config_file()).has_value(); });
}

LoadedConfig Container::Impl::load(const std::filesystem::path& file) const {
    LoadOptions options;
    options.data_dir = paths.data;
    return load_config(file, options);
}

Config Container::Impl::running_config() const {
    const auto text = sys::read_own_file_if_exists(runtime() / "config", kMaxConfig);
    if (!text) throw StateError(StateProblem::NotRunning, "the container is not running");
    return load_config_text(*text, runtime() / "config").config;
}

std::optional<Running> Container::Impl::running() const {
    auto state = looking_at(*this, [this] { return load_runtime_state(runtime()); });
    if (!state) return std::nullopt;
    std::optional<Fd> init = sys::open_pidfd(state->supervisor.init);
    if (!init) return std::nullopt;
    return Running{std::move(*state), std::move(*init)};
}

Running Container::Impl::require_running() const {
    std::optional<Running> now = running();
    if (!now) refuse_elsewhere();
    if (!now) throw StateError(StateProblem::NotRunning, "the container is not running");
    return std::move(*now);
}

std::optional<RunNote> Container::Impl::run_by_others() const {
    if (is_owned(runtime())) return std::nullopt; // it is we who run it
    auto note = read_run_note(directory());
    // What a start of ours that was killed has left is for recover() to end.
    if (note && note->runtime == runtime() && sys::exists(runtime())) note.reset();
    return note;
}

void Container::Impl::refuse_elsewhere() const {
    if (const auto note = run_by_others()) throw StateError(StateProblem::Busy, run_note_text(*note, directory()));
}

namespace {

State state_elsewhere(const std::optional<RunNote>& note) {
    if (!note) return State::Stopped;
    if (init_lives(*note)) return State::Running;
    return note->init.pid > 0 ? State::Stopping : State::Starting;
}

State frozen_or(const std::vector<std::filesystem::path>& groups, State otherwise) {
    switch (freezer_state(groups)) {
    case FreezerState::Frozen: return State::Frozen;
    case FreezerState::Freezing: return State::Freezing;
    case FreezerState::Thawed: break;
    }
    return otherwise;
}

} // namespace

State Container::Impl::state_of(const std::optional<Running>& now) const {
    if (now) {
        const State state = frozen_or(now->state.payload_cgroups, State::Running);
        if (state != State::Running) return state;
        try {
            std::optional<MonitorClient> monitor = MonitorClient::connect(runtime(), std::chrono::seconds(2));
            return monitor ? monitor->status().state : State::Running;
        } catch (const StateError& error) {
            // The monitor went away or is busy; init is alive all the same.
            if (error.problem() != StateProblem::NotRunning && error.problem() != StateProblem::TimedOut) throw;
            if (error.problem() == StateProblem::TimedOut && ours()) (void)keep_owner_going(runtime());
            return State::Running;
        }
    }
    // Nobody's init: on its way up, or cleaning up, when somebody is at it.
    if (!is_owned(runtime())) return state_elsewhere(run_by_others());
    return sys::exists(runtime() / "state") ? State::Stopping : State::Starting;
}

ContainerLock::~ContainerLock() {
    lock_.reset();
    if (!directory_.empty()) (void)sys::try_remove_dir(directory_); // fails while anything is in it
}

namespace {

// A container can be stopped and destroyed all the same. As long as no lock file can be made, all come here.
sys::FileLock lock_on_full_disk(const Container::Impl& impl, const SystemError& error) {
    auto held = sys::FileLock::acquire_directory(impl.directory(), std::chrono::seconds(30));
    if (held) return std::move(*held);
    if (!sys::exists(impl.directory())) throw error;
    throw StateError(StateProblem::Busy, "another command is working on this container");
}

} // namespace

ContainerLock Container::Impl::lock() const {
    const std::filesystem::path file = container_lock_file(paths, lxcpath, name);
    for (int tries = 0;; ++tries) {
        try {
            make_runtime_parent(file.parent_path());
            auto held = sys::FileLock::acquire(file, std::chrono::seconds(30), true);
            if (!held) throw StateError(StateProblem::Busy, "another command is working on this container");
            return {std::move(*held), file.parent_path()};
        } catch (const SystemError& error) {
            if (error.code() == ENOSPC || error.code() == EDQUOT) return {lock_on_full_disk(*this, error), {}};
            // Somebody else found the directory empty and removed it just now.
            if (error.code() != ENOENT || tries == 100) throw;
        }
    }
}

bool Container::Impl::ours() const {
    if (::geteuid() == 0) return true;
    try {
        const auto info = sys::stat_path(lxcpath);
        return !info || info->st_uid == ::geteuid();
    } catch (const SystemError&) { // not even to be looked at
        return false;
    }
}

void Container::Impl::require_ours(std::string_view what) const {
    if (!ours()) throw StateError(StateProblem::Denied, "only root can " + std::string(what) + " the containers of " + lxcpath.string());
    if (::geteuid() == 0) require_kernel();
}

void Container::Impl::require_rights(std::string_view what) const {
    require_ours(what);
    if (::geteuid() == 0) return;
    if (const auto now = running()) reach_ids_of(*now);
    else reach_own_ids(paths);
    require_kernel(); // without rights it is told nothing
}

} // namespace lxcpp
