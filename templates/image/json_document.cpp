// SPDX-License-Identifier: Apache-2.0
#include "image/json_document.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <deque>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <utility>

namespace lxcpp::image {

enum class JsonKind { Null, Truth, Count, Number, Text, List, Object };

// Nodes are never moved, so that a child knows its parent; parents hold no more than pointers, so
// that no depth makes the destructor deep.
struct JsonNode {
    const JsonNode* parent = nullptr;
    JsonKind kind = JsonKind::Null;
    std::uint64_t number = 0; // Truth, Count
    std::string key;
    std::string text;
    std::vector<const JsonNode*> children; // of an object sorted by key
};

struct JsonDocument::Tree {
    std::string name;
    std::deque<JsonNode> nodes; // the first is the root
};

namespace {

constexpr std::size_t kLongestShown = 80; // of a name in a path

constexpr std::string_view kind_name(JsonKind kind) noexcept {
    switch (kind) {
    case JsonKind::Null:
        return "null";
    case JsonKind::Truth:
        return "true or false";
    case JsonKind::Count:
        return "a whole number that is not negative";
    case JsonKind::Number:
        return "a number";
    case JsonKind::Text:
        return "a string";
    case JsonKind::List:
        return "a list";
    case JsonKind::Object:
        return "an object";
    }
    return "a value";
}

// A name as one part of a JSON pointer, harmless on a terminal.
std::string pointer_part(std::string_view name) {
    std::string part;
    for (const char c : name.substr(0, kLongestShown)) {
        if (c == '~')
            part += "~0";
        else if (c == '/')
            part += "~1";
        else
            part += c;
    }
    return printable(part) + (name.size() > kLongestShown ? "..." : "");
}

std::string part_of(const JsonNode& node) {
    if (node.parent->kind == JsonKind::Object) return pointer_part(node.key);
    const auto& items = node.parent->children;
    return std::to_string(std::find(items.begin(), items.end(), &node) - items.begin());
}

std::string pointer_to(const JsonNode& node) {
    std::string path;
    for (const JsonNode* at = &node; at->parent != nullptr; at = at->parent)
        path = "/" + part_of(*at) + path;
    return path.empty() ? "/" : path;
}

bool key_before(const JsonNode* a, const JsonNode* b) noexcept {
    return a->key < b->key;
}

// Receives the events of the parser and builds the tree; throws at the first thing it refuses.
class Builder {
public:
    Builder(const std::string& document, std::deque<JsonNode>& nodes, const JsonLimits& limits)
        : document_(document), nodes_(nodes), limits_(limits) {}

    // The names are those that nlohmann's parser calls.
    bool null() { return take(JsonKind::Null); }
    bool boolean(bool value) { return take(JsonKind::Truth, value ? 1 : 0); }
    bool number_integer(std::int64_t) { return take(JsonKind::Number); } // the negative ones
    bool number_unsigned(std::uint64_t value) { return take(JsonKind::Count, value); }
    bool number_float(double, const std::string&) { return take(JsonKind::Number); }
    bool binary(nlohmann::json::binary_t&) { return false; }

    bool string(std::string& value) {
        JsonNode& node = add(JsonKind::Text);
        if (value.find('\0') != value.npos) refuse(node, "a string with a NUL character");
        node.text = std::move(value);
        return true;
    }
    bool key(std::string& name) {
        if (name.find('\0') != name.npos) refuse(*open_, "a name with a NUL character");
        key_ = std::move(name);
        return true;
    }
    bool start_object(std::size_t) { return enter(JsonKind::Object); }
    bool start_array(std::size_t) { return enter(JsonKind::List); }
    bool end_array() { return leave(); }

