// SPDX-License-Identifier: Apache-2.0
#include "user_nic/target.h"

#include "sys/fd_table.h"
#include "sys/namespace.h"
#include "sys/own_namespace.h"
#include "sys/pidfd.h"
#include "user_nic/request.h"

#include <lxcpp/error.h>

#include <optional>
#include <sched.h>
#include <unistd.h>
#include <utility>

namespace lxcpp::user_nic {
namespace {

// Namespaces around each other: at most 33 in the kernel.
bool is_below_one_of(std::optional<Fd> user_namespace, FdRef ours, uid_t owner) {
    for (int level = 0; user_namespace && level < 40; ++level) {
        if (sys::is_same_namespace(*user_namespace, ours)) return false;
        if (sys::owner_of_namespace(*user_namespace) == owner) return true;
        user_namespace = sys::user_namespace_around(*user_namespace);
    }
    return false;
}

Fd namespace_of_process(pid_t pid, const char* kind) {
    auto found = sys::open_namespace(pid, kind);
    if (!found) throw Misuse("descriptor 3: the process has ended");
    return std::move(*found);
}

} // namespace

Target look_at_target() {
    const auto pid = sys::pid_of(kProcess);
    if (!pid) throw Misuse("descriptor 3 is no pidfd of a process that lives");
    if (!sys::is_namespace(kNetworkNamespace, CLONE_NEWNET))
        throw Misuse("descriptor 4 is no network namespace");
    Target target;
    target.own_user_namespace = namespace_of_process(::getpid(), "user");
    target.process_user_namespace = namespace_of_process(*pid, "user");
    target.process_network_namespace = namespace_of_process(*pid, "net");
    // As long as it is there, its number has been nobody else's.
    if (sys::try_send_signal(kProcess, 0) != 0) throw Misuse("descriptor 3: the process has ended");
    return target;
}

void require_owned(const Target& target, uid_t owner) {
    if (!is_below_one_of(sys::user_namespace_of(kNetworkNamespace), target.own_user_namespace,
                         owner))
        throw Misuse("descriptor 4 is a network namespace that is not yours");
    if (!sys::is_same_namespace(kNetworkNamespace, target.process_network_namespace))
        throw Misuse("descriptor 3 is a process of another network namespace than descriptor 4");
    if (!is_below_one_of(sys::duplicate(target.process_user_namespace), target.own_user_namespace,
                         owner))
        throw Misuse("descriptor 3 is a process that is not yours");
}

} // namespace lxcpp::user_nic
