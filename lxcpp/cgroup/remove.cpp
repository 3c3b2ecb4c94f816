// SPDX-License-Identifier: Apache-2.0
#include "cgroup/remove.h"

#include "base/log.h"
#include "base/strings.h"
#include "cgroup/wait.h"
#include "sys/dir_walk.h"
#include "sys/file.h"
#include "sys/pidfd.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <fcntl.h>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

std::vector<pid_t> parse_pids(std::string_view text) {
    std::vector<pid_t> pids;
    for (const std::string_view line : split_lines(text)) {
        // 0 stands for a process that our pid namespace does not see.
        if (const auto pid = parse_u64(line); pid && *pid != 0) pids.push_back(static_cast<pid_t>(*pid));
    }
    return pids;
}

std::vector<pid_t> pids_in(const sys::RootedDir& group) {
    try {
        const auto text = group.read_file("cgroup.procs", 64u << 20);
        return text ? parse_pids(*text) : std::vector<pid_t>();
    } catch (const SystemError&) {
        return {}; // the group is being removed, or is threaded: its domain's root lists the processes
    }
}

// The number may belong to another process by now: what the descriptor refers to is killed only when
// the group still lists the number afterwards.
void kill_process(const sys::RootedDir& group, pid_t pid) {
    const auto pidfd = sys::open_pidfd(pid);
    if (!pidfd) return;
    const std::vector<pid_t> now = pids_in(group);
    if (std::ranges::find(now, pid) != now.end()) static_cast<void>(sys::try_send_signal(*pidfd, SIGKILL));
}

// A process that the v1 freezer holds does not even die.
void thaw_v1(const sys::RootedDir& group) {
    const auto state = group.try_open_at("freezer.state", O_WRONLY);
    if (state) sys::write_all(*state, "THAWED", "freezer.state");
}

void kill_one_by_one(const fs::path& top, Deadline deadline) {
    sys::walk_directories(top, {.enter = [&](const sys::RootedDir& group) {
        try {
            thaw_v1(group);
        } catch (const SystemError&) {
            // It is gone, or not ours to thaw: the kill is worth trying.
        }
        for (const pid_t pid : pids_in(group)) kill_process(group, pid);
        // Whoever makes groups faster than we walk does not keep us here.
        return steady_clock::now() < deadline;
    }, .leave = {}});
}

void kill_group(const fs::path& top, Deadline deadline) {
    if (sys::try_write_existing(top / "cgroup.kill", "1") == 0) return;
    kill_one_by_one(top, deadline);
}

// 0, or why the last directory stayed: -errno.
int remove_tree(const fs::path& top, Deadline deadline) {
    int result = sys::try_remove_dir(top);
    if (result == 0 || result == -ENOENT) return 0;
    sys::walk_directories(top, {
        .enter = [&](const sys::RootedDir&) { return steady_clock::now() < deadline; },
        .leave = [](const sys::RootedDir& parent, const std::string& name) {
            static_cast<void>(sys::try_remove_dir_in(parent, name));
        },
    });
    result = sys::try_remove_dir(top);
    return result == -ENOENT ? 0 : result;
}

void wait_empty(const fs::path& top, Deadline deadline) {
    const fs::path events = top / "cgroup.events";
    if (!sys::exists(events)) return; // v1
    static_cast<void>(wait_for_content(events, deadline, [](std::string_view text) {
        return flat_value(text, "populated") != "1";
    }));
}

template <typename Action>
void for_each_group(std::vector<CgroupLeftover>& groups, Action action) {
    for (CgroupLeftover& group : groups) {
        try {
            action(group);
        } catch (const std::exception& error) {
            group.reason = error.what();
        }
    }
}

// All of them are killed before one is waited for: the same process is in each hierarchy, and what
// keeps it from dying in one (the v1 freezer) is undone in another one.
void one_round(std::vector<CgroupLeftover>& groups, Deadline deadline) {
    for_each_group(groups, [&](CgroupLeftover& group) { kill_group(group.path, deadline); });
    for_each_group(groups, [&](CgroupLeftover& group) { wait_empty(group.path, deadline); });
    for_each_group(groups, [&](CgroupLeftover& group) {
        const int result = remove_tree(group.path, deadline);
        group.reason = result == 0 ? "" : std::strerror(-result);
    });
    std::erase_if(groups, [](const CgroupLeftover& group) { return group.reason.empty(); });
}

void list_pids(CgroupLeftover& group) {
    try {
        group.pids = cgroup_pids(group.path);
    } catch (const std::exception& error) {
        log::debug("cgroup {}: {}", group.path.native(), error.what());
    }
}

} // namespace

std::vector<pid_t> cgroup_pids(const fs::path& dir) {
    std::vector<pid_t> all;
    sys::walk_directories(dir, {.enter = [&](const sys::RootedDir& group) {
        const std::vector<pid_t> own = pids_in(group);
        all.insert(all.end(), own.begin(), own.end());
        return true;
    }, .leave = {}});
    std::ranges::sort(all);
    all.erase(std::ranges::unique(all).begin(), all.end());
    return all;
}

std::vector<CgroupLeftover> remove_cgroups(std::span<const fs::path> dirs,
                                           std::chrono::milliseconds timeout) noexcept {
    const Deadline deadline = steady_clock::now() + timeout;
    std::vector<CgroupLeftover> left;
    for (const fs::path& dir : dirs) {
        const int result = sys::try_remove_dir(dir); // the usual case: nobody is in there any more
        if (result != 0 && result != -ENOENT) left.push_back({dir, std::strerror(-result), {}});
    }
    Backoff backoff(deadline);
    while (!left.empty()) {
        one_round(left, deadline);
        // EBUSY also lasts for a moment after the last process is gone.
        if (!left.empty() && !backoff.pause()) break;
    }
    for (CgroupLeftover& group : left) list_pids(group);
    return left;
}

void remove_empty_cgroups(std::span<const fs::path> dirs) noexcept {
    for (const fs::path& dir : dirs) static_cast<void>(sys::try_remove_dir(dir));
}

void kill_cgroups(std::span<const fs::path> dirs) noexcept {
    const Deadline deadline = steady_clock::now() + std::chrono::seconds(2);
    for (const fs::path& dir : dirs) {
        try {
            kill_group(dir, deadline);
        } catch (const std::exception& error) {
            log::debug("cgroup {}: {}", dir.native(), error.what());
        }
    }
}

} // namespace lxcpp
