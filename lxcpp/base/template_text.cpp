// SPDX-License-Identifier: Apache-2.0
#include "base/template_text.h"

#include "base/error.h"
#include "base/strings.h"
#include "base/template_expression.h"
#include "base/template_parts.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp {
namespace {

constexpr std::array<std::string_view, 4> kBanned{"extends", "import", "include", "ssi"};

struct Node;
using Block = std::vector<Node>;

struct Branch { // condition empty: else
    std::optional<TemplateExpression> condition;
    Block block;
};

// Text, output, or one of the tags that have a block.
struct Node {
    enum class Kind { Text, Output, If, For, Set, Include };
    Kind kind = Kind::Text;
    int line = 1;
    std::string_view text = {};
    std::vector<std::string> names = {};                // of For and Set
    std::optional<TemplateExpression> expression = {};  // of Output, For, Set and Include
    std::vector<Branch> branches = {};                  // of If; of For: its block, and that for an empty list
};

template <typename Body>
decltype(auto) at_line(int line, Body&& body) {
    return with_context(fmt::format("line {}", line), std::forward<Body>(body));
}

class Parser {
public:
    Parser(std::string_view text, const TemplateLimits& limits, bool may_include)
        : parts_(template_parts(text)), limits_(limits), may_include_(may_include) {}

    Block parse() { return take_block({}, limits_.depth); }

private:
    TemplateTokens tokens_of(const TemplatePart& part) const { return {template_tokens(part.text), limits_.depth}; }

    static std::string_view tag_of(const TemplatePart& part) {
        const auto words = split_words(part.text);
        return words.empty() ? std::string_view() : words.front();
    }

    // Up to a tag among ends, which is left for the caller.
    Block take_block(const std::vector<std::string_view>& ends, int depth) {
        if (depth < 0) throw Error("blocks are nested too deeply");
        Block block;
        const int line = parts_.empty() ? 1 : parts_[std::min(at_, parts_.size() - 1)].line;
        while (at_ < parts_.size()) {
            const TemplatePart& part = parts_[at_];
            if (part.kind == TemplatePartKind::Tag && std::ranges::find(ends, tag_of(part)) != ends.end()) return block;
            ++at_;
            if (part.kind == TemplatePartKind::Text) block.push_back({.line = part.line, .text = part.text});
            else take_part(block, part, depth);
        }
        if (!ends.empty()) throw Error(fmt::format("line {}: a block is not closed with {}", line, ends.back()));
        return block;
    }

    void take_part(Block& block, const TemplatePart& part, int depth) {
        if (part.kind == TemplatePartKind::Tag) return take_tag(block, part, depth);
        at_line(part.line, [&] {
            TemplateTokens tokens = tokens_of(part);
            block.push_back({.kind = Node::Kind::Output, .line = part.line, .expression = tokens.take_expression()});
            tokens.require_end();
        });
    }

    void take_tag(Block& block, const TemplatePart& part, int depth) {
        const std::string_view tag = tag_of(part);
        if (tag == "if") return block.push_back(take_if(part, depth));
        if (tag == "for") return block.push_back(take_for(part, depth));
        if (tag == "set") return block.push_back(take_set(part));
        if (tag == "include" && may_include_) return block.push_back(take_include(part));
        if (tag == "comment") return skip_comment(part);
        if (tag == "autoescape") { // nothing is escaped anyway
            Block inner = take_block({"endautoescape"}, depth - 1);
            ++at_;
            return void(std::ranges::move(inner, std::back_inserter(block)));
        }
        const bool banned = std::ranges::find(kBanned, tag) != kBanned.end();
        throw Error(fmt::format("line {}: {} {}", part.line, banned ? "not allowed here: the tag" : "there is no tag", printable(tag)));
    }

    TemplateExpression condition(const TemplatePart& part) {
        return at_line(part.line, [&] {
            TemplateTokens tokens = tokens_of(part);
            tokens.take(); // if, elif, include
            TemplateExpression expression = tokens.take_expression();
            tokens.require_end();
            return expression;
        });
    }

    Node take_if(const TemplatePart& part, int depth) {
        Node node{.kind = Node::Kind::If, .line = part.line};
        std::optional<TemplateExpression> when = condition(part);
        for (;;) {
            Block block = take_block({"elif", "else", "endif"}, depth - 1);
            const bool last = !when;
            node.branches.push_back({std::move(when), std::move(block)});
            const TemplatePart& end = parts_[at_++];
            if (tag_of(end) == "endif") return node;
            if (last) throw Error(fmt::format("line {}: after else comes endif", end.line));
            when.reset();
            if (tag_of(end) == "elif") when = condition(end);
        }
    }

    Node take_for(const TemplatePart& part, int depth) {
        Node node{.kind = Node::Kind::For, .line = part.line};
        at_line(part.line, [&] {
            TemplateTokens tokens = tokens_of(part);
            tokens.take();
            node.names.push_back(tokens.take_name());
            if (tokens.take_if(TemplateTokenKind::Sign, ",")) node.names.push_back(tokens.take_name());
            if (!tokens.take_if(TemplateTokenKind::Name, "in")) throw Error("\"for NAME in LIST\" is expected");
            node.expression = tokens.take_expression();
            tokens.require_end();
        });
        node.branches.push_back({{}, take_block({"empty", "endfor"}, depth - 1)});
        node.branches.emplace_back();
        if (tag_of(parts_[at_++]) == "endfor") return node;
        node.branches.back().block = take_block({"endfor"}, depth - 1);
        ++at_;
        return node;
    }

