// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/ascii.h"
#include "base/strings.h"
#include "image/architecture.h"
#include "image/image_metadata.h"
#include "image/yaml_document.h"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>

// metadata.yaml: what Incus and LXD know of an image.
namespace lxcpp::image {
namespace {

constexpr std::size_t kMostTemplates = 256;
constexpr std::size_t kMostProperties = 256;
constexpr std::size_t kLongestValue = 4096;
constexpr std::uint32_t kHighestId = 65535;
constexpr std::uint64_t kLatest = 253'402'300'799; // 9999-12-31: what is beyond is no date

// One value of the document, and where it stands for messages.
struct Place {
    const YamlNode& node;
    std::string where;

    [[noreturn]] void refuse(std::string_view problem) const { throw Error(fmt::format("{}: {}", where, problem)); }
    [[nodiscard]] const std::string& text() const {
        if (node.kind != YamlKind::Text) refuse("a word is expected");
        return node.text;
    }
    [[nodiscard]] const std::vector<YamlMember>& members() const {
        if (node.kind != YamlKind::Map && node.kind != YamlKind::Null) refuse("a map is expected");
        return node.members;
    }
};

std::string shown(std::string_view name) { return printable(name.substr(0, 80)); }

// null counts as missing.
const YamlNode* member(const YamlNode& map, std::string_view name) {
    const YamlNode* found = map.find(name);
    return found == nullptr || found->kind == YamlKind::Null ? nullptr : found;
}

std::string text_of(const YamlNode& map, std::string_view name) {
    const YamlNode* found = member(map, name);
    return found == nullptr ? "" : Place{*found, std::string(name)}.text();
}

std::time_t time_of(const YamlNode& map, std::string_view name) {
    const std::string text = text_of(map, name);
    if (text.empty()) return 0;
    const auto seconds = parse_u64(text);
    if (!seconds || *seconds > kLatest) throw Error(fmt::format("{}: seconds since 1970 are expected", name));
    return static_cast<std::time_t>(*seconds);
}

std::uint32_t number_of(const YamlNode& map, const std::string& where, std::string_view name, int base, std::uint32_t otherwise,
                        std::uint32_t highest) {
    const YamlNode* found = member(map, name);
    if (found == nullptr) return otherwise;
    const Place place{*found, fmt::format("{}: {}", where, name)};
    const std::string& text = place.text();
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty()) return otherwise;
    if (error != std::errc{} || end != text.data() + text.size() || value > highest) {
        place.refuse(fmt::format("'{}' is no number from 0 to {}", shown(text), base == 8 ? fmt::format("{:o}", highest) : fmt::format("{}", highest)));
    }
    return value;
}

bool truth_of(const YamlNode& map, const std::string& where, std::string_view name) {
    const YamlNode* found = member(map, name);
    if (found == nullptr) return false;
    const Place place{*found, fmt::format("{}: {}", where, name)};
    if (place.text() == "true") return true;
    if (place.text() != "false") place.refuse("true or false is expected");
    return false;
}

std::string target_of(const std::string& path) {
    const auto parts = split(path, '/');
    const bool sound = path.starts_with('/') && !path.ends_with('/') && path.size() < kLongestValue && path.find('\0') == path.npos &&
                       std::ranges::find(parts, "..") == parts.end();
    if (!sound) throw Error(fmt::format("templates: '{}' is no path of a file in a container", shown(path)));
    return path;
}

std::string template_text(const MetadataFiles& files, const std::string& where, const YamlNode& rule) {
    const std::string file = text_of(rule, "template");
    if (file.empty() || file.find('/') != file.npos) throw Error(where + ": it has no name of a file in templates/");
    const std::string* text = files.find("templates/" + file);
    if (text == nullptr) throw Error(fmt::format("{}: templates/{} is not in the image", where, shown(file)));
    return *text;
}

ImageTemplate read_template(const MetadataFiles& files, const std::string& path, const YamlNode& rule) {
    ImageTemplate one;
    one.target = target_of(path);
    const std::string where = "templates: " + shown(path);
    if (rule.kind != YamlKind::Map) throw Error(where + ": a map is expected");
    one.text = template_text(files, where, rule);
    if (const YamlNode* when = member(rule, "when")) {
        if (when->kind != YamlKind::List) throw Error(where + ": when: a list is expected");
        for (const YamlNode& trigger : when->items) one.when.push_back(Place{trigger, where + ": when"}.text());
    }
    if (const YamlNode* properties = member(rule, "properties")) {
        for (const YamlMember& property : Place{*properties, where + ": properties"}.members())
            one.properties.emplace(property.name, property.value.text);
    }
    one.create_only = truth_of(rule, where, "create_only");
    one.uid = number_of(rule, where, "uid", 10, 0, kHighestId);
    one.gid = number_of(rule, where, "gid", 10, 0, kHighestId);
    one.mode = number_of(rule, where, "mode", 8, one.mode, 07777);
    return one;
}

void read_templates(const MetadataFiles& files, const YamlNode& root, ImageContent& content) {
    const YamlNode* templates = member(root, "templates");
    if (templates == nullptr) return;
    const auto& members = Place{*templates, "templates"}.members();
    if (members.size() > kMostTemplates) throw Error(fmt::format("templates: more than {}", kMostTemplates));
    for (const YamlMember& rule : members) content.templates.push_back(read_template(files, rule.name, rule.value));
}

bool is_property_name(std::string_view name) {
    constexpr std::string_view kOthers = "._/-";
    return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kOthers.find(c) != kOthers.npos;
    });
}

