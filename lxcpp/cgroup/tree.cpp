// SPDX-License-Identifier: Apache-2.0
#include "cgroup/tree.h"

#include "base/log.h"
#include "cgroup/devices_v1.h"
#include "cgroup/limits.h"
#include "cgroup/remove.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kRemoveTimeout{5000};

// false: it exists already.
bool make_group(const fs::path& dir) {
    try {
        sys::make_dir(dir, 0755);
    } catch (const SystemError& error) {
        if (error.code() == EEXIST) return false;
        throw;
    }
    return true;
}

std::string first_few(const std::vector<pid_t>& pids) {
    constexpr std::size_t kShown = 5;
    std::string text;
    for (std::size_t i = 0; i < pids.size() && i < kShown; ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(pids[i]);
    }
    return pids.size() > kShown ? text + ", ..." : text;
}

void refuse_when_busy(const fs::path& dir, const std::string& name) {
    const std::vector<pid_t> pids = cgroup_pids(dir);
    if (pids.empty()) return;
    throw StateError(StateProblem::Busy,
                     fmt::format("cgroup {} still holds processes of {} ({}): it runs, or an earlier run "
                                 "did not end; stop it with lxcpp-stop -k first",
                                 dir.native(), name, first_few(pids)));
}

// A crash left them. All hierarchies are looked at before one is touched: what looks empty in one of
// them may be the group of a running container.
void clear_leftovers(const CgroupPlan& plan) {
    for (const CgroupGroups& groups : plan.groups) refuse_when_busy(groups.payload, plan.name);
    std::vector<fs::path> dirs;
    for (const CgroupGroups& groups : plan.groups) dirs.push_back(groups.payload);
    const auto left = remove_cgroups(dirs, kRemoveTimeout);
    if (left.empty()) return;
    throw StateError(StateProblem::Busy, fmt::format("cgroup {} of an earlier run cannot be removed: {}",
                                                     left.front().path.native(), left.front().reason));
}

bool any_payload_exists(const CgroupPlan& plan) {
    return std::ranges::any_of(plan.groups, [](const auto& groups) { return sys::exists(groups.payload); });
}

// The directories between base and dir, deepest first, in front of those of the list.
void add_parents(std::vector<fs::path>& list, const fs::path& base, const fs::path& dir) {
    fs::path parent = base;
    for (const fs::path& part : dir.parent_path().lexically_relative(base)) {
        if (part == ".") continue;
        parent /= part;
        if (std::ranges::find(list, parent) == list.end()) list.insert(list.begin(), parent);
    }
}

} // namespace

PlannedGroups planned_groups(const CgroupPlan& plan) {
    PlannedGroups planned;
    std::vector<fs::path> parents;
    for (const CgroupGroups& groups : plan.groups) {
        planned.payload.push_back(groups.payload);
        add_parents(parents, groups.base, groups.payload);
        for (const fs::path& beside : {groups.monitor, groups.pivot}) {
            if (beside.empty()) continue;
            planned.others.push_back(beside);
            add_parents(parents, groups.base, beside);
        }
    }
    planned.others.insert(planned.others.end(), parents.begin(), parents.end());
    return planned;
}

CgroupTree::CgroupTree(CgroupTree&& other) noexcept
    : entry_(std::move(other.entry_)), payload_(std::move(other.payload_)),
      monitor_(std::move(other.monitor_)), pivot_(std::move(other.pivot_)),
      parents_(std::move(other.parents_)), owned_(std::exchange(other.owned_, false)) {}

CgroupTree::~CgroupTree() {
    if (owned_) remove();
}

CgroupTree CgroupTree::create(const CgroupPlan& plan, const std::function<void()>& cleared) {
    if (any_payload_exists(plan)) clear_leftovers(plan);
    if (cleared) cleared();
    CgroupTree tree;
    std::vector<fs::path> homes;
    for (const CgroupGroups& groups : plan.groups) {
        tree.make(groups);
        apply_limits(groups);
        if (plan.owner) delegate_group(groups, *plan.owner);
        homes.push_back(groups.home());
    }
    tree.entry_ = attach_fds(homes);
    return tree;
}

void CgroupTree::make(const CgroupGroups& groups) {
    make_parents(groups, groups.payload);
    enable_controllers(groups, groups.payload.parent_path());
    payload_.push_back(groups.payload); // first: one that is there and not in the list would stay for ever
    if (!make_group(groups.payload)) {
        payload_.pop_back();
        throw SystemError("create cgroup " + groups.payload.native(), EEXIST);
    }
    if (groups.cpuset) init_cpuset(groups.payload);
    if (groups.guards_devices) begin_device_list(groups.payload);
    if (!groups.inner.empty()) make_inner(groups);
    make_shared(groups, groups.monitor, monitor_);
    make_shared(groups, groups.pivot, pivot_);
}

void CgroupTree::make_inner(const CgroupGroups& groups) {
    static_cast<void>(make_group(groups.inner));
    if (groups.cpuset) init_cpuset(groups.inner);
    enable_controllers(groups, groups.payload);
}

// Others may use a directory above, and a monitor group that the configuration names.
void CgroupTree::make_shared(const CgroupGroups& groups, const fs::path& dir, std::vector<fs::path>& list) {
    if (dir.empty()) return;
    make_parents(groups, dir);
    list.push_back(dir);
    if (make_group(dir) && groups.cpuset) init_cpuset(dir);
}

void CgroupTree::make_parents(const CgroupGroups& groups, const fs::path& dir) {
    fs::path parent = groups.base;
    for (const fs::path& part : dir.parent_path().lexically_relative(groups.base)) {
        if (part == ".") continue;
        parent /= part;
        if (std::ranges::find(parents_, parent) == parents_.end()) parents_.insert(parents_.begin(), parent);
        if (make_group(parent) && groups.cpuset) init_cpuset(parent);
    }
}

std::vector<fs::path> CgroupTree::beside_payload() const {
    std::vector<fs::path> dirs = monitor_;
    dirs.insert(dirs.end(), pivot_.begin(), pivot_.end());
    dirs.insert(dirs.end(), parents_.begin(), parents_.end());
    return dirs;
}

void CgroupTree::remove() noexcept {
    for (const CgroupLeftover& left : remove_cgroups(payload_, kRemoveTimeout)) {
        log::warn("cgroup {} cannot be removed: {}", left.path.native(), left.reason);
    }
    const std::vector<fs::path> others = beside_payload();
    leave_cgroups(others); // the monitor-to-be may be in its group already
    remove_empty_cgroups(others);
}

} // namespace lxcpp
