// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <cstddef>
#include <string>

namespace lxcpp::image {

// text as a file of that compression, by libarchive.
inline std::string compressed(const std::string& text, int (*add_filter)(struct archive*) = &::archive_write_add_filter_gzip) {
    struct archive* out = ::archive_write_new();
    ::archive_write_set_format_raw(out);
    add_filter(out);
    std::string result(text.size() + 65536, '\0');
    std::size_t used = 0;
    ::archive_write_open_memory(out, result.data(), result.size(), &used);
    struct archive_entry* entry = ::archive_entry_new();
    ::archive_entry_set_filetype(entry, AE_IFREG);
    ::archive_write_header(out, entry);
    ::archive_write_data(out, text.data(), text.size());
    ::archive_write_close(out);
    ::archive_entry_free(entry);
    ::archive_write_free(out);
    result.resize(used);
    return result;
}

} // namespace lxcpp::image
