// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/rooted_dir.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::distro {

// An ISO 9660 image (Rock Ridge, Joliet) whose files are picked out one by one, without mounting it. Nothing in one is trusted.
// Throws Error "WHAT: ...".
class IsoImage {
public:
    // Reads its directories. file must stay open.
    IsoImage(FdRef file, std::string what);

    [[nodiscard]] bool has(std::string_view path) const { return files_.contains(path); }
    // The paths of the files below a directory, "" for all; sorted.
    [[nodiscard]] std::vector<std::string> below(std::string_view directory) const;
    // Files by their paths in the image, to paths below to, which must not exist; all in one pass.
    void copy(const std::map<std::string, std::string>& wanted, const sys::RootedDir& to) const;
    // One of them, to an empty file.
    void copy(const std::string& path, FdRef to) const;

private:
    struct Member {
        std::uint64_t size = 0;
        std::string data; // the file that has the bytes: itself, or one with the same place in the image
    };
    [[nodiscard]] const Member& member(const std::string& path) const;

    FdRef file_;
    std::string what_;
    std::map<std::string, Member, std::less<>> files_;
};

} // namespace lxcpp::distro
