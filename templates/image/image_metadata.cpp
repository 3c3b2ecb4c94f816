// SPDX-License-Identifier: Apache-2.0
#include "image/image_metadata.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/architecture.h"
#include "image/decompress.h"
#include "image/tar_reader.h"
#include "image/tree_writer.h"

#include <algorithm>
#include <cstring>
#include <fmt/core.h>
#include <memory>

namespace lxcpp::image {
namespace {

constexpr std::size_t kMostFiles = 4096;
constexpr std::string_view kLevel = ".7"; // the compatibility level of LXC's download template

ByteSource source_of(std::string_view bytes) {
    return [bytes](std::span<char> into) mutable {
        const std::size_t count = std::min(into.size(), bytes.size());
        std::memcpy(into.data(), bytes.data(), count);
        bytes.remove_prefix(count);
        return count;
    };
}

std::string read_member(const TarEntry& entry, TarReader& reader) {
    if (entry.size > kMetadataFile) {
        throw Error(fmt::format("{} is larger than {} bytes", printable(entry.path), kMetadataFile));
    }
    std::string content;
    for (auto data = reader.read(); !data.empty(); data = reader.read()) content.append(data.data(), data.size());
    return content;
}

// LXC's templates for system and for user containers: "config-user.7" before "config-user" before "config".
const std::string* chosen(const MetadataFiles& files, std::string_view name, std::string_view mode) {
    const std::string with_mode = fmt::format("{}-{}", name, mode);
    const std::string base = files.find(with_mode) != nullptr ? with_mode : std::string(name);
    const std::string* level = files.find(base + std::string(kLevel));
    return level != nullptr ? level : files.find(base);
}

std::string text_or_empty(const std::string* text) { return text == nullptr ? "" : *text; }

// What "lxc.arch" says; it is the only place where LXC's metadata says it.
std::string architecture_of(std::string_view config) {
    for (const std::string_view line : split_lines(config)) {
        const auto equals = line.find('=');
        if (equals == line.npos || trim(line.substr(0, equals)) != "lxc.arch") continue;
        const auto known = find_architecture(trim(line.substr(equals + 1)));
        if (known) return std::string(known->machine);
    }
    return {};
}

void add_lines(const std::string* text, std::vector<std::string>& lines) {
    if (text == nullptr) return;
    for (const std::string_view line : split_lines(*text)) {
        const std::string word(trim(line));
        if (!word.empty() && std::ranges::find(lines, word) == lines.end()) lines.push_back(word);
    }
}

std::time_t parse_time(std::string_view text, std::string_view what) {
    const auto seconds = parse_u64(trim(text));
    // Until the year 9999: what is beyond is shown nowhere as a date.
    if (!seconds || *seconds > 253'402'300'799) {
        throw Error(fmt::format("{} is '{}': seconds since 1970 are expected", what, printable(text.substr(0, 40))));
    }
    return static_cast<std::time_t>(*seconds);
}

} // namespace

void MetadataFiles::add(const std::string& path, std::string content) {
    bytes_ += content.size();
    if (content.size() > kMetadataFile) throw Error(fmt::format("{} is larger than {} bytes", printable(path), kMetadataFile));
    if (bytes_ > kMetadataArchive) throw Error(fmt::format("its metadata is larger than {} bytes", kMetadataArchive));
    if (files_.size() >= kMostFiles) throw Error(fmt::format("its metadata has more than {} files", kMostFiles));
    if (!files_.emplace(path, std::move(content)).second) throw Error(printable(path) + " stands in there twice");
}

const std::string* MetadataFiles::find(std::string_view path) const noexcept {
    const auto found = files_.find(path);
    return found == files_.end() ? nullptr : &found->second;
}

MetadataFiles read_metadata_archive(std::string_view bytes, const std::string& name) {
    MetadataFiles files;
    TarReader reader(Decompressor::as_source(Decompressor(source_of(bytes), name, {.max_bytes = 4 * kMetadataArchive})), name);
    while (const TarEntry* entry = reader.next()) {
        with_context(name, [&] {
            const std::string path = normal_path(entry->path);
            if (entry->type == TarType::File) files.add(path, read_member(*entry, reader));
        });
    }
    return files;
}

void read_lxc_metadata(const MetadataFiles& files, std::string_view name, ImageDescription& description) {
    with_context(name, [&] {
        ImageContent& content = description.content;
        content.config = text_or_empty(chosen(files, "config", "system"));
        content.config_user = text_or_empty(chosen(files, "config", "user"));
        if (description.record.architecture.empty()) description.record.architecture = architecture_of(content.config);
        content.create_message = text_or_empty(chosen(files, "create-message", "system"));
        add_lines(chosen(files, "templates", "system"), content.substitute);
        for (const auto mode : {"system", "user"}) add_lines(chosen(files, "excludes", mode), description.excludes);
        const std::string* expiry = chosen(files, "expiry", "system");
        if (expiry != nullptr && !trim(*expiry).empty()) description.record.expires = parse_time(*expiry, "expiry");
        const std::string* fstab = chosen(files, "fstab", "system");
        if (fstab != nullptr && !trim(*fstab).empty()) {
            description.notes.push_back(fmt::format("{}: the fstab in it is not applied: an image may not mount", name));
        }
    });
}

ImageDescription describe_image(const MetadataFiles& files, const std::string& name) {
    ImageDescription description;
    const bool incus = files.find("metadata.yaml") != nullptr;
    const bool lxc = files.find("config") != nullptr || files.find("config-user") != nullptr;
    if (!incus && !lxc) {
        throw Error(name + ": holds neither metadata.yaml (Incus, LXD) nor config (LXC): it is not the metadata of an image");
    }
    if (incus) read_incus_metadata(files, name, description);
    if (lxc) read_lxc_metadata(files, name, description);
    return description;
}

} // namespace lxcpp::image
