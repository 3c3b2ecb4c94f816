// SPDX-License-Identifier: Apache-2.0
#include "base/template_block.h"

#include "base/nearest.h"
#include "base/strings.h"
#include "base/template_parts.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace lxcpp {
namespace {

using Node = TemplateNode;
using Block = TemplateBlock;
using Sign = TemplateTokenKind;

constexpr std::array<std::string_view, 4> kBanned{"extends", "import", "include", "ssi"};

// {% templatetag NAME %}
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kMarks{
    {{"openblock", "{%"},
     {"closeblock", "%}"},
     {"openvariable", "{{"},
     {"closevariable", "}}"},
     {"openbrace", "{"},
     {"closebrace", "}"},
     {"opencomment", "{#"},
     {"closecomment", "#}"}}};

class Parser {
public:
    Parser(std::string_view text, const TemplateLimits& limits, bool may_include)
        : parts_(template_parts(text)), limits_(limits), may_include_(may_include) {}

    Block parse() { return take_block({}, limits_.depth); }

private:
    // Of a tag, what follows its name.
    TemplateTokens tokens_of(const TemplatePart& part) const {
        TemplateTokens tokens(template_tokens(part.text), limits_.depth);
        if (part.kind == TemplatePartKind::Tag) tokens.take();
        return tokens;
    }

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
            if (part.kind == TemplatePartKind::Tag &&
                std::ranges::find(ends, tag_of(part)) != ends.end())
                return block;
            ++at_;
            if (part.kind == TemplatePartKind::Text)
                block.push_back({.line = part.line, .text = part.text});
            else
                take_part(block, part, depth);
        }
        if (!ends.empty())
            throw Error(fmt::format("line {}: a block is not closed with {}", line, ends.back()));
        return block;
    }

    // Up to that tag, and it.
    Block take_whole_block(std::string_view end, int depth) {
        Block block = take_block({end}, depth - 1);
        ++at_;
        return block;
    }

    void take_part(Block& block, const TemplatePart& part, int depth) {
        if (part.kind == TemplatePartKind::Tag) return take_tag(block, part, depth);
        Node node{.kind = Node::Kind::Output, .line = part.line};
        node.expression = take_expression(part);
        block.push_back(std::move(node));
    }

    struct Tag {
        std::string_view name;
        Node (Parser::*take)(const TemplatePart& part, int depth);
    };
    static constexpr auto tags() {
        return std::array{Tag{"filter", &Parser::take_filter},
                          Tag{"firstof", &Parser::take_first_of},
                          Tag{"for", &Parser::take_for},
                          Tag{"if", &Parser::take_if},
                          Tag{"ifequal", &Parser::take_if_equal},
                          Tag{"ifnotequal", &Parser::take_if_equal},
                          Tag{"macro", &Parser::take_macro},
                          Tag{"set", &Parser::take_set},
                          Tag{"spaceless", &Parser::take_spaceless},
                          Tag{"templatetag", &Parser::take_mark},
                          Tag{"with", &Parser::take_with}};
    }

    void take_tag(Block& block, const TemplatePart& part, int depth) {
        const std::string_view name = tag_of(part);
        const auto known = tags();
        const auto tag = std::ranges::find(known, name, &Tag::name);
        if (tag != known.end()) return block.push_back((this->*tag->take)(part, depth));
        if (name == "include" && may_include_) return block.push_back(take_include(part));
        if (name == "comment") return skip_comment(part);
        if (name != "autoescape") refuse(part, name);
        Block inner = take_whole_block("endautoescape", depth); // nothing is escaped anyway
        std::ranges::move(inner, std::back_inserter(block));
    }

    [[noreturn]] static void refuse(const TemplatePart& part, std::string_view name) {
        if (std::ranges::find(kBanned, name) != kBanned.end())
            throw Error(
                fmt::format("line {}: not allowed here: the tag {}", part.line, printable(name)));
        std::vector<std::string> names{"autoescape", "comment"};
        for (const Tag& tag : tags()) names.emplace_back(tag.name);
        const auto meant =
            name.starts_with("end") || name == "else" ? std::nullopt : nearest(name, names);
        throw Error(fmt::format("line {}: there is no tag {}{}", part.line, printable(name),
                                meant ? fmt::format("; did you mean {}?", *meant) : ""));
    }

    TemplateExpression take_expression(const TemplatePart& part) {
        return at_template_line(part.line, [&] {
            TemplateTokens tokens = tokens_of(part);
            TemplateExpression expression = tokens.take_expression();
            tokens.require_end();
            return expression;
        });
    }

    Node take_if(const TemplatePart& part, int depth) {
        Node node{.kind = Node::Kind::If, .line = part.line};
        std::optional<TemplateExpression> when = take_expression(part);
        for (;;) {
            Block block = take_block({"elif", "else", "endif"}, depth - 1);
            const bool last = !when;
            node.branches.push_back({std::move(when), std::move(block)});
            const TemplatePart& end = parts_[at_++];
            if (tag_of(end) == "endif") return node;
            if (last) throw Error(fmt::format("line {}: after else comes endif", end.line));
            when.reset();
            if (tag_of(end) == "elif") when = take_expression(end);
        }
    }

    // "ifequal A B", "ifnotequal A B"
    Node take_if_equal(const TemplatePart& part, int depth) {
        const bool equal = tag_of(part) == "ifequal";
        TemplateExpression same{.kind = TemplateExpression::Kind::Equal};
        at_template_line(part.line, [&] {
            TemplateTokens tokens = tokens_of(part);
            for (int i = 0; i < 2; ++i) same.operands.push_back(tokens.take_expression());
            tokens.require_end();
        });
        const std::string_view end = equal ? "endifequal" : "endifnotequal";
        Block then = take_block({"else", end}, depth - 1);
        Block otherwise;
        if (tag_of(parts_[at_++]) == "else") otherwise = take_whole_block(end, depth);
        if (!equal) std::swap(then, otherwise);
        Node node{.kind = Node::Kind::If, .line = part.line};
        node.branches.push_back({std::move(same), std::move(then)});
        node.branches.push_back({{}, std::move(otherwise)});
        return node;
    }

    Node take_for(const TemplatePart& part, int depth) {
        Node node{.kind = Node::Kind::For, .line = part.line};
        at_template_line(part.line, [&] {
            TemplateTokens tokens = tokens_of(part);
            node.names.push_back(tokens.take_name());
            if (tokens.take_if(Sign::Sign, ",")) node.names.push_back(tokens.take_name());
            if (!tokens.take_if(Sign::Name, "in")) throw Error("\"for NAME in LIST\" is expected");
            node.expression = tokens.take_expression();
            node.reversed = tokens.take_if(Sign::Name, "reversed");
            node.sorted = tokens.take_if(Sign::Name, "sorted");
            tokens.require_end();
        });
        node.branches.push_back({{}, take_block({"empty", "endfor"}, depth - 1)});
        node.branches.emplace_back();
        if (tag_of(parts_[at_++]) == "endfor") return node;
        node.branches.back().block = take_whole_block("endfor", depth);
        return node;
    }

    Node take_set(const TemplatePart& part, int) {
        return at_template_line(part.line, [&] {
            TemplateTokens tokens = tokens_of(part);
            Node node{.kind = Node::Kind::Set, .line = part.line, .names = {tokens.take_name()}};
            if (!tokens.take_if(Sign::Sign, "=")) throw Error("\"set NAME = VALUE\" is expected");
            node.expression = tokens.take_expression();
            tokens.require_end();
            return node;
        });
    }

    // "with A=1 B=2", or as it was written before: "with 1 as A 2 as B"
    Node take_with(const TemplatePart& part, int depth) {
        Node node{.kind = Node::Kind::With, .line = part.line};
        at_template_line(part.line, [&] {
            TemplateTokens tokens = tokens_of(part);
            const bool as = tokens.has_name("as");
            do {
                TemplateBinding binding;
                if (as) binding.value = tokens.take_expression();
                if (as && !tokens.take_if(Sign::Name, "as"))
                    throw Error("\"with VALUE as NAME\" is expected");
                binding.name = tokens.take_name();
                if (!as && !tokens.take_if(Sign::Sign, "="))
                    throw Error("\"with NAME=VALUE\" is expected");
                if (!as) binding.value = tokens.take_expression();
                node.bindings.push_back(std::move(binding));
            } while (tokens.next().kind != Sign::End);
        });
        node.branches.push_back({{}, take_whole_block("endwith", depth)});
        return node;
    }

    Node take_first_of(const TemplatePart& part, int) {
        Node node{.kind = Node::Kind::FirstOf, .line = part.line};
        at_template_line(part.line, [&] {
            for (TemplateTokens tokens = tokens_of(part); tokens.next().kind != Sign::End;)
                node.choices.push_back(tokens.take_expression());
        });
        return node;
    }

    Node take_filter(const TemplatePart& part, int depth) {
        Node node{.kind = Node::Kind::Filter, .line = part.line};
        at_template_line(part.line, [&] {
            TemplateTokens tokens = tokens_of(part);
            node.expression = tokens.take_filters(
                {.kind = TemplateExpression::Kind::Name, .name = kFilteredText});
            tokens.require_end();
        });
        node.branches.push_back({{}, take_whole_block("endfilter", depth)});
        return node;
    }

    Node take_spaceless(const TemplatePart& part, int depth) {
        Node node{.kind = Node::Kind::Spaceless, .line = part.line};
        node.branches.push_back({{}, take_whole_block("endspaceless", depth)});
        return node;
    }

    Node take_mark(const TemplatePart& part, int) {
        return at_template_line(part.line, [&] {
            TemplateTokens tokens = tokens_of(part);
            const auto mark = std::ranges::find(kMarks, tokens.take_name(),
                                                [](const auto& row) { return row.first; });
            if (mark == kMarks.end())
                throw Error("templatetag: openblock, closeblock, openvariable, closevariable, "
                            "openbrace, closebrace, opencomment and closecomment there are");
            tokens.require_end();
            return Node{.line = part.line, .text = mark->second};
        });
    }

    // "macro NAME(A, B=1)"; export, which is for import, means nothing here.
    Node take_macro(const TemplatePart& part, int depth) {
        Node node{.kind = Node::Kind::Macro, .line = part.line};
        at_template_line(part.line, [&] {
            TemplateTokens tokens = tokens_of(part);
            node.names = {tokens.take_name()};
            if (!tokens.take_if(Sign::Sign, "("))
                throw Error("\"macro NAME(ARGUMENTS)\" is expected");
            while (!tokens.take_if(Sign::Sign, ")")) {
                TemplateBinding binding{.name = tokens.take_name(), .value = {}};
                if (tokens.take_if(Sign::Sign, "=")) binding.value = tokens.take_expression();
                node.bindings.push_back(std::move(binding));
                if (!tokens.take_if(Sign::Sign, ",") && tokens.next().text != ")")
                    throw Error("\",\" or \")\" is expected after an argument");
            }
            tokens.take_if(Sign::Name, "export");
            tokens.require_end();
        });
        node.branches.push_back({{}, take_whole_block("endmacro", depth)});
        return node;
    }

    Node take_include(const TemplatePart& part) {
        return Node{
            .kind = Node::Kind::Include, .line = part.line, .expression = take_expression(part)};
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

} // namespace

TemplateBlock parse_template(std::string_view text, const TemplateLimits& limits,
                             bool may_include) {
    return Parser(text, limits, may_include).parse();
}

} // namespace lxcpp
