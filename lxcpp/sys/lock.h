// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace lxcpp::sys {

// The same kind of lock on a file that is open for writing already; it ends when the last descriptor of its description
// does, in whatever process. False when somebody else held it all the time.
[[nodiscard]] bool lock_file_within(FdRef file, std::chrono::milliseconds timeout, const std::filesystem::path& path);
[[nodiscard]] bool is_locked_file(FdRef file) noexcept; // by another description

// An exclusive open-file-description lock (fcntl F_OFD_SETLK) on a lock file; the kernel frees it
// when the holder dies. With remove_on_release the file is unlinked before it is let go, so that no
// lock file stays behind; takers notice that and open the new one.
class FileLock {
public:
    // Waits up to timeout (CLOCK_MONOTONIC; milliseconds::max() = for ever); nullopt when somebody
    // else held it all the time. The file is made with mode 0600 and a link there is refused.
    [[nodiscard]] static std::optional<FileLock> acquire(const std::filesystem::path& path,
                                                         std::chrono::milliseconds timeout,
                                                         bool remove_on_release = false);
    // For a disk on which no file can be made any more: flock(2) on a directory that is there. nullopt also when
    // it is not. Excludes only others that do the same.
    [[nodiscard]] static std::optional<FileLock> acquire_directory(const std::filesystem::path& path,
                                                                   std::chrono::milliseconds timeout);
    FileLock(FileLock&&) noexcept = default;
    FileLock& operator=(FileLock&& other) noexcept;
    ~FileLock() { release(); }

private:
    FileLock(Fd fd, std::filesystem::path path, bool remove)
        : fd_(std::move(fd)), path_(std::move(path)), remove_(remove) {}
    void release() noexcept;

    Fd fd_;
    std::filesystem::path path_;
    bool remove_;
};

// An OFD lock of one byte, which need not be in the file; freed when the file is closed. False when somebody else has it.
[[nodiscard]] bool try_lock_byte(FdRef file, std::uint64_t offset);

} // namespace lxcpp::sys
