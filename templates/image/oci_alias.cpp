// SPDX-License-Identifier: Apache-2.0
#include "image/oci_alias.h"

#include <array>
#include <filesystem>
#include <string_view>

namespace lxcpp::image {
namespace {

// What names of archives end in.
constexpr std::array<std::string_view, 8> kSuffixes{".gz", ".xz", ".zst", ".bz2", ".tgz", ".txz", ".tar", ".oci"};

std::string last_part(std::string_view name) { return std::string(name.substr(name.rfind('/') + 1)); }

std::string with_tag(std::string name, const std::string& tag) { return tag.empty() ? name : name + ':' + tag; }

std::string name_of_archive(const std::string& path) {
    std::string name = last_part(path);
    for (const std::string_view suffix : kSuffixes) {
        if (name.size() > suffix.size() && name.ends_with(suffix)) name.resize(name.size() - suffix.size());
    }
    return name;
}

std::string name_of_directory(const std::string& path) {
    auto whole = std::filesystem::absolute(path).lexically_normal();
    if (!whole.has_filename()) whole = whole.parent_path(); // "/srv/app/"
    return whole.filename().string();
}

} // namespace

std::string alias_of(const OciReference& reference) {
    if (!reference.repository.empty()) return with_tag(last_part(reference.repository), reference.tag);
    if (reference.tag.find_first_of("/:") != std::string::npos) return last_part(reference.tag); // a whole name
    const bool archive = reference.transport == OciTransport::LayoutArchive || reference.transport == OciTransport::DockerArchive;
    return with_tag(archive ? name_of_archive(reference.path) : name_of_directory(reference.path), reference.tag);
}

} // namespace lxcpp::image
