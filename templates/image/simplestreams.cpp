// SPDX-License-Identifier: Apache-2.0
#include "image/simplestreams.h"

#include "base/ascii.h"
#include "base/strings.h"
#include "image/architecture.h"
#include "image/json_document.h"
#include "image/server_path.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::string_view kDatatype = "image-downloads";
// A server with a thousand products has 4 MB and 200 000 values.
constexpr JsonLimits kLimits{.bytes = 32u << 20, .depth = 16, .values = 500'000};
constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 40;

// What servers call the files that we use ("ftype"); others are for virtual machines, or deltas.
constexpr std::array<std::pair<std::string_view, FileRole>, 12> kFileTypes = {{
    {"incus.tar.xz", FileRole::IncusMetadata},
    {"lxd.tar.xz", FileRole::LxdMetadata},
    {"lxc_meta.tar.xz", FileRole::LxcMetadata},
    {"meta.tar.xz", FileRole::LxcMetadata},
    {"root.tar.xz", FileRole::RootTar},
    {"rootfs.tar.xz", FileRole::RootTar},
    {"squashfs", FileRole::RootSquashfs},
    {"root.squashfs", FileRole::RootSquashfs},
    {"rootfs.squashfs", FileRole::RootSquashfs},
    {"incus_combined.tar.gz", FileRole::Combined},
    {"lxd_combined.tar.gz", FileRole::Combined},
    {"combined.tar.gz", FileRole::Combined},
}};

std::optional<FileRole> role_of(std::string_view type) noexcept {
    for (const auto& [name, role] : kFileTypes)
        if (name == type) return role;
    return std::nullopt;
}

void check_header(const JsonValue& root, std::string_view format) {
    const JsonValue given = root.at("format");
    if (given.text() != format) given.refuse(fmt::format("expected \"{}\"", format));
}

std::string path_at(const JsonValue& object) {
    const JsonValue path = object.at("path");
    if (const auto problem = problem_of_server_path(path.text())) path.refuse(*problem);
    return path.text();
}

std::string sha256_in(const JsonValue& value) {
    if (!is_sha256(value.text())) value.refuse("expected a sha256: 64 lower-case hex digits");
    return value.text();
}

std::string optional_sha256(const JsonValue& object, std::string_view name) {
    const auto value = object.find(name);
    return value ? sha256_in(*value) : std::string();
}

// combined_sha256 is the older name of the one with the tar archive.
std::string combined_tar_of(const JsonValue& item) {
    const auto older = optional_sha256(item, "combined_sha256");
    const auto newer = optional_sha256(item, "combined_rootxz_sha256");
    if (!older.empty() && !newer.empty() && older != newer)
        item.refuse("combined_sha256 and combined_rootxz_sha256 differ");
    return newer.empty() ? older : newer;
}

OfferedFile parse_item(const JsonValue& item, FileRole role) {
    OfferedFile file{.role = role, .path = path_at(item), .sha256 = sha256_in(item.at("sha256"))};
    const JsonValue size = item.at("size");
    if (size.count() > kLargestFile) size.refuse("larger than any image");
    file.size = size.count();
    file.combined_tar = combined_tar_of(item);
    file.combined_squashfs = optional_sha256(item, "combined_squashfs_sha256");
    return file;
}

// A twin of the older kind ("lxd.tar.xz" for "incus.tar.xz") is another role, not a second file.
OfferedVersion parse_version(const JsonValue& version) {
    OfferedVersion parsed{.serial = version.key(), .files = {}};
    for (const JsonValue& item : version.at("items").members()) {
        const auto role = role_of(item.text_or("ftype", ""));
        if (!role) continue;
        if (parsed.find(*role) != nullptr)
            item.refuse(fmt::format("a second {} in one build", role_name(*role)));
        parsed.files.push_back(parse_item(item, *role));
    }
    return parsed;
}

std::vector<std::string> parse_aliases(std::string_view list) {
    std::vector<std::string> aliases;
    for (const std::string_view alias : split(list, ','))
        if (!trim(alias).empty()) aliases.emplace_back(trim(alias));
    return aliases;
}

std::string lower_without_blanks(std::string_view text) {
    std::string word;
    for (const char c : text) {
        if (c != ' ') word += ascii_lower(c);
    }
    return word;
}

// "rockylinux:9:amd64:default" says it as people write it, "os": "Rocky Linux" does not; but the
// name of a product is the server's own affair ("com.ubuntu.cloud:server:22.04:amd64").
std::string distribution_of(const JsonValue& product) {
    const auto parts = split(product.key(), ':');
    const bool ours = parts.size() == 4 && parts[1] == product.at("release").text() &&
                      parts[2] == product.at("arch").text();
    return ours ? std::string(parts[0]) : lower_without_blanks(product.at("os").text());
}

void add_release_names(Offer& offer, const JsonValue& product) {
    for (const char* field : {"version", "release_codename", "release_title"})
        add_release_name(offer, product.text_or(field, ""));
    add_release_names_of_aliases(offer);
}

// The words become directories of our cache.
const std::string& checked_word(const JsonValue& product, const std::string& word) {
    if (!is_server_word(word)) product.refuse(fmt::format("\"{}\" is no name", printable(word)));
    return word;
}

Offer parse_product(const JsonValue& product) {
    Offer offer;
    offer.product = product.key();
    offer.distribution = checked_word(product, distribution_of(product));
    offer.release = checked_word(product, product.at("release").text());
    offer.variant = checked_word(product, product.text_or("variant", kDefaultVariant));
    offer.architecture = checked_word(product, debian_architecture(product.at("arch").text()));
    offer.aliases = parse_aliases(product.text_or("aliases", ""));
    offer.support_eol = product.text_or("support_eol", "");
    add_release_names(offer, product);
    if (const auto requirements = product.find("requirements"))
        for (const JsonValue& each : requirements->members())
            offer.requirements[each.key()] = each.text();
    for (const JsonValue& version : product.at("versions").members()) {
        if (!is_serial(version.key())) continue;
        auto parsed = parse_version(version);
        if (!parsed.files.empty()) offer.versions.push_back(std::move(parsed));
    }
    return offer;
}

} // namespace

std::vector<std::string> parse_streams_index(std::string_view text, std::string name) {
    const JsonDocument document(text, std::move(name), kLimits);
    check_header(document.root(), "index:1.0");
    std::vector<std::string> paths;
    const JsonValue index = document.root().at("index");
    for (const JsonValue& entry : index.members()) {
        if (entry.text_or("datatype", "") != kDatatype) continue;
        const auto products = entry.find("products");
        if (products && products->items().empty()) continue;
        paths.push_back(path_at(entry));
    }
    if (paths.empty()) index.refuse("lists no images to download");
    return paths;
}

std::vector<Offer> parse_streams_products(std::string_view text, std::string name) {
    const JsonDocument document(text, std::move(name), kLimits);
    check_header(document.root(), "products:1.0");
    const JsonValue datatype = document.root().at("datatype");
    if (datatype.text() != kDatatype) datatype.refuse(fmt::format("expected \"{}\"", kDatatype));
    std::vector<Offer> offers;
    for (const JsonValue& product : document.root().at("products").members()) {
        auto offer = parse_product(product);
        if (!offer.versions.empty()) offers.push_back(std::move(offer));
    }
    return offers;
}

} // namespace lxcpp::image
