// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "distrobuilder/partition_table.h"
#include "image/tree_writer.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

// Trees that are ext2, ext3 or ext4 file systems in a file, without mounting them. Nothing in one is trusted.
namespace lxcpp::distro {

// Gives what such a file system holds as the members of an archive: names sorted within each directory, a file with several
// names as hard links, holes as holes. lost+found and sockets are left out. Throws Error "WHAT: damaged: ...".
class Ext4Reader final : public image::MemberReader {
public:
    // file must stay open, and is read within range only.
    Ext4Reader(FdRef file, ByteRange range, std::string what);
    Ext4Reader(const Ext4Reader&) = delete;
    Ext4Reader& operator=(const Ext4Reader&) = delete;
    ~Ext4Reader() override;

    [[nodiscard]] const image::TarEntry* next() override;
    [[nodiscard]] std::span<const char> read() override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Whether the range begins as one.
[[nodiscard]] bool is_ext4(FdRef file, ByteRange range, const std::string& what);

// All of it below the empty directory. Returns the number of device nodes that were left out.
std::uint64_t unpack_ext4(FdRef file, ByteRange range, const std::string& what, const sys::RootedDir& to,
                          const image::TreeWriterOptions& options = {});

} // namespace lxcpp::distro
