// SPDX-License-Identifier: Apache-2.0
#include "store/image_content.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/strings.h"

#include <fmt/core.h>

namespace lxcpp {
namespace {

constexpr std::size_t kMost = 16u << 20;
constexpr std::string_view kDocument = "document.";
constexpr std::string_view kProperty = "template.property.";
constexpr std::string_view kDigest = "digest"; // of all pairs before that one, which is the last

void put(std::string& text, std::string_view value) {
    text += std::to_string(value.size()) + ':';
    text += value;
    text += ',';
}

void put(std::string& text, std::string_view key, std::string_view value) {
    put(text, key);
    put(text, value);
}

std::string_view take(std::string_view& text) {
    const auto colon = text.find(':');
    const auto size = parse_u64(text.substr(0, colon));
    if (colon == text.npos || !size || *size >= text.size() - colon - 1) throw Error("damaged");
    const std::string_view value = text.substr(colon + 1, *size);
    text.remove_prefix(colon + 1 + *size);
    if (text.front() != ',') throw Error("damaged");
    text.remove_prefix(1);
    return value;
}

std::uint32_t number(std::string_view value) {
    const auto parsed = parse_u64(value);
    if (!parsed || *parsed > UINT32_MAX) throw Error("a number is expected");
    return static_cast<std::uint32_t>(*parsed);
}

void put_template(std::string& text, const ImageTemplate& one) {
    put(text, "template", one.target); // begins it; the others are of the last one
    put(text, "template.text", one.text);
    put(text, "template.uid", std::to_string(one.uid));
    put(text, "template.gid", std::to_string(one.gid));
    put(text, "template.mode", std::to_string(one.mode));
    if (one.create_only) put(text, "template.create_only", "yes");
    for (const std::string& trigger : one.when) put(text, "template.when", trigger);
    for (const auto& [name, value] : one.properties) put(text, std::string(kProperty) + name, value);
}

void take_template(ImageTemplate& one, std::string_view key, std::string_view value) {
    if (key == "template.text") one.text = value;
    else if (key == "template.uid") one.uid = number(value);
    else if (key == "template.gid") one.gid = number(value);
    else if (key == "template.mode") one.mode = number(value) & 07777;
    else if (key == "template.create_only") one.create_only = true;
    else if (key == "template.when") one.when.emplace_back(value);
    else if (key.starts_with(kProperty)) one.properties.emplace(key.substr(kProperty.size()), value);
    else throw Error("unknown key " + printable(key));
}

void take_pair(ImageContent& content, std::string_view key, std::string_view value) {
    if (key == "config") {
        content.config = value;
    } else if (key == "config_user") {
        content.config_user = value;
    } else if (key == "create_message") {
        content.create_message = value;
    } else if (key == "substitute") {
        content.substitute.emplace_back(value);
    } else if (key == "template") {
        content.templates.push_back({.target = std::string(value), .text = {}, .properties = {}, .when = {}});
    } else if (key.starts_with(kDocument)) {
        content.documents.emplace(key.substr(kDocument.size()), value);
    } else if (!content.templates.empty()) {
        take_template(content.templates.back(), key, value);
    } else {
        throw Error("unknown key " + printable(key));
    }
}

void require_digest(std::string_view pairs, std::string_view digest, std::string_view rest) {
    if (rest.empty() && digest == sha256_hex(pairs)) return;
    throw Error("it was changed after it was written: its digest is another");
}

} // namespace

std::string format_image_content(const ImageContent& content) {
    std::string text;
    put(text, "config", content.config);
    put(text, "config_user", content.config_user);
    put(text, "create_message", content.create_message);
    for (const std::string& file : content.substitute) put(text, "substitute", file);
    for (const ImageTemplate& one : content.templates) put_template(text, one);
    for (const auto& [name, value] : content.documents) put(text, std::string(kDocument) + name, value);
    put(text, kDigest, sha256_hex(text));
    return text;
}

ImageContent parse_image_content(std::string_view text, std::string_view name) {
    return with_context(name, [&] {
        if (text.size() > kMost) throw Error("larger than 16 MiB");
        ImageContent content;
        for (const std::string_view whole = text; !text.empty();) {
            const auto pairs = whole.substr(0, whole.size() - text.size());
            const std::string_view key = take(text);
            const std::string_view value = take(text);
            if (key != kDigest) take_pair(content, key, value);
            else require_digest(pairs, value, text);
        }
        return content;
    });
}

} // namespace lxcpp
