// SPDX-License-Identifier: Apache-2.0
#include "image/image_servers.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/http_url.h"
#include "image/server_path.h"
#include "sys/file.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <map>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFile = "image-servers.conf";
constexpr std::string_view kKeys = "image-keys";
constexpr std::array<std::string_view, 2> kKeySuffixes{".asc", ".gpg"};
constexpr std::array kProtocols{ServerProtocol::Any, ServerProtocol::Simplestreams, ServerProtocol::Classic};

ServerProtocol parse_protocol(std::string_view name) {
    for (const ServerProtocol protocol : kProtocols)
        if (protocol_name(protocol) == name) return protocol;
    throw Error(fmt::format("protocol '{}': give any, simplestreams or classic", printable(name)));
}

// A relative one is beside the administrator's keys, or beside ours.
fs::path find_keyring(const std::string& name, const Paths& paths) {
    const fs::path given(name);
    if (given.is_absolute()) return given;
    const fs::path ours = paths.data / "config" / "keyrings" / given;
    const fs::path own = paths.config / kKeys / given;
    return !sys::stat_path(own) && sys::stat_path(ours) ? ours : own;
}

struct Setting {
    std::string_view name;
    void (*apply)(ImageServer&, const std::string& value, const Paths&);
};
constexpr std::array<Setting, 4> kSettings{{
    {"url", [](ImageServer& server, const std::string& value, const Paths&) { server.url = parse_server_url(value).text; }},
    {"protocol",
     [](ImageServer& server, const std::string& value, const Paths&) { server.protocol = parse_protocol(value); }},
    {"keyring",
     [](ImageServer& server, const std::string& value, const Paths& paths) {
         server.keyrings.push_back(find_keyring(value, paths));
     }},
    {"fingerprint",
     [](ImageServer& server, const std::string& value, const Paths&) { server.fingerprints.push_back(value); }},
}};

std::string section_name(std::string_view line) {
    const std::string_view name = trim(line.substr(1, line.size() - 2));
    if (!line.ends_with(']') || !is_server_word(name) || name.find(':') != name.npos)
        throw Error("a section begins with [NAME], of letters, digits and ._+~@=,-");
    return std::string(name);
}

void apply_setting(ImageServer& server, std::string_view line, const Paths& paths) {
    const auto equals = line.find('=');
    const std::string_view name = trim(line.substr(0, equals));
    const auto* setting = std::ranges::find(kSettings, name, &Setting::name);
    if (equals == line.npos || setting == kSettings.end())
        throw Error(fmt::format("'{}': expected url, protocol, keyring or fingerprint = VALUE", printable(line)));
    const std::string value(trim(line.substr(equals + 1)));
    if (value.empty()) throw Error(fmt::format("{} has no value", name));
    setting->apply(server, value, paths);
}

// Of a place the host alone.
std::string_view host_of(std::string_view place) {
    if (place.starts_with('[')) return place.substr(0, place.find(']') + 1); // IPv6
    return place.substr(0, place.find(':'));
}

} // namespace

std::string_view protocol_name(ServerProtocol protocol) noexcept {
    switch (protocol) {
    case ServerProtocol::Any: return "any";
    case ServerProtocol::Simplestreams: return "simplestreams";
    case ServerProtocol::Classic: return "classic";
    }
    return "";
}

ImageServers ImageServers::load(const Paths& paths) {
    ImageServers servers;
    servers.key_directory_ = paths.config / kKeys;
    servers.read(paths.data / "config" / kFile, paths);
    servers.read(paths.config / kFile, paths);
    for (ImageServer& server : servers.servers_) {
        if (server.url.empty()) throw Error(fmt::format("{}: server {} has no url", (paths.config / kFile).string(), server.name));
        servers.add_keys(server);
    }
    std::ranges::sort(servers.servers_, {}, &ImageServer::name);
    return servers;
}

void ImageServers::read(const fs::path& file, const Paths& paths) {
    const auto text = sys::read_file_if_exists(file);
    if (!text) return;
    ImageServer* server = nullptr;
    std::map<std::string, std::size_t> lines; // of sections: another file may add to one
    std::size_t number = 0;
    for (const std::string_view raw : split_lines(*text)) {
        const std::string_view line = trim(raw);
        ++number;
        if (line.empty() || line.starts_with('#')) continue;
        with_context(fmt::format("{}: line {}", file.string(), number), [&] {
            if (line.starts_with('[')) {
                const std::string name = section_name(line);
                const auto [first, fresh] = lines.emplace(name, number);
                if (!fresh) throw Error(fmt::format("[{}] stands in line {} already: put all of its settings there", name, first->second));
                server = &section(name);
            } else {
                if (server == nullptr) throw Error("a [NAME] must stand before the first setting");
                apply_setting(*server, line, paths);
            }
        });
    }
}

ImageServer& ImageServers::section(const std::string& name) {
    const auto known = std::ranges::find(servers_, name, &ImageServer::name);
    if (known != servers_.end()) return *known;
    return servers_.emplace_back(ImageServer{.name = name, .url = {}, .keyrings = {}, .fingerprints = {}});
}

// Keys that are called like the server or its host need no line in the configuration.
void ImageServers::add_keys(ImageServer& server) const {
    for (const std::string& name : {server.name, std::string(host_of(parse_server_url(server.url).place))}) {
        for (const std::string_view suffix : kKeySuffixes) {
            fs::path file = key_directory_ / (name + std::string(suffix));
            const bool known = std::ranges::find(server.keyrings, file) != server.keyrings.end();
            // One that we may not see is an error, and not none.
            if (!known && sys::stat_path(file)) server.keyrings.push_back(std::move(file));
        }
    }
}

ImageServer ImageServers::find(std::string_view address) const {
    const auto named = std::ranges::find(servers_, address, &ImageServer::name);
    if (named != servers_.end()) return *named;
    if (address == kDefaultImageServer)
        throw Error(fmt::format("no server '{}' is configured: {} is missing or says nothing of it", address, kFile));
    const bool is_url = address.find("://") != address.npos;
    const auto url = with_context(fmt::format("image server '{}'", printable(address)),
                                  [&] { return parse_server_url((is_url ? "" : "https://") + std::string(address)); });
    ImageServer server{.name = url.place, .url = url.text, .keyrings = {}, .fingerprints = {}};
    for (const ImageServer& known : servers_) {
        if (parse_server_url(known.url).place != url.place) continue;
        server.keyrings.insert(server.keyrings.end(), known.keyrings.begin(), known.keyrings.end());
        server.fingerprints.insert(server.fingerprints.end(), known.fingerprints.begin(), known.fingerprints.end());
        if (known.url == url.text) server.protocol = known.protocol;
    }
    add_keys(server);
    return server;
}

ServerImageName split_server_image_name(std::string_view name) {
    if (name.find("://") != name.npos) {
        throw Error(fmt::format("'{}': a URL says no image: give it with --server, and the image's name for itself", printable(name)));
    }
    const auto colon = name.substr(0, name.find('/')).find(':');
    if (colon == name.npos) return {"", std::string(name)};
    return {std::string(name.substr(0, colon)), std::string(name.substr(colon + 1))};
}

} // namespace lxcpp::image
