// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/error.h>

#include <memory>
#include <new>
#include <sqfs/error.h>
#include <sqfs/predef.h>
#include <string>

// What those who use libsquashfs have in common.
namespace lxcpp::image {

struct SquashfsDestroy {
    void operator()(void* object) const noexcept { sqfs_destroy(object); }
};
template <typename Type>
using SquashfsObject = std::unique_ptr<Type, SquashfsDestroy>;

struct SquashfsFree {
    void operator()(void* memory) const noexcept { sqfs_free(memory); }
};
template <typename Type>
using SquashfsMemory = std::unique_ptr<Type, SquashfsFree>;

// Owns what one of the functions made; std::bad_alloc when it made nothing.
template <typename Type>
[[nodiscard]] SquashfsObject<Type> squashfs_made(Type* object) {
    if (object == nullptr) throw std::bad_alloc();
    return SquashfsObject<Type>(object);
}

// For what can only fail when memory or the disk is full. SquashfsOutput knows of the disk.
inline void squashfs_check(int result) {
    if (result == SQFS_ERROR_ALLOC) throw std::bad_alloc();
    if (result != 0) throw Error("squashfs: libsquashfs fails with error " + std::to_string(result));
}

} // namespace lxcpp::image
