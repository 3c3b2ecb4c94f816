// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>
#include <span>

namespace lxcpp {

// Of the frames that a container sends, those that user-mode networking may see: none to an address
// that means the host's own loopback to whoever connects to it. The programs have options against
// the gateway's address standing for it, and connect to 127.0.0.1 itself when a frame says so; the
// container's kernel sends no such frame, its root does. Nor those that come from nobody.
[[nodiscard]] std::span<const sock_filter> tap_filter() noexcept;

} // namespace lxcpp
