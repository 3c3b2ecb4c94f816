// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lxcpp::distro {

// Bytes of a file.
struct ByteRange {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;

    bool operator==(const ByteRange&) const = default;
};

struct Partition {
    unsigned number = 0; // from 1, as in the table
    ByteRange range;
};

// The partitions of a disk image with sectors of 512 bytes, by their numbers: of its GPT, else of its MBR (primary ones).
// Throws Error "WHAT: ..." when it has neither, or one says what cannot be: places outside of the image, too many entries.
[[nodiscard]] std::vector<Partition> read_partitions(FdRef file, const std::string& what);

// Where one of them is, going by the beginning of a disk image: the rest may be missing. Throws Error as above, and when
// there is none of that number.
[[nodiscard]] ByteRange find_partition(FdRef file, const std::string& what, unsigned number);

} // namespace lxcpp::distro
