// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Files with holes in tar: GNU tar's old headers of type 'S', and its pax forms 0.0, 0.1 and 1.0
// ("Storing Sparse Files" in its manual).
namespace lxcpp::image {

// Where some of the stored bytes belong.
struct TarExtent {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;

    bool operator==(const TarExtent&) const = default;
};

// What pax records say of one member.
struct TarSparse {
    std::optional<std::uint64_t> size; // of the file with its holes
    std::optional<std::string> name;   // the member's; what its path says is a makeshift
    std::uint64_t major = 0;
    std::uint64_t minor = 0;
    std::vector<TarExtent> extents; // of 0.0 and 0.1
    bool any = false;

    // key: what follows "GNU.sparse.". "" or what is wrong with it.
    [[nodiscard]] std::string_view apply(std::string_view key, std::string_view value);

private:
    bool half_ = false; // an offset came whose length did not yet
};

// A map in the header of an old sparse file: its entries from the byte offset on, count of them at
// most. False when a number is none.
[[nodiscard]] bool read_gnu_map(std::span<const char> block, std::size_t offset, std::size_t count,
                                std::vector<TarExtent>& extents);

// The map at the beginning of the data of 1.0: numbers, one a line, in blocks of 512 bytes.
class TarDataMap {
public:
    // False when it is malformed.
    [[nodiscard]] bool add(std::span<const char> block);
    [[nodiscard]] bool complete() const noexcept { return count_ && extents_.size() == *count_ && !half_; }
    [[nodiscard]] std::vector<TarExtent>& extents() noexcept { return extents_; }

private:
    [[nodiscard]] bool add_number();

    std::string digits_;
    std::optional<std::uint64_t> count_;
    std::vector<TarExtent> extents_;
    bool half_ = false;
};

// "" when they ascend, stay below size and have stored bytes in all; else what is wrong.
[[nodiscard]] std::string_view check_extents(std::span<const TarExtent> extents, std::uint64_t size,
                                             std::uint64_t stored) noexcept;

} // namespace lxcpp::image
