// SPDX-License-Identifier: Apache-2.0
#include "image/yaml_document.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace lxcpp::image {
namespace {

std::string position(std::string_view name, const YAML::Mark& mark) {
    return fmt::format("{}:{}:{}", name, mark.line + 1, mark.column + 1);
}

struct Amount {
    std::size_t nodes = 0;
    std::size_t bytes = 0; // of texts and names
};

Amount amount_of(const YamlNode& node) {
    Amount sum{1, node.text.size()};
    const auto add = [&sum](const YamlNode& part, std::size_t name) {
        const Amount one = amount_of(part);
        sum.nodes += one.nodes;
        sum.bytes += one.bytes + name;
    };
    for (const YamlNode& item : node.items) add(item, 0);
    for (const YamlMember& member : node.members) add(member.value, member.name.size());
    return sum;
}

// Builds the tree from the parser's events, and stops it as soon as a limit is passed.
class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(std::string_view name, const YamlLimits& limits) : name_(name), limits_(limits) {}

    [[nodiscard]] YamlNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, anchor, node_at(mark, YamlKind::Null, {})); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (!limits_.aliases) fail(mark, "aliases are not allowed");
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) fail(mark, "an alias within what it stands for");
        if (awaits_key()) fail(mark, "a key that is no word");
        count_copy(mark, found->second);
        place(found->second);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
        YamlNode node = node_at(mark, YamlKind::Text, tag);
        node.text = value;
        node.quoted = tag == "!";
        scalar(mark, anchor, std::move(node));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        begin(mark, tag, anchor, YamlKind::List);
    }
    void OnSequenceEnd() override { end(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        begin(mark, tag, anchor, YamlKind::Map);
    }
    void OnMapEnd() override { end(); }

private:
    struct Key {
        std::string name;
        YamlPlace place;
        bool merge = false;
    };
    struct Open {
        YamlNode node;
        YAML::Mark mark;
        YAML::anchor_t anchor = 0;
        std::optional<Key> key = {}; // of a map: whose value comes next
        std::set<std::string> keys = {};
        std::vector<YamlNode> merged = {}; // values of "<<"
    };

    [[noreturn]] void fail(const YAML::Mark& mark, std::string_view problem) const {
        throw Error(fmt::format("{}: {}", position(name_, mark), problem));
    }

    [[nodiscard]] YamlPlace place_of(const YAML::Mark& mark) const { return {limits_.file, mark.line + 1, mark.column + 1}; }

    [[nodiscard]] YamlNode node_at(const YAML::Mark& mark, YamlKind kind, const std::string& tag) const {
        YamlNode node{.kind = kind};
        node.place = place_of(mark);
        if (tag != "?" && tag != "!") node.tag = tag;
        return node;
    }

    [[nodiscard]] bool awaits_key() const {
        return !open_.empty() && open_.back().node.kind == YamlKind::Map && !open_.back().key;
    }

    void count(const YAML::Mark& mark, std::size_t more) {
        if ((nodes_ += more) > limits_.nodes) fail(mark, fmt::format("more than {} values", limits_.nodes));
    }

    // Of an alias, and for it: a value with an anchor is kept beside where it stands.
    void count_copy(const YAML::Mark& mark, const YamlNode& node) {
        const Amount amount = amount_of(node);
        count(mark, amount.nodes);
        if ((copied_ += amount.bytes) > limits_.bytes) fail(mark, fmt::format("anchors and aliases copy more than {} bytes", limits_.bytes));
    }

    void keep(const YAML::Mark& mark, YAML::anchor_t anchor, const YamlNode& node) {
        if (anchor == 0) return;
        count_copy(mark, node);
        anchors_.insert_or_assign(anchor, node);
    }

    void check_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
        if (anchor != 0 && !limits_.aliases) fail(mark, "anchors are not allowed");
    }

    void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode node) {
        check_anchor(mark, anchor);
        count(mark, 1);
        keep(mark, anchor, node);
        if (awaits_key()) take_key(mark, std::move(node));
        else place(std::move(node));
    }

    void take_key(const YAML::Mark& mark, YamlNode key) {
        const bool merge = limits_.aliases && key.text == "<<" && !key.quoted;
        if (!open_.back().keys.insert(key.text).second && !merge)
            fail(mark, fmt::format("\"{}\" stands there twice", printable(key.text)));
        open_.back().key = Key{std::move(key.text), key.place, merge};
    }

    void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlKind kind) {
        check_anchor(mark, anchor);
        count(mark, 1);
        if (awaits_key()) fail(mark, "a key that is no word");
        if (open_.size() >= limits_.depth) fail(mark, fmt::format("more than {} levels deep", limits_.depth));
        open_.push_back({.node = node_at(mark, kind, tag), .mark = mark, .anchor = anchor});
    }

    void end() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        merge(closed);
        keep(closed.mark, closed.anchor, closed.node);
        place(std::move(closed.node));
    }

    void place(YamlNode node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        if (parent.node.kind == YamlKind::List) return parent.node.items.push_back(std::move(node));
        Key key = *std::exchange(parent.key, std::nullopt);
        if (key.merge) return parent.merged.push_back(std::move(node));
        parent.node.members.push_back({std::move(key.name), std::move(node), key.place});
    }

    // What a merge key brings is for the names that the map itself does not have; of several, the first counts.
    void merge(Open& map) const {
        for (YamlNode& value : map.merged) {
            if (value.kind == YamlKind::Map) {
                add_missing(map.node, value);
            } else if (value.kind == YamlKind::List) {
                for (const YamlNode& one : value.items) {
                    if (one.kind != YamlKind::Map) fail(map.mark, "\"<<\" takes a map, or a list of maps");
                    add_missing(map.node, one);
                }
            } else {
                fail(map.mark, "\"<<\" takes a map, or a list of maps");
            }
        }
    }

    static void add_missing(YamlNode& map, const YamlNode& other) {
        for (const YamlMember& member : other.members)
            if (map.find(member.name) == nullptr) map.members.push_back(member);
    }

    std::string_view name_;
    const YamlLimits& limits_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, YamlNode> anchors_;
    YamlNode root_;
    std::size_t nodes_ = 0;
    std::size_t copied_ = 0; // bytes
};

