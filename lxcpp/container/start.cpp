// SPDX-License-Identifier: Apache-2.0
#include "container/adopt.h"
#include "container/impl.h"

#include "base/error.h"
#include "base/strings.h"
#include "container/foreground.h"
#include "container/record.h"
#include "container/recover.h"
#include "container/start_input.h"
#include "host/own_ids.h"
#include "plan/planner.h"
#include "start/launch.h"
#include "start/network.h"
#include "start/outside.h"
#include "start/owner.h"
#include "start/payload.h"
#include "start/run_note.h"
#include "start/runtime_state.h"
#include "sys/file.h"
#include "sys/own_namespace.h"
#include "sys/signal.h"
#include "sys/socket.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fmt/core.h>
#include <functional>
#include <unistd.h>

namespace lxcpp {
namespace {

struct Claim {
    Fd socket;
    RunClaim run;
};

// The runtime directory is the claim: it is made under the container's lock. nullopt when somebody else's stands.
// Against who has another one there is the container's own directory.
std::optional<Claim> try_claim(const Container::Impl& impl, const StarterInput& input) {
    const ContainerLock lock = impl.lock();
    if (impl.running()) throw StateError(StateProblem::Running, "the container is already running");
    if (is_owned(impl.runtime())) return std::nullopt;
    RunClaim run = claim_run(impl.directory());
    // What recover() could not remove must not keep the container down for ever.
    remove_runtime_dir(impl.runtime());
    sys::make_dir(impl.runtime(), 0700);
    save_owner(impl.runtime(), OwnerKind::Launcher);
    Fd socket = sys::listen_at(impl.runtime() / "socket");
    const Fd config = sys::open_file(impl.runtime() / "config",
                                     {.access = sys::Access::Write, .create = true, .exclusive = true, .mode = 0600});
    sys::write_all(config, effective_text(input.config), "the running configuration");
    return Claim{std::move(socket), std::move(run)};
}

// Calls attempt until it is true. A container that is on its way up or down is waited for in between.
void claim(const Container& container, const Container::Impl& impl, std::chrono::seconds limit, const std::function<bool()>& attempt) {
    using Clock = std::chrono::steady_clock;
    const std::chrono::seconds patience = std::min(limit, std::chrono::seconds(60));
    const auto end = Clock::now() + patience;
    do {
        recover(impl);
        if (attempt()) return;
        (void)container.wait({State::Stopped, State::Running}, std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()));
    } while (Clock::now() < end);
    const char* const what = container.state() == State::Stopping ? "stopped" : "started";
    throw StateError(StateProblem::Busy, fmt::format("another command has not {} the container within {} s: its hooks may hang; "
                                                     "try again, or end it with lxcpp-stop -k", what, patience.count()));
}

// In the starter, when the container could not be started.
void clean_failed_start(const StarterInput& input) {
    try {
        run_host_hooks(plan_hooks(input.request, input.config, input.paths.rootfs_mount.string(), "post-stop",
                                  input.config.hooks.post_stop));
    } catch (const Error&) { // the reason for the failed start matters more
    }
    remove_run_note(std::filesystem::path(input.request.lxcpath) / input.request.name, input.runtime);
    remove_runtime_dir(input.runtime);
    (void)sys::try_remove_dir(input.runtime.parent_path());
}

} // namespace

std::string Container::print_plan(const StartOptions& options) {
    StarterInput input = make_start_input(*impl_, options);
    PlanHost host = probe_plan_host(input.config, probe_cgroup_layout(), input.paths);
    host.name_servers = name_servers_file(input.request, input.config, input.paths, input.runtime);
    input.request.fstab = read_fstab(input.config.mounts.fstab);
    return lxcpp::print_plan(plan_start(input.request, input.config, host));
}

bool Container::adopt() {
    impl_->require_rights("adopt");
    (void)impl_->require_running();
    return lxcpp::adopt(*impl_);
}

StartResult Container::start(const StartOptions& options) {
    std::optional<Outside> outside; // from where a setuid program can be run
    if (::geteuid() != 0 && !sys::in_own_namespace() && wants_user_nic(*impl_, options)) outside.emplace(stay_outside(impl_->paths));
    impl_->require_rights("start");
    adopt_if_orphaned(*impl_);
    const StarterInput input = make_start_input(*impl_, options);
    check_rootfs(input);
    LaunchOptions launch_options;
    launch_options.keep_stdio = options.foreground;
    launch_options.output = input.config.log.file;
    if (outside) launch_options.outside = std::move(outside->socket);
    // Once there is something to undo, or a container to tell, a signal waits until it is read.
    std::optional<sys::SignalFd> interrupts;
    std::optional<Foreground> foreground;
    std::optional<Claim> claimed;
    claim(*this, *impl_, options.timeout, [&] {
        interrupts.emplace({SIGINT, SIGTERM, SIGHUP, SIGQUIT});
        if (options.foreground) foreground.emplace(launch_options, input.request.keep_stdio);
        claimed = try_claim(*impl_, input);
        if (claimed) return true;
        foreground.reset();
        interrupts.reset();
        return false;
    });
    const auto running = [this, &input](const StartReport& report) {
        record_start(input.paths, impl_->key(), report, "start");
    };
    StartResult result;
    result.one_program = runs_application(input.remember, input.config);
    const auto note = [&options](const std::string& line) {
        if (options.note) options.note(line);
    };
    if (::geteuid() != 0 && impl_->paths.runtime.string().ends_with("/.cache/lxcpp/run")) {
        note("there is no directory of this login (XDG_RUNTIME_DIR, /run/user/" + std::to_string(our_uid_outside()) + "): what runs is noted in " +
             impl_->paths.runtime.string() + "; root makes one that stays with loginctl enable-linger USER");
    }
    for (const std::string& line : input.notes) note(line);
    for (const KeyText& line : not_applied(input.config)) note("not applied yet: " + line.key + " = " + line.value);
    if (!claimed->run.why_not.empty()) note("nobody with another runtime directory will see that it runs: " + claimed->run.why_not);
    launch_options.run_claim = std::move(claimed->run.note);
    try {
        result.init_pid = launch(input, std::move(launch_options), std::move(claimed->socket), running,
                                 [&input] { clean_failed_start(input); });
    } catch (const StartInterrupted& interrupted) {
        if (abort_start(*impl_) || !foreground) throw;
        foreground->pass_on(interrupted.signal()); // it was faster: the signal is for what runs
        result.init_pid = init_pid().value_or(-1);
    }
    outside.reset();
    if (const auto notes = sys::read_file_if_exists(impl_->runtime() / kStartNotes)) {
        for (const std::string_view line : split_lines(*notes)) note(std::string(line));
    }
    if (foreground) result.exit = foreground->run(*this, *impl_);
    return result;
}

} // namespace lxcpp
