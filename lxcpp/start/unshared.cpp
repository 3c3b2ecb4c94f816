// SPDX-License-Identifier: Apache-2.0
#include "start/unshared.h"

#include "base/error.h"
#include "base/program_path.h"
#include "host/own_ids.h"
#include "sys/clone.h"
#include "sys/cred.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/namespace.h"
#include "sys/pidfd.h"
#include "sys/program.h"
#include "sys/socket.h"
#include "sys/unshared.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <sched.h>
#include <string_view>
#include <sys/mount.h>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr std::string_view kGo = "go";
constexpr std::string_view kNotFound = "127 "; // before what there is to say
constexpr std::string_view kCannotRun = "126 ";

std::vector<std::string> our_environment() {
    std::vector<std::string> env;
    for (char** entry = ::environ; *entry != nullptr; ++entry) env.emplace_back(*entry);
    return env;
}

// The error of the candidate that came closest.
[[noreturn]] void exec_command(const std::vector<std::string>& command) {
    int error = ENOENT;
    for (const std::string& program : program_candidates(command.front(), our_environment())) {
        const int result = -sys::try_exec(program, command);
        if (result != ENOENT && result != ENOTDIR) error = result;
    }
    throw ProgramError(SystemError("run " + command.front(), error).what(), error == ENOENT ? 127 : 126);
}

void mount_fresh(const std::filesystem::path& place, const std::string& type, std::uint64_t attributes) {
    if (!sys::exists(place)) return;
    sys::MountTree::create(type, type, {}, attributes).attach(place);
}

// As a container has them. Where a namespace is not its own, nobody in a new user namespace may mount what shows it.
void remount(std::uint64_t namespaces) {
    sys::make_mounts_private();
    constexpr std::uint64_t quiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    const bool everywhere = (namespaces & CLONE_NEWUSER) == 0;
    if (everywhere || (namespaces & CLONE_NEWPID) != 0) mount_fresh("/proc", "proc", quiet);
    mount_fresh("/dev/shm", "tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    if (everywhere || (namespaces & CLONE_NEWIPC) != 0) mount_fresh("/dev/mqueue", "mqueue", quiet);
}

// In the new process; what it throws is told by the one that waits.
void set_up_and_exec(const Unshared& wish, const Fd& channel) {
    const auto go = sys::receive_packet(channel, 64);
    if (!go || go->data != kGo) ::_exit(1); // nobody is there any more
    if (wish.remount) remount(wish.namespaces);
    if (!wish.hostname.empty()) sys::set_host_name(wish.hostname);
    if (wish.uid && (wish.namespaces & CLONE_NEWUSER) != 0) sys::set_ids(*wish.uid, *wish.uid);
    else if (wish.uid) sys::set_user(*wish.uid);
    exec_command(wish.command);
}

[[noreturn]] void run_child(const Unshared& wish, const Fd& channel) noexcept {
    std::string answer;
    try {
        set_up_and_exec(wish, channel);
    } catch (const ProgramError& error) {
        answer = std::string(error.exit_code() == 127 ? kNotFound : kCannotRun) + error.what();
    } catch (const std::exception& error) {
        answer = std::string(kCannotRun) + error.what();
    }
    (void)sys::try_send_packet(channel, answer);
    ::_exit(127);
}

// What the kernel lets only somebody outside do.
void prepare_from_outside(const Unshared& wish, pid_t pid) {
    if ((wish.namespaces & CLONE_NEWUSER) != 0 && wish.uid) sys::map_own_ids(pid, *wish.uid);
    for (const std::string& name : wish.interfaces) sys::move_interface(name, pid);
}

} // namespace

void exec_in_namespace(FdRef user_namespace, uid_t uid, gid_t gid, const std::vector<std::string>& command) {
    sys::enter_namespace(user_namespace, CLONE_NEWUSER);
    sys::unshare_namespaces(CLONE_NEWNS);
    if (sys::read_file("/proc/self/setgroups") != "deny\n") sys::set_groups({});
    sys::set_ids(uid, gid);
    exec_command(command);
}

int run_unshared(const Unshared& wish) {
    auto [ours, theirs] = sys::socket_pair();
    sys::Cloned child = sys::clone_process({.flags = wish.namespaces});
    if (child.pid == 0) {
        ours.reset();
        run_child(wish, theirs);
    }
    theirs.reset();
    try {
        prepare_from_outside(wish, child.pid);
    } catch (...) {
        ours.reset(); // it ends by that
        (void)sys::reap(child.pidfd);
        throw;
    }
    (void)sys::try_send_packet(ours, kGo);
    const auto answer = sys::receive_packet(ours, 4096, std::nullopt); // closed: the command runs
    if (answer && !answer->closed && !answer->data.empty()) {
        (void)sys::reap(child.pidfd);
        const std::string_view text = answer->data;
        throw ProgramError(std::string(text.substr(std::min(text.size(), kNotFound.size()))), text.starts_with(kNotFound) ? 127 : 126);
    }
    if (!wish.wait) return 0;
    return sys::reap(child.pidfd).shell_code();
}

} // namespace lxcpp
