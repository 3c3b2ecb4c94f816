// SPDX-License-Identifier: Apache-2.0
#include "store/tree_lock.h"

#include "sys/file.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <string>

namespace lxcpp {

Fd open_tree_lock(const std::filesystem::path& store, std::string_view name, sys::LockKind kind) {
    const auto lock = store / "locks" / (std::string(name) + ".use");
    try {
        return sys::open_file(lock, {.access = sys::Access::ReadWrite, .create = true, .follow = false, .mode = 0600});
    } catch (const SystemError& error) {
        if (error.code() != EROFS || kind != sys::LockKind::Shared) throw;
    }
    if (sys::exists(lock)) return sys::open_file(lock, {.follow = false});
    return sys::open_file(store, {.directory = true});
}

} // namespace lxcpp
