// SPDX-License-Identifier: Apache-2.0
#include "common/plan_problems.h"

#include "plan/planner.h"
#include "security/seccomp_profile.h"
#include "start/payload.h"

#include <algorithm>
#include <lxcpp/error.h>

namespace lxcpp::tools {
namespace {

Problem problem_of(const ConfigError& error) {
    std::string_view message = error.what();
    const auto key = message.find(error.key() + ": ");
    if (!error.key().empty() && key != message.npos) message.remove_prefix(key + error.key().size() + 2);
    return {Severity::Error, {error.file(), error.line()}, error.key(), std::string(message), {}};
}

std::optional<Problem> seccomp_problem(const LoadedConfig& loaded) {
    const std::string& profile = loaded.config.seccomp.profile;
    if (profile.empty() || profile == "none") return std::nullopt;
    try {
        (void)load_seccomp_profile(find_shared_file(profile));
    } catch (const ConfigError& error) {
        return problem_of(error); // it names the line of the policy
    } catch (const Error& error) {
        return problem_of(at_origin({"", 0, "lxc.seccomp.profile", error.what()}, loaded.assignments));
    }
    return std::nullopt;
}

std::vector<std::string> fstab_of(const Config& config) {
    try {
        return read_fstab(config.mounts.fstab);
    } catch (const Error&) { // lint says already that it is not there
        return {};
    }
}

// The first thing that the planner refuses.
std::optional<Problem> refusal(const Config& config, const std::vector<Assignment>& assignments) {
    StartRequest request;
    request.name = "lint";
    request.command = {"/sbin/init"};
    if (!config.init.cmd.empty()) request.command.clear();
    request.fstab = fstab_of(config);
    request.assignments = assignments;
    PlanHost host;
    host.staging = config.rootfs.mount;
    try {
        (void)plan_start(request, config, host);
    } catch (const ConfigError& error) {
        return problem_of(error);
    } catch (const Error& error) {
        return Problem{Severity::Error, {}, {}, error.what(), {}};
    }
    return std::nullopt;
}

Config config_of(const std::vector<Assignment>& assignments) {
    Config config;
    for (const Assignment& line : assignments) set_item(config, line.key, line.value);
    return config;
}

} // namespace

// The planner stops at the first refusal: without the line that it names it finds the next one.
std::vector<Problem> plan_problems(const LoadedConfig& loaded) {
    std::vector<Problem> problems;
    std::vector<Assignment> assignments = loaded.assignments;
    for (;;) {
        auto problem = refusal(config_of(assignments), assignments);
        if (!problem) break;
        const auto gone = std::erase_if(assignments, [&](const Assignment& line) {
            return line.key == problem->key && line.origin == problem->origin;
        });
        problems.push_back(std::move(*problem));
        if (gone == 0) break; // it names no line
    }
    if (auto problem = seccomp_problem(loaded)) problems.push_back(std::move(*problem));
    return problems;
}

} // namespace lxcpp::tools
