// SPDX-License-Identifier: Apache-2.0
// What a start and a stop do with the managed bridge, for tests without a container:
//   bridge-port attach BRIDGE PORT CONTAINER MAC [ipv4=ADDRESS/PREFIX] [ipv6=ADDRESS/PREFIX] [publish=...] [path=LXCPATH]…
//     prints mac ipv4 gateway ipv6 hairpin, "-" for what there is not
//   bridge-port detach BRIDGE PORT
//   bridge-port forget CONTAINER
//   bridge-port change CONTAINER [publish=...]…
#include "network/bridge_port.h"

#include "config/codec_net.h"

#include <cstdio>
#include <exception>
#include <fmt/core.h>
#include <string>
#include <vector>

using namespace lxcpp;

namespace {

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

int run(const std::vector<std::string>& words) {
    const Paths paths = default_paths();
    const std::string lxcpath = paths.state.string();
    if (words.at(0) == "detach") {
        detach_port(paths, words.at(1), words.at(2));
        return 0;
    }
    if (words.at(0) == "forget") {
        forget_container_addresses(paths, lxcpath, words.at(1));
        return 0;
    }
    PortRequest request;
    for (const std::string& word : words) {
        if (word.starts_with("publish="))
            request.publish.push_back(parse_published_port(std::string_view(word).substr(8)));
        if (word.starts_with("ipv4="))
            request.ipv4.push_back(parse_ip(Family::Ipv4, std::string_view(word).substr(5)));
        if (word.starts_with("ipv6="))
            request.ipv6.push_back(parse_ip(Family::Ipv6, std::string_view(word).substr(5)));
    }
    std::string path = lxcpath;
    for (const std::string& word : words) {
        if (word.starts_with("path=")) path = word.substr(5);
    }
    if (words.at(0) == "change")
        return change_published(paths, lxcpath, words.at(1), request.publish) ? 0 : 1;
    request.bridge = words.at(1);
    request.port = words.at(2);
    request.owner = {path, words.at(3), 0};
    request.mac = words.at(4) == "-" ? "" : words.at(4);
    const auto got = attach_port(paths, request);
    for (const std::string& note : got ? got->notes : std::vector<std::string>())
        fmt::print(stderr, "{}\n", note);
    if (got)
        fmt::print("{} {} {} {} {}\n", got->mac, or_dash(got->ipv4), or_dash(got->ipv4_gateway), or_dash(got->ipv6),
                   got->hairpin ? "on" : "off");
    return got ? 0 : 3;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        fmt::print(stderr, "bridge-port: {}\n", error.what());
        return 1;
    }
}
