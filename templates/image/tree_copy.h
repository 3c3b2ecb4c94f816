// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/progress.h"
#include "sys/rooted_dir.h"

#include <cstdint>
#include <string>

namespace lxcpp::image {

struct TreeCopied {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
    std::string sums; // of what was copied: to be compared with those of the original (tree_sums.h)
};

struct TreeCopyOptions {
    std::string phase = "Copying the base system"; // what the progress is called
    bool sums = true;            // of what is copied; that reads all of it
    std::uint32_t uid_shift = 0; // added to each owner, also to that of capabilities
    std::uint32_t gid_shift = 0;
};

// Copies everything below from into the existing directory to, which must be empty: owners, modes,
// times, attributes, hard links within the tree, fifos; sockets and device nodes are left out. File
// content shares its blocks with the original where the file system can. Uses two threads. Throws
// SystemError; what is there then is for the caller to remove.
TreeCopied copy_tree(const sys::RootedDir& from, const sys::RootedDir& to, ProgressSink& progress,
                     const TreeCopyOptions& options = {});

} // namespace lxcpp::image
