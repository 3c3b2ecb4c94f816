// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "image/verify.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

enum class ServerProtocol { Any, Simplestreams, Classic }; // Any: simplestreams where the server has it
[[nodiscard]] std::string_view protocol_name(ServerProtocol protocol) noexcept; // "simplestreams"

// Where images come from, and whose signature counts there.
struct ImageServer {
    std::string name; // "images"; of one that is not configured: its host
    std::string url;  // "https://images.example.org[:port][/path]", without '/' at the end, user or password
    ServerProtocol protocol = ServerProtocol::Any;
    std::vector<std::filesystem::path> keyrings; // none: nothing is said to be signed there
    std::vector<std::string> fingerprints;       // of keys in there; empty: all of them

    bool operator==(const ImageServer&) const = default;
};

inline constexpr std::string_view kDefaultImageServer = "images";

// The servers that the administrator and we configured: lxcpp-image-servers.conf(5).
class ImageServers {
public:
    // <data>/config/image-servers.conf and then <config>/image-servers.conf, with the keys in <config>/image-keys.
    // Throws Error "FILE: line 3: ...".
    [[nodiscard]] static ImageServers load(const Paths& paths);

    // A configured name ("images"), or a host, host:port or URL. What is configured for that host, its keys above all,
    // holds whatever it is called. Throws Error.
    [[nodiscard]] ImageServer find(std::string_view address) const;
    [[nodiscard]] const std::vector<ImageServer>& all() const noexcept { return servers_; } // by name

private:
    void read(const std::filesystem::path& file, const Paths& paths);
    [[nodiscard]] ImageServer& section(const std::string& name); // a new one when there is none
    void add_keys(ImageServer& server) const;

    std::vector<ImageServer> servers_;
    std::filesystem::path key_directory_;
};

// "images:debian/12" -> "images", "debian/12"; without a server in front: "", all of it. Throws Error for a URL.
struct ServerImageName {
    std::string server;
    std::string image;
};
[[nodiscard]] ServerImageName split_server_image_name(std::string_view name);

} // namespace lxcpp::image
