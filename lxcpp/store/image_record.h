// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the store of images says of one of them. Whoever reads it does not need to know how it came here.
namespace lxcpp {

enum class ImageKind { System, Application }; // Application: of an OCI image, without an init of its own
[[nodiscard]] std::string_view image_kind_name(ImageKind kind) noexcept;

struct ImageRecord {
    std::string fingerprint; // 64 lower-case hex digits: what the image hashes to
    ImageKind kind = ImageKind::System;
    std::string distribution; // "debian"; empty where nobody says
    std::string release;
    std::string variant;
    std::string architecture; // as lxc.arch has it: "x86_64"
    std::string serial;       // which build: "20260101_05:24"
    std::string description;
    std::time_t created = 0;
    std::time_t expires = 0; // 0 = never
    std::time_t added = 0;   // to this store
    std::string protocol;    // "simplestreams", "classic", "docker", "oci", "import", "publish", ...
    std::string source;      // where it is from: a URL without credentials, a path
    std::string refresh;     // what to ask that source for to get a newer one ("debian/12/cloud"); empty: nothing
    bool verified = false;
    std::string verification; // how, for people: "signed index and sha256"; why not, when it is not
    std::string signer;       // full fingerprint of the key, when one signed
    std::uint64_t size = 0;   // bytes of its trees on disk
    std::vector<std::string> trees;   // names of its read-only trees, the lowest first
    std::vector<std::string> volumes; // absolute paths that each container keeps for itself (OCI)
    std::map<std::string, std::string> properties; // free text of the image: labels, requirements.*

    bool operator==(const ImageRecord&) const = default;
};

// "key: value" lines, one for each field that says something; values lose what is no plain text (strings.h, printable). The
// last one is the sha256 of those before it.
[[nodiscard]] std::string format_image_record(const ImageRecord& record);
// Throws Error "NAME: line 3: ..." for anything that format_image_record() would not write: another digest, an unknown
// key, a fingerprint or tree that is none, more than 512 trees. Without a digest it is one that was written before they had one.
[[nodiscard]] ImageRecord parse_image_record(std::string_view text, std::string_view name);

// "has expired on 2026-01-01, by its server or itself: it may get no updates"; nullopt while it has not.
[[nodiscard]] std::optional<std::string> expiry_text(const ImageRecord& record, std::time_t now);

// 64 lower-case hex digits: the only names that become part of a path here.
[[nodiscard]] bool is_fingerprint(std::string_view text) noexcept;
[[nodiscard]] std::string short_fingerprint(std::string_view fingerprint); // its first 12 digits: what people are shown
// "debian/12/cloud", "web:v2": 1..128 bytes of [A-Za-z0-9._:@+/-], first a letter or digit, without "..", "//", a
// '/' at the end, and no fingerprint.
[[nodiscard]] bool is_image_alias(std::string_view text) noexcept;

} // namespace lxcpp
