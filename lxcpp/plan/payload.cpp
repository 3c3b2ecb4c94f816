// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include "base/error.h"
#include "base/program_path.h"
#include "base/strings.h"
#include "config/application.h"

namespace lxcpp {
namespace {

constexpr std::string_view kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

void set(std::vector<std::string>& env, const std::string& assignment) {
    const std::string name = assignment.substr(0, assignment.find('=') + 1);
    std::erase_if(env, [&name](const std::string& other) { return other.starts_with(name); });
    env.push_back(assignment);
}

// container= is what systemd and others look for; "lxc" is the word that all of them know.
std::vector<std::string> payload_environment(const PlanContext& context) {
    const Config& config = context.config;
    std::vector<std::string> env{"PATH=" + std::string(kPath), "HOME=/", "TERM=linux", "container=lxc"};
    if (config.tty.max > 0 && !config.rootfs.path.empty()) {
        std::string ttys = "container_ttys=";
        // The private devpts numbers from 0 up; the console takes the first one.
        const int first = context.plan.console ? 1 : 0;
        for (int i = 0; i < config.tty.max; ++i) {
            if (i > 0) ttys += ' ';
            ttys += "pts/" + std::to_string(first + i);
        }
        env.push_back(std::move(ttys));
    }
    for (const std::string& assignment : config.environment.both) set(env, assignment);
    for (const std::string& assignment : config.environment.runtime) set(env, assignment);
    return env;
}

std::vector<std::string> split_key(const std::string& key, const std::string& text) {
    try {
        return split_command(text);
    } catch (const Error& error) {
        throw ConfigError("", 0, key, error.what());
    }
}

std::vector<std::string> system_command(const PlanContext& context) {
    std::vector<std::string> command = context.request.command;
    if (command.empty()) command = split_key("lxc.init.cmd", context.config.init.cmd);
    if (command.empty()) return {"/sbin/init"};
    return command;
}

std::vector<std::string> execute_command(const PlanContext& context) {
    std::vector<std::string> command = context.request.command;
    if (command.empty()) command = split_key("lxc.execute.cmd", context.config.execute_cmd);
    if (command.empty()) {
        throw Error("no command: give one after -- or set lxc.execute.cmd");
    }
    std::vector<std::string> argv{"lxcpp-init", "--"};
    argv.insert(argv.end(), command.begin(), command.end());
    return argv;
}

} // namespace

bool runs_below_init(const StartRequest& request, const Config& config) {
    return request.kind == StartKind::Execute || (request.command.empty() && is_application(config));
}

void plan_payload(const PlanContext& context) {
    const Config& config = context.config;
    const bool execute = context.request.kind == StartKind::Execute;
    const bool below_init = runs_below_init(context.request, config);
    context.add(NewSession{});
    context.add(StdioFromConsole{execute && context.request.keep_stdio});
    if (!config.init.cwd.empty()) context.add(ChangeDir{config.init.cwd, true});
    if (config.no_new_privs) context.add(NoNewPrivs{});
    if (config.seccomp.profile != "none") context.add(LoadSeccomp{});
    // These programs are the container's own files: what confines its init confines them.
    for (RunProgram& hook : plan_hooks(context.request, config, context.host.staging, "start", config.hooks.start)) {
        context.add(std::move(hook));
    }
    SetIds ids{config.init.uid, config.init.gid, {config.init.groups.begin(), config.init.groups.end()}};
    context.add(std::move(ids));
    // Last: the kernel forgets it when ids change (prctl(2), PR_SET_PDEATHSIG).
    if (config.monitor.signal_pdeath) context.add(DieWithParent{*config.monitor.signal_pdeath});
    context.plan.needs_init_program = below_init;
    context.plan.seccomp_profile = config.seccomp.profile;
    Exec exec{below_init ? execute_command(context) : system_command(context), payload_environment(context), below_init, {}};
    if (!below_init) exec.programs = program_candidates(exec.argv.front(), exec.env);
    context.add(std::move(exec));
}

} // namespace lxcpp
