// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace lxcpp {

// What parent and child say over their SOCK_SEQPACKET pair, in this order:
//   parent: Layers (of an overlay), any number of times; Go (prepared mounts)      child: SetupDone (pty masters: console first, then ttys)
//   (with lxc.hook.stop)              child: Namespaces (one descriptor each)
//   (with interfaces to make, in between)             child: Network (a netlink socket)
//   parent: NetworkDone, once they are there
//   parent: Exec                      child: end of file by exec
// At any moment the child may send Failure instead. End of file before Exec means that it died.
enum class SyncKind : std::int32_t { Go = 1, SetupDone, Exec, Failure, Layers, Network, NetworkDone, Namespaces };

struct SyncMessage {
    SyncKind kind = SyncKind::Go;
    std::int32_t step = -1;   // Failure: index into ChildPlan::steps
    std::int32_t error = 0;   // Failure: errno
    std::int32_t detail = 0;  // Failure of a program: its wait status
};

} // namespace lxcpp
