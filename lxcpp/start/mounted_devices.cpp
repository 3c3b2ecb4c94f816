// SPDX-License-Identifier: Apache-2.0
#include "start/mounted_devices.h"

#include "base/error.h"
#include "base/log.h"
#include "sys/file.h"

#include <algorithm>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace lxcpp {
namespace {

constexpr int kDeepest = 3; // /dev/bus/usb/001

bool is_mentioned(const std::vector<DeviceRule>& rules, const DeviceRule& wanted) {
    return std::ranges::any_of(rules, [&wanted](const DeviceRule& rule) {
        return rule.type == wanted.type && rule.major == wanted.major && rule.minor == wanted.minor;
    });
}

void add(const std::filesystem::path& path, int depth, std::vector<DeviceRule>& rules) {
    const auto info = sys::stat_path(path);
    if (!info) return;
    if (S_ISDIR(info->st_mode) && depth < kDeepest) {
        for (const std::string& name : sys::list_dir(path)) add(path / name, depth + 1, rules);
    }
    if (!S_ISCHR(info->st_mode) && !S_ISBLK(info->st_mode)) return;
    DeviceRule rule{.allow = true, .type = S_ISBLK(info->st_mode) ? DeviceType::Block : DeviceType::Char};
    rule.major = major(info->st_rdev);
    rule.minor = minor(info->st_rdev);
    if (!is_mentioned(rules, rule)) rules.push_back(rule);
}

// Of /dev as a whole nothing follows: it is mounted for its files, and has the host's disks.
void add_source(const std::string& source, std::vector<DeviceRule>& rules) {
    const std::string path = std::filesystem::path(source).lexically_normal().string();
    if (!path.starts_with("/dev/") || path.size() == 5) return;
    try {
        add(path, 0, rules);
    } catch (const Error& error) {
        log::info("devices of {}: {}", source, error.what());
    }
}

} // namespace

void allow_mounted_devices(const StartPlan& plan, std::vector<DeviceRule>& rules) {
    for (const Step& step : plan.child.steps) {
        if (const auto* bind = std::get_if<MountBind>(&step)) add_source(bind->source, rules);
    }
    for (const PreparedMount& mount : plan.prepared_mounts) add_source(mount.source, rules);
}

} // namespace lxcpp
