// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>

namespace lxcpp::image {

// containers-certs.d(5), all as PEM: whom to believe besides the system's authorities, and what to show of ourselves.
struct RegistryCertificates {
    std::string authorities; // *.crt
    std::string client;      // NAME.cert; empty: none
    std::string client_key;  // NAME.key
};

// What DIRECTORY/HOST of each of them has: every authority, and the first certificate of a client. host may have a
// port; it is of an image's name, in which there is no "/" nor "..". Throws Error for a certificate without its key
// and a key without its certificate.
[[nodiscard]] RegistryCertificates read_registry_certificates(std::span<const std::filesystem::path> directories,
                                                              const std::string& host);

} // namespace lxcpp::image
