// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include "base/error.h"
#include "base/strings.h"

namespace lxcpp {
namespace {

constexpr std::string_view kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

void append_all(std::vector<std::string>& to, const std::vector<std::string>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

} // namespace

std::vector<std::string> hook_environment(const StartRequest& request, const Config& config,
                                          const std::string& staging, const HookKind& kind) {
    std::vector<std::string> env{std::string(kPath)};
    const auto set = [&env](std::string_view name, std::string_view value) {
        env.push_back(std::string(name) + '=' + std::string(value));
    };
    set("LXC_NAME", request.name);
    if (!request.config_file.empty()) set("LXC_CONFIG_FILE", request.config_file);
    set("LXC_ROOTFS_MOUNT", staging);
    if (!config.rootfs.path.empty()) set("LXC_ROOTFS_PATH", config.rootfs.path);
    if (!config.console.path.empty()) set("LXC_CONSOLE", config.console.path);
    if (!config.console.logfile.empty()) set("LXC_CONSOLE_LOGPATH", config.console.logfile);
    set("LXC_CGNS_AWARE", "1");
    set("LXC_LOG_LEVEL", request.log_level);
    set("LXC_TARGET", request.target);
    set("LXC_HOOK_VERSION", std::to_string(config.hooks.version));
    if (config.hooks.version == 1) {
        set("LXC_HOOK_TYPE", kind.type);
        set("LXC_HOOK_SECTION", kind.section);
    }
    append_all(env, config.environment.both);
    append_all(env, config.environment.hooks);
    return env;
}

RunProgram plan_hook(const StartRequest& request, const Config& config, const std::string& staging,
                     const HookKind& kind, const std::string& key, const std::string& command) {
    RunProgram hook;
    hook.what = key + ": " + command;
    hook.argv = split_command(command);
    if (hook.argv.empty() || !hook.argv.front().starts_with('/')) {
        throw ConfigError("", 0, key, "\"" + command + "\" must be an absolute path");
    }
    for (const std::string& fact : {request.name, kind.section, kind.type}) hook.argv.push_back(fact);
    hook.env = hook_environment(request, config, staging, kind);
    return hook;
}

std::vector<RunProgram> plan_hooks(const StartRequest& request, const Config& config,
                                   const std::string& staging, const std::string& type,
                                   const std::vector<std::string>& commands) {
    std::vector<RunProgram> hooks;
    for (const std::string& command : commands) {
        hooks.push_back(plan_hook(request, config, staging, {type}, "lxc.hook." + type, command));
    }
    return hooks;
}

} // namespace lxcpp
