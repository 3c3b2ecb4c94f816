// SPDX-License-Identifier: Apache-2.0
#include "common/user_scope.h"

#include "base/log.h"
#include "base/strings.h"
#include "cgroup/enter.h"
#include "host/cgroup_layout.h"
#include "sys/file.h"
#include "sys/program.h"

#include <lxcpp/error.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>
#include <optional>
#include <unistd.h>

namespace lxcpp::tools {
namespace {

constexpr const char* kInScope = "LXCPP_IN_USER_SCOPE";
constexpr const char* kSystemdRun = "/usr/bin/systemd-run";
constexpr const char* kToolGroup = "lxcpp.tool"; // host/cgroup_layout.cpp takes it away again

// The login's directory, in which a user manager listens; nullopt when none does.
std::optional<std::string> login_with_manager() {
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    const std::string login = runtime != nullptr && *runtime == '/' ? std::string(runtime) : fmt::format("/run/user/{}", ::geteuid());
    if (!sys::exists(kSystemdRun) || !sys::exists(login + "/systemd/private")) return std::nullopt;
    return login;
}

// A group that hands out controllers may hold no process: the scope is for the container's, and we go aside.
void make_room() {
    const CgroupLayout layout = probe_cgroup_layout();
    const Hierarchy* unified = layout.unified();
    if (unified == nullptr || !unified->writable || unified->own_path.empty()) return;
    const std::array<std::filesystem::path, 1> own{unified->mountpoint / unified->own_path.substr(1) / kToolGroup};
    sys::make_dirs(own.front(), 0755);
    enter_cgroups(own);
}

void go_to_scope(const std::string& name) {
    const CgroupLayout layout = probe_cgroup_layout();
    const Hierarchy* unified = layout.unified();
    if (unified == nullptr || unified->writable) return;
    const auto login = login_with_manager();
    const auto program = sys::read_link("/proc/self/exe");
    if (!login || !program) return;
    std::string line = sys::read_file("/proc/self/cmdline");
    if (!line.empty()) line.pop_back(); // the end of the last word
    std::vector<std::string> words;
    for (const std::string_view word : split(line, '\0')) words.emplace_back(word);
    ::setenv("XDG_RUNTIME_DIR", login->c_str(), 1); // su(1) leaves it out, and systemd-run would find nobody
    ::setenv(kInScope, "1", 1);
    const int error = sys::try_exec(kSystemdRun, scope_command(name, ::getpid(), *program, words));
    ::unsetenv(kInScope);
    throw SystemError(std::string("run ") + kSystemdRun, -error);
}

} // namespace

std::vector<std::string> scope_command(const std::string& name, pid_t pid, const std::string& program, std::span<const std::string> words) {
    std::vector<std::string> command{"systemd-run", "--user", "--scope", "--quiet", "--collect", "--property=Delegate=yes",
                                     fmt::format("--unit=lxcpp-{}-{}", name, pid), "--", program};
    if (!words.empty()) command.insert(command.end(), words.begin() + 1, words.end());
    return command;
}

void move_to_user_scope(const std::string& name) {
    if (::geteuid() == 0) return;
    try {
        if (std::getenv(kInScope) == nullptr) return go_to_scope(name);
        ::unsetenv(kInScope);
        make_room();
    } catch (const Error& error) {
        log::info("no scope of systemd's for {}: {}", name, error.what());
    }
}

} // namespace lxcpp::tools
