// SPDX-License-Identifier: Apache-2.0
#include "image/cache_locks.h"

#include "store/tree_lock.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <string>
#include <thread>

namespace lxcpp::image {
namespace {

using namespace std::chrono_literals;

bool lock_in_time(FdRef file, sys::LockKind kind, std::chrono::milliseconds timeout, const std::string& what) {
    const auto end = std::chrono::steady_clock::now() + timeout;
    while (!sys::try_lock_file(file, kind, what)) {
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(50ms);
    }
    return true;
}

CacheUse open_use(const std::filesystem::path& cache) {
    const auto lock = cache / kUseLock;
    try {
        return {sys::open_file(lock, {.access = sys::Access::ReadWrite, .create = true, .follow = false, .mode = 0600}), true};
    } catch (const SystemError& error) {
        if (error.code() != EROFS) throw;
    }
    return {sys::exists(lock) ? sys::open_file(lock, {.follow = false}) : sys::open_file(cache, {.directory = true}), false};
}

} // namespace

Fd lock_tree_use(const std::filesystem::path& cache, std::string_view name, sys::LockKind kind, std::chrono::milliseconds timeout) {
    Fd file = open_tree_lock(cache, name, kind);
    if (!lock_in_time(file, kind, timeout, "the cached tree " + std::string(name))) return {};
    return file;
}

CacheUse begin_use(const std::filesystem::path& cache, std::chrono::milliseconds timeout) {
    CacheUse use = open_use(cache);
    if (!lock_in_time(use.lock, sys::LockKind::Shared, timeout, cache.string())) use.lock = {};
    return use;
}

} // namespace lxcpp::image
