// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::debian {

// Where to get packages.
struct Mirror {
    std::string url;                     // "http://ftp.debian.org/debian", no '/' at the end
    std::optional<std::string> security; // of the same kind, for CODENAME-security
    bool from_host = false;              // taken from the host's apt configuration
};

inline constexpr std::string_view kDefaultMirror = "http://ftp.debian.org/debian";
inline constexpr std::string_view kDefaultSecurityMirror = "http://security.debian.org/debian-security";

// One enabled "deb" entry of apt's configuration, for one URI and one suite.
struct AptSource {
    std::string uri;
    std::string suite;
    std::vector<std::string> components;
};

// sources.list(5): the one-line and the deb822 form. What cannot be understood is left out: these
// files are the host's, and only searched for a good mirror.
[[nodiscard]] std::vector<AptSource> parse_list_format(std::string_view text);
[[nodiscard]] std::vector<AptSource> parse_deb822_format(std::string_view text);

// The mirror that a Debian host uses itself for its release; nullopt when it is no Debian, or uses
// only mirrors that a container could not use (cdrom, file, with a password).
[[nodiscard]] std::optional<Mirror> host_mirror(const std::filesystem::path& root = "/");

// Whether the administrator told the host's apt to accept expired indexes of its mirrors, as is done
// where the mirror is a frozen copy.
[[nodiscard]] bool host_accepts_expired();

// Takes the user's --mirror (or another option): http or https, no user or password, no control
// characters; Error otherwise.
[[nodiscard]] Mirror parse_mirror(std::string_view url, std::string_view option = "--mirror");

} // namespace lxcpp::debian
