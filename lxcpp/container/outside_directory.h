// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace lxcpp {

// The root file system of lxcpp-create --dir while the container is made: a new directory, which vanishes with
// everything in it unless kept. Only the very directory that was made here is ever removed or used, whatever path
// leads to it and whoever else wants that path.
class OutsideDirectory {
public:
    // Error when anything is there already; whoever makes it first, has it.
    explicit OutsideDirectory(const std::filesystem::path& path);
    OutsideDirectory(const OutsideDirectory&) = delete;
    OutsideDirectory& operator=(const OutsideDirectory&) = delete;
    ~OutsideDirectory();

    [[nodiscard]] FdRef fd() const noexcept { return directory_; }
    void require_there() const; // Error when its path leads to another one by now
    void keep() noexcept { kept_ = true; }

private:
    [[nodiscard]] bool is_still_there() const;

    std::filesystem::path path_;
    Fd parent_;
    Fd directory_;
    bool kept_ = false;
};

} // namespace lxcpp
