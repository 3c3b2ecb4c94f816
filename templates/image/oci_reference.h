// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/oci_digest.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::image {

enum class OciTransport {
    Registry,      // docker://
    Layout,        // oci: a directory
    LayoutArchive, // oci-archive: that in a tar archive
    DockerArchive, // docker-archive: what "docker save" wrote
    Directory,     // dir: what "skopeo copy" wrote
};

inline constexpr std::string_view kDockerHub = "docker.io";

// Where an image is. Of a registry: host, repository, and a digest or a tag; of the others: path,
// and tag or index when the archive has several.
struct OciReference {
    OciTransport transport = OciTransport::Registry;
    std::string host; // "docker.io", "localhost:5000", "[::1]:5000"
    std::string repository;
    std::string tag;
    std::optional<OciDigest> digest; // counts more than the tag
    std::string path;
    std::optional<std::size_t> index; // "@1": by its place in the archive

    // "docker://docker.io/library/alpine:latest": the same image in full.
    [[nodiscard]] std::string text() const;
    bool operator==(const OciReference&) const = default;
};

// What --url of the oci template says. Throws Error "URL: what is wrong with it".
[[nodiscard]] OciReference parse_oci_reference(std::string_view url);

// "alpine", "host:5000/a/b:tag@sha256:…" with Docker's defaults put in. Throws Error.
[[nodiscard]] OciReference parse_docker_name(std::string_view name);

// The host (and port) that answers for a registry: Docker's is not the one in the name.
[[nodiscard]] std::string registry_endpoint(std::string_view host);

} // namespace lxcpp::image
