// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/spawn.h"

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace lxcpp {

struct CopyWish {
    std::filesystem::path libexec; // where lxcpp-copy-tree is
    std::string phase;             // what its progress is called
    uid_t uid_shift = 0;           // added to each owner
    gid_t gid_shift = 0;
    bool quiet = false;
};

// Starts a program that copies everything below from into the empty directory to, and says on standard error how far
// it is and what went wrong. Blocks are shared where the file system can. It dies with us.
[[nodiscard]] sys::Child copy_tree(FdRef from, FdRef to, const CopyWish& wish);

} // namespace lxcpp
