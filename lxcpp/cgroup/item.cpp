// SPDX-License-Identifier: Apache-2.0
#include "cgroup/item.h"

#include "base/strings.h"
#include "cgroup/cgroup_plan.h"
#include "cgroup/devices_v1.h"
#include "cgroup/locate.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;

void check_key(std::string_view key) {
    if (!key.empty() && key.front() != '.' && key.find_first_of(std::string_view("/\0", 2)) == key.npos) return;
    throw Error(fmt::format("'{}' is not the name of a cgroup file", printable(key)));
}

// Hierarchies that may have the file, best first: that of the controller, v2, the others.
std::vector<const Hierarchy*> candidates(const CgroupLayout& layout, std::string_view key) {
    std::vector<const Hierarchy*> list;
    if (const Hierarchy* own = layout.with(controller_of(key))) list.push_back(own);
    if (const Hierarchy* unified = layout.unified()) list.push_back(unified);
    for (const Hierarchy& hierarchy : layout.list) list.push_back(&hierarchy);
    return list;
}

} // namespace

fs::path find_cgroup_item(const CgroupLayout& layout, std::span<const fs::path> dirs, std::string_view key) {
    check_key(key);
    for (const Hierarchy* hierarchy : candidates(layout, key)) {
        const fs::path* group = group_in(*hierarchy, dirs);
        if (group != nullptr && sys::exists(*group / key)) return *group / key;
    }
    throw Error(fmt::format("no cgroup of the container has a file '{}' on this host", printable(key)));
}

std::string get_cgroup_item(const CgroupLayout& layout, std::span<const fs::path> dirs, std::string_view key) {
    std::string text = sys::read_file(find_cgroup_item(layout, dirs, key));
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

void set_cgroup_item(const CgroupLayout& layout, std::span<const fs::path> dirs, std::string_view key,
                     std::string_view value) {
    const fs::path file = find_cgroup_item(layout, dirs, key);
    const bool devices = key == "devices.allow" || key == "devices.deny";
    if (devices && !guarded_group(file.parent_path()).empty()) {
        return change_guarded_devices(file.parent_path(), parse_device_rule(key == "devices.allow", value));
    }
    const int result = sys::try_write_existing(file, value);
    if (result == 0) return;
    throw SystemError(fmt::format("{} = {}: write {}", key, printable(value), file.native()), -result);
}

} // namespace lxcpp
