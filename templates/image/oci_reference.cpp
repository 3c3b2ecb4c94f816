// SPDX-License-Identifier: Apache-2.0
#include "image/oci_reference.h"

#include "base/error.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::size_t kLongestUrl = 4096;
constexpr std::size_t kLongestName = 255; // host and repository
constexpr std::size_t kLongestTag = 128;
constexpr std::size_t kIdentifierLength = 64; // of an image in docker's own store
constexpr std::string_view kDefaultTag = "latest";

constexpr std::array<std::pair<std::string_view, OciTransport>, 5> kTransports = {{
    {"docker://", OciTransport::Registry},
    {"oci:", OciTransport::Layout},
    {"oci-archive:", OciTransport::LayoutArchive},
    {"docker-archive:", OciTransport::DockerArchive},
    {"dir:", OciTransport::Directory},
}};

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
bool is_small(char c) noexcept {
    return (c >= 'a' && c <= 'z') || is_digit(c);
}
bool is_letter_or_digit(char c) noexcept {
    return is_small(c) || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

template <typename Test>
bool all(std::string_view text, Test test) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), test);
}

// Small letters and digits, with ".", "_", "__" or hyphens between them.
bool is_path_component(std::string_view part) noexcept {
    while (true) {
        const auto* end = std::find_if_not(part.begin(), part.end(), is_small);
        if (end == part.begin()) return false;
        part.remove_prefix(static_cast<std::size_t>(end - part.begin()));
        if (part.empty()) return true;
        const auto length = std::min(part.find_first_not_of("._-"), part.size());
        const auto separator = part.substr(0, length);
        const bool good = separator == "." || separator == "_" || separator == "__" ||
                          separator.find_first_not_of('-') == separator.npos;
        if (!good) return false;
        part.remove_prefix(length);
    }
}

bool is_repository(std::string_view repository) {
    const auto parts = split(repository, '/');
    return std::all_of(parts.begin(), parts.end(), is_path_component);
}

bool is_tag(std::string_view tag) noexcept {
    const auto inner = [](char c) {
        return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-';
    };
    return tag.size() <= kLongestTag && all(tag, inner) && tag.front() != '.' && tag.front() != '-';
}

bool is_host_label(std::string_view label) noexcept {
    return all(label, [](char c) { return is_letter_or_digit(c) || c == '-'; }) &&
           label.front() != '-' && label.back() != '-';
}

bool is_port(std::string_view port) noexcept {
    const auto number = port.size() <= 5 && all(port, is_digit) ? parse_u64(port) : std::nullopt;
    return number && *number >= 1 && *number <= 65535;
}

