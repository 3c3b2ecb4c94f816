// SPDX-License-Identifier: Apache-2.0
// What the small files of an image say of it, those of Incus and those of LXC; a stranger wrote them. What is written
// of an image that was read is read as the same.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "image/image_metadata.h"
#include "image/metadata_writer.h"

#include <algorithm>
#include <optional>

namespace lxcpp::fuzz {
namespace {

using namespace lxcpp::image;

bool is_target(std::string_view path) {
    const auto parts = split(path, '/');
    return path.starts_with('/') && !path.ends_with('/') && path.size() < 4096 && path.find('\0') == path.npos &&
           std::ranges::find(parts, "..") == parts.end();
}

void check_description(const ImageDescription& description) {
    const ImageContent& content = description.content;
    for (const ImageTemplate& one : content.templates) {
        FUZZ_CHECK_WITH(is_target(one.target), one.target);
        FUZZ_CHECK(one.uid <= 65535 && one.gid <= 65535 && one.mode <= 07777);
    }
    FUZZ_CHECK(content.templates.size() <= 256 && description.record.properties.size() <= 256);
    for (const auto& [name, value] : description.record.properties)
        FUZZ_CHECK_WITH(!name.empty() && printable(name) == name && name.find(' ') == name.npos && value.size() <= 4096, name);
    for (const std::string& line : description.excludes) FUZZ_CHECK(!line.empty());
    // As the store keeps them.
    FUZZ_CHECK(parse_image_content(format_image_content(content), "content") == content);
    ImageRecord record = description.record;
    record.fingerprint = std::string(64, 'a');
    record.trees = {std::string(64, 'b')};
    const std::string text = format_image_record(record);
    FUZZ_CHECK_WITH(format_image_record(parse_image_record(text, "record")) == text, text);
}

ImageDescription read_again(const NamedFiles& named, bool incus) {
    MetadataFiles files;
    for (const auto& [name, content] : named) files.add(name, content);
    ImageDescription description;
    if (incus) read_incus_metadata(files, "again", description);
    else read_lxc_metadata(files, "again", description);
    return description;
}

void check_written(const ImageDescription& description) {
    const auto incus = read_again(incus_metadata_files(description.record, description.content), true);
    FUZZ_CHECK(incus.content.templates == description.content.templates);
    FUZZ_CHECK(incus.record == description.record);
    if (description.content.config.empty()) return;
    const auto lxc = read_again(lxc_metadata_files(description.record, description.content), false);
    FUZZ_CHECK(lxc.content.config == description.content.config);
    FUZZ_CHECK(lxc.content.substitute == description.content.substitute);
    FUZZ_CHECK(lxc.record.expires == description.record.expires);
}

} // namespace

// metadata.yaml; then, each after a line "%NAME", other files.
void one_input(std::string_view bytes) {
    Bytes input(bytes);
    MetadataFiles files;
    const bool good = succeeds([&] {
        if (const auto yaml = input.until("\n%"); !yaml.empty()) files.add("metadata.yaml", std::string(yaml));
        while (!input.empty()) {
            const std::string name(input.until("\n"));
            files.add(name, std::string(input.until("\n%")));
        }
    });
    if (!good) return;
    const auto description = accepted([&] { return describe_image(files, "image"); });
    if (!description) return;
    check_description(*description);
    if (!description->record.architecture.empty()) check_written(*description);
}

std::vector<std::string> made_seeds() { return {}; }

} // namespace lxcpp::fuzz
