// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/squashfs_object.h"
#include "image/squashfs_options.h"

#include <atomic>
#include <sqfs/compressor.h>

namespace lxcpp::image {

// For a super block. Throws Error for what squashfs does not have.
[[nodiscard]] SQFS_COMPRESSOR squashfs_compressor_id(Compression compression);
// As the options say; flags are SQFS_COMP_FLAG_*. Throws Error.
[[nodiscard]] SquashfsObject<sqfs_compressor_t> make_squashfs_compressor(const SquashfsOptions& options, sqfs_u16 flags = 0);
// How many threads may compress, that they take no more than this memory.
[[nodiscard]] unsigned squashfs_threads(const SquashfsOptions& options, std::size_t memory);
// The same compressor, but what it cannot compress for want of memory is stored as it is, and failed becomes
// true: libsquashfs' threads end at an error, and it waits for them for ever. failed must live as long.
[[nodiscard]] SquashfsObject<sqfs_compressor_t> make_patient(SquashfsObject<sqfs_compressor_t> compressor,
                                                             std::atomic<bool>& failed);

} // namespace lxcpp::image
