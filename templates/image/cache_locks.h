// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/file_io.h"

#include <chrono>
#include <filesystem>
#include <string_view>

namespace lxcpp::image {

constexpr auto kUseLock = "locks/use"; // of a whole cache

// The lock of a tree, held: who copies it holds it shared, who takes it away exclusively. Waits up to timeout for others;
// invalid after that.
[[nodiscard]] Fd lock_tree_use(const std::filesystem::path& cache, std::string_view name, sys::LockKind kind, std::chrono::milliseconds timeout);

struct CacheUse {
    Fd lock; // shared; invalid when somebody tidied the cache all the time
    bool writable;
};
// The lock of a whole cache: who works with it holds it shared, who tidies it exclusively. Where nothing can be written it is
// the one that others made, or the cache itself.
[[nodiscard]] CacheUse begin_use(const std::filesystem::path& cache, std::chrono::milliseconds timeout);

} // namespace lxcpp::image
