// SPDX-License-Identifier: Apache-2.0
#include "image/oci_image_config.h"

#include "base/strings.h"
#include "image/json_document.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::image {
namespace {

constexpr std::size_t kLargestConfig = 4u << 20;
constexpr std::size_t kLongestWord = 128u << 10; // MAX_ARG_STRLEN: the kernel takes no longer one
constexpr std::size_t kLongestPath = 4095;
constexpr std::size_t kLongestSignal = 16;
constexpr std::size_t kMostVolumes = 256;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

void check_word(const JsonValue& value) {
    if (value.text().size() >= kLongestWord) value.refuse("too long for a command line");
}

std::vector<std::string> words_at(const JsonValue& config, std::string_view name) {
    std::vector<std::string> words;
    const auto list = config.find(name);
    if (!list) return words;
    for (const JsonValue& item : list->items()) {
        check_word(item);
        words.push_back(item.text());
    }
    return words;
}

std::vector<std::pair<std::string, std::string>> environment_of(const JsonValue& config) {
    std::vector<std::pair<std::string, std::string>> environment;
    const auto list = config.find("Env");
    if (!list) return environment;
    for (const JsonValue& item : list->items()) {
        check_word(item);
        const std::string& text = item.text();
        const auto equals = text.find('=');
        if (equals == text.npos || equals == 0) item.refuse("expected NAME=VALUE");
        environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return environment;
}

bool has_parent_component(std::string_view path) {
    const auto parts = split(path, '/');
    return std::find(parts.begin(), parts.end(), "..") != parts.end();
}

void check_path(const JsonValue& place, std::string_view path) {
    if (!path.starts_with('/')) place.refuse("expected an absolute path");
    if (has_parent_component(path)) place.refuse("a path with .. in it");
    if (path.size() > kLongestPath) place.refuse("a path that is too long");
}

std::string working_directory_of(const JsonValue& config) {
    const auto value = config.find("WorkingDir");
    if (!value || value->text().empty()) return {};
    check_path(*value, value->text());
    return value->text();
}

std::vector<std::string> volumes_of(const JsonValue& config) {
    std::vector<std::string> volumes;
    const auto object = config.find("Volumes");
    if (!object) return volumes;
    const auto members = object->members();
    if (members.size() > kMostVolumes) object->refuse(fmt::format("more than {}", kMostVolumes));
    for (const JsonValue& volume : members) {
        check_path(volume, volume.key());
        if (volume.key().find_first_not_of("/.") == std::string::npos)
            volume.refuse("the root is no volume");
        volumes.push_back(volume.key());
    }
    return volumes;
}

// Which signal it is, start finds out; here nothing gets by that is none.
std::string stop_signal_of(const JsonValue& config) {
    const auto value = config.find("StopSignal");
    if (!value) return {};
    const std::string& text = value->text();
    const auto good = [](char c) {
        return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '+' || c == '-';
    };
    if (text.size() > kLongestSignal || !std::all_of(text.begin(), text.end(), good))
        value->refuse("expected the name or number of a signal");
    return text;
}

std::uint16_t port_number(const JsonValue& place, std::string_view text) {
    const auto number = parse_u64(text);
    if (!number || *number == 0 || *number > UINT16_MAX) place.refuse("expected PORT/PROTOCOL");
    return static_cast<std::uint16_t>(*number);
}

// "80/tcp", "8000-8010/udp", "80".
ExposedPort parse_port(const JsonValue& place) {
    const std::string_view text = place.key();
    const auto slash = text.find('/');
    const auto range = text.substr(0, slash);
    const auto hyphen = range.find('-');
    ExposedPort port;
    port.first = port_number(place, range.substr(0, hyphen));
    port.last = hyphen == range.npos ? port.first : port_number(place, range.substr(hyphen + 1));
    port.protocol = slash == text.npos ? "tcp" : text.substr(slash + 1);
    const bool known = port.protocol == "tcp" || port.protocol == "udp" || port.protocol == "sctp";
    if (!known || port.last < port.first) place.refuse("expected PORT/PROTOCOL");
    return port;
}

std::vector<ExposedPort> ports_of(const JsonValue& config) {
    std::vector<ExposedPort> ports;
    if (const auto object = config.find("ExposedPorts"))
        for (const JsonValue& port : object->members()) ports.push_back(parse_port(port));
    return ports;
}

std::map<std::string, std::string> labels_of(const JsonValue& config) {
    std::map<std::string, std::string> labels;
    if (const auto object = config.find("Labels"))
        for (const JsonValue& label : object->members()) labels[label.key()] = label.text();
    return labels;
}

std::vector<OciDigest> diff_ids_of(const JsonValue& root) {
    const JsonValue rootfs = root.at("rootfs");
    const JsonValue type = rootfs.at("type");
    if (type.text() != "layers") type.refuse("expected \"layers\"");
    const JsonValue list = rootfs.at("diff_ids");
    std::vector<OciDigest> ids;
    for (const JsonValue& item : list.items()) {
        const auto digest = parse_oci_digest(item.text());
        if (!digest) item.refuse("expected sha256: or sha512: and lower-case hex digits");
        ids.push_back(*digest);
    }
    if (ids.size() > kMostOciLayers) list.refuse(fmt::format("more than {}", kMostOciLayers));
    return ids;
}

void take_execution(const JsonValue& config, OciImageConfig& image) {
    image.entrypoint = words_at(config, "Entrypoint");
    image.command = words_at(config, "Cmd");
    image.environment = environment_of(config);
    image.user = config.text_or("User", "");
    image.working_directory = working_directory_of(config);
    image.stop_signal = stop_signal_of(config);
    image.volumes = volumes_of(config);
    image.labels = labels_of(config);
    image.ports = ports_of(config);
}

} // namespace

OciImageConfig parse_oci_image_config(std::string_view text, std::string name) {
    const JsonDocument document(text, std::move(name), {.bytes = kLargestConfig});
    const JsonValue root = document.root();
    OciImageConfig image;
    image.platform = {.os = root.at("os").text(),
                      .architecture = root.at("architecture").text(),
                      .variant = root.text_or("variant", "")};
    image.created = root.text_or("created", "");
    image.author = root.text_or("author", "");
    if (const auto config = root.find("config")) take_execution(*config, image);
    image.diff_ids = diff_ids_of(root);
    return image;
}

void check_layers(const OciManifest& manifest, const OciImageConfig& config,
                  std::string_view name) {
    if (manifest.layers.size() == config.diff_ids.size()) return;
    throw Error(fmt::format("{}: {} layers, but the configuration of the image is of {}", name,
                            manifest.layers.size(), config.diff_ids.size()));
}

} // namespace lxcpp::image
