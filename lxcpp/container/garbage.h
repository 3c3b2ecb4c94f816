// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/impl.h"
#include "inventory/inventory.h"

#include <string>
#include <string_view>

namespace lxcpp {

// Directories on their way in or out: PREFIX, the container's name, '-', the pid of the command at work.
inline constexpr std::string_view kConstructionPrefix = ".create-";
inline constexpr std::string_view kTrashPrefix = ".trash-";

// What commands on this lxcpath left when they were killed: containers half made or half deleted, locks, claims
// of creates in the inventory. Leaves alone what belongs to a command that still runs. Never fails.
// Without claims for who settles them itself.
void collect_garbage(const Container::Impl& impl, bool claims = true) noexcept;
// Creates that were killed: finished where their container stands, else forgotten.
void settle_claims(Inventory& inventory, const Container::Impl& impl);

// The last steps of a destroy: empties this directory of the lxcpath, forgets the container, unless name is empty,
// and removes the directory. Throws SystemError.
void finish_destroy(const Container::Impl& impl, const std::string& trash, const std::string& name);

} // namespace lxcpp
