// SPDX-License-Identifier: Apache-2.0
#include "host/cgroup_layout.h"

#include "base/strings.h"
#include "sys/file.h"
#include "sys/host.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <linux/magic.h>
#include <optional>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr std::string_view kSeparator = " - ";
constexpr std::string_view kInitScope = "/init.scope";
// Of a scope that is there for a user's container, our tool and the monitor are in a group of their own (host/user_scope.h).
constexpr std::string_view kToolGroup = "/lxcpp.tool";

// A line of /proc/PID/cgroup: "4:cpu,cpuacct:/path", v2 has no controllers. cgroups(7).
struct Membership {
    std::vector<std::string> controllers;
    std::string path;
};

std::vector<Membership> parse_memberships(std::string_view text) {
    std::vector<Membership> found;
    for (const std::string_view line : split_lines(text)) {
        const auto first = line.find(':');
        const auto second = first == line.npos ? line.npos : line.find(':', first + 1);
        if (second == line.npos) continue;
        Membership membership{.controllers = {}, .path = std::string(line.substr(second + 1))};
        const std::string_view names = line.substr(first + 1, second - first - 1);
        if (!names.empty()) {
            for (const std::string_view name : split(names, ',')) {
                membership.controllers.emplace_back(name);
            }
        }
        found.push_back(std::move(membership));
    }
    return found;
}

// A line of /proc/PID/mountinfo about a cgroup file system. proc_pid_mountinfo(5).
struct CgroupMount {
    int version = 2;
    std::string root;
    std::string mountpoint;
    std::vector<std::string_view> options; // of the superblock
};

// \040 and the like stand for blanks and backslashes in mountinfo.
std::string unescape(std::string_view text) {
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) &&
            is_octal(text[i + 2]) && is_octal(text[i + 3])) {
            const int value =
                (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + text[i + 3] - '0';
            plain += static_cast<char>(value);
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

std::optional<CgroupMount> parse_mount(std::string_view line) {
    const auto separator = line.find(kSeparator);
    if (separator == line.npos) return std::nullopt;
    const std::string_view tail = line.substr(separator + kSeparator.size());
    if (!tail.starts_with("cgroup")) return std::nullopt;
    const auto fields = split_words(line.substr(0, separator));
    const auto kind = split_words(tail);
    if (fields.size() < 6 || kind.size() < 3) return std::nullopt;
    if (kind[0] != "cgroup" && kind[0] != "cgroup2") return std::nullopt;
    return CgroupMount{.version = kind[0] == "cgroup2" ? 2 : 1,
                       .root = unescape(fields[3]),
                       .mountpoint = unescape(fields[4]),
                       .options = split(kind.back(), ',')};
}

// The same hierarchy: a v1 mount names its controllers among its options.
bool is_of(const Membership& membership, const CgroupMount& mount) {
    if (mount.version == 2) return membership.controllers.empty();
    return std::any_of(membership.controllers.begin(), membership.controllers.end(),
                       [&](const std::string& name) {
                           return std::find(mount.options.begin(), mount.options.end(), name) !=
                                  mount.options.end();
                       });
}

const Membership* membership_of(const std::vector<Membership>& all, const CgroupMount& mount) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Membership& membership) {
        return is_of(membership, mount);
    });
    return found == all.end() ? nullptr : &*found;
}

// path as seen below a mount that shows only root and what is below it; empty when it is outside.
// "/.." in either is a place above our cgroup namespace.
std::string below(std::string_view root, std::string_view path) {
    if (root != "/") {
        if (!path.starts_with(root)) return {};
        path.remove_prefix(root.size());
        if (path.empty()) path = "/";
    }
    const bool above = path == "/.." || path.starts_with("/../");
    return std::string(path.starts_with('/') && !above ? path : std::string_view());
}

std::string without_end(std::string path, std::string_view end) {
    if (path.ends_with(end)) path.resize(path.size() - end.size());
    if (path.empty()) path.push_back('/');
    return path;
}

Hierarchy hierarchy_of(const CgroupMount& mount, const Membership& own, const Membership* init) {
    Hierarchy made;
    made.version = mount.version;
    made.mountpoint = mount.mountpoint;
    made.controllers = own.controllers;
    made.own_path = below(mount.root, own.path);
    if (!made.own_path.empty()) made.own_path = without_end(made.own_path, kToolGroup);
    if (init != nullptr) {
        made.init_path = below(mount.root, init->path);
        if (!made.init_path.empty()) made.init_path = without_end(made.init_path, kInitScope);
    }
    return made;
}

