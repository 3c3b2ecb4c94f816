// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"
#include "plan/nic_plan.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// The programs that carry user-mode networking: which one, and its command line.
namespace lxcpp {

enum class UserProgramKind : std::uint8_t { Pasta, Slirp4netns };
[[nodiscard]] std::string_view name_of(UserProgramKind kind) noexcept; // "pasta"

struct UserProgram {
    UserProgramKind kind = UserProgramKind::Pasta;
    std::filesystem::path path;
    bool operator==(const UserProgram&) const = default;
};

// What of the host decides.
struct UserHost {
    std::optional<std::filesystem::path> pasta; // one that has the options that we need
    std::optional<std::filesystem::path> slirp4netns;
    std::string
        obsolete_pasta; // why the one that is there is not used; "" = it is, or is not there
    bool ipv4 = false;  // default routes
    bool ipv6 = false;
    std::string tun;                    // why /dev/net/tun cannot be opened; "" = it can
    std::vector<std::string> resolvers; // of /etc/resolv.conf
    bool operator==(const UserHost&) const = default;
};
[[nodiscard]] UserHost probe_user_host();
// The same of contents: of the program, in which the names of its options are; of /etc/resolv.conf.
[[nodiscard]] bool is_capable_pasta(std::string_view program);
[[nodiscard]] std::vector<std::string> resolvers_of(std::string_view resolv_conf);

// pasta where it can be: it keeps the source addresses of who connects to a published port, and
// publishes on IPv6. Else what has to be done to have one of them.
[[nodiscard]] std::variant<UserProgram, std::string> choose_user_program(const UserHost& host);

// How the program is told what it is to do, and how it tells that it does.
struct UserCommand {
    std::vector<std::string> argv;
    int ready = 1;                       // the descriptor to which it writes then
    bool as_root_inside = false;         // of the container's user namespace, or as the user
    std::string resolv_conf;             // what it is to see as /etc/resolv.conf; "" = the host's
    std::vector<PublishedPort> forwards; // that have to be asked for once it runs
    bool operator==(const UserCommand&) const = default;
};
// Descriptors of slirp4netns: what it prints is not on the first of them; the second is the
// directory in which it makes its socket kApiSocket, the third the network namespace.
inline constexpr int kReadyPipe = 3;
inline constexpr int kApiDirectory = 4;
inline constexpr int kNetworkNamespace = 5;
inline constexpr const char* kApiSocket = "api";
// Files of the directory on which pasta finds the namespaces: it closes descriptors.
inline constexpr const char* kNetworkFile = "netns";
inline constexpr const char* kUserFile = "userns";

// For a device with all its addresses. Throws ConfigError lxc.net.N.KEY or lxc.publish for what
// this program cannot do.
[[nodiscard]] UserCommand user_command(const UserProgram& program, const NicPlan& nic,
                                       const std::vector<PublishedPort>& publish,
                                       const UserHost& host,
                                       const std::filesystem::path& directory);

} // namespace lxcpp
