// SPDX-License-Identifier: Apache-2.0
#include "container/recover.h"

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "cgroup/remove.h"
#include "config/global.h"
#include "monitor/handover.h"
#include "start/starter.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"
#include "sys/socket.h"
#include "sys/spawn.h"

#include <csignal>

namespace lxcpp {
namespace {

constexpr int kRuntime = 3;
constexpr int kSocket = 4;

void run_cleanup(const Container::Impl& impl, const std::optional<sys::ExitStatus>& exit) {
    const Fd runtime = sys::open_file(impl.runtime(), {.directory = true});
    const Fd socket = sys::listen_at(impl.runtime() / "socket");
    CleanupArguments arguments;
    arguments.runtime_dir = kRuntime;
    arguments.socket = kSocket;
    arguments.exit = exit;
    sys::SpawnOptions options;
    options.program = (impl.paths.libexec / "lxcpp-cleanup").string();
    options.argv = print_arguments(arguments);
    options.argv.insert(options.argv.begin(), "lxcpp-cleanup");
    options.extra_fds = {{runtime, kRuntime}, {socket, kSocket}};
    sys::Child child = sys::spawn(options);
    if (!child.wait_for(std::chrono::seconds(60))) throw Error("the clean-up did not end in time");
}

std::optional<Fd> starter_of(const Container::Impl& impl) {
    const auto text = sys::read_file_if_exists(impl.runtime() / "starter");
    if (!text || sys::exists(impl.runtime() / "state")) return std::nullopt;
    const auto words = split_words(trim(*text));
    const auto pid = words.size() == 2 ? parse_u64(words[0]) : std::nullopt;
    const auto start = words.size() == 2 ? parse_u64(words[1]) : std::nullopt;
    if (!pid || !start) return std::nullopt;
    return sys::open_pidfd(sys::ProcessId{static_cast<pid_t>(*pid), *start, sys::boot_id()});
}

void remove_start(const Container::Impl& impl) {
    StarterInput input;
    input.request.name = impl.name;
    input.request.lxcpath = impl.lxcpath.string();
    input.config = impl.running_config();
    input.paths = impl.paths;
    input.remember.cgroup_pattern = load_global_config(impl.paths).cgroup_pattern;
    for (const CgroupLeftover& left : remove_cgroups(planned_cgroups(input), std::chrono::seconds(10))) {
        log::warn("cgroup {} stays: {}", left.path.string(), left.reason);
    }
    const ContainerLock lock = impl.lock();
    sys::RootedDir::open(impl.runtime().parent_path()).remove_tree(impl.name);
}

} // namespace

bool abort_start(const Container::Impl& impl) {
    const std::optional<Fd> starter = starter_of(impl);
    if (!starter) return false;
    (void)sys::try_send_signal(*starter, SIGKILL);
    if (!sys::wait_exited(*starter, std::chrono::seconds(10))) {
        throw StateError(StateProblem::TimedOut, "the process that starts the container does not die");
    }
    // It may have been faster than we: then the container runs and is not ours to remove.
    if (impl.running()) return false;
    remove_start(impl);
    return true;
}

void clean_up_after(const Container::Impl& impl, const std::optional<sys::ExitStatus>& exit) {
    if (!sys::exists(impl.runtime() / "state") || impl.running()) return;
    if (sys::connect_to(impl.runtime() / "socket")) return; // its monitor lives
    try {
        run_cleanup(impl, exit);
    } catch (const Error& error) {
        log::warn("clean up after {}: {}", impl.name, error.what());
    }
}

} // namespace lxcpp
