// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/partition_table.h"
#include "sys/file_meta.h"

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <utility>

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

namespace lxcpp::distro {

// Bytes of a file as libext2fs reads them; what goes wrong must not pass through C. The library's way to open a channel knows a
// name only: the channel is made beforehand, and opened by the address of this.
struct Ext4Input {
    struct_io_manager manager{};
    FdRef file;
    ByteRange range;
    std::string what;
    std::exception_ptr error;

    Ext4Input(FdRef opened, ByteRange part, std::string name) : file(opened), range(part), what(std::move(name)) {
        manager.magic = EXT2_ET_MAGIC_IO_MANAGER;
        manager.name = "part of a file";
        manager.open = open;
        manager.close = close;
        manager.set_blksize = set_block_size;
        manager.read_blk = read_block;
        manager.read_blk64 = read_block64;
        manager.write_blk = [](io_channel, unsigned long, int, const void*) -> errcode_t { return EXT2_ET_RO_FILSYS; };
        manager.write_blk64 = [](io_channel, unsigned long long, int, const void*) -> errcode_t { return EXT2_ET_RO_FILSYS; };
        manager.flush = [](io_channel) -> errcode_t { return 0; };
    }

    [[nodiscard]] std::string name() const { return std::to_string(reinterpret_cast<std::uintptr_t>(this)); }

    static errcode_t open(const char* name, int, io_channel* channel) {
        auto* self = reinterpret_cast<Ext4Input*>(std::strtoull(name, nullptr, 10)); // NOLINT(performance-no-int-to-ptr)
        io_channel made = nullptr;
        if (const auto failed = ext2fs_get_memzero(sizeof(struct_io_channel), &made); failed != 0) return failed;
        made->magic = EXT2_ET_MAGIC_IO_CHANNEL;
        made->manager = &self->manager;
        made->block_size = 1024;
        made->refcount = 1;
        made->private_data = self;
        if (const auto failed = ext2fs_get_memzero(1, &made->name); failed != 0) {
            ext2fs_free_mem(&made);
            return failed;
        }
        *channel = made;
        return 0;
    }
    static errcode_t close(io_channel channel) {
        if (--channel->refcount > 0) return 0;
        ext2fs_free_mem(&channel->name);
        ext2fs_free_mem(&channel);
        return 0;
    }
    static errcode_t set_block_size(io_channel channel, int size) {
        channel->block_size = size;
        return 0;
    }
    static errcode_t read_block(io_channel channel, unsigned long block, int count, void* data) {
        return read_block64(channel, block, count, data);
    }
    // count: of blocks, or of bytes when it is negative.
    static errcode_t read_block64(io_channel channel, unsigned long long block, int count, void* data) {
        auto* self = static_cast<Ext4Input*>(channel->private_data);
        const auto unit = static_cast<std::uint64_t>(channel->block_size);
        const auto size = count < 0 ? static_cast<std::uint64_t>(-static_cast<std::int64_t>(count)) : static_cast<std::uint64_t>(count) * unit;
        if (block > self->range.size / unit || size > self->range.size - block * unit) return EXT2_ET_SHORT_READ;
        return self->read(block * unit, {static_cast<char*>(data), static_cast<std::size_t>(size)});
    }
    errcode_t read(std::uint64_t offset, std::span<char> into) noexcept {
        try {
            while (!into.empty()) {
                const auto got = sys::read_at(file, into, range.offset + offset, what);
                if (got == 0) return EXT2_ET_SHORT_READ;
                into = into.subspan(got);
                offset += got;
            }
            return 0;
        } catch (...) {
            error = std::current_exception();
            return EXT2_ET_SHORT_READ;
        }
    }
};

} // namespace lxcpp::distro
