// SPDX-License-Identifier: Apache-2.0
#include "base/template_text.h"

#include "base/error.h"
#include "base/strings.h"
#include "base/template_block.h"
#include "base/template_expression.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp {
namespace {

using Node = TemplateNode;
using Block = TemplateBlock;
using Branch = TemplateBranch;

constexpr auto kLoop = "forloop";
constexpr int kOfMacros = 4; // each call takes more of the stack than a block does

// Blanks between two tags of a line, which go: ">" with "<" before it, and "<" with ">" after it.
std::string without_blanks_between_tags(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\n\v\f\r";
    const auto on_its_line = [&](std::size_t from, std::size_t to, char c) {
        return text.substr(from, to - from).find(c) != text.npos;
    };
    std::string result;
    std::size_t from = 0;
    for (std::size_t at = text.find('>'); at != text.npos; at = text.find('>', at + 1)) {
        const std::size_t next = text.find_first_not_of(kBlanks, at + 1);
        if (next == text.npos || next == at + 1 || text[next] != '<') continue;
        const std::size_t line = text.rfind('\n', at) == text.npos ? 0 : text.rfind('\n', at);
        if (!on_its_line(std::max(line, from), at, '<') ||
            !on_its_line(next, std::min(text.find('\n', next), text.size()), '>'))
            continue;
        result.append(text, from, at + 1 - from);
        from = next;
    }
    return result.append(text, from);
}

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
        at_template_line(node.line, [&] { state_.spend(1); });
        switch (node.kind) {
        case Node::Kind::Text:
            return put(node, node.text);
        case Node::Kind::Output:
            return put(node, at_template_line(node.line, [&] {
                           return value_text(state_.evaluate(*node.expression));
                       }));
        case Node::Kind::Set:
            return state_.set(node.names.front(), value_of(node, *node.expression));
        case Node::Kind::If:
            return choose(node);
        case Node::Kind::For:
            return loop(node);
        case Node::Kind::With:
            return with(node);
        case Node::Kind::FirstOf:
            return first_of(node);
        case Node::Kind::Filter:
            return filter(node);
        case Node::Kind::Spaceless:
            return put(node, without_blanks_between_tags(text_of(node.branches.front().block)));
        case Node::Kind::Macro:
            return define(node);
        case Node::Kind::Include:
            return include(node);
        }
    }

    // What a block puts out, in place of that.
    std::string text_of(const Block& block) {
        std::string outer = std::exchange(output_, {});
        run(block);
        return std::exchange(output_, std::move(outer));
    }

    void with(const Node& node) {
        TemplateValue::List values;
        for (const TemplateBinding& binding : node.bindings)
            values.push_back(value_of(node, *binding.value));
        const auto scope = state_.enter_scope();
        for (std::size_t i = 0; i < values.size(); ++i)
            state_.set(node.bindings[i].name, std::move(values[i]));
        run(node.branches.front().block);
    }

    void first_of(const Node& node) {
        for (const TemplateExpression& choice : node.choices) {
            const TemplateValue value = value_of(node, choice);
            if (is_true(value))
                return put(node, at_template_line(node.line, [&] { return value_text(value); }));
        }
    }

    void filter(const Node& node) {
        std::string text = text_of(node.branches.front().block);
        const auto scope = state_.enter_scope();
        state_.set(kFilteredText, std::move(text));
        put(node, at_template_line(node.line,
                                   [&] { return value_text(state_.evaluate(*node.expression)); }));
    }

    // Its block is there as long as the template that has it: an include forgets what it defined.
    void define(const Node& node) {
        state_.define(node.names.front(),
                      [this, &node](const TemplateValue::List& arguments) -> TemplateValue {
                          if (arguments.size() > node.bindings.size())
                              throw Error(fmt::format("{} takes {} arguments at most",
                                                      node.names.front(), node.bindings.size()));
                          if (++called_ > state_.limits().depth / kOfMacros)
                              throw Error("macros call each other too deeply");
                          TemplateValue::List values = arguments;
                          for (std::size_t i = values.size(); i < node.bindings.size(); ++i)
                              values.push_back(node.bindings[i].value
                                                   ? state_.evaluate(*node.bindings[i].value)
                                                   : TemplateValue());
                          const auto scope = state_.enter_scope();
                          for (std::size_t i = 0; i < values.size(); ++i)
                              state_.set(node.bindings[i].name, std::move(values[i]));
                          std::string text = text_of(node.branches.front().block);
                          --called_;
                          return text;
                      });
    }

    // The text is a template as well, with the same variables.
    void include(const Node& node) {
        at_template_line(node.line, [&] {
            const std::string name = value_text(state_.evaluate(*node.expression));
            if (++included_ > state_.limits().depth) throw Error("files include each other too deeply");
            const std::string text = context_.include(name);
            const auto scope = state_.enter_scope();
            const auto macros = state_.keep_macros();
            with_context(printable(name),
                         [&] { run(parse_template(text, state_.limits(), true)); });
            --included_;
        });
    }

    TemplateValue value_of(const Node& node, const TemplateExpression& expression) {
        return at_template_line(node.line, [&] { return state_.evaluate(expression); });
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

    // pongo2 writes its names large; both are there.
    static void place(TemplateValue::Map& map, std::size_t number, std::size_t count) {
        const auto index = static_cast<std::int64_t>(number);
        const auto left = static_cast<std::int64_t>(count - number);
        const auto put = [&map](const char* name, const char* large, TemplateValue value) {
            map.insert_or_assign(large, value);
            map.insert_or_assign(name, std::move(value));
        };
        put("counter", "Counter", index + 1);
        put("counter0", "Counter0", index);
        put("revcounter", "Revcounter", left);
        put("revcounter0", "Revcounter0", left - 1);
        put("first", "First", number == 0);
        put("last", "Last", left == 1);
    }

    // In the map that is there, for a loop may have many rounds; what is within it may have set something else.
    void move_on(std::size_t number, std::size_t count, const TemplateValue::Map& start) {
        TemplateValue* now = state_.find(kLoop);
        if (now == nullptr || !std::holds_alternative<TemplateValue::Map>(now->value)) {
            state_.set(kLoop, start);
            now = state_.find(kLoop);
        }
        place(std::get<TemplateValue::Map>(now->value), number, count);
    }

    // The loop around has none in it, or each level would double it.
    [[nodiscard]] TemplateValue::Map start_of_loop() {
        TemplateValue outer;
        if (const TemplateValue* now = state_.find(kLoop)) outer = *now;
        if (auto* map = std::get_if<TemplateValue::Map>(&outer.value)) {
            map->erase("parentloop");
            map->erase("Parentloop");
        }
        return {{"parentloop", outer}, {"Parentloop", outer}};
    }

    // What a loop sets is its own.
    void loop(const Node& node) {
        auto all = rounds(node, value_of(node, *node.expression));
        if (all.empty()) return run(node.branches.back().block);
        if (node.sorted)
            at_template_line(node.line, [&] {
                std::ranges::stable_sort(all, [](const auto& a, const auto& b) {
                    return value_less(a.front(), b.front());
                });
            });
        if (node.reversed) std::ranges::reverse(all);
        const TemplateValue::Map start = start_of_loop();
        const auto scope = state_.enter_scope();
        state_.set(kLoop, start);
        for (std::size_t number = 0; number < all.size(); ++number) {
            for (std::size_t i = 0; i < node.names.size(); ++i)
                state_.set(node.names[i], std::move(all[number][i]));
            move_on(number, all.size(), start);
            at_template_line(node.line, [&] { state_.spend(1); });
            run(node.branches.front().block);
        }
    }

    const TemplateContext& context_;
    TemplateState state_;
    std::string output_;
    int included_ = 0;
    int called_ = 0;
};

} // namespace

std::string render_template(std::string_view text, const TemplateContext& context, std::string_view name,
                            const TemplateLimits& limits) {
    return with_context(name, [&] {
        const Block block = parse_template(text, limits, context.include != nullptr);
        return Renderer(context, limits).render(block);
    });
}

} // namespace lxcpp
