// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"
#include "host/cgroup_layout.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace lxcpp {

// Host ids of the container's root, who may manage what is below its own group.
struct CgroupOwner {
    uid_t uid = 0;
    gid_t gid = 0;
    bool operator==(const CgroupOwner&) const = default;
};

struct CgroupWish {
    std::string name;                 // of the container, checked
    std::string suffix;               // cgroup_suffix(): tells equal names of two lxcpaths apart
    CgroupOptions options;            // lxc.cgroup.* and lxc.cgroup2.*
    std::string pattern;              // lxc.cgroup.pattern, "%n" = the name; empty = lxcpp.payload.NAME
    std::vector<std::string> use;     // lxc.cgroup.use: controllers of v1 to make groups for; empty = all
    bool relative = false;            // below the caller's group; set it for callers who are not root
    bool guard_devices = false;       // v1: the payload, which is root of the host, lives below the group with the list
    bool without = false;             // what no controller can be used for is left out, and listed
    bool monitor = false;             // groups for the monitor too (implied by lxc.cgroup.dir.monitor)
    std::optional<CgroupOwner> owner; // none: privileged, nothing is delegated
};

struct CgroupWrite {
    std::string key; // "lxc.cgroup2.memory.max", for messages
    std::string file;
    std::string value;
    bool operator==(const CgroupWrite&) const = default;
};

// The groups of one container in one hierarchy; all paths are absolute and start with base.
struct CgroupGroups {
    std::size_t hierarchy = 0; // index in CgroupLayout::list
    int version = 2;
    bool cpuset = false;                  // v1: cpus and mems have to be copied from the parent
    bool guards_devices = false;          // v1: inner is the group that devices_v1.h speaks of
    std::filesystem::path base;           // exists already
    std::filesystem::path payload;        // limits are set here
    std::filesystem::path inner;          // the payload's processes live here; empty = in payload
    std::filesystem::path monitor;        // empty = none
    std::filesystem::path pivot;          // where a dying monitor goes; empty = none
    std::vector<std::string> controllers; // v2: made available to payload, from base downwards
    std::vector<std::string> required;    // v2: those of them that a write below needs
    std::vector<CgroupWrite> writes;      // in order
    bool operator==(const CgroupGroups&) const = default;

    // Where the payload's processes live.
    [[nodiscard]] const std::filesystem::path& home() const noexcept {
        return inner.empty() ? payload : inner;
    }
};

struct CgroupPlan {
    std::string name;
    std::vector<CgroupGroups> groups; // one per hierarchy that we may write
    std::optional<CgroupOwner> owner;
    std::vector<std::string> left_out; // keys that nothing is there for (CgroupWish::without)
    std::vector<std::string> notes; // keys that do not apply to this host, for the log
    bool operator==(const CgroupPlan&) const = default;
};

// Pure. Device keys are left to plan_devices(). A key whose controller this host manages with the
// other version is a note when keys of that version are given for the controller too, else an
// Error: nothing that was asked for is dropped silently. Throws Error (names the key).
[[nodiscard]] CgroupPlan plan_cgroups(const CgroupLayout& layout, const CgroupWish& wish);

// "" for the default lxcpath, else "-" and 8 hex digits.
[[nodiscard]] std::string cgroup_suffix(const std::filesystem::path& lxcpath,
                                        const std::filesystem::path& default_lxcpath);

// The controller a file belongs to: "memory" of "memory.max"; "cgroup" for the core files of v2.
[[nodiscard]] std::string_view controller_of(std::string_view file) noexcept;

} // namespace lxcpp
