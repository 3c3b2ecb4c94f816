// SPDX-License-Identifier: Apache-2.0
#include "image/squashfs_output.h"

#include "sys/file_io.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <new>
#include <span>
#include <sqfs/error.h>
#include <string_view>
#include <utility>
#include <vector>

namespace lxcpp::image {
namespace {

constexpr std::string_view kWhat = "the squashfs image";
constexpr std::size_t kRead = 1u << 20;

} // namespace

SquashfsOutput::SquashfsOutput(FdRef to) : to_(to) {
    callbacks_.self = this;
    callbacks_.file.read_at = read;
    callbacks_.file.write_at = write;
    callbacks_.file.truncate = truncate;
    callbacks_.file.get_size = [](const sqfs_file_t* file) noexcept -> sqfs_u64 {
        return reinterpret_cast<const Callbacks*>(file)->self->size_;
    };
}

void SquashfsOutput::rethrow() const {
    if (error_) std::rethrow_exception(error_);
}

template <typename Act>
int SquashfsOutput::guarded(const Act& act) noexcept {
    if (error_) return SQFS_ERROR_IO; // the first one counts
    try {
        act();
        return 0;
    } catch (...) {
        error_ = std::current_exception();
        return SQFS_ERROR_IO;
    }
}

int SquashfsOutput::read(sqfs_file_t* file, sqfs_u64 offset, void* buffer, std::size_t size) noexcept {
    SquashfsOutput& self = of(file);
    return self.guarded([&] {
        if (sys::read_at(self.to_, {static_cast<char*>(buffer), size}, offset, kWhat) != size)
            throw Error(std::string(kWhat) + ": somebody cut it off");
    });
}

int SquashfsOutput::write(sqfs_file_t* file, sqfs_u64 offset, const void* buffer, std::size_t size) noexcept {
    SquashfsOutput& self = of(file);
    return self.guarded([&] {
        sys::write_at(self.to_, {static_cast<const char*>(buffer), size}, offset, kWhat);
        self.size_ = std::max<std::uint64_t>(self.size_, offset + size);
    });
}

int SquashfsOutput::truncate(sqfs_file_t* file, sqfs_u64 size) noexcept {
    SquashfsOutput& self = of(file);
    return self.guarded([&] {
        sys::truncate_file(self.to_, size, kWhat);
        self.size_ = size;
    });
}

void SquashfsOutput::pad(std::uint64_t multiple) {
    const std::string zeros((multiple - size_ % multiple) % multiple, '\0');
    sys::write_at(to_, zeros, size_, kWhat);
    size_ += zeros.size();
}

void SquashfsOutput::read_all(const ByteSink& sink) const {
    std::vector<char> buffer(kRead);
    for (std::uint64_t at = 0; at < size_;) {
        const auto want = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), size_ - at));
        const auto got = sys::read_at(to_, want, at, kWhat);
        if (got == 0) throw Error(std::string(kWhat) + ": somebody cut it off");
        sink({buffer.data(), got});
        at += got;
    }
}

} // namespace lxcpp::image
