// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/sha256.h"
#include "image/decompress.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace lxcpp::image {

// What an archive holds once it is decompressed, made by threads of its own while the caller does
// something with it. The file's bytes are hashed as they pass: what is hashed is what is decompressed. An .xz of
// several blocks is decompressed by several threads as far as 48 MiB of memory go.
class ArchiveBytes {
public:
    // From the file's offset to its end; the file must stay open. what names it in messages; hash goes on with
    // the file's bytes.
    ArchiveBytes(FdRef file, std::string what, const DecompressLimits& limits = {}, const Sha256& hash = {});
    ArchiveBytes(ArchiveBytes&&) = delete;
    ~ArchiveBytes();

    // Waits for some; 0 = end. Throws what Decompressor throws.
    [[nodiscard]] std::size_t read(std::span<char> into);
    // The same without a copy: at most so many, valid until the next call; empty at the end.
    [[nodiscard]] std::span<const char> view(std::size_t most);
    // Of what hash had and all of the file's bytes. Only after read() returned 0.
    [[nodiscard]] std::string sha256();

    [[nodiscard]] std::uint64_t size() const noexcept;     // of the file; 0 = it is no regular file
    [[nodiscard]] std::uint64_t bytes_in() const noexcept; // of it that were taken so far

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace lxcpp::image
