// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// What a file of a build is to us; others are not listed.
enum class FileRole {
    IncusMetadata, // incus.tar.xz: metadata.yaml and templates
    LxdMetadata,   // lxd.tar.xz: the same under its older name
    LxcMetadata,   // meta.tar.xz: config, create-message, excludes, templates
    RootTar,       // rootfs.tar.xz
    RootSquashfs,
    Combined, // metadata and root in one archive
};

// The role's name in messages and listings ("incus.tar.xz").
[[nodiscard]] std::string_view role_name(FileRole role) noexcept;

struct OfferedFile {
    FileRole role = FileRole::RootTar;
    std::string path;                  // below the server's root (problem_of_server_path)
    std::optional<std::uint64_t> size; // the classic index has neither size
    std::string sha256;                // nor digest: empty
    // Of a metadata file: sha256 of itself and then that root, which is the image's fingerprint.
    std::string combined_tar;
    std::string combined_squashfs;

    bool operator==(const OfferedFile&) const = default;
};

struct OfferedVersion {
    std::string serial; // "20260101_05:24"
    std::vector<OfferedFile> files;

    [[nodiscard]] const OfferedFile* find(FileRole role) const noexcept;
    bool operator==(const OfferedVersion&) const = default;
};

// One product of a server: a distribution's release in one variant for one architecture.
struct Offer {
    std::string product; // the server's own name of it
    std::string distribution;
    std::string release;
    std::vector<std::string> release_names; // others for the same: "13" of "trixie"
    std::string variant;
    std::string architecture;         // Debian's name, or the server's when we do not know it
    std::vector<std::string> aliases; // "debian/13/cloud"
    std::map<std::string, std::string> requirements;
    std::string support_eol; // YYYY-MM-DD; mostly empty
    std::vector<OfferedVersion> versions;

    bool operator==(const Offer&) const = default;
};

inline constexpr std::string_view kDefaultVariant = "default";

// What the administrator asks for. An empty serial means the newest.
struct OfferRequest {
    std::string distribution;
    std::string release;
    std::string variant = std::string(kDefaultVariant);
    std::string architecture; // any name of it
    std::string serial;

    bool operator==(const OfferRequest&) const = default;
};

struct Choice {
    const Offer* offer;
    const OfferedVersion* version;
};

// "debian/12", "debian/12/cloud", "debian/12/arm64", "debian/12/cloud/arm64". Throws Error.
[[nodiscard]] OfferRequest parse_image_name(std::string_view name,
                                            std::string_view native_architecture);

// The product that has that alias for that architecture, or whose alias and architecture ("jammy/arm64") the name is.
[[nodiscard]] std::optional<OfferRequest> request_of_alias(std::span<const Offer> offers, std::string_view name,
                                                           std::string_view native_architecture);

void add_release_name(Offer& offer, std::string name); // unless it has it
// "13" from the alias "debian/13/cloud" of debian's trixie.
void add_release_names_of_aliases(Offer& offer);

// Begins with a day (YYYYMMDD) that there is, and can be one component of a path.
[[nodiscard]] bool is_serial(std::string_view text) noexcept;
// Whether a was built before b: numbers in them count as numbers ("20260101.9" before ".10").
[[nodiscard]] bool serial_before(std::string_view a, std::string_view b) noexcept;

// The one build that is meant. Throws Error that says which word of the request the server (its
// name begins the message) does not have, the nearest one that it has, and what else there is.
[[nodiscard]] Choice choose_offer(std::span<const Offer> offers, const OfferRequest& request,
                                  std::string_view server);

// What to fetch of a build. A combined archive stands in both places.
struct FileChoice {
    const OfferedFile* metadata;
    const OfferedFile* root;
    std::string fingerprint; // what the image must hash to; empty where the server says nothing

    bool operator==(const FileChoice&) const = default;
};

// The first root in the order of preference that stands with metadata. Throws Error when none does.
[[nodiscard]] FileChoice choose_files(const OfferedVersion& version,
                                      std::span<const FileRole> preferred_roots);

} // namespace lxcpp::image
