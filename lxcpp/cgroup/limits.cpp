// SPDX-License-Identifier: Apache-2.0
#include "cgroup/limits.h"

#include "base/log.h"
#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> words_in(const fs::path& file) {
    const std::string text = sys::read_file(file);
    std::vector<std::string> words;
    for (const std::string_view word : split_words(trim(text))) words.emplace_back(word);
    return words;
}

bool has(const std::vector<std::string>& list, const std::string& value) {
    return std::ranges::find(list, value) != list.end();
}

[[noreturn]] void refuse(const fs::path& dir, const std::string& controller, int error) {
    const std::string_view why =
        error == EBUSY ? ": processes live in that group, choose another one with lxc.cgroup.dir" : "";
    throw Error(fmt::format("enable the cgroup controller {} below {}: {}{}", controller, dir.native(),
                            std::strerror(error), why));
}

// The kernel lets such a group have cpu and pids for its children, which are invalid from then on: no process may
// enter them (cgroups(7), "Threaded cgroups"). The root group, which has no type, may hold processes.
bool holds_processes(const fs::path& dir) {
    const auto type = sys::read_file_if_exists(dir / "cgroup.type");
    return type && trim(*type) == "domain" && !trim(sys::read_file(dir / "cgroup.procs")).empty();
}

void enable_in(const fs::path& dir, const CgroupGroups& groups) {
    const bool busy = holds_processes(dir);
    const std::vector<std::string> available = words_in(dir / "cgroup.controllers");
    const std::vector<std::string> enabled = words_in(dir / "cgroup.subtree_control");
    // One by one: the kernel takes all of a line or nothing.
    for (const std::string& controller : groups.controllers) {
        if (has(enabled, controller)) continue;
        const bool required = has(groups.required, controller);
        if (!has(available, controller)) {
            if (required) refuse(dir, controller, ENOENT);
            continue;
        }
        const int result = busy ? -EBUSY : sys::try_write_existing(dir / "cgroup.subtree_control", "+" + controller);
        if (result != 0 && required) refuse(dir, controller, -result);
        if (result != 0) log::debug("cgroup controller {} stays off below {}", controller, dir.native());
    }
}

void copy_if_empty(const fs::path& group, const char* file) {
    if (!trim(sys::read_file(group / file)).empty()) return;
    sys::write_existing(group / file, trim(sys::read_file(group.parent_path() / file)));
}

// The files of <version> that a payload's root may own, besides the directory itself.
std::vector<std::string> delegated_files(int version) {
    if (version == 1) return {"tasks", "cgroup.procs"};
    const auto text = sys::read_file_if_exists("/sys/kernel/cgroup/delegate"); // since Linux 4.15
    if (!text) return {"cgroup.procs", "cgroup.threads", "cgroup.subtree_control"};
    std::vector<std::string> files;
    for (const std::string_view line : split_lines(*text)) files.emplace_back(trim(line));
    return files;
}

} // namespace

void apply_limits(const CgroupGroups& groups) {
    for (const CgroupWrite& write : groups.writes) {
        const fs::path file = groups.payload / write.file;
        const int result = sys::try_write_existing(file, write.value);
        if (result == 0) continue;
        throw SystemError(fmt::format("{} = {}: write {}", write.key, printable(write.value), file.native()),
                          -result);
    }
}

void enable_controllers(const CgroupGroups& groups, const fs::path& last) {
    if (groups.controllers.empty()) return;
    fs::path dir = groups.base;
    enable_in(dir, groups);
    if (dir == last) return;
    for (const fs::path& part : last.lexically_relative(groups.base)) {
        dir /= part;
        enable_in(dir, groups);
    }
}

void init_cpuset(const fs::path& group) {
    copy_if_empty(group, "cpuset.cpus");
    copy_if_empty(group, "cpuset.mems");
    // So that groups which the payload makes below take processes too.
    sys::write_existing(group / "cgroup.clone_children", "1");
}

void delegate_group(const CgroupGroups& groups, const CgroupOwner& owner) {
    const fs::path& home = groups.home();
    sys::chown(home, owner.uid, owner.gid);
    for (const std::string& file : delegated_files(groups.version)) {
        (void)sys::chown_if_exists(home / file, owner.uid, owner.gid);
    }
}

} // namespace lxcpp
