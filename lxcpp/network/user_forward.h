// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The ports that slirp4netns forwards while it runs: requests at its socket, in JSON.
namespace lxcpp {

struct UserForward {
    int id = 0;
    PublishedPort port;
    bool operator==(const UserForward&) const = default;
};

// nullopt: nobody listens at that socket. Throws Error with what slirp4netns says, or when that
// cannot be understood.
[[nodiscard]] std::optional<std::vector<UserForward>>
user_forwards(const std::filesystem::path& socket);
// guest: the container's address.
void add_user_forward(const std::filesystem::path& socket, const PublishedPort& port,
                      const std::string& guest);
void remove_user_forward(const std::filesystem::path& socket, int id);
// These, and no others. When one cannot be had, those of before are there again. False: nobody
// listens at that socket.
bool change_user_forwards(const std::filesystem::path& socket,
                          const std::vector<PublishedPort>& wanted, const std::string& guest);

// The texts of it.
[[nodiscard]] std::string add_request(const PublishedPort& port, const std::string& guest);
[[nodiscard]] std::string remove_request(int id);
// Throws Error with the text of {"error": {"desc": …}}.
void check_answer(std::string_view answer, const std::string& what);
[[nodiscard]] std::vector<UserForward> parse_forwards(std::string_view answer);

} // namespace lxcpp
