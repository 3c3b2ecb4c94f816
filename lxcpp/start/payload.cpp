// SPDX-License-Identifier: Apache-2.0
#include "start/payload.h"

#include "base/error.h"
#include "base/strings.h"
#include "config/overlay_root.h"
#include "security/capabilities.h"
#include "sys/capability.h"
#include "sys/file.h"
#include "sys/overlay.h"
#include "sys/own_namespace.h"
#include "sys/rooted_dir.h"

#include <algorithm>

namespace lxcpp {
namespace {

constexpr int kFirstUnifiedOnly = 258; // refuses to start where it sees a v1 hierarchy

std::optional<int> version_in(std::string_view file) {
    constexpr std::string_view prefix = "libsystemd-shared-";
    if (!file.starts_with(prefix)) return std::nullopt;
    file.remove_prefix(prefix.size());
    const auto digits = file.substr(0, file.find_first_not_of("0123456789"));
    const auto number = parse_u64(digits);
    return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

std::optional<int> version_below(const sys::RootedDir& root, const std::string& directory) {
    if (!root.exists(directory, sys::Links::InRoot)) return std::nullopt;
    for (const sys::DirEntry& entry : root.list(directory, sys::Links::InRoot)) {
        if (const auto version = version_in(entry.name)) return version;
    }
    return std::nullopt;
}

std::optional<int> version_in_tree(const sys::RootedDir& root) {
    for (const char* directory : {"usr/lib/systemd", "lib/systemd", "usr/lib64/systemd"}) {
        if (const auto version = version_below(root, directory)) return version;
    }
    if (!root.exists("usr/lib", sys::Links::InRoot)) return std::nullopt;
    for (const sys::DirEntry& entry : root.list("usr/lib", sys::Links::InRoot)) {
        if (entry.name.find("-linux-") == std::string::npos) continue; // a multiarch directory
        if (const auto version = version_below(root, "usr/lib/" + entry.name + "/systemd")) return version;
    }
    return std::nullopt;
}

// As the container will see it: only to be read, with nothing of ours written.
sys::RootedDir open_payload(const Rootfs& rootfs) {
    const auto overlay = overlay_root(rootfs);
    if (!overlay) return sys::RootedDir::open(rootfs.path);
    sys::Overlay stack{{overlay->upper}, {}, {}};
    for (const std::string& lower : overlay->lowers) stack.lowers.emplace_back(lower);
    return {sys::mount_overlay(stack).take(), "the root file system"};
}

bool has_only_unified(const CgroupLayout& layout) {
    const Hierarchy* unified = layout.unified();
    return unified != nullptr && unified->writable && std::ranges::none_of(layout.list, [](const Hierarchy& one) { return one.version == 1 && one.writable; });
}

std::string random_uuid() { return std::string(trim(sys::read_file("/proc/sys/kernel/random/uuid"))); }

} // namespace

bool inside_user_namespace() {
    // The initial namespace maps everything onto itself.
    const std::string map = sys::read_file("/proc/self/uid_map");
    const auto words = split_words(trim(map));
    return words.size() != 3 || words[0] != "0" || words[1] != "0" || words[2] != "4294967295";
}

std::optional<int> systemd_version(const Rootfs& rootfs) {
    if (rootfs.path.empty()) return std::nullopt;
    return version_in_tree(open_payload(rootfs));
}

PlanHost probe_plan_host(const Config& config, const CgroupLayout& layout, const Paths& paths) {
    PlanHost host;
    for (const Hierarchy& hierarchy : layout.list) {
        if (hierarchy.version == 2) {
            host.cgroup_v2 = true;
            host.cgroup_v2_mount = hierarchy.mountpoint.string();
        } else {
            host.cgroup_v1.push_back(join(hierarchy.controllers, ","));
            host.cgroup_v1_mounts.push_back(hierarchy.mountpoint.string());
        }
    }
    host.unified_cgroups = host.cgroup_v2 && host.cgroup_v1.empty();
    host.time_namespaces = sys::exists("/proc/self/ns/time");
    host.inside_user_namespace = inside_user_namespace();
    host.own = probe_own_maps();
    // Only where there is something that it refuses: it takes a look into the root file system.
    host.payload_unified_only = !host.cgroup_v1.empty() && systemd_version(config.rootfs).value_or(0) >= kFirstUnifiedOnly;
    // A user's payload can manage no v1 hierarchy that is not theirs; systemd would give up at the first of them.
    if (sys::in_own_namespace() && has_only_unified(layout)) host.payload_unified_only = true;
    const bool user_namespace = !config.idmap.empty() || host.inside_user_namespace;
    host.bounding_set = bounding_set(config.caps, default_capabilities(user_namespace), sys::last_capability());
    host.staging = config.rootfs.mount.empty() ? paths.rootfs_mount.string() : config.rootfs.mount;
    host.boot_id = random_uuid();
    return host;
}

std::vector<std::string> read_fstab(const std::string& path) {
    std::vector<std::string> lines;
    if (path.empty()) return lines;
    std::string text;
    try {
        text = sys::read_file(path, 1u << 20);
    } catch (const SystemError& error) {
        throw ConfigError("", 0, "lxc.mount.fstab", error.what());
    }
    for (const std::string_view line : split_lines(text)) {
        const std::string_view entry = trim(line);
        if (!entry.empty() && !entry.starts_with('#')) lines.emplace_back(entry);
    }
    return lines;
}

} // namespace lxcpp
