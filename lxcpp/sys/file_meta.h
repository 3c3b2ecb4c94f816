// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

// Content and metadata through a descriptor that is already open: nothing is looked up by name. what
// is the path shown in messages; everything throws SystemError.
namespace lxcpp::sys {

// As many bytes as the file has there, at most into.size(); 0 = end of file. pread(2).
[[nodiscard]] std::size_t read_at(FdRef fd, std::span<char> into, std::uint64_t offset,
                                  std::string_view what);
// All of them or SystemError. pwrite(2).
void write_at(FdRef fd, std::string_view data, std::uint64_t offset, std::string_view what);
void set_owner(FdRef fd, uid_t uid, gid_t gid, std::string_view what); // clears setuid bits: do it first
void set_mode(FdRef fd, mode_t mode, std::string_view what);
void set_mtime(FdRef fd, timespec mtime, std::string_view what); // also the access time
void set_xattr(FdRef fd, const std::string& name, std::string_view value, std::string_view what);
// All that we may read; none where the file system has none.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_xattrs(FdRef fd,
                                                                           std::string_view what);
// Offset and length of what is no hole, ascending; all of it where the file system does not know. lseek(2),
// SEEK_DATA: moves the file's offset.
[[nodiscard]] std::vector<std::pair<std::uint64_t, std::uint64_t>> data_extents(FdRef fd, std::uint64_t size,
                                                                                std::string_view what);
// Makes to (empty) a copy of from: shared extents where the file system can, else copied in the
// kernel, else through memory.
void copy_content(FdRef from, FdRef to, std::uint64_t size, std::string_view what);

} // namespace lxcpp::sys
