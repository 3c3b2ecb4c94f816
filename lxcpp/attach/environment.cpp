// SPDX-License-Identifier: Apache-2.0
#include "attach/environment.h"

#include "base/error.h"
#include "base/strings.h"
#include "config/application.h"

#include <algorithm>
#include <filesystem>

namespace lxcpp {
namespace {

constexpr std::string_view kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string_view name_of(std::string_view assignment) { return assignment.substr(0, assignment.find('=')); }

void set(std::vector<std::string>& env, const std::string& assignment) {
    std::erase_if(env, [&](const std::string& other) { return name_of(other) == name_of(assignment); });
    env.push_back(assignment);
}

// A program beside that of an image sees what that one sees: its environment is no business of who attaches.
std::vector<std::string> kept(const Config& config, const AttachOptions& options, const std::vector<std::string>& ours) {
    const bool own = is_application(config) && !options.keep_environment;
    if (!own && !options.clear_environment) return ours;
    std::vector<std::string> names = options.keep_variables;
    if (!options.clear_environment) names.emplace_back("TERM");
    std::vector<std::string> env;
    for (const std::string& assignment : ours) {
        if (std::ranges::find(names, name_of(assignment)) != names.end()) env.push_back(assignment);
    }
    return env;
}

} // namespace

std::vector<std::string> attach_environment(const Config& config, const AttachOptions& options,
                                            const std::vector<std::string>& ours) {
    std::vector<std::string> env = kept(config, options, ours);
    const bool has_path = std::ranges::any_of(env, [](const std::string& a) { return name_of(a) == "PATH"; });
    if (!has_path) set(env, std::string(kPath));
    set(env, "container=lxc");
    for (const std::string& assignment : config.environment.both) set(env, assignment);
    for (const std::string& assignment : config.environment.runtime) set(env, assignment);
    for (const std::string& assignment : options.set_variables) {
        if (assignment.find('=') == std::string::npos || assignment.starts_with('=')) {
            throw Error("-v " + assignment + ": expected NAME=VALUE");
        }
        set(env, assignment);
    }
    return env;
}

std::optional<PasswdEntry> find_passwd(std::string_view passwd, uid_t uid) {
    for (const std::string_view line : split_lines(passwd)) {
        const auto fields = split(line, ':');
        if (fields.size() != 7) continue;
        const auto number = parse_u64(fields[2]);
        if (!number || *number != uid) continue;
        return PasswdEntry{std::string(fields[0]), std::string(fields[5]), std::string(fields[6])};
    }
    return std::nullopt;
}

std::string attach_directory(const Config& config) {
    if (is_application(config)) return config.init.cwd.empty() ? "/" : config.init.cwd;
    std::error_code removed; // our directory may be gone by now: then it is none of the container's either
    return std::filesystem::current_path(removed).string();
}

} // namespace lxcpp
