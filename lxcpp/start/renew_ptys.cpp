// SPDX-License-Identifier: Apache-2.0
#include "start/renew_ptys.h"

#include "base/error.h"
#include "start/child_renew_ptys.h"
#include "sys/clone.h"
#include "sys/pidfd.h"
#include "sys/pty.h"
#include "sys/raw.h"
#include "sys/socket.h"

#include <array>
#include <cerrno>

namespace lxcpp {

std::vector<Fd> renew_ptys(const RenewPtys& wish) {
    std::vector<Fd> masters;
    if (wish.files.empty()) return masters;
    if (wish.files.size() > kMaxTerminals) throw Error("more than 64 terminals");
    auto [ours, theirs] = sys::socket_pair();
    sys::Cloned child = sys::clone_process({});
    if (child.pid == 0) run_renew_ptys(wish, theirs.raw());
    theirs.reset();
    int error = -EPIPE;
    std::array<int, sys::raw::kMaxFds> fds{};
    std::size_t count = 0;
    if (sys::raw::receive_message(ours.raw(), &error, sizeof error, fds, count) != static_cast<int>(sizeof error)) error = -EPIPE;
    for (std::size_t i = 0; i < count; ++i) masters.emplace_back(fds[i]);
    (void)sys::reap(child.pidfd);
    if (error < 0) throw SystemError("make new terminals in the container", -error);
    for (const Fd& master : masters) {
        if (!sys::is_ptmx_master(master)) throw Error("make new terminals in the container: it sent something else");
    }
    if (masters.size() != wish.files.size()) throw Error("make new terminals in the container: some are missing");
    return masters;
}

} // namespace lxcpp
