// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// What a document of a stranger may cost us.
struct JsonLimits {
    std::size_t bytes = 4u << 20;
    std::size_t depth = 64; // of objects and lists in each other
    std::size_t values = 100'000;
};

struct JsonNode;

// One value of a document, and where it stands: every refusal is an Error
// "DOCUMENT: at /products/x/versions: expected an object". Valid while its document lives.
class JsonValue {
public:
    JsonValue(const std::string& document, const JsonNode& node) noexcept
        : document_(&document), node_(&node) {}

    [[nodiscard]] std::string where() const; // "/a/b" as RFC 6901 has it, "/" for the whole
    [[noreturn]] void refuse(std::string_view problem) const;

    [[nodiscard]] const std::string& key() const noexcept; // its name in its object; else empty
    [[nodiscard]] bool is_null() const noexcept;
    [[nodiscard]] bool is_object() const noexcept;

    [[nodiscard]] const std::string& text() const;
    [[nodiscard]] std::uint64_t count() const; // a whole number, not negative
    [[nodiscard]] bool truth() const;
    [[nodiscard]] std::vector<JsonValue> items() const;   // of a list
    [[nodiscard]] std::vector<JsonValue> members() const; // of an object, sorted by name
    [[nodiscard]] std::vector<std::string> texts() const; // of a list of strings

    // The member of an object; at() refuses when it is missing. null counts as missing.
    [[nodiscard]] std::optional<JsonValue> find(std::string_view name) const;
    [[nodiscard]] JsonValue at(std::string_view name) const;
    [[nodiscard]] std::string text_or(std::string_view name, std::string_view otherwise) const;

private:
    const std::string* document_;
    const JsonNode* node_;
};

// JSON (RFC 8259) and nothing but: no byte order mark, no comments, no two members of one name, no
// NUL in a string, no number out of range. Owns all that its values show.
class JsonDocument {
public:
    // name is what errors begin with. Throws Error.
    JsonDocument(std::string_view text, std::string name, const JsonLimits& limits = {});
    ~JsonDocument();
    JsonDocument(JsonDocument&&) noexcept;
    JsonDocument& operator=(JsonDocument&&) noexcept;
    JsonDocument(const JsonDocument&) = delete;
    JsonDocument& operator=(const JsonDocument&) = delete;

    [[nodiscard]] JsonValue root() const noexcept;

private:
    struct Tree;
    std::unique_ptr<Tree> tree_;
};

} // namespace lxcpp::image
