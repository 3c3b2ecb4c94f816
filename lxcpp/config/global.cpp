// SPDX-License-Identifier: Apache-2.0
#include "config/global.h"

#include "base/nearest.h"
#include "base/strings.h"
#include "config/text.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr std::string_view kFile = "lxcpp.conf";
constexpr const char* kDefaultConfig = "default.conf";
constexpr const char* kOfAdministrator = "/etc/lxcpp/default.conf";

struct GlobalKey {
    std::string_view name;
    std::string GlobalConfig::*field;
    std::string_view help;
    bool listed = true; // by lxcpp-config -l: the seven that lxc-config lists
    bool applied = false;
};

// In the order in which lxcpp-config -l lists them.
constexpr std::array kTable = {
    GlobalKey{"lxc.default_config", &GlobalConfig::default_config,
              "What lxcpp-create copies when it is given no -f.", true, true},
    GlobalKey{"lxc.lxcpath", &GlobalConfig::lxcpath, "Directory of the containers.", true, true},
    GlobalKey{"lxc.bdev.lvm.vg", &GlobalConfig::lvm_vg, "LVM volume group."},
    GlobalKey{"lxc.bdev.lvm.thin_pool", &GlobalConfig::lvm_thin_pool, "LVM thin pool."},
    GlobalKey{"lxc.bdev.zfs.root", &GlobalConfig::zfs_root, "ZFS file system of the containers."},
    GlobalKey{"lxc.bdev.rbd.rbdpool", &GlobalConfig::rbd_pool, "Ceph RBD pool.", false},
    GlobalKey{"lxc.bdev.rbd.rbduser", &GlobalConfig::rbd_user, "Ceph user.", false},
    GlobalKey{"lxc.cgroup.use", &GlobalConfig::cgroup_use,
              "Comma separated controllers of cgroup v1 that are used; all when not set.", true, true},
    GlobalKey{"lxc.cgroup.pattern", &GlobalConfig::cgroup_pattern,
              "Name of a container's group; %n stands for the container's name.", true, true},
};

const GlobalKey* find_key(std::string_view name) {
    const auto row = std::ranges::find(kTable, name, &GlobalKey::name);
    return row == kTable.end() ? nullptr : &*row;
}

[[noreturn]] void throw_unknown(const std::string& file, int line, std::string_view key) {
    std::vector<std::string> names;
    for (const auto& row : kTable) names.emplace_back(row.name);
    const auto meant = nearest(key, names);
    throw ConfigError(file, line, printable(key),
                      meant ? fmt::format("unknown key; did you mean {}?", *meant) : "unknown key");
}

void read_line(GlobalConfig& config, std::string_view raw, const std::string& file, int number) {
    const Line line = parse_line(raw);
    if (line.kind == LineKind::Malformed)
        throw ConfigError(file, number, printable(line.key), "the line has no \"=\"");
    if (line.kind != LineKind::Assignment) return;
    const auto* row = find_key(line.key);
    if (row == nullptr) throw_unknown(file, number, line.key);
    config.*row->field = line.value;
}

} // namespace

GlobalConfig parse_global_config(std::string_view text, const std::string& file,
                                 const Paths& paths) {
    GlobalConfig config;
    int number = 0;
    for (const auto line : split_lines(text)) read_line(config, line, file, ++number);
    while (config.lxcpath.size() > 1 && config.lxcpath.ends_with('/')) config.lxcpath.pop_back();
    if (config.lxcpath.empty()) config.lxcpath = paths.state;
    if (config.default_config.empty()) config.default_config = paths.config / kDefaultConfig;
    return config;
}

GlobalConfig load_global_config(const Paths& paths) {
    const auto file = paths.config / kFile;
    GlobalConfig config =
        parse_global_config(sys::read_file_if_exists(file).value_or(""), file.string(), paths);
    // Users without one of their own get what everybody gets.
    if (::geteuid() != 0 && config.default_config == paths.config / kDefaultConfig &&
        !sys::exists(config.default_config))
        config.default_config = kOfAdministrator;
    return config;
}

std::optional<std::string> global_item(const GlobalConfig& config, std::string_view key) {
    const auto* row = find_key(key);
    if (row == nullptr) return std::nullopt;
    return config.*row->field;
}

std::vector<GlobalKeyInfo> global_keys() {
    std::vector<GlobalKeyInfo> keys;
    for (const auto& row : kTable)
        keys.push_back({std::string(row.name), std::string(row.help), row.listed, row.applied});
    return keys;
}

} // namespace lxcpp
