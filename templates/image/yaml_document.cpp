// SPDX-License-Identifier: Apache-2.0
#include "image/yaml_document.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <optional>
#include <set>
#include <sstream>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace lxcpp::image {
namespace {

// Builds the tree from the parser's events, and stops it as soon as a limit is passed.
class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(std::string_view name, const YamlLimits& limits) : name_(name), limits_(limits) {}

    [[nodiscard]] YamlNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, anchor, {}); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { fail(mark, "aliases are not allowed"); }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& value) override {
        scalar(mark, anchor, {.kind = YamlKind::Text, .text = value, .items = {}, .members = {}});
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        begin(mark, anchor, YamlKind::List);
    }
    void OnSequenceEnd() override { end(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        begin(mark, anchor, YamlKind::Map);
    }
    void OnMapEnd() override { end(); }

private:
    struct Open {
        YamlNode node;
        std::optional<std::string> key; // of a map: whose value comes next
        std::set<std::string> keys;
    };

    [[noreturn]] void fail(const YAML::Mark& mark, std::string_view problem) const {
        throw Error(fmt::format("{}: line {}: {}", name_, mark.line + 1, problem));
    }

    void count(const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (anchor != 0) fail(mark, "anchors are not allowed");
        if (++nodes_ > limits_.nodes) fail(mark, fmt::format("more than {} values", limits_.nodes));
    }

    void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode node) {
        count(mark, anchor);
        if (!open_.empty() && open_.back().node.kind == YamlKind::Map && !open_.back().key) {
            take_key(mark, std::move(node.text));
        } else {
            place(std::move(node));
        }
    }

    void take_key(const YAML::Mark& mark, std::string key) {
        if (!open_.back().keys.insert(key).second) fail(mark, fmt::format("\"{}\" stands there twice", printable(key)));
        open_.back().key = std::move(key);
    }

    void begin(const YAML::Mark& mark, YAML::anchor_t anchor, YamlKind kind) {
        count(mark, anchor);
        if (!open_.empty() && open_.back().node.kind == YamlKind::Map && !open_.back().key) fail(mark, "a key that is no word");
        if (open_.size() >= limits_.depth) fail(mark, fmt::format("more than {} levels deep", limits_.depth));
        open_.push_back({.node = {.kind = kind, .text = {}, .items = {}, .members = {}}, .key = {}, .keys = {}});
    }

    void end() {
        YamlNode node = std::move(open_.back().node);
        open_.pop_back();
        place(std::move(node));
    }

    void place(YamlNode node) {
        if (open_.empty()) {
            root_ = std::move(node);
        } else if (Open& parent = open_.back(); parent.node.kind == YamlKind::List) {
            parent.node.items.push_back(std::move(node));
        } else {
            parent.node.members.emplace_back(*std::exchange(parent.key, std::nullopt), std::move(node));
        }
    }

    std::string_view name_;
    const YamlLimits& limits_;
    std::vector<Open> open_;
    YamlNode root_;
    std::size_t nodes_ = 0;
};

} // namespace

const YamlNode* YamlNode::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(members, name, &std::pair<std::string, YamlNode>::first);
    return found == members.end() ? nullptr : &found->second;
}

YamlNode parse_yaml(std::string_view text, std::string_view name, const YamlLimits& limits) {
    if (text.size() > limits.bytes) throw Error(fmt::format("{}: larger than {} bytes", name, limits.bytes));
    // The parser reads far ahead after each of these, before it tells us of anything.
    const auto brackets = static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return c == '[' || c == '{'; }));
    if (brackets > limits.nodes) throw Error(fmt::format("{}: more than {} values", name, limits.nodes));
    TreeBuilder builder(name, limits);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        (void)parser.HandleNextDocument(builder);
        TreeBuilder rest(name, limits);
        if (parser.HandleNextDocument(rest)) throw Error(fmt::format("{}: more than one document", name));
    } catch (const YAML::Exception& error) {
        throw Error(fmt::format("{}: line {}: {}", name, error.mark.line + 1, printable(error.msg)));
    }
    return builder.take();
}

} // namespace lxcpp::image
