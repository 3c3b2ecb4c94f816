// SPDX-License-Identifier: Apache-2.0
// image-servers.conf, and the names and URLs by which its servers are asked for: what is configured for a host, its
// keys above all, holds whatever it is called.
#include "fuzz/fuzz.h"

#include "image/http_url.h"
#include "image/image_servers.h"
#include "image/server_path.h"
#include "sys/temp_dir.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace lxcpp::fuzz {
namespace {

using namespace lxcpp::image;

struct Place {
    Place() : directory("/tmp", "lxcpp-fuzz-") {
        paths.config = directory.path() / "etc";
        paths.data = directory.path() / "data";
        std::filesystem::create_directories(paths.config / "image-keys");
        std::filesystem::create_directories(paths.data / "config/keyrings");
        std::ofstream(paths.data / "config/image-servers.conf") << "[images]\nurl = https://images.example.org\nkeyring = ours.asc\n";
        std::ofstream(paths.config / "image-keys/h.example.asc") << "key";
    }
    sys::TempDir directory;
    Paths paths;
};

void check_same_keys(const ImageServers& servers, const ImageServer& server) {
    const ServerUrl url = parse_server_url(server.url);
    for (const std::string& address : {server.url, url.place, "http://" + url.place, server.url + "/below"}) {
        const auto found = accepted([&] { return servers.find(address); });
        if (!found) continue; // "images" may be a host, too
        if (found->name == address && address != url.place) continue;
        if (parse_server_url(found->url).place != url.place) continue; // a server of that name is somewhere else
        for (const auto& keyring : server.keyrings) {
            const bool has = std::ranges::find(found->keyrings, keyring) != found->keyrings.end();
            // A name that is the host of another server stands for that one alone.
            const bool named = std::ranges::any_of(servers.all(), [&](const ImageServer& one) { return one.name == address; });
            FUZZ_CHECK_WITH(has || named, address);
        }
    }
}

} // namespace

// The file; then, after a line "#", an address.
void one_input(std::string_view bytes) {
    static const Place place;
    Bytes input(bytes);
    const std::string_view text = input.until("\n#\n");
    std::ofstream(place.paths.config / "image-servers.conf", std::ios::binary) << text;
    const auto servers = accepted([&] { return ImageServers::load(place.paths); });
    if (servers) {
        FUZZ_CHECK(std::ranges::is_sorted(servers->all(), {}, &ImageServer::name));
        for (const ImageServer& server : servers->all()) {
            FUZZ_CHECK_WITH(is_server_word(server.name), server.name);
            FUZZ_CHECK_WITH(parse_server_url(server.url).text == server.url, server.url);
            FUZZ_CHECK(servers->find(server.name) == server);
            check_same_keys(*servers, server);
        }
        accepted([&] { return servers->find(input.rest()); });
    }
    if (const auto split = accepted([&] { return split_server_image_name(input.rest()); })) {
        const std::string joined = split->server.empty() && !input.rest().starts_with(':') ? split->image : split->server + ':' + split->image;
        FUZZ_CHECK_WITH(joined == input.rest(), joined);
    }
}

std::vector<std::string> made_seeds() { return {}; }

} // namespace lxcpp::fuzz
