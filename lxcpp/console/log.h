// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace lxcpp {

struct ConsoleLogOptions {
    std::filesystem::path path; // lxc.console.logfile
    std::uint64_t limit = 0;    // lxc.console.size in bytes, 0 = none
    bool rotate = false;        // lxc.console.rotate: a full file becomes "PATH.1", else it starts over
};

// What a container's console printed, appended to a file of the host (mode 0600, a symbolic link
// is refused). Writing never blocks and never throws: a full disk loses log, not the container.
class ConsoleLog {
public:
    explicit ConsoleLog(ConsoleLogOptions options); // throws SystemError "open PATH"
    // False when bytes were lost.
    bool append(std::string_view data) noexcept;

private:
    void start_over();

    ConsoleLogOptions options_;
    Fd file_;
    bool regular_ = false;
    std::uint64_t size_ = 0;
};

} // namespace lxcpp
