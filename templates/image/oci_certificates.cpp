// SPDX-License-Identifier: Apache-2.0
#include "image/oci_certificates.h"

#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <string_view>
#include <vector>

namespace lxcpp::image {
namespace {

constexpr std::size_t kLargest = 1u << 20;
constexpr std::string_view kAuthority = ".crt";
constexpr std::string_view kClient = ".cert";
constexpr std::string_view kKey = ".key";

std::string with_ending(std::string_view name, std::string_view old, std::string_view other) {
    return std::string(name.substr(0, name.size() - old.size())).append(other);
}

// People call certificates of authorities .cert, and wonder.
void require_partner(const std::vector<std::string>& names, const std::filesystem::path& place, const std::string& name,
                     std::string_view ending, std::string_view other) {
    if (!name.ends_with(ending)) return;
    const auto partner = with_ending(name, ending, other);
    if (std::ranges::find(names, partner) != names.end()) return;
    throw Error(fmt::format("{}: there is no {} for it (certificates of authorities are called NAME.crt)", (place / name).string(), partner));
}

void add(const std::filesystem::path& place, RegistryCertificates& all) {
    auto names = sys::list_dir(place);
    std::ranges::sort(names);
    for (const std::string& name : names) {
        require_partner(names, place, name, kClient, kKey);
        require_partner(names, place, name, kKey, kClient);
        if (name.ends_with(kAuthority)) all.authorities += sys::read_file(place / name, kLargest) + "\n";
        if (!name.ends_with(kClient) || !all.client.empty()) continue;
        all.client = sys::read_file(place / name, kLargest);
        all.client_key = sys::read_file(place / with_ending(name, kClient, kKey), kLargest);
    }
}

} // namespace

RegistryCertificates read_registry_certificates(std::span<const std::filesystem::path> directories, const std::string& host) {
    RegistryCertificates all;
    for (const auto& directory : directories)
        if (sys::exists(directory / host)) add(directory / host, all);
    return all;
}

} // namespace lxcpp::image
