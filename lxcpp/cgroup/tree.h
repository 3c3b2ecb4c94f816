// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "cgroup/cgroup_plan.h"
#include "cgroup/enter.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <vector>

namespace lxcpp {

// What create() makes for a plan, for whoever must know before it is there.
struct PlannedGroups {
    std::vector<std::filesystem::path> payload;
    std::vector<std::filesystem::path> others; // as CgroupTree::beside_payload()
};
[[nodiscard]] PlannedGroups planned_groups(const CgroupPlan& plan);

// The groups of one container from before its start until somebody else takes them over. The
// destructor kills what is in them and removes them.
class CgroupTree {
public:
    // Makes the groups, sets limits, hands the payload's part to its root. A leftover group of an
    // earlier run is removed first; one that still holds a process is StateError Busy. On any error
    // nothing stays behind. cleared() is called when none of the payload's groups is there any more.
    [[nodiscard]] static CgroupTree create(const CgroupPlan& plan, const std::function<void()>& cleared = {});

    CgroupTree() = default; // no groups
    CgroupTree(CgroupTree&& other) noexcept;
    CgroupTree& operator=(CgroupTree&&) = delete;
    ~CgroupTree();

    // How the payload gets in.
    [[nodiscard]] const CgroupEntry& entry() const noexcept { return entry_; }
    // Absolute directories, one per hierarchy: the payload's top groups (stats, freezer, items).
    [[nodiscard]] const std::vector<std::filesystem::path>& payload() const noexcept { return payload_; }
    [[nodiscard]] const std::vector<std::filesystem::path>& monitor() const noexcept { return monitor_; }
    [[nodiscard]] const std::vector<std::filesystem::path>& pivot() const noexcept { return pivot_; }
    // The directories between base and those, deepest first. Other containers may use them, and those
    // of the monitor: afterwards remove_empty_cgroups(), never remove_cgroups(), which kills.
    [[nodiscard]] const std::vector<std::filesystem::path>& parents() const noexcept { return parents_; }
    // monitor(), pivot() and parents(), in the order in which they can be removed.
    [[nodiscard]] std::vector<std::filesystem::path> beside_payload() const;
    // Closes the descriptors of entry(); the child has its own.
    void close_entry() noexcept { entry_ = {}; }
    // Whoever knows payload(), monitor() and parents() removes them from now on.
    void release() noexcept { owned_ = false; }

private:
    void make(const CgroupGroups& groups);
    void make_inner(const CgroupGroups& groups);
    void make_shared(const CgroupGroups& groups, const std::filesystem::path& dir,
                     std::vector<std::filesystem::path>& list);
    void make_parents(const CgroupGroups& groups, const std::filesystem::path& dir);
    void remove() noexcept;

    CgroupEntry entry_;
    std::vector<std::filesystem::path> payload_;
    std::vector<std::filesystem::path> monitor_;
    std::vector<std::filesystem::path> pivot_;
    std::vector<std::filesystem::path> parents_;
    bool owned_ = true;
};

} // namespace lxcpp
