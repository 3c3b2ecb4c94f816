// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/oci_digest.h"
#include "image/oci_document.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lxcpp::image {

struct ExposedPort {
    std::uint16_t first = 0;
    std::uint16_t last = 0; // the same as first for a single one
    std::string protocol;   // "tcp", "udp", "sctp"

    bool operator==(const ExposedPort&) const = default;
};

// What an image says about how to run it. Words and values are as they stand there: any byte but
// NUL, so newlines too; who writes them into a file of lines must mind that.
struct OciImageConfig {
    OciPlatform platform;
    std::string created; // RFC 3339
    std::string author;
    std::vector<std::string> entrypoint;
    std::vector<std::string> command;
    std::vector<std::pair<std::string, std::string>> environment; // names are not empty
    std::string user;                                             // "USER", "UID", "USER:GROUP"
    std::string working_directory;    // absolute and without ".."; empty for none
    std::string stop_signal;          // "SIGTERM", "15", "SIGRTMIN+3"; empty for none
    std::vector<std::string> volumes; // absolute, without "..", not "/"
    std::map<std::string, std::string> labels;
    std::vector<ExposedPort> ports;
    std::vector<OciDigest> diff_ids; // of the layers before compression, the lowest first

    bool operator==(const OciImageConfig&) const = default;
};

// The configuration of an image, OCI's or Docker's. What it has no place for above (mounts,
// devices, health checks) is not read. name begins errors. Throws Error.
[[nodiscard]] OciImageConfig parse_oci_image_config(std::string_view text, std::string name);

// Throws Error unless both speak of the same number of layers.
void check_layers(const OciManifest& manifest, const OciImageConfig& config, std::string_view name);

} // namespace lxcpp::image
