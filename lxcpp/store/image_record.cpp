// SPDX-License-Identifier: Apache-2.0
#include "store/image_record.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/strings.h"

#include <algorithm>
#include <array>
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <map>
#include <variant>

namespace lxcpp {
namespace {

constexpr std::size_t kMostTrees = 512;
constexpr std::size_t kFingerprint = 64;
constexpr std::size_t kShown = 12;
constexpr std::size_t kMostAlias = 128;
constexpr std::string_view kProperty = "property.";
constexpr std::string_view kDigest = "digest: "; // of all lines before that one, which is the last

// Each key of a record, and the field it is for.
struct Field {
    std::string_view key;
    std::variant<std::string ImageRecord::*, std::time_t ImageRecord::*, std::vector<std::string> ImageRecord::*> member;
};
constexpr std::array<Field, 17> kFields{{
    {"fingerprint", &ImageRecord::fingerprint},
    {"distribution", &ImageRecord::distribution},
    {"release", &ImageRecord::release},
    {"variant", &ImageRecord::variant},
    {"architecture", &ImageRecord::architecture},
    {"serial", &ImageRecord::serial},
    {"description", &ImageRecord::description},
    {"created", &ImageRecord::created},
    {"expires", &ImageRecord::expires},
    {"added", &ImageRecord::added},
    {"protocol", &ImageRecord::protocol},
    {"source", &ImageRecord::source},
    {"refresh", &ImageRecord::refresh},
    {"verification", &ImageRecord::verification},
    {"signer", &ImageRecord::signer},
    {"tree", &ImageRecord::trees},
    {"volume", &ImageRecord::volumes},
}};
constexpr std::array kKinds{ImageKind::System, ImageKind::Application};

void put(std::string& text, std::string_view key, std::string_view value) {
    if (!value.empty()) text += fmt::format("{}: {}\n", key, printable(value));
}

void put_field(std::string& text, const ImageRecord& record, const Field& field) {
    if (const auto* one = std::get_if<std::string ImageRecord::*>(&field.member)) {
        put(text, field.key, record.*(*one));
    } else if (const auto* time = std::get_if<std::time_t ImageRecord::*>(&field.member)) {
        if (record.*(*time) != 0) put(text, field.key, std::to_string(record.*(*time)));
    } else {
        for (const std::string& value : record.*std::get<std::vector<std::string> ImageRecord::*>(field.member)) {
            put(text, field.key, value);
        }
    }
}

std::uint64_t number(std::string_view value) {
    const auto parsed = parse_u64(value);
    if (!parsed || *parsed > INT64_MAX) throw Error("a number is expected");
    return *parsed;
}

void take_field(ImageRecord& record, const Field& field, std::string_view value) {
    if (const auto* one = std::get_if<std::string ImageRecord::*>(&field.member)) {
        record.*(*one) = value;
    } else if (const auto* time = std::get_if<std::time_t ImageRecord::*>(&field.member)) {
        record.*(*time) = static_cast<std::time_t>(number(value));
    } else {
        (record.*std::get<std::vector<std::string> ImageRecord::*>(field.member)).emplace_back(value);
    }
}

void take(ImageRecord& record, std::string_view key, std::string_view value) {
    const auto field = std::ranges::find(kFields, key, &Field::key);
    if (field != kFields.end()) {
        take_field(record, *field, value);
    } else if (key == "kind") {
        const auto kind = std::ranges::find(kKinds, value, image_kind_name);
        if (kind == kKinds.end()) throw Error("no such kind of image");
        record.kind = *kind;
    } else if (key == "verified") {
        record.verified = value == "yes";
    } else if (key == "size") {
        record.size = number(value);
    } else if (key.starts_with(kProperty)) {
        record.properties.emplace(key.substr(kProperty.size()), value);
    } else {
        throw Error("unknown key " + printable(key));
    }
}

void require_sound(const ImageRecord& record) {
    if (!is_fingerprint(record.fingerprint)) throw Error("the fingerprint is missing or none");
    if (record.trees.empty() || record.trees.size() > kMostTrees) throw Error("an image has 1 to 512 trees");
    if (!std::ranges::all_of(record.trees, is_fingerprint)) throw Error("a tree's name is none");
}

// The lines that a digest vouches for; all of them in a record of the time before there were digests.
std::string_view vouched_for(std::string_view text) {
    if (!text.ends_with('\n')) return text;
    const auto before = text.substr(0, text.size() - 1).rfind('\n');
    const std::size_t last = before == text.npos ? 0 : before + 1;
    if (!text.substr(last).starts_with(kDigest)) return text;
    const auto lines = text.substr(0, last);
    if (text.substr(last + kDigest.size()) != sha256_hex(lines) + '\n') throw Error("it was changed after it was written: its digest is another");
    return lines;
}

bool is_alias_byte(char c) noexcept {
    constexpr std::string_view kOthers = "._:@+/-";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kOthers.find(c) != kOthers.npos;
}

} // namespace

std::string_view image_kind_name(ImageKind kind) noexcept { return kind == ImageKind::System ? "system" : "application"; }

std::string format_image_record(const ImageRecord& record) {
    std::string text;
    put(text, "fingerprint", record.fingerprint);
    put(text, "kind", image_kind_name(record.kind));
    put(text, "verified", record.verified ? "yes" : "no");
    put(text, "size", std::to_string(record.size));
    for (const Field& field : kFields) {
        if (field.key != "fingerprint") put_field(text, record, field);
    }
    std::map<std::string, std::string> shown; // in the order in which they are read again
    for (const auto& [name, value] : record.properties) {
        if (name.find(": ") == name.npos) shown.emplace(printable(name), value); // else it would end early
    }
    for (const auto& [name, value] : shown) put(text, std::string(kProperty) + name, value);
    return text + std::string(kDigest) + sha256_hex(text) + '\n';
}

ImageRecord parse_image_record(std::string_view text, std::string_view name) {
    ImageRecord record;
    std::size_t number = 0;
    const auto lines = with_context(name, [&] { return vouched_for(text); });
    for (const std::string_view line : split_lines(lines)) {
        ++number;
        with_context(fmt::format("{}: line {}", name, number), [&] {
            const auto colon = line.find(": ");
            if (colon == line.npos) throw Error("\"key: value\" is expected");
            take(record, line.substr(0, colon), line.substr(colon + 2));
        });
    }
    with_context(name, [&] { require_sound(record); });
    return record;
}

std::optional<std::string> expiry_text(const ImageRecord& record, std::time_t now) {
    if (record.expires == 0 || record.expires >= now) return std::nullopt;
    return fmt::format("has expired on {:%Y-%m-%d}, by its server or itself: it may get no updates", fmt::gmtime(record.expires));
}

bool is_fingerprint(std::string_view text) noexcept {
    return text.size() == kFingerprint &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string short_fingerprint(std::string_view fingerprint) { return std::string(fingerprint.substr(0, kShown)); }

bool is_image_alias(std::string_view text) noexcept {
    if (text.empty() || text.size() > kMostAlias || !std::ranges::all_of(text, is_alias_byte)) return false;
    constexpr std::string_view kNotFirst = "._:@+/-";
    return kNotFirst.find(text.front()) == text.npos && text.find("..") == text.npos && text.find("//") == text.npos &&
           text.back() != '/' && !is_fingerprint(text);
}

} // namespace lxcpp
