// SPDX-License-Identifier: Apache-2.0
#include "cgroup/cgroup_plan.h"

#include "base/strings.h"
#include "cgroup/devices_v1.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace lxcpp {
namespace {

constexpr std::string_view kCore = "cgroup";

std::string key_of(int version, std::string_view file) {
    return fmt::format("{}.{}", version == 1 ? "lxc.cgroup" : "lxc.cgroup2", file);
}

bool has(const std::vector<std::string>& list, std::string_view value) {
    return std::ranges::find(list, value) != list.end();
}

// What v1 and v2 call the same thing.
std::string_view v2_name(std::string_view controller) {
    struct Names {
        std::string_view v1, v2;
    };
    constexpr std::array kNames = {Names{"blkio", "io"}, Names{"cpuacct", "cpu"}, Names{"freezer", "cgroup"}};
    const auto row = std::ranges::find(kNames, controller, &Names::v1);
    return row == kNames.end() ? controller : row->v2;
}

void check_relative(std::string_view key, std::string_view path) {
    for (const std::string_view part : split(path, '/')) {
        if (!part.empty() && part != "." && part != "..") continue;
        throw Error(fmt::format("{} = {}: a relative path without empty, '.' or '..' components is needed",
                                key, printable(path)));
    }
}

void check_directories(const CgroupOptions& options) {
    const auto check = [](std::string_view key, const std::string& value) {
        if (!value.empty()) check_relative(key, value);
    };
    check("lxc.cgroup.dir", options.dir);
    check("lxc.cgroup.dir.container", options.dir_container);
    check("lxc.cgroup.dir.container.inner", options.dir_container_inner);
    check("lxc.cgroup.dir.monitor", options.dir_monitor);
    check("lxc.cgroup.dir.monitor.pivot", options.dir_monitor_pivot);
    if (options.dir_container.empty() != options.dir_monitor.empty()) {
        throw Error("lxc.cgroup.dir.container and lxc.cgroup.dir.monitor must be set together");
    }
    if (!options.dir.empty() && !options.dir_container.empty()) {
        throw Error("lxc.cgroup.dir and lxc.cgroup.dir.container exclude each other: remove one of them");
    }
    if (options.dir_container.empty() && !options.dir_container_inner.empty()) {
        throw Error("lxc.cgroup.dir.container.inner needs lxc.cgroup.dir.container");
    }
    if (options.dir_container_inner.find('/') != std::string::npos) {
        throw Error("lxc.cgroup.dir.container.inner must be a single name, without '/'");
    }
    if (options.dir_monitor.empty() && !options.dir_monitor_pivot.empty()) {
        throw Error("lxc.cgroup.dir.monitor.pivot needs lxc.cgroup.dir.monitor");
    }
}

struct RelativePaths {
    std::string payload, inner, monitor, pivot;
};

std::string expand_pattern(const std::string& pattern, const std::string& name) {
    const std::size_t at = pattern.find("%n");
    if (at == std::string::npos) {
        throw Error(fmt::format("lxc.cgroup.pattern = {}: it must contain %n, the container's name",
                                printable(pattern)));
    }
    check_relative("lxc.cgroup.pattern", pattern);
    return pattern.substr(0, at) + name + pattern.substr(at + 2);
}

RelativePaths relative_paths(const CgroupWish& wish) {
    const CgroupOptions& options = wish.options;
    const std::string name = wish.name + wish.suffix;
    RelativePaths paths;
    if (!options.dir_container.empty()) {
        paths = {options.dir_container, options.dir_container_inner, options.dir_monitor,
                 options.dir_monitor_pivot};
        return paths;
    }
    const std::string parent = options.dir.empty() ? "" : options.dir + '/';
    if (options.dir.empty() && !wish.pattern.empty()) {
        const std::string own = expand_pattern(wish.pattern, name);
        paths.payload = own + "/payload";
        paths.monitor = own + "/monitor";
    } else {
        paths.payload = parent + "lxcpp.payload." + name;
        paths.monitor = parent + "lxcpp.monitor." + name;
    }
    if (!wish.monitor) paths.monitor.clear();
    return paths;
}

std::string_view base_of(const Hierarchy& hierarchy, bool relative) {
    return base_path(hierarchy, true, relative);
}

CgroupGroups groups_in(const Hierarchy& hierarchy, std::size_t index, const RelativePaths& paths,
                       const CgroupWish& wish) {
    CgroupGroups groups;
    groups.hierarchy = index;
    groups.version = hierarchy.version;
    groups.cpuset = hierarchy.version == 1 && hierarchy.has("cpuset");
    const std::string_view below = base_of(hierarchy, wish.relative || wish.options.relative);
    const std::size_t start = below.find_first_not_of('/');
    groups.base = hierarchy.mountpoint;
    if (start != std::string_view::npos) groups.base /= below.substr(start);
    groups.payload = groups.base / paths.payload;
    // The v1 device controller takes no new "deny all" once a group has children.
    const bool devices = hierarchy.version == 1 && hierarchy.has("devices");
    if (!paths.inner.empty() && !devices) groups.inner = groups.payload / paths.inner;
    groups.guards_devices = devices && wish.guard_devices;
    if (groups.guards_devices) groups.inner = groups.payload / kGuardedGroup;
    if (!paths.monitor.empty()) groups.monitor = groups.base / paths.monitor;
    if (!paths.pivot.empty()) groups.pivot = groups.base / paths.pivot;
    if (hierarchy.version == 2) groups.controllers = hierarchy.controllers;
    return groups;
}

class WritePlanner {
public:
    WritePlanner(const CgroupLayout& layout, const CgroupWish& wish, CgroupPlan& plan)
        : layout_(layout), options_(wish.options), without_(wish.without), plan_(plan) {}

