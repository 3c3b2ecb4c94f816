// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "image/byte_sink.h"

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <sqfs/compressor.h>
#include <sqfs/io.h>
#include <string>

namespace lxcpp::image {

// The file that libsquashfs writes an image to, from its beginning. What goes wrong in there must not pass
// through C: it waits for rethrow().
class SquashfsOutput {
public:
    // Open for reading and writing, and empty: what is written is read again to find what is there twice.
    explicit SquashfsOutput(FdRef to);
    SquashfsOutput(const SquashfsOutput&) = delete;
    SquashfsOutput& operator=(const SquashfsOutput&) = delete;
    ~SquashfsOutput() = default;

    [[nodiscard]] sqfs_file_t* file() noexcept { return &callbacks_.file; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    // The first exception of all that libsquashfs called; nothing when there was none.
    void rethrow() const;
    // Zero bytes until the size is a multiple of this.
    void pad(std::uint64_t multiple);
    // Reads all of it.
    void read_all(const ByteSink& sink) const;

private:
    struct Callbacks {
        sqfs_file_t file; // first: libsquashfs knows this one
        SquashfsOutput* self;
    };
    template <typename Act>
    int guarded(const Act& act) noexcept;
    static SquashfsOutput& of(sqfs_file_t* file) noexcept { return *reinterpret_cast<Callbacks*>(file)->self; }
    static int read(sqfs_file_t* file, sqfs_u64 offset, void* buffer, std::size_t size) noexcept;
    static int write(sqfs_file_t* file, sqfs_u64 offset, const void* buffer, std::size_t size) noexcept;
    static int truncate(sqfs_file_t* file, sqfs_u64 size) noexcept;

    Callbacks callbacks_{};
    FdRef to_;
    std::uint64_t size_ = 0;
    std::exception_ptr error_;
};

} // namespace lxcpp::image
