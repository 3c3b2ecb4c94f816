// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

// Files of the host that we trust (our own, /proc, /sys, /etc). For anything below a rootfs, an
// image or a container directory use RootedDir.
namespace lxcpp::sys {

namespace fs = std::filesystem;

enum class Access { Read, Write, ReadWrite, Append, Path };

struct OpenOptions {
    Access access = Access::Read;
    bool create = false;
    bool exclusive = false;
    bool truncate = false;
    bool directory = false;
    bool follow = true; // false = O_NOFOLLOW
    bool nonblock = false;
    mode_t mode = 0644;
};

// open(2), always O_CLOEXEC | O_NOCTTY. Throws SystemError "open PATH".
[[nodiscard]] Fd open_file(const fs::path& path, const OpenOptions& options = {});
[[nodiscard]] std::optional<Fd> try_open_file(const fs::path& path,
                                              const OpenOptions& options = {});

// Whole file as text. Throws SystemError; Error when it is larger than limit bytes.
[[nodiscard]] std::string read_file(const fs::path& path, std::size_t limit = 16u << 20);
// nullopt when it does not exist, or belongs to a process or cgroup that goes away; otherwise as read_file.
[[nodiscard]] std::optional<std::string> read_file_if_exists(const fs::path& path,
                                                             std::size_t limit = 16u << 20);
[[nodiscard]] std::string read_all(FdRef fd, std::string_view what, std::size_t limit = 16u << 20);
// Everything or SystemError.
void write_all(FdRef fd, std::string_view data, std::string_view what);
// One write(2) of the whole text to an existing file (/proc, /sys, cgroup). Throws SystemError.
void write_existing(const fs::path& path, std::string_view text);
// 0 or -errno, for writes whose failure is expected.
[[nodiscard]] int try_write_existing(const fs::path& path, std::string_view text) noexcept;

// Replaces path by a file with this content: temporary file in the same directory, fsync, rename,
// fsync of the directory. On any error the old file is untouched and no temporary file is left.
void write_file_atomic(const fs::path& path, std::string_view content, mode_t mode = 0644);

// The same, but mode and owner are those of the file that is replaced; the directory is looked up once for all of it.
void write_file_as_it_is(const fs::path& path, std::string_view content, mode_t new_mode = 0644);

[[nodiscard]] bool exists(const fs::path& path) noexcept; // follows links
[[nodiscard]] std::optional<struct stat> stat_path(const fs::path& path, bool follow = true);
[[nodiscard]] struct stat stat_fd(FdRef fd);
[[nodiscard]] long filesystem_magic(FdRef fd); // fstatfs(2) f_type
// nullopt where nothing is, or nothing that we may look at.
[[nodiscard]] std::optional<long> filesystem_magic(const std::filesystem::path& path) noexcept;
// mkdir -p; the last component gets mode, missing parents 0755. No error when it exists.
void make_dirs(const fs::path& path, mode_t mode = 0755);
// As make_dirs with 0700; throws Error unless it is then a real directory owned by us that nobody
// else may write (a symlink or a foreign owner is refused: attack H1).
void make_private_dirs(const fs::path& path);
void make_dir(const fs::path& path, mode_t mode);                // fails when it exists
void remove_file(const fs::path& path);                          // no error when absent
void remove_dir(const fs::path& path);                           // no error when absent
[[nodiscard]] int try_remove_dir(const fs::path& path) noexcept; // 0 or -errno
void rename(const fs::path& from, const fs::path& to);
void rename_noreplace(const fs::path& from, const fs::path& to); // renameat2(RENAME_NOREPLACE)
void fsync_dir(const fs::path& path);
void chown(const fs::path& path, uid_t uid, gid_t gid); // does not follow links
bool chown_if_exists(const fs::path& path, uid_t uid, gid_t gid); // false: nothing is there
void chmod(const fs::path& path, mode_t mode);
// Names (not "." and "..") sorted bytewise. Throws SystemError.
[[nodiscard]] std::vector<std::string> list_dir(const fs::path& path);
[[nodiscard]] std::optional<std::string> read_link(const fs::path& path);

// The whole of a symlink to an open fd: "/proc/self/fd/N".
[[nodiscard]] std::string fd_path(FdRef fd);

} // namespace lxcpp::sys