// Later mounts of a hierarchy count only when the ones before do not show us.
void add(CgroupLayout& layout, Hierarchy made) {
    const auto same =
        std::find_if(layout.list.begin(), layout.list.end(), [&](const Hierarchy& known) {
            return known.version == made.version && known.controllers == made.controllers;
        });
    if (same == layout.list.end()) {
        layout.list.push_back(std::move(made));
    } else if (same->own_path.empty() && !made.own_path.empty()) {
        *same = std::move(made);
    }
}

// Only a cgroup file system counts: another mount may hide it.
bool is_visible(const Hierarchy& hierarchy) {
    return sys::filesystem_magic(hierarchy.mountpoint) ==
           (hierarchy.version == 2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC);
}

std::filesystem::path group_dir(const Hierarchy& hierarchy, const std::string& path) {
    std::string dir = hierarchy.mountpoint.string();
    if (path != "/") dir += path;
    return dir;
}

void read_controllers(Hierarchy& hierarchy) {
    if (hierarchy.version != 2) return;
    const std::string text =
        sys::read_file_if_exists(hierarchy.mountpoint / "cgroup.controllers").value_or("");
    for (const std::string_view word : split_words(trim(text))) {
        hierarchy.controllers.emplace_back(word);
    }
}

bool is_writable(const Hierarchy& hierarchy, bool root) {
    const std::string& base = base_path(hierarchy, root, false);
    return !base.empty() && sys::may_write(group_dir(hierarchy, base));
}

// /proc may be mounted so that others' processes are hidden.
std::string init_memberships() {
    try {
        return sys::read_file_if_exists("/proc/1/cgroup").value_or("");
    } catch (const SystemError&) {
        return {};
    }
}

} // namespace

bool Hierarchy::has(std::string_view controller) const noexcept {
    return std::find(controllers.begin(), controllers.end(), controller) != controllers.end();
}

const Hierarchy* CgroupLayout::unified() const noexcept {
    const auto found = std::find_if(list.begin(), list.end(), [](const Hierarchy& hierarchy) {
        return hierarchy.version == 2;
    });
    return found == list.end() ? nullptr : &*found;
}

bool CgroupLayout::unified_only() const noexcept {
    return list.size() == 1 && list.front().version == 2;
}

const Hierarchy* CgroupLayout::with(std::string_view controller) const noexcept {
    const auto found = std::find_if(list.begin(), list.end(), [&](const Hierarchy& hierarchy) {
        return hierarchy.has(controller);
    });
    return found == list.end() ? nullptr : &*found;
}

const std::string& base_path(const Hierarchy& hierarchy, bool root, bool relative) noexcept {
    return root && !relative ? hierarchy.init_path : hierarchy.own_path;
}

CgroupLayout parse_cgroup_layout(std::string_view mountinfo, std::string_view self_cgroup,
                                 std::string_view init_cgroup) {
    const std::vector<Membership> own = parse_memberships(self_cgroup);
    const std::vector<Membership> init = parse_memberships(init_cgroup);
    CgroupLayout layout;
    for (const std::string_view line : split_lines(mountinfo)) {
        const auto mount = parse_mount(line);
        if (!mount) continue;
        const Membership* membership = membership_of(own, *mount);
        if (membership == nullptr) continue;
        add(layout, hierarchy_of(*mount, *membership, membership_of(init, *mount)));
    }
    return layout;
}

CgroupLayout mounted_cgroup_layout() {
    CgroupLayout layout = parse_cgroup_layout(
        sys::read_file("/proc/self/mountinfo"),
        sys::read_file_if_exists("/proc/self/cgroup").value_or(""), init_memberships());
    for (Hierarchy& hierarchy : layout.list) read_controllers(hierarchy);
    return layout;
}

CgroupLayout probe_cgroup_layout() {
    CgroupLayout layout = mounted_cgroup_layout();
    std::erase_if(layout.list, [](const Hierarchy& hierarchy) { return !is_visible(hierarchy); });
    const bool root = ::geteuid() == 0;
    for (Hierarchy& hierarchy : layout.list) hierarchy.writable = is_writable(hierarchy, root);
    return layout;
}

} // namespace lxcpp
