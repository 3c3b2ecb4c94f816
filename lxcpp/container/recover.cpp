// SPDX-License-Identifier: Apache-2.0
#include "container/recover.h"

#include "base/error.h"
#include "base/log.h"
#include "monitor/handover.h"
#include "sys/file.h"
#include "sys/socket.h"
#include "sys/spawn.h"

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

} // namespace

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
