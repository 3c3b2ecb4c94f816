// SPDX-License-Identifier: Apache-2.0
#include "host/required_calls.h"

#include "base/error.h"
#include "sys/probe.h"

#include <cerrno>
#include <fmt/core.h>
#include <string_view>

namespace lxcpp {
namespace {

struct Row {
    sys::Call call;
    std::string_view name;
    std::string_view since;
};

constexpr Row kRequired[] = {
    {sys::Call::Renameat2, "renameat2", "3.15"},
    {sys::Call::PidfdSendSignal, "pidfd_send_signal", "5.1"},
    {sys::Call::Fsopen, "fsopen", "5.2"},
    {sys::Call::OpenTree, "open_tree", "5.2"},
    {sys::Call::MoveMount, "move_mount", "5.2"},
    {sys::Call::PidfdOpen, "pidfd_open", "5.3"},
    {sys::Call::Clone3, "clone3", "5.3"},
    {sys::Call::Openat2, "openat2", "5.6"},
    {sys::Call::CloseRange, "close_range", "5.9"},
    {sys::Call::MountSetattr, "mount_setattr", "5.12"},
};

} // namespace

void require_kernel() {
    for (const Row& row : kRequired) {
        const int result = sys::probe_call(row.call);
        if (result == -ENOSYS) {
            throw Error(fmt::format("the kernel does not have the system call {} (Linux {}); lxcpp needs Linux 5.12 or later, "
                                    "and a seccomp filter around it, if any, must let it through",
                                    row.name, row.since));
        }
        if (result == -EPERM) {
            // These four want rights over the mount namespace, which "unshare -Ur" does not give.
            const bool of_mounts = row.call == sys::Call::Fsopen || row.call == sys::Call::OpenTree ||
                                   row.call == sys::Call::MoveMount || row.call == sys::Call::MountSetattr;
            throw Error(fmt::format("a seccomp filter around lxcpp refuses the system call {}{}", row.name,
                                    of_mounts ? ", or this is no root of its mount namespace (unshare needs --mount, too; lxcpp-unshare -m)" : ""));
        }
    }
}

} // namespace lxcpp
