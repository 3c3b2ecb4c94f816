// SPDX-License-Identifier: Apache-2.0
#include "sys/pty_peer.h"

#include <fcntl.h>
#include <sys/ioctl.h>

namespace lxcpp::sys {

std::optional<Fd> open_pty_peer(FdRef master) {
    Fd peer(::ioctl(master.raw(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!peer.valid()) return std::nullopt;
    return peer;
}

} // namespace lxcpp::sys
