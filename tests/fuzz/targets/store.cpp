// SPDX-License-Identifier: Apache-2.0
// The files of the store of images, which templates in namespaces write too, and lists of digests.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "image/sums_file.h"
#include "store/image_content.h"
#include "store/image_record.h"

namespace lxcpp::fuzz {
namespace {

// What is written is read again as the same, and written again with the same bytes.
void check_record(std::string_view text) {
    const auto record = accepted([&] { return parse_image_record(text, "record"); });
    if (!record) return;
    FUZZ_CHECK_WITH(is_fingerprint(record->fingerprint), record->fingerprint);
    for (const auto& tree : record->trees) FUZZ_CHECK_WITH(is_fingerprint(tree), tree);
    const std::string written = format_image_record(*record);
    FUZZ_CHECK_WITH(format_image_record(parse_image_record(written, "written")) == written, written);
}

void check_content(std::string_view text) {
    const auto content = accepted([&] { return parse_image_content(text, "content"); });
    if (!content) return;
    FUZZ_CHECK(parse_image_content(format_image_content(*content), "written") == *content);
}

void check_alias(std::string_view text) {
    if (!is_image_alias(text)) return;
    FUZZ_CHECK_WITH(!text.empty() && text.size() <= 128 && text.find(',') == text.npos, text); // ',' is '/' in the file's name
    FUZZ_CHECK_WITH(text.find("..") == text.npos && printable(text) == text && !is_fingerprint(text), text);
    FUZZ_CHECK_WITH(text.front() != '/' && text.front() != '.' && text.back() != '/', text);
}

void check_sums(std::string_view text) {
    const auto sums = accepted([&] { return image::parse_sums_file(text, "SHA256SUMS"); });
    if (!sums) return;
    for (const auto& [name, digest] : *sums) {
        FUZZ_CHECK_WITH(!name.empty() && name.find('/') == name.npos, name);
        FUZZ_CHECK_WITH(is_fingerprint(digest), digest);
    }
}

} // namespace

// The first byte chooses the reader.
void one_input(std::string_view bytes) {
    Bytes input(bytes);
    switch (input.byte()) {
    case 'r': return check_record(input.rest());
    case 'c': return check_content(input.rest());
    case 'a': return check_alias(input.rest());
    default: return check_sums(input.rest());
    }
}

std::vector<std::string> made_seeds() {
    ImageRecord record;
    record.fingerprint = std::string(64, 'a');
    record.distribution = "debian";
    record.created = 1'767'225'600;
    record.trees = {std::string(64, 'b'), std::string(64, 'c')};
    record.volumes = {"/data"};
    record.properties = {{"requirements.nesting", "true"}};
    ImageContent content;
    content.config = "lxc.arch = x86_64\n";
    content.substitute = {"/etc/hosts"};
    content.templates = {{.target = "/etc/hostname", .text = "{{ container.name }}\n", .properties = {{"a", "b"}}, .when = {"create", "copy"}}};
    return {"r" + format_image_record(record), "c" + format_image_content(content), "adebian/12/cloud",
            "s" + std::string(64, 'a') + "  rootfs.tar.xz\n# comment\n" + std::string(64, 'b') + " *meta.tar.xz\n"};
}

} // namespace lxcpp::fuzz