    bool end_object() {
        auto& members = open_->children;
        std::sort(members.begin(), members.end(), key_before);
        const auto same = [](const JsonNode* a, const JsonNode* b) { return a->key == b->key; };
        const auto twin = std::adjacent_find(members.begin(), members.end(), same);
        if (twin != members.end()) refuse(**twin, "stands there twice");
        return leave();
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
        throw Error(fmt::format("{}: not valid JSON at byte {}", document_, position));
    }

private:
    [[noreturn]] void refuse(const JsonNode& node, std::string_view problem) const {
        JsonValue(document_, node).refuse(problem);
    }
    JsonNode& add(JsonKind kind) {
        if (nodes_.size() >= limits_.values)
            throw Error(fmt::format("{}: more than {} values", document_, limits_.values));
        JsonNode& node = nodes_.emplace_back();
        node.kind = kind;
        node.parent = open_;
        if (open_ == nullptr) return node;
        if (open_->kind == JsonKind::Object) node.key = std::exchange(key_, {});
        open_->children.push_back(&node);
        return node;
    }
    bool take(JsonKind kind, std::uint64_t number = 0) {
        add(kind).number = number;
        return true;
    }
    bool enter(JsonKind kind) {
        if (path_.size() >= limits_.depth)
            throw Error(fmt::format("{}: nested deeper than {}", document_, limits_.depth));
        open_ = &add(kind);
        path_.push_back(open_);
        return true;
    }
    bool leave() {
        path_.pop_back();
        open_ = path_.empty() ? nullptr : path_.back();
        return true;
    }

    const std::string& document_;
    std::deque<JsonNode>& nodes_;
    const JsonLimits& limits_;
    JsonNode* open_ = nullptr;
    std::vector<JsonNode*> path_;
    std::string key_;
};

const JsonNode& expect(const JsonValue& value, const JsonNode& node, JsonKind kind) {
    if (node.kind != kind) value.refuse(fmt::format("expected {}", kind_name(kind)));
    return node;
}

} // namespace

std::string JsonValue::where() const {
    return pointer_to(*node_);
}

void JsonValue::refuse(std::string_view problem) const {
    throw Error(fmt::format("{}: at {}: {}", *document_, where(), problem));
}

const std::string& JsonValue::key() const noexcept {
    return node_->key;
}
bool JsonValue::is_null() const noexcept {
    return node_->kind == JsonKind::Null;
}
bool JsonValue::is_object() const noexcept {
    return node_->kind == JsonKind::Object;
}

const std::string& JsonValue::text() const {
    return expect(*this, *node_, JsonKind::Text).text;
}
std::uint64_t JsonValue::count() const {
    return expect(*this, *node_, JsonKind::Count).number;
}
bool JsonValue::truth() const {
    return expect(*this, *node_, JsonKind::Truth).number != 0;
}

std::vector<JsonValue> JsonValue::items() const {
    std::vector<JsonValue> values;
    for (const JsonNode* child : expect(*this, *node_, JsonKind::List).children)
        values.emplace_back(*document_, *child);
    return values;
}

std::vector<JsonValue> JsonValue::members() const {
    std::vector<JsonValue> values;
    for (const JsonNode* child : expect(*this, *node_, JsonKind::Object).children)
        values.emplace_back(*document_, *child);
    return values;
}

std::vector<std::string> JsonValue::texts() const {
    std::vector<std::string> values;
    for (const JsonValue& item : items()) values.push_back(item.text());
    return values;
}

std::optional<JsonValue> JsonValue::find(std::string_view name) const {
    const auto& members = expect(*this, *node_, JsonKind::Object).children;
    const auto before = [](const JsonNode* node, std::string_view key) { return node->key < key; };
    const auto found = std::lower_bound(members.begin(), members.end(), name, before);
    if (found == members.end() || (*found)->key != name || (*found)->kind == JsonKind::Null)
        return std::nullopt;
    return JsonValue(*document_, **found);
}

JsonValue JsonValue::at(std::string_view name) const {
    const auto found = find(name);
    if (!found) refuse(fmt::format("{} is missing", printable(name)));
    return *found;
}

std::string JsonValue::text_or(std::string_view name, std::string_view otherwise) const {
    const auto found = find(name);
    return found ? found->text() : std::string(otherwise);
}

JsonDocument::JsonDocument(std::string_view text, std::string name, const JsonLimits& limits)
    : tree_(std::make_unique<Tree>()) {
    tree_->name = std::move(name);
    if (text.size() > limits.bytes)
        throw Error(fmt::format("{}: larger than {} bytes", tree_->name, limits.bytes));
    // The parser would step over it.
    if (text.starts_with("\xef\xbb\xbf"))
        throw Error(fmt::format("{}: begins with a byte order mark", tree_->name));
    Builder builder(tree_->name, tree_->nodes, limits);
    nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
}

JsonDocument::~JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;

JsonValue JsonDocument::root() const noexcept {
    return {tree_->name, tree_->nodes.front()};
}

} // namespace lxcpp::image
