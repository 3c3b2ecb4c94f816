// SPDX-License-Identifier: Apache-2.0
#include "cgroup/enter.h"

#include "base/log.h"
#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <unistd.h>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;

// A group whose children have controllers may not hold processes; the root group, which has no type, may.
bool has_distributed_controllers(const fs::path& dir) {
    if (!sys::exists(dir / "cgroup.type")) return false;
    const auto text = sys::read_file_if_exists(dir / "cgroup.subtree_control");
    return text && !trim(*text).empty();
}

fs::path leaf_of(const fs::path& dir) {
    const fs::path leaf = dir / ".lxcpp";
    if (sys::exists(leaf)) return leaf;
    const auto owner = sys::stat_path(dir);
    sys::make_dirs(leaf); // another attach may make it at the same time
    if (owner) sys::chown(leaf, owner->st_uid, owner->st_gid);
    return leaf;
}

bool is_member(const fs::path& dir, const std::string& own_pid) {
    const std::string text = sys::read_file_if_exists(dir / "cgroup.procs").value_or("");
    const auto lines = split_lines(text);
    return std::ranges::find(lines, own_pid) != lines.end();
}

fs::path first_above(fs::path dir, std::span<const fs::path> dirs) {
    do {
        dir = dir.parent_path();
    } while (std::ranges::find(dirs, dir) != dirs.end());
    return dir;
}

fs::path home_in(const fs::path& dir) { return has_distributed_controllers(dir) ? leaf_of(dir) : dir; }

} // namespace

CgroupEntry attach_fds(std::span<const fs::path> dirs) {
    CgroupEntry entry;
    for (const fs::path& dir : dirs) {
        auto tasks = sys::try_open_file(dir / "tasks", {.access = sys::Access::Write});
        if (tasks) {
            entry.tasks.push_back(std::move(*tasks));
        } else {
            // CLONE_INTO_CGROUP refuses a descriptor that was opened with O_PATH.
            entry.unified = sys::open_file(home_in(dir), {.directory = true});
        }
    }
    return entry;
}

void enter_cgroups(std::span<const fs::path> dirs) {
    for (const fs::path& dir : dirs) {
        const int result = sys::try_write_existing(dir / "tasks", "0");
        if (result == 0) continue;
        if (result != -ENOENT) throw SystemError(fmt::format("enter {}", dir.native()), -result);
        sys::write_existing(home_in(dir) / "cgroup.procs", "0");
    }
}

void leave_cgroups(std::span<const fs::path> dirs) noexcept {
    const std::string own_pid = std::to_string(::getpid());
    for (const fs::path& dir : dirs) {
        try {
            if (!is_member(dir, own_pid)) continue;
            const fs::path above[] = {first_above(dir, dirs)};
            enter_cgroups(above);
        } catch (const Error& error) {
            log::debug("leave cgroup {}: {}", dir.native(), error.what());
        }
    }
}

void move_to_cgroups(pid_t pid, std::span<const fs::path> dirs) {
    for (const fs::path& dir : dirs) {
        const bool v1 = sys::exists(dir / "tasks");
        sys::write_existing((v1 ? dir : home_in(dir)) / "cgroup.procs", std::to_string(pid));
    }
}

} // namespace lxcpp
