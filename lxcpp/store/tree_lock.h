// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/file_io.h"

#include <filesystem>
#include <string_view>

namespace lxcpp {

// What locks a tree of a store (<store>/locks/NAME.use), not locked yet: who uses the tree holds it shared, who takes the
// tree away exclusively. Where nothing can be written, nothing is taken away by way of there either: for Shared it is then
// the lock that others made, or the store itself. Throws SystemError.
[[nodiscard]] Fd open_tree_lock(const std::filesystem::path& store, std::string_view name, sys::LockKind kind);

} // namespace lxcpp