// Stops at the beginning of a document.
class DocumentStart final : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark& mark) override { throw mark; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
};

std::optional<YamlPlace> next_document(YAML::Parser& parser, int file) {
    DocumentStart start;
    try {
        (void)parser.HandleNextDocument(start);
    } catch (const YAML::Mark& mark) {
        return YamlPlace{file, mark.line + 1, mark.column + 1};
    }
    return std::nullopt;
}

} // namespace

const YamlNode* YamlNode::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(members, name, &YamlMember::name);
    return found == members.end() ? nullptr : &found->value;
}

YamlNode* YamlNode::find(std::string_view name) noexcept {
    return const_cast<YamlNode*>(std::as_const(*this).find(name));
}

FirstYaml parse_first_yaml(std::string_view text, std::string_view name, const YamlLimits& limits) {
    if (text.size() > limits.bytes)
        throw Error(fmt::format("{}: larger than {} bytes", name, limits.bytes));
    // The parser reads far ahead after each of these, before it tells us of anything.
    const auto brackets = static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return c == '[' || c == '{'; }));
    if (brackets > limits.nodes) throw Error(fmt::format("{}: more than {} values", name, limits.nodes));
    TreeBuilder builder(name, limits);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        (void)parser.HandleNextDocument(builder);
        return {builder.take(), next_document(parser, limits.file)};
    } catch (const YAML::Exception& error) {
        throw Error(fmt::format("{}: {}", position(name, error.mark), printable(error.msg)));
    }
}

YamlNode parse_yaml(std::string_view text, std::string_view name, const YamlLimits& limits) {
    FirstYaml first = parse_first_yaml(text, name, limits);
    if (first.next)
        throw Error(fmt::format("{}:{}:{}: more than one document", name, first.next->line,
                                first.next->column));
    return std::move(first.root);
}

} // namespace lxcpp::image
