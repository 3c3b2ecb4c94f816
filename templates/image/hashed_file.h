// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/sha256.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lxcpp::image {

// A file that is read here and there, and of which every byte read is one that was hashed: whoever writes to it
// meanwhile is noticed.
class HashedFile {
public:
    // Reads all of it from its offset on; hash goes on with the bytes. The file must stay open.
    HashedFile(FdRef file, std::string what, Sha256 hash = {});

    [[nodiscard]] const std::string& sha256() const noexcept { return sha256_; } // of hash and all bytes
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    // All of into; Error when the file has not so much, or has changed.
    void read_at(std::uint64_t offset, std::span<char> into);

private:
    struct Block {
        std::uint64_t number = UINT64_MAX;
        std::vector<char> bytes;
    };
    [[nodiscard]] const Block& block(std::uint64_t number);

    FdRef file_;
    std::string what_;
    std::uint64_t start_ = 0;
    std::uint64_t size_ = 0;
    std::string sha256_;
    std::vector<Sha256::Digest> digests_;
    std::vector<Block> recent_;
    std::size_t next_ = 0; // of recent_ to be replaced
};

} // namespace lxcpp::image