    void add_all() {
        for (const Setting& setting : options_.v1) add(1, setting);
        for (const Setting& setting : options_.v2) add(2, setting);
        for (CgroupGroups& groups : plan_.groups) order(groups.writes);
    }

private:
    CgroupGroups* find(int version, std::string_view controller) const {
        for (CgroupGroups& groups : plan_.groups) {
            if (groups.version != version) continue;
            if (version == 2 && controller == kCore) return &groups;
            if (layout_.list[groups.hierarchy].has(controller)) return &groups;
        }
        return nullptr;
    }

    void add(int version, const Setting& setting) {
        const std::string_view controller = controller_of(setting.name);
        if (controller == "devices") return;
        const std::string key = key_of(version, setting.name);
        if (setting.name.find('/') != std::string::npos || controller.empty()) {
            throw Error(fmt::format("{}: not the name of a cgroup file", printable(key)));
        }
        CgroupGroups* groups = find(version, controller);
        if (groups == nullptr) return missing(version, controller, key);
        groups->writes.push_back({key, setting.name, setting.value});
        if (version == 2 && controller != kCore && !has(groups->required, controller)) {
            groups->required.emplace_back(controller);
        }
    }

    // The other version's keys say the same for this controller and apply here.
    bool covered(int version, std::string_view controller) const {
        const std::vector<Setting>& others = version == 1 ? options_.v2 : options_.v1;
        return std::ranges::any_of(others, [&](const Setting& other) {
            const std::string_view theirs = controller_of(other.name);
            return v2_name(theirs) == v2_name(controller) && find(3 - version, theirs) != nullptr;
        });
    }

    void missing(int version, std::string_view controller, const std::string& key) const {
        const int other = 3 - version;
        if (covered(version, controller)) {
            plan_.notes.push_back(fmt::format("{} does not apply to this host: {} is managed by cgroup v{}",
                                              key, controller, other));
            return;
        }
        if (without_) return plan_.left_out.push_back(key);
        throw Error(fmt::format("{}: this host has no cgroup v{} controller '{}' that we may use (it has: "
                                "{}){}",
                                key, version, controller, controllers(version), advice(version, controller)));
    }

    std::string advice(int version, std::string_view controller) const {
        const int other = 3 - version;
        for (const CgroupGroups& groups : plan_.groups) {
            if (groups.version != other) continue;
            for (const std::string& name : layout_.list[groups.hierarchy].controllers) {
                if (v2_name(name) != v2_name(controller)) continue;
                return fmt::format("; use {} instead, cgroup v{} has that controller here",
                                   key_of(other, name + ".*"), other);
            }
        }
        return {};
    }

    std::string controllers(int version) const {
        std::vector<std::string> names;
        for (const CgroupGroups& groups : plan_.groups) {
            if (groups.version != version) continue;
            const auto& own = layout_.list[groups.hierarchy].controllers;
            names.insert(names.end(), own.begin(), own.end());
        }
        return names.empty() ? "none" : join(names, ", ");
    }

    // The limit of memory and swap may not be below that of memory, whose default is no limit.
    static void order(std::vector<CgroupWrite>& writes) {
        // Not ranges::stable_partition: clang 14 cannot compile the subrange that libstdc++ 12's returns.
        std::stable_partition(writes.begin(), writes.end(), [](const CgroupWrite& write) {
            return write.file != "memory.memsw.limit_in_bytes";
        });
    }

    const CgroupLayout& layout_;
    const CgroupOptions& options_;
    bool without_;
    CgroupPlan& plan_;
};

// Whether lxc.cgroup.use names a controller of it. "systemd" also stands for "name=systemd".
bool is_used(const Hierarchy& hierarchy, const std::vector<std::string>& use) {
    if (use.empty() || hierarchy.version == 2) return true;
    return std::ranges::any_of(hierarchy.controllers, [&use](const std::string& controller) {
        return has(use, controller) || (controller.starts_with("name=") && has(use, controller.substr(5)));
    });
}

} // namespace

CgroupPlan plan_cgroups(const CgroupLayout& layout, const CgroupWish& wish) {
    check_directories(wish.options);
    const RelativePaths paths = relative_paths(wish);
    CgroupPlan plan;
    plan.name = wish.name;
    plan.owner = wish.owner;
    const bool relative = wish.relative || wish.options.relative;
    for (std::size_t i = 0; i < layout.list.size(); ++i) {
        // An empty path: our mount of the hierarchy does not show that group.
        if (!is_used(layout.list[i], wish.use)) continue;
        if (!layout.list[i].writable || base_of(layout.list[i], relative).empty()) continue;
        plan.groups.push_back(groups_in(layout.list[i], i, paths, wish));
    }
    WritePlanner(layout, wish, plan).add_all();
    return plan;
}

std::string cgroup_suffix(const std::filesystem::path& lxcpath, const std::filesystem::path& default_lxcpath) {
    const auto plain = [](const std::filesystem::path& path) {
        std::string text = path.lexically_normal().native();
        while (text.size() > 1 && text.back() == '/') text.pop_back();
        return text;
    };
    const std::string own = plain(lxcpath);
    if (own == plain(default_lxcpath)) return {};
    return fmt::format("-{:08x}", static_cast<std::uint32_t>(fnv1a(own)));
}

std::string_view controller_of(std::string_view file) noexcept { return file.substr(0, file.find('.')); }

} // namespace lxcpp
