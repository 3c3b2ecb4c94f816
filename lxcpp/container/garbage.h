// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/impl.h"

namespace lxcpp {

// What commands on this lxcpath left when they were killed: containers half made or half deleted, locks, claims
// of creates in the inventory. Leaves alone what belongs to a command that still runs. Never fails.
void collect_garbage(const Container::Impl& impl) noexcept;

} // namespace lxcpp
