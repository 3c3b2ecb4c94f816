// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/sandbox.h"

#include "base/strings.h"
#include "distrobuilder/sandbox_tree.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>
#include <lxcpp/one_shot.h>

#include <algorithm>
#include <cstdlib>
#include <fmt/core.h>
#include <optional>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kPath = "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin";

void set_variable(std::vector<std::string>& environment, std::string_view name, std::string_view value) {
    const std::string start = fmt::format("{}=", name);
    const auto old = std::ranges::find_if(environment, [&](const std::string& entry) { return entry.starts_with(start); });
    std::string entry = fmt::format("{}{}", start, value);
    if (old != environment.end()) *old = std::move(entry);
    else environment.push_back(std::move(entry));
}

std::string_view search_path(const std::vector<std::string>& environment) {
    constexpr std::string_view kStart = "PATH=";
    for (const std::string& entry : environment) {
        if (entry.starts_with(kStart)) return std::string_view(entry).substr(kStart.size());
    }
    return kPath;
}

// A program that an image brings must not see more of the host than the names of its servers.
OneShot request_of(const Sandbox::Options& options) {
    OneShot request;
    request.rootfs = options.root;
    request.env = options.env;
    request.network = true;
    request.log = options.log;
    request.host_name = "distrobuilder";
    request.build = true;
    if (options.keeps) request.kept = kKept;
    request.deadline = options.deadline;
    request.resolv_conf = sys::read_file_if_exists("/etc/resolv.conf").value_or("");
    return request;
}

int run_in(const sys::RootedDir& root, const OneShot& request) {
    if (!request.kept.empty()) make_kept(root);
    TreeForRun tree(root);
    const int code = run_one_shot(request);
    tree.finish();
    return code;
}

void require_interpreter(const sys::RootedDir& root, std::string_view script) {
    const std::string interpreter = interpreter_of(script);
    if (is_program(root, interpreter)) return;
    throw Error(fmt::format("the script wants {}, which the root file system does not have", printable(interpreter)));
}

} // namespace

std::vector<std::string> build_environment(const Recipe& recipe) {
    std::vector<std::string> environment;
    if (!recipe.environment.clear_defaults) {
        environment = {fmt::format("PATH={}", kPath), "SHELL=/bin/sh", "HOME=/root", "TERM=xterm", "DEBIAN_FRONTEND=noninteractive"};
        // What writes the time into files writes that one.
        if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH")) set_variable(environment, "SOURCE_DATE_EPOCH", epoch);
    }
    for (const EnvironmentVariable& variable : recipe.environment.variables) set_variable(environment, variable.key, variable.value);
    return environment;
}

int Sandbox::run(const Argv& argv) const {
    if (argv.empty()) throw Error("there is no program to run");
    const auto root = sys::RootedDir::open(options_.root);
    OneShot request = request_of(options_);
    request.argv = argv;
    request.argv.front() = find_program(root, argv.front(), search_path(options_.env));
    return run_in(root, request);
}

int Sandbox::run_script(std::string_view script, const std::vector<std::string>& arguments) const {
    const auto root = sys::RootedDir::open(options_.root);
    require_interpreter(root, script);
    OneShot request = request_of(options_);
    request.script = script;
    request.argv = arguments;
    return run_in(root, request);
}

std::string Sandbox::capture(const Argv& argv) const {
    if (argv.empty()) throw Error("there is no program to run");
    const auto root = sys::RootedDir::open(options_.root);
    std::string output;
    OneShot request = request_of(options_);
    request.argv = argv;
    request.argv.front() = find_program(root, argv.front(), search_path(options_.env));
    request.output = &output;
    (void)run_in(root, request); // "--help" may be an error
    return output;
}

int Sandbox::shell() const {
    const auto root = sys::RootedDir::open(options_.root);
    OneShot request = request_of(options_);
    request.log.clear();
    request.terminal = true;
    const std::string_view path = search_path(options_.env);
    try {
        request.argv = {find_program(root, "bash", path)};
    } catch (const Error&) {
        request.argv = {find_program(root, "sh", path)};
    }
    return run_in(root, request);
}

} // namespace lxcpp::distro
