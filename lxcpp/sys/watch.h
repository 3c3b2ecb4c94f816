// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <chrono>
#include <filesystem>
#include <optional>

namespace lxcpp::sys {

// Tells when entries appear in or vanish from a directory (inotify(7)): make it, look, then wait.
class DirectoryWatch {
public:
    explicit DirectoryWatch(const std::filesystem::path& directory); // throws SystemError
    // False on time-out; none = for ever.
    [[nodiscard]] bool wait(std::optional<std::chrono::milliseconds> timeout);
    [[nodiscard]] FdRef fd() const noexcept { return fd_; } // readable: wait() returns at once

private:
    Fd fd_;
};

} // namespace lxcpp::sys
