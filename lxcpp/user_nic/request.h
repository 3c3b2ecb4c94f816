// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

// lxcpp-user-nic create BRIDGE NAME CONTAINER INDEX [ADDRESS]
namespace lxcpp::user_nic {

// Exit code 2: no use of the program that means well. Nothing of what was given is repeated in the
// text.
struct Misuse : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// All of it is checked: what is in here can be part of a netlink message and of a command line.
struct Request {
    std::string bridge;    // "none": a pair whose other end is on no bridge
    std::string name;      // inside
    std::string container; // for the addresses and the name on the managed bridge
    unsigned index = 0;    // N of lxc.net.N
    std::string address;   // IPv4, wished for on the managed bridge; empty for any
};
inline constexpr std::string_view kNoBridge = "none";

// words = argv without argv[0]. Throws Misuse.
[[nodiscard]] Request parse_request(std::span<const char* const> words);

} // namespace lxcpp::user_nic