    Node take_set(const TemplatePart& part) {
        return at_line(part.line, [&] {
            TemplateTokens tokens = tokens_of(part);
            tokens.take();
            Node node{.kind = Node::Kind::Set, .line = part.line, .names = {tokens.take_name()}};
            if (!tokens.take_if(TemplateTokenKind::Sign, "=")) throw Error("\"set NAME = VALUE\" is expected");
            node.expression = tokens.take_expression();
            tokens.require_end();
            return node;
        });
    }

    Node take_include(const TemplatePart& part) {
        return Node{.kind = Node::Kind::Include, .line = part.line, .expression = condition(part)};
    }

    void skip_comment(const TemplatePart& part) {
        while (at_ < parts_.size()) {
            const TemplatePart& one = parts_[at_++];
            if (one.kind == TemplatePartKind::Tag && tag_of(one) == "endcomment") return;
        }
        throw Error(fmt::format("line {}: a block is not closed with endcomment", part.line));
    }

    std::vector<TemplatePart> parts_;
    std::size_t at_ = 0;
    const TemplateLimits& limits_;
    bool may_include_;
};

class Renderer {
public:
    Renderer(const TemplateContext& context, const TemplateLimits& limits) : context_(context), state_(context, limits) {}

    std::string render(const Block& block) {
        run(block);
        return std::move(output_);
    }

private:
    void run(const Block& block) {
        for (const Node& node : block) run(node);
    }

    void run(const Node& node) {
        at_line(node.line, [&] { state_.spend(1); });
        switch (node.kind) {
        case Node::Kind::Text: return put(node, node.text);
        case Node::Kind::Output: return put(node, at_line(node.line, [&] { return value_text(state_.evaluate(*node.expression)); }));
        case Node::Kind::Set: return void(state_.set(node.names.front(), value_of(node, *node.expression)));
        case Node::Kind::If: return choose(node);
        case Node::Kind::For: return loop(node);
        case Node::Kind::Include: return include(node);
        }
    }

    // The text is a template as well, with the same variables.
    void include(const Node& node) {
        at_line(node.line, [&] {
            const std::string name = value_text(state_.evaluate(*node.expression));
            if (++included_ > state_.limits().depth) throw Error("files include each other too deeply");
            const std::string text = context_.include(name);
            with_context(printable(name), [&] { run(Parser(text, state_.limits(), true).parse()); });
            --included_;
        });
    }

    TemplateValue value_of(const Node& node, const TemplateExpression& expression) {
        return at_line(node.line, [&] { return state_.evaluate(expression); });
    }

    void put(const Node& node, std::string_view text) {
        if (output_.size() + text.size() > state_.limits().output) {
            throw Error(fmt::format("line {}: the text becomes longer than {} bytes", node.line, state_.limits().output));
        }
        output_ += text;
    }

    void choose(const Node& node) {
        for (const Branch& branch : node.branches) {
            if (!branch.condition || is_true(value_of(node, *branch.condition))) return run(branch.block);
        }
    }

    // What the loop goes through: one value for each name.
    static std::vector<TemplateValue::List> rounds(const Node& node, const TemplateValue& value) {
        std::vector<TemplateValue::List> found;
        if (const auto* map = std::get_if<TemplateValue::Map>(&value.value)) {
            for (const auto& [key, one] : *map) {
                if (node.names.size() == 2) found.push_back({key, one});
                else found.push_back({key});
            }
            return found;
        }
        if (std::holds_alternative<std::monostate>(value.value)) return found;
        const auto* list = std::get_if<TemplateValue::List>(&value.value);
        if (list == nullptr || node.names.size() == 2) {
            throw Error(fmt::format("line {}: {} can be gone through that way", node.line, node.names.size() == 2 ? "only a map" : "only a list or a map"));
        }
        for (const TemplateValue& one : *list) found.push_back({one});
        return found;
    }

    static TemplateValue position(std::size_t number, std::size_t count) {
        TemplateValue::Map map;
        const auto index = static_cast<std::int64_t>(number);
        for (const auto& [name, value] : {std::pair{"counter", index + 1}, std::pair{"counter0", index}}) {
            map.emplace(name, value);
        }
        map.emplace("first", number == 0);
        map.emplace("last", number + 1 == count);
        for (const char* name : {"counter", "counter0", "first", "last"}) { // pongo2 writes them large
            std::string large = name;
            large.front() = static_cast<char>(large.front() - 'a' + 'A');
            map.emplace(std::move(large), map.find(name)->second);
        }
        return map;
    }

    void loop(const Node& node) {
        const auto all = rounds(node, value_of(node, *node.expression));
        if (all.empty()) return run(node.branches.back().block);
        std::vector<std::string> names = node.names;
        names.emplace_back("forloop");
        TemplateValue::List before;
        for (const std::string& name : names) before.push_back(state_.set(name, {}));
        for (std::size_t number = 0; number < all.size(); ++number) {
            for (std::size_t i = 0; i < node.names.size(); ++i) (void)state_.set(node.names[i], all[number][i]);
            (void)state_.set(names.back(), position(number, all.size()));
            at_line(node.line, [&] { state_.spend(1); });
            run(node.branches.front().block);
        }
        for (std::size_t i = 0; i < names.size(); ++i) (void)state_.set(names[i], std::move(before[i]));
    }

    const TemplateContext& context_;
    TemplateState state_;
    std::string output_;
    int included_ = 0;
};

} // namespace

std::string render_template(std::string_view text, const TemplateContext& context, std::string_view name,
                            const TemplateLimits& limits) {
    return with_context(name, [&] {
        const Block block = Parser(text, limits, context.include != nullptr).parse();
        return Renderer(context, limits).render(block);
    });
}

} // namespace lxcpp
