// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tar_builder.h"

#include <archive.h>
#include <archive_entry.h>

#include <fmt/core.h>
#include <string>

namespace lxcpp::image {

inline std::string ar_magic() { return "!<arch>\n"; }

inline std::string ar_member(const std::string& name, const std::string& content) {
    return fmt::format("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", name, 0, 0, 0, "100644", content.size()) +
           content + (content.size() % 2 == 1 ? "\n" : "");
}

// An uncompressed .deb of these two tar archives.
inline std::string make_deb(const std::string& control, const std::string& data) {
    return ar_magic() + ar_member("debian-binary", "2.0\n") + ar_member("control.tar", control) +
           ar_member("data.tar", data);
}

inline std::string gzip(const std::string& text) {
    std::string packed(text.size() + 4096, '\0');
    std::size_t used = 0;
    struct archive* writer = archive_write_new();
    archive_write_add_filter_gzip(writer);
    archive_write_set_format_raw(writer);
    archive_write_set_bytes_in_last_block(writer, 1);
    archive_write_open_memory(writer, packed.data(), packed.size(), &used);
    struct archive_entry* entry = archive_entry_new();
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_write_header(writer, entry);
    archive_write_data(writer, text.data(), text.size());
    archive_write_close(writer);
    archive_entry_free(entry);
    archive_write_free(writer);
    packed.resize(used);
    return packed;
}

} // namespace lxcpp::image
