// SPDX-License-Identifier: Apache-2.0
#include "container/start_input.h"

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "config/global.h"
#include "config/item.h"
#include "config/overlay_root.h"
#include "config/validate.h"
#include "plan/own_map.h"
#include "sys/file.h"

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

// A user's container has ids of its own whatever it says, and no network that only root can make.
// Says what it leaves out.
std::vector<std::string> fit_to_user(Config& config) {
    std::vector<std::string> notes;
    const OwnMaps own = probe_own_maps();
    if (own == OwnMaps{}) return notes;
    if (config.idmap.empty()) config.idmap = whole_map(own);
    for (NetDevice& device : config.net) {
        if (device.type == NetType::Empty || device.type == NetType::None) continue;
        if (device.type == NetType::User || device.type == NetType::Veth) continue; // start/network.cpp
        const std::string key = "lxc.net." + std::to_string(device.index) + ".type";
        notes.push_back(key + " = " + get_item(config, key).value_or("") + ": only root can make that; the container's network is empty");
        device = {.index = device.index, .type = NetType::Empty, .up = device.up};
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
    std::vector<std::string> notes = fit_to_user(loaded.config);
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
