// SPDX-License-Identifier: Apache-2.0
#include "user_nic/request.h"

#include "base/paths.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cstring>

namespace lxcpp::user_nic {
namespace {

constexpr std::size_t kLongestWord = 64;
constexpr std::size_t kLongestInterface = 15; // IFNAMSIZ without the zero
constexpr std::uint64_t kHighestIndex = 9999;

std::string word(const char* text) {
    if (std::memchr(text, 0, kLongestWord + 1) == nullptr) throw Misuse("an argument is too long");
    return text;
}

// The kernel takes more, and counts where there is a '%'.
std::string interface_name(std::string name) {
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@+";
    const bool fine = !name.empty() && name.size() <= kLongestInterface &&
                      name.find_first_not_of(kAllowed) == name.npos;
    // sysctl(8) knows the last two as all interfaces.
    if (!fine || name == "." || name == ".." || name == "all" || name == "default")
        throw Misuse("the name of an interface has 1 to 15 letters, digits, or \"_-.@+\"");
    return name;
}

std::string container_name(std::string name) {
    try {
        check_container_name(name);
    } catch (const Error&) {
        throw Misuse("this is no name of a container");
    }
    return name;
}

unsigned device_index(const std::string& text) {
    const auto number = parse_u64(text);
    if (!number || *number > kHighestIndex) throw Misuse("INDEX is the N of lxc.net.N, up to 9999");
    return static_cast<unsigned>(*number);
}

std::string ipv4_address(std::string text) {
    const auto parts = split(std::string_view(text), '.');
    const bool fine = parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) {
                          return part.size() <= 3 && (part.size() == 1 || !part.starts_with('0')) &&
                                 parse_u64(part).value_or(256) <= 255;
                      });
    if (!fine) throw Misuse("ADDRESS is an IPv4 address");
    return text;
}

} // namespace

Request parse_request(std::span<const char* const> words) {
    if (words.size() < 5 || words.size() > 6 || std::strcmp(words[0], "create") != 0)
        throw Misuse("usage: lxcpp-user-nic create BRIDGE NAME CONTAINER INDEX [ADDRESS] 3<PIDFD "
                     "4<NETNS (lxcpp-start runs it)");
    Request request;
    request.bridge = interface_name(word(words[1]));
    request.name = interface_name(word(words[2]));
    request.container = container_name(word(words[3]));
    request.index = device_index(word(words[4]));
    if (words.size() == 6) request.address = ipv4_address(word(words[5]));
    return request;
}

} // namespace lxcpp::user_nic
