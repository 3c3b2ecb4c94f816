// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// Bulk work on an open file, one piece at a time. Everything throws SystemError "VERB WHAT".
namespace lxcpp::sys {

// Fewer bytes than asked for only at the end of the file; 0 = end.
[[nodiscard]] std::size_t read_some(FdRef fd, std::span<std::uint8_t> buffer, std::string_view what);
void seek_to(FdRef fd, std::uint64_t offset, std::string_view what);
[[nodiscard]] std::uint64_t offset_of(FdRef fd, std::string_view what);
void truncate_file(FdRef fd, std::uint64_t size, std::string_view what);
void fsync_file(FdRef fd, std::string_view what);
void sync_filesystem(FdRef fd, std::string_view what); // syncfs(2): everything on that file system
// Takes (or changes to) an open-file-description lock of the whole file; false when others are in
// the way. Closing the file frees it.
enum class LockKind { Shared, Exclusive };
[[nodiscard]] bool try_lock_file(FdRef fd, LockKind kind, std::string_view what);

} // namespace lxcpp::sys