// Whether it is an address that somebody has is seen when it is connected to.
bool is_ipv6(std::string_view address) noexcept {
    return std::count(address.begin(), address.end(), ':') >= 2 && address.size() <= 45 &&
           all(address, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

bool is_host(std::string_view host) {
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        if (end == host.npos || !is_ipv6(host.substr(1, end - 1))) return false;
        const auto rest = host.substr(end + 1);
        return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
    }
    const auto colon = host.find(':');
    if (colon != host.npos && !is_port(host.substr(colon + 1))) return false;
    const auto labels = split(host.substr(0, colon), '.');
    return std::all_of(labels.begin(), labels.end(), is_host_label);
}

// Docker's rule what the first component is: a host, or the first directory of a repository there.
bool looks_like_host(std::string_view part) noexcept {
    const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    return part.find_first_of(".:") != part.npos || part == "localhost" ||
           std::any_of(part.begin(), part.end(), capital);
}

void split_host(std::string_view name, OciReference& reference) {
    const auto slash = name.find('/');
    const bool has_host = slash != name.npos && looks_like_host(name.substr(0, slash));
    reference.host = has_host ? name.substr(0, slash) : kDockerHub;
    reference.repository = has_host ? name.substr(slash + 1) : name;
    if (!is_host(reference.host)) throw Error("the registry's name is no host");
    if (reference.host == "index.docker.io") reference.host = kDockerHub;
    if (reference.host == kDockerHub && reference.repository.find('/') == std::string::npos)
        reference.repository = "library/" + reference.repository;
}

void take_digest(std::string_view& name, OciReference& reference) {
    const auto at = name.find('@');
    if (at == name.npos) return;
    reference.digest = parse_oci_digest(name.substr(at + 1));
    if (!reference.digest) throw Error("after @ stands the digest of an image, and this is none");
    name = name.substr(0, at);
}

void take_tag(std::string_view& name, OciReference& reference) {
    const auto colon = name.rfind(':');
    if (colon == name.npos || name.find('/', colon) != name.npos) return; // a port
    reference.tag = name.substr(colon + 1);
    if (!is_tag(reference.tag)) throw Error("what stands after the last colon is no tag");
    name = name.substr(0, colon);
}

OciReference docker_name(std::string_view name) {
    OciReference reference;
    take_digest(name, reference);
    take_tag(name, reference);
    if (name.empty()) throw Error("names no image");
    if (name.size() == kIdentifierLength && all(name, is_hex))
        throw Error("is the number of an image, not a name");
    split_host(name, reference);
    if (reference.repository == "library/") throw Error("names no image");
    if (!is_repository(reference.repository))
        throw Error("a repository's name is of small letters and digits, with one of . _ __ - "
                    "between them");
    if (reference.host.size() + 1 + reference.repository.size() > kLongestName)
        throw Error(fmt::format("the name is longer than {} characters", kLongestName));
    if (reference.tag.empty() && !reference.digest) reference.tag = kDefaultTag;
    return reference;
}

std::size_t parse_place(std::string_view text) {
    const auto number = parse_u64(text);
    if (!number || *number > 9999)
        throw Error("after @ stands the place of an image, and this is none");
    return static_cast<std::size_t>(*number);
}

// What names one image of an archive: a name as docker has it.
void take_docker_name(std::string_view name, OciReference& reference) {
    const auto inner = docker_name(name);
    if (inner.digest) throw Error("an archive of docker is not searched by digest");
    reference.host = inner.host;
    reference.repository = inner.repository;
    reference.tag = inner.tag;
}

bool is_printable_word(std::string_view text) noexcept {
    return all(text, [](char c) { return c > ' ' && c < 0x7f; });
}

// PATH[:NAME] and PATH[:@PLACE]; the path ends at the first colon.
OciReference local_reference(OciTransport transport, std::string_view rest) {
    OciReference reference{.transport = transport};
    const bool whole = transport == OciTransport::Directory;
    const auto colon = whole ? rest.npos : rest.find(':');
    reference.path = rest.substr(0, colon);
    if (reference.path.empty()) throw Error("the path is missing");
    if (colon == rest.npos) return reference;
    const auto name = rest.substr(colon + 1);
    if (name.starts_with('@'))
        reference.index = parse_place(name.substr(1));
    else if (transport == OciTransport::DockerArchive)
        take_docker_name(name, reference);
    else if (is_printable_word(name))
        reference.tag = name;
    else
        throw Error("what stands after the first colon is no name of an image");
    return reference;
}

OciReference any_reference(std::string_view url) {
    if (url.size() > kLongestUrl)
        throw Error(fmt::format("longer than {} characters", kLongestUrl));
    if (url.find('\0') != url.npos) throw Error("has a NUL character");
    for (const auto& [prefix, transport] : kTransports) {
        if (!url.starts_with(prefix)) continue;
        const auto rest = url.substr(prefix.size());
        return transport == OciTransport::Registry ? docker_name(rest)
                                                   : local_reference(transport, rest);
    }
    for (const std::string_view other : {"docker-daemon:", "containers-storage:"})
        if (url.starts_with(other))
            throw Error(
                "the stores of docker and podman are not read; use a registry or an archive");
    std::string hint; // what people write who come from docker
    const auto name = url.starts_with("docker:") ? url.substr(7) : url;
    try {
        if (!name.starts_with('/')) hint = "; is it " + docker_name(name).text() + "?";
    } catch (const Error&) {
        hint.clear(); // no name either
    }
    throw Error("expected docker://NAME, oci:DIR, oci-archive:FILE, docker-archive:FILE or dir:DIR" + hint);
}

std::string_view prefix_of(OciTransport transport) noexcept {
    for (const auto& [prefix, row] : kTransports)
        if (row == transport) return prefix;
    return "";
}

} // namespace

std::string OciReference::text() const {
    std::string text(prefix_of(transport));
    const std::string name = host.empty() ? std::string() : host + "/" + repository;
    text += path;
    if (!path.empty() && (index || !name.empty() || !tag.empty())) text += ":";
    if (index) return text + "@" + std::to_string(*index);
    text += name;
    if (!tag.empty()) text += (name.empty() ? "" : ":") + tag;
    if (digest) text += "@" + digest->text();
    return text;
}

OciReference parse_oci_reference(std::string_view url) {
    return with_context(printable(url.substr(0, kLongestName)), [&] { return any_reference(url); });
}

OciReference parse_docker_name(std::string_view name) {
    return with_context(printable(name.substr(0, kLongestName)), [&] { return docker_name(name); });
}

std::string registry_endpoint(std::string_view host) {
    return std::string(host == kDockerHub ? "registry-1.docker.io" : host);
}

} // namespace lxcpp::image
