// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

// Elements of nftables' sets and maps, without nft(8): one message to the kernel.
namespace lxcpp::sys {

enum class NftFamily : std::uint8_t { Inet = 1, Bridge = 7 }; // NFPROTO_*

// Fields of a concatenation in their order, each padded with zeros to a multiple of four bytes,
// numbers in the byte order of the network.
struct SetElement {
    NftFamily family = NftFamily::Inet;
    std::string table;
    std::string set;
    std::string key;
    std::string data = {}; // of a map
    bool operator==(const SetElement&) const = default;
};

// All or none, in the network namespace of the caller. What is there already stays. Throws
// SystemError, ENOENT when there is no such table.
void add_set_elements(std::span<const SetElement> elements);
// What is not there is no error. The socket's close waits until the kernel has freed what was removed, some 10 ms:
// it is for the caller to say when.
[[nodiscard]] Fd remove_set_elements(std::span<const SetElement> elements);

// Both are read from the kernel, of the network namespace of the caller.
[[nodiscard]] bool has_table(NftFamily family, const std::string& table);
[[nodiscard]] bool has_set_element(const SetElement& element); // with this value, where it is of a map

} // namespace lxcpp::sys
