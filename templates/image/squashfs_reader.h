// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/hashed_file.h"
#include "image/tar_reader.h"

#include <memory>
#include <span>
#include <string>

namespace lxcpp::image {

// "hsqs", as squashfs images of version 4 begin.
[[nodiscard]] bool is_squashfs(std::span<const char> head) noexcept;

// Gives the members of a squashfs image as those of an archive: names sorted within each directory, a file with
// several names as hard links. Sockets are left out. Throws Error "WHAT: damaged: ...".
class SquashfsReader final : public MemberReader {
public:
    // file must live as long as this.
    SquashfsReader(HashedFile& file, std::string what);
    SquashfsReader(const SquashfsReader&) = delete;
    SquashfsReader& operator=(const SquashfsReader&) = delete;
    ~SquashfsReader() override;

    [[nodiscard]] const TarEntry* next() override;
    [[nodiscard]] std::span<const char> read() override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace lxcpp::image
