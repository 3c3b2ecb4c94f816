// SPDX-License-Identifier: Apache-2.0
#include "start/user_net_task.h"

#include "base/strings.h"
#include "config/published_port.h"

#include <lxcpp/error.h>

namespace lxcpp {
namespace {

constexpr std::string_view kInterface = "interface";
constexpr std::string_view kArgument = "argument";
constexpr std::string_view kReady = "ready";
constexpr std::string_view kAsRoot = "as-root-inside";
constexpr std::string_view kDirectory = "directory";
constexpr std::string_view kResolver = "resolv.conf";
constexpr std::string_view kForward = "forward";
constexpr std::string_view kGuest = "guest";
constexpr std::string_view kCgroup = "cgroup";
constexpr std::string_view kLogFile = "log-file";
constexpr std::string_view kLogLevel = "log-level";

void take(UserNetTask& task, std::string_view key, const std::string& value) {
    if (key == kInterface)
        task.interface = value;
    else if (key == kArgument)
        task.argv.push_back(value);
    else if (key == kReady)
        task.ready = static_cast<int>(parse_u64(value).value_or(1));
    else if (key == kAsRoot)
        task.as_root_inside = value == "1";
    else if (key == kDirectory)
        task.directory = value;
    else if (key == kResolver)
        task.resolv_conf = value;
    else if (key == kForward)
        task.forwards.push_back(parse_published_port(value));
    else if (key == kGuest)
        task.guest = value;
    else if (key == kCgroup)
        task.cgroups.push_back(value);
    else if (key == kLogFile)
        task.log_file = value;
    else if (key == kLogLevel)
        task.log_level = value;
    else
        throw Error("lxcpp-user-net: unexpected word " + printable(key));
}

} // namespace

std::string print_task(const UserNetTask& task) {
    std::vector<std::string> words;
    const auto add = [&words](std::string_view key, const std::string& value) {
        words.emplace_back(key);
        words.push_back(value);
    };
    add(kInterface, task.interface);
    for (const std::string& one : task.argv) add(kArgument, one);
    add(kReady, std::to_string(task.ready));
    add(kAsRoot, task.as_root_inside ? "1" : "0");
    add(kDirectory, task.directory);
    add(kResolver, task.resolv_conf);
    for (const PublishedPort& one : task.forwards) add(kForward, published_port_text(one));
    add(kGuest, task.guest);
    for (const std::string& one : task.cgroups) add(kCgroup, one);
    add(kLogFile, task.log_file);
    add(kLogLevel, task.log_level);
    return quote_command(words);
}

UserNetTask parse_task(std::string_view text) {
    const std::vector<std::string> words = split_command(text);
    if (words.size() % 2 != 0) throw Error("lxcpp-user-net: half a task");
    UserNetTask task;
    for (std::size_t i = 0; i < words.size(); i += 2) take(task, words[i], words[i + 1]);
    if (task.argv.empty() || task.interface.empty()) throw Error("lxcpp-user-net: no program");
    return task;
}

} // namespace lxcpp
