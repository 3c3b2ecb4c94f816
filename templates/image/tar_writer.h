// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/byte_sink.h"
#include "image/member_writer.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace lxcpp::image {

// Writes tar: ustar headers, with a pax header before a member that needs one (long names, large ids
// and sizes, fractions of seconds, attributes, holes as GNU.sparse 1.0). Equal members give equal bytes.
class TarWriter final : public MemberWriter {
public:
    explicit TarWriter(ByteSink sink) : sink_(std::move(sink)) {}

    void add(const TarEntry& entry) override;
    void data(std::string_view bytes) override;
    void finish() override;

private:
    void put(std::string_view bytes);
    void end_member();
    void put_header(const TarEntry& entry, std::string_view name, char type, std::uint64_t size);

    ByteSink sink_;
    std::uint64_t written_ = 0;
    std::uint64_t left_ = 0; // of the member's data
};

} // namespace lxcpp::image
