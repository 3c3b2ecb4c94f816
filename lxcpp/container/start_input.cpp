// SPDX-License-Identifier: Apache-2.0
#include "container/start_input.h"

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "config/global.h"
#include "config/item.h"
#include "config/names.h"
#include "config/overlay_root.h"
#include "config/validate.h"
#include "plan/own_map.h"
#include "sys/file.h"

#include <algorithm>
#include <fmt/format.h>

namespace lxcpp {
namespace {

void apply_defines(LoadedConfig& loaded, const std::vector<std::string>& defines) {
    for (const std::string& define : defines) {
        const auto equals = define.find('=');
        if (equals == std::string::npos) throw Error("-s " + define + ": expected key=value");
        const auto key = trim(std::string_view(define).substr(0, equals));
        const auto value = trim(std::string_view(define).substr(equals + 1));
        const Origin origin{"-s", 0};
        apply(loaded.config, key, value, origin);
        loaded.assignments.push_back({std::string(key), std::string(value), origin});
    }
}

// Everything that the command line adds, as defines: a reboot applies it again.
std::vector<std::string> all_defines(const StartOptions& options) {
    std::vector<std::string> defines = options.defines;
    if (!options.console_path.empty()) defines.push_back("lxc.console.path=" + options.console_path);
    if (!options.console_log.empty()) defines.push_back("lxc.console.logfile=" + options.console_log);
    if (options.uid) defines.push_back("lxc.init.uid=" + std::to_string(*options.uid));
    if (options.gid) defines.push_back("lxc.init.gid=" + std::to_string(*options.gid));
    return defines;
}

std::string config_file(const Container::Impl& impl, const StartOptions& options) {
    if (!options.config.empty()) return std::filesystem::absolute(options.config).string();
    if (impl.defined()) return impl.config_file().string();
    const std::string missing = impl.config_file().string() + " does not exist";
    // Without one the command would run as the host's root on the host's files.
    if (options.execute) throw StateError(StateProblem::NotFound, "no configuration: " + missing + "; give one with -f");
    throw StateError(StateProblem::NotFound, "no such container: " + missing);
}

void check_valid(const LoadedConfig& loaded) {
    for (const Problem& problem : validate(loaded.config)) {
        if (problem.severity == Severity::Error) {
            throw at_origin({"", 0, problem.key, problem.message}, loaded.assignments);
        }
    }
}

// What lxcpp-user-nic makes for a user is one end of a pair, on a bridge or on none.
void check_users_device(const NetDevice& device) {
    const auto refuse = [&](std::string_view key, const std::string& why) {
        throw ConfigError("", 0, fmt::format("lxc.net.{}.{}", device.index, key), why);
    };
    if (device.type == NetType::Empty || device.type == NetType::None || device.type == NetType::User) return;
    if (device.type != NetType::Veth) {
        refuse("type", fmt::format("only root can give a container {}: it is, or is on top of, an interface of the host; "
                                   "a user's container can have veth, user or empty", name_of(device.type)));
    }
    if (device.veth.mode != VethMode::Bridge) refuse("veth.mode", "only root can change the routes of the host; a user's container can be on a bridge");
    if (!device.veth.vlan_id.empty()) refuse("veth.vlan.id", "only root can put a container into a VLAN");
    if (!device.veth.vlan_tagged_ids.empty()) refuse("veth.vlan.tagged.id", "only root can put a container into a VLAN");
    if (device.l2proxy) refuse("l2proxy", "only root can make the host answer for a container");
}

// A user's container has ids of its own whatever it says, and no network that only root can make.
// Says what it leaves out.
std::vector<std::string> fit_to_user(LoadedConfig& loaded) {
    std::vector<std::string> notes;
    Config& config = loaded.config;
    const OwnMaps own = probe_own_maps();
    if (own == OwnMaps{}) return notes;
    if (config.idmap.empty()) config.idmap = whole_map(own);
    for (NetDevice& device : config.net) {
        try {
            check_users_device(device);
        } catch (const ConfigError& error) {
            throw at_origin(error, loaded.assignments);
        }
        if (device.type != NetType::Veth) continue;
        if (!device.veth.pair.empty()) {
            notes.push_back(fmt::format("lxc.net.{}.veth.pair = {} is left out: the host's end of a user's veth gets its name from lxcpp-user-nic",
                                        device.index, printable(device.veth.pair)));
        }
        device.veth = {};
    }
    return notes;
}

struct Effective {
    LoadedConfig loaded;
    std::vector<std::string> notes;
};

Effective load_effective(const Container::Impl& impl, const RuntimeState& remember) {
    LoadedConfig loaded;
    if (!remember.config_file.empty()) loaded = impl.load(remember.config_file);
    apply_defines(loaded, remember.defines);
    check_valid(loaded);
    std::vector<std::string> notes = fit_to_user(loaded);
    return {std::move(loaded), std::move(notes)};
}

StarterInput assemble(const Container::Impl& impl, const RuntimeState& remember, Effective effective) {
    LoadedConfig& loaded = effective.loaded;
    StarterInput input;
    input.notes = std::move(effective.notes);
    input.request.name = impl.name;
    input.request.lxcpath = impl.lxcpath.string();
    input.request.config_file = remember.config_file;
    input.request.kind = remember.kind;
    input.request.command = remember.command;
    input.request.share = remember.share;
    if (!remember.log_level.empty()) input.request.log_level = remember.log_level;
    input.request.assignments = std::move(loaded.assignments);
    input.config = std::move(loaded.config);
    input.paths = impl.paths;
    input.runtime = impl.runtime();
    input.remember = remember;
    input.remember.supervisor = {};
    return input;
}

} // namespace

bool wants_user_nic(const Container::Impl& impl, const StartOptions& options) noexcept {
    try {
        LoadedConfig loaded = impl.load(config_file(impl, options));
        apply_defines(loaded, all_defines(options));
        return std::ranges::count(loaded.config.net, NetType::Veth, &NetDevice::type) != 0;
    } catch (const std::exception&) { // said by who loads it next
        return false;
    }
}

StarterInput make_start_input(const Container::Impl& impl, const StartOptions& options) {
    RuntimeState remember;
    remember.kind = options.execute ? StartKind::Execute : StartKind::System;
    remember.config_file = config_file(impl, options);
    remember.defines = all_defines(options);
    remember.command = options.command;
    remember.log_level = options.log_level;
    const GlobalConfig global = load_global_config(impl.paths);
    remember.cgroup_pattern = global.cgroup_pattern;
    remember.cgroup_use = global.cgroup_use;
    for (const ShareNamespace& share : options.share) remember.share.push_back({share.name, share.target});
    StarterInput input = assemble(impl, remember, load_effective(impl, remember));
    input.request.keep_stdio = options.foreground && options.execute;
    if (!options.pid_file.empty()) input.pid_file = std::filesystem::absolute(options.pid_file);
    input.timeout = options.timeout;
    return input;
}

StarterInput make_restart_input(const Container::Impl& impl, const RuntimeState& state) {
    Effective effective;
    try {
        effective = load_effective(impl, state);
    } catch (const Error& error) {
        log::warn("reboot with the configuration of the last start: {}", error.what());
        effective.loaded.config = impl.running_config();
    }
    StarterInput input = assemble(impl, state, std::move(effective));
    input.request.target = "reboot";
    return input;
}

void check_rootfs(const StarterInput& input) {
    const Rootfs& rootfs = input.config.rootfs;
    const std::string key = "lxc.rootfs.path";
    const auto refuse = [&](const std::string& why) {
        if (rootfs.path.empty()) throw ConfigError(input.request.config_file, 0, key, why);
        throw at_origin({"", 0, key, why}, input.request.assignments);
    };
    if (rootfs.path.empty()) {
        if (input.remember.kind == StartKind::Execute) return;
        refuse("not set; a system container needs a root file system");
    }
    const auto overlay = overlay_root(rootfs);
    if (!is_directory_root(rootfs) && !overlay) {
        refuse("storage type " + rootfs.type + " is not supported, only dir, btrfs and overlay");
    }
    const auto require_directory = [&](const std::string& path, const std::string& hint) {
        const auto info = sys::stat_path(path, false);
        if (!info) refuse(path + " does not exist" + hint);
        if (S_ISLNK(info->st_mode)) refuse(path + " is a symbolic link, which is refused; give the directory itself");
        if (!S_ISDIR(info->st_mode)) refuse(path + " is not a directory");
    };
    require_directory(own_root_directory(rootfs), "");
    if (!overlay) return;
    for (const std::string& lower : overlay->lowers) {
        require_directory(lower, ", a lower directory of the overlay; when it is a tree of an image, that image was deleted: pull it again");
    }
}

} // namespace lxcpp
