// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/tar_reader.h"

#include <string_view>

namespace lxcpp::image {

// Makes an archive of members.
class MemberWriter {
public:
    MemberWriter() = default;
    MemberWriter(const MemberWriter&) = delete;
    MemberWriter& operator=(const MemberWriter&) = delete;
    virtual ~MemberWriter() = default;

    // Begins a member; data() must then be given its bytes: size of them, or what its extents hold when
    // it is sparse.
    virtual void add(const TarEntry& entry) = 0;
    virtual void data(std::string_view bytes) = 0;
    // The end of the archive.
    virtual void finish() = 0;
};

} // namespace lxcpp::image