void take_property(const std::string& name, const std::string& value, ImageRecord& record) {
    if (name == "os") record.distribution = ascii_lower(value);
    else if (name == "release") record.release = value;
    else if (name == "variant") record.variant = value;
    else if (name == "serial") record.serial = value;
    else if (name == "description") record.description = value;
    else if (name == "architecture") return; // the document's own key says it
    else record.properties.emplace(name, value);
}

void read_properties(const YamlNode& root, ImageRecord& record) {
    const YamlNode* properties = member(root, "properties");
    if (properties == nullptr) return;
    const auto& members = Place{*properties, "properties"}.members();
    if (members.size() > kMostProperties) throw Error(fmt::format("properties: more than {}", kMostProperties));
    for (const auto& [name, value, position] : members) {
        const Place place{value, "properties: " + shown(name)};
        if (!is_property_name(name)) place.refuse("not a name of a property");
        if (value.kind == YamlKind::Null) continue;
        if (place.text().size() > kLongestValue) place.refuse(fmt::format("longer than {} bytes", kLongestValue));
        take_property(name, place.text(), record);
    }
}

// As uname(2) has it, whatever name it goes by here.
std::string machine_of(const YamlNode& root) {
    const std::string name = text_of(root, "architecture");
    if (name.empty()) throw Error("architecture: it is missing");
    const auto known = find_architecture(name);
    return known ? std::string(known->machine) : name;
}

} // namespace

void read_incus_metadata(const MetadataFiles& files, std::string_view name, ImageDescription& description) {
    const std::string document = fmt::format("{}: metadata.yaml", name);
    const std::string* text = files.find("metadata.yaml");
    if (text == nullptr) throw Error(document + " is not in it");
    const YamlNode root = parse_yaml(*text, document);
    with_context(document, [&] {
        if (root.kind != YamlKind::Map) throw Error("a map is expected");
        ImageRecord& record = description.record;
        record.architecture = machine_of(root);
        record.created = time_of(root, "creation_date");
        record.expires = time_of(root, "expiry_date");
        read_properties(root, record);
        read_templates(files, root, description.content);
        description.content.documents.insert_or_assign("metadata.yaml", *text);
    });
}

} // namespace lxcpp::image
