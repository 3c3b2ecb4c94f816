// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/container.h>

#include "base/paths.h"
#include "config/load.h"
#include "inventory/records.h"
#include "monitor/client.h"
#include "start/run_note.h"
#include "start/runtime_state.h"
#include "sys/lock.h"

namespace lxcpp {

// A container that runs, as its runtime directory tells and the kernel confirms.
struct Running {
    RuntimeState state;
    Fd init; // pidfd
    [[nodiscard]] pid_t pid() const noexcept { return state.supervisor.init.pid; }
};

// Excludes other commands on a container; leaves no file and no empty directory behind.
class ContainerLock {
public:
    ContainerLock(sys::FileLock lock, std::filesystem::path directory)
        : lock_(std::move(lock)), directory_(std::move(directory)) {}
    ContainerLock(ContainerLock&&) noexcept = default;
    ContainerLock& operator=(ContainerLock&&) = delete;
    ~ContainerLock();

private:
    std::optional<sys::FileLock> lock_;
    std::filesystem::path directory_; // where runtime directories and locks of the lxcpath are
};

class __attribute__((visibility("hidden"))) Container::Impl {
public:
    Impl(std::string name, std::filesystem::path lxcpath);

    std::string name;
    std::filesystem::path lxcpath; // normal form, no trailing '/'
    Paths paths;

    [[nodiscard]] std::filesystem::path directory() const { return lxcpath / name; }
    [[nodiscard]] std::filesystem::path config_file() const { return directory() / "config"; }
    [[nodiscard]] std::filesystem::path runtime() const { return runtime_dir(paths, lxcpath, name); }
    [[nodiscard]] ContainerKey key() const { return {lxcpath.string(), name}; }

    [[nodiscard]] bool defined() const;
    [[nodiscard]] LoadedConfig load(const std::filesystem::path& file) const;
    [[nodiscard]] LoadedConfig load() const { return load(config_file()); }
    // The configuration that a running container was started with.
    [[nodiscard]] Config running_config() const;

    // nullopt when it does not run.
    [[nodiscard]] std::optional<Running> running() const;
    [[nodiscard]] Running require_running() const; // StateError NotRunning, or Busy: somebody else runs it
    // By who runs it with another runtime directory, as the container's own tells.
    [[nodiscard]] std::optional<RunNote> run_by_others() const;
    void refuse_elsewhere() const; // StateError Busy
    [[nodiscard]] State state() const { return state_of(running()); }
    [[nodiscard]] State state_of(const std::optional<Running>& now) const; // of what running() has just told

    // Excludes other commands on this container. Throws StateError Busy.
    [[nodiscard]] ContainerLock lock() const;

    // Containers of ours: root's, and those of a user in an lxcpath of theirs. A lxcpath to be made counts.
    [[nodiscard]] bool ours() const;
    // To command one: StateError Denied when they are not ours; Error for a kernel that lacks what we need.
    void require_ours(std::string_view what) const;
    // To change what is in one: a user goes to where they have the rights over its ids (rights.h).
    void require_rights(std::string_view what) const;
};

// Container directories hold a lock, marker or temporary name beside them only below these.
[[nodiscard]] std::filesystem::path normal_lxcpath(const std::filesystem::path& lxcpath, const Paths& paths);

} // namespace lxcpp
