// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "image/tar_reader.h"

#include <cstdint>
#include <string>

namespace lxcpp::image {

// A Debian binary package, format 2 (deb(5)): an ar archive of debian-binary, control.tar.* and
// data.tar.*. Reads through the descriptor at offsets, so that what is unpacked is what was hashed.
class DebArchive {
public:
    // Throws Error when it is no such package. what names it in messages.
    [[nodiscard]] static DebArchive open(Fd file, std::string what);

    // Each call starts a reader at the first member; it must not outlive the DebArchive.
    [[nodiscard]] TarReader control() const;
    [[nodiscard]] TarReader data() const;
    void copy_to(FdRef file) const; // the whole .deb, into an empty file
    [[nodiscard]] const std::string& what() const noexcept { return what_; }

private:
    struct Member {
        std::string name;
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
    };
    DebArchive(Fd file, std::string what) : file_(std::move(file)), what_(std::move(what)) {}
    [[nodiscard]] Member read_member(std::uint64_t offset) const;
    [[nodiscard]] TarReader open_tar(const Member& member) const;

    Fd file_;
    std::string what_;
    Member control_;
    Member data_;
};

} // namespace lxcpp::image
