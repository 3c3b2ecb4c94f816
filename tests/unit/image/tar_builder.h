// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/tar_reader.h"

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>

namespace lxcpp::image {

// One ustar header block with its data, every field free to be wrong.
struct TarMember {
    std::string name;
    char type = '0';
    std::string data;
    std::string link;
    std::string mode = "0000644";
    std::string uid; // empty: ours, so that tests need not be root
    std::string gid;
    std::string size; // empty: that of data
    std::string mtime = "14000000000";
    std::string magic = std::string("ustar\0", 6) + "00";
    std::string prefix = {};
    bool good_checksum = true;
};

inline std::string octal(std::uint64_t value, int digits) {
    char text[32];
    std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
    return text;
}

inline std::string padded(std::string data) {
    data.resize((data.size() + 511) / 512 * 512, '\0');
    return data;
}

inline std::string tar_header(const TarMember& member) {
    std::string block(512, '\0');
    const auto put = [&](std::size_t offset, std::string_view text, std::size_t length) {
        std::memcpy(block.data() + offset, text.data(), std::min(text.size(), length));
    };
    put(0, member.name, 100);
    put(100, member.mode, 8);
    put(108, member.uid.empty() ? octal(::getuid(), 7) : member.uid, 8);
    put(116, member.gid.empty() ? octal(::getgid(), 7) : member.gid, 8);
    put(124, member.size.empty() ? octal(member.data.size(), 11) : member.size, 12);
    put(136, member.mtime, 12);
    block[156] = member.type;
    put(157, member.link, 100);
    put(257, member.magic, 8);
    put(345, member.prefix, 155);
    put(148, "        ", 8);
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    put(148, octal(member.good_checksum ? sum : sum + 1, 6) + '\0', 8);
    return block;
}

inline std::string tar_member(const TarMember& member) { return tar_header(member) + padded(member.data); }

inline std::string tar_end() { return std::string(1024, '\0'); }

template <typename... Members>
std::string make_tar(const Members&... members) {
    return (tar_member(members) + ... + tar_end());
}

// "LENGTH KEY=VALUE\n" with the length of all of it.
inline std::string pax_record(const std::string& key, const std::string& value) {
    const std::string rest = " " + key + "=" + value + "\n";
    std::size_t length = rest.size() + 1;
    while (std::to_string(length).size() + rest.size() != length) ++length;
    return std::to_string(length) + rest;
}

inline TarMember pax(const std::string& records) { return {.name = "pax", .type = 'x', .data = records}; }

// In pieces of at most so many bytes.
inline ByteSource text_source(std::string text, std::size_t piece = 100'000) {
    auto shared = std::make_shared<std::string>(std::move(text));
    return [shared, piece, offset = std::size_t{0}](std::span<char> into) mutable {
        const auto count = std::min({into.size(), piece, shared->size() - offset});
        std::memcpy(into.data(), shared->data() + offset, count);
        offset += count;
        return count;
    };
}

inline std::string read_data(TarReader& reader) {
    std::string text;
    for (auto data = reader.read(); !data.empty(); data = reader.read()) text.append(data.data(), data.size());
    return text;
}

} // namespace lxcpp::image
