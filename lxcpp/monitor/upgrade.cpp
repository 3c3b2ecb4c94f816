// SPDX-License-Identifier: Apache-2.0
#include "monitor/upgrade.h"

#include "base/error.h"
#include "start/owner.h"
#include "sys/clone.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/pidfd.h"
#include "sys/socket.h"

#include <chrono>
#include <csignal>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr std::string_view kReady = "ready";

// The copy. Returns when it is to take over.
void guard(const std::filesystem::path& runtime, const Fd& channel, const Fd& original) {
    bool ready = false;
    try {
        const auto answer = sys::receive_packet(channel, 64, kPatience);
        ready = answer && !answer->closed && answer->data == kReady;
    } catch (const Error&) { // as good as silence
    }
    if (ready) ::_exit(0);
    (void)sys::try_send_signal(original, SIGKILL);
    if (!sys::wait_exited(original, kPatience)) ::_exit(1);
    // A command may have seen that there was no monitor, and made one.
    const auto only_one = sys::FileLock::acquire(runtime / "recover", std::chrono::seconds(30));
    if (!only_one || is_owned(runtime)) ::_exit(0);
    save_owner(runtime, OwnerKind::Starter);
}

} // namespace

UpgradeResult upgrade_in_place(const std::filesystem::path& program, const std::filesystem::path& runtime,
                               SupervisorState state, SupervisorArguments arguments) {
    auto [ours, theirs] = sys::socket_pair();
    const std::optional<Fd> self = sys::open_pidfd(::getpid());
    if (!self) return UpgradeResult::Failed;
    sys::Cloned copy = sys::clone_process({});
    if (copy.pid == 0) {
        theirs.reset();
        guard(runtime, ours, *self);
        return UpgradeResult::RolledBack;
    }
    ours.reset();
    try {
        sys::write_file_atomic(runtime / "state", print_state(state), 0600);
        arguments.ready = theirs.raw();
        exec_supervisor(program, state, arguments);
    } catch (const Error&) { // the copy is told below; the caller says what it was for
    }
    (void)sys::try_send_packet(theirs, kReady);
    (void)sys::reap(copy.pidfd);
    return UpgradeResult::Failed;
}

void confirm_upgrade(int ready) {
    const Fd channel(ready);
    if (channel.valid()) (void)sys::try_send_packet(channel, kReady);
}

} // namespace lxcpp
