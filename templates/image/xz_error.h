// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lzma.h>
#include <string_view>

namespace lxcpp::image {

// liblzma has no texts of its own.
[[nodiscard]] inline std::string_view xz_reason(lzma_ret result) noexcept {
    switch (result) {
    case LZMA_MEM_ERROR: return "out of memory";
    case LZMA_MEMLIMIT_ERROR: return "its dictionary is larger than allowed";
    case LZMA_FORMAT_ERROR: return "not the .xz format";
    case LZMA_OPTIONS_ERROR: return "a kind of .xz that is not known";
    case LZMA_UNSUPPORTED_CHECK: return "a check that is not known";
    case LZMA_DATA_ERROR: return "the data is corrupt";
    case LZMA_BUF_ERROR: return "it ends too early";
    default: return "unknown reason";
    }
}

} // namespace lxcpp::image
