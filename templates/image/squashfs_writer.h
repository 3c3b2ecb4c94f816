// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "image/byte_sink.h"
#include "image/member_writer.h"
#include "image/squashfs_options.h"

#include <memory>
#include <string_view>

namespace lxcpp::image {

// Writes a squashfs image (version 4.0): members below a directory follow it, before anything else, their names
// sorted, as pack_tree has them; the first one is the root. Equal members give equal bytes, whatever the number of
// threads. Files with the same content share it, zeros are holes. Times are whole seconds from 1970 to 2106.
// Compression takes about 16 MiB more than options.memory. Throws Error or SystemError.
class SquashfsWriter final : public MemberWriter {
public:
    // to: open for reading and writing, and empty.
    SquashfsWriter(FdRef to, const SquashfsOptions& options);
    ~SquashfsWriter() override;

    void add(const TarEntry& entry) override;
    void data(std::string_view bytes) override;
    void finish() override;

    // After finish(): reads the image once more, e.g. for its digest. What stands first in it is written last.
    void read_all(const ByteSink& sink) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace lxcpp::image
