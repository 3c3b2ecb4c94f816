// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/template_parts.h"
#include "base/template_text.h"

#include <memory>
#include <string>
#include <vector>

namespace lxcpp {

// One expression of a template, checked: each kind says what its operands are.
struct TemplateExpression {
    enum class Kind {
        Value,    // value
        Name,     // name
        Member,   // operands[0].operands[1]
        Call,     // name(operands...)
        Filter,   // operands[0]|name:operands[1]
        Not,      // operands[0]; And, Or and the comparisons: both
        And,
        Or,
        Equal,
        Less,
        In,
    };
    Kind kind = Kind::Value;
    TemplateValue value = {};
    std::string name = {};
    std::vector<TemplateExpression> operands = {};
};

// Takes tokens one after the other; for tags that have an expression in them.
class TemplateTokens {
public:
    TemplateTokens(std::vector<TemplateToken> tokens, int depth) : tokens_(std::move(tokens)), depth_(depth) {}

    [[nodiscard]] const TemplateToken& next() const noexcept { return tokens_[at_]; }
    TemplateToken take();
    bool take_if(TemplateTokenKind kind, std::string_view text);
    [[nodiscard]] std::string take_name(); // Error when something else comes
    void require_end() const;
    [[nodiscard]] TemplateExpression take_expression();

private:
    TemplateExpression either();
    TemplateExpression both();
    TemplateExpression negation();
    TemplateExpression comparison();
    TemplateExpression filtered();
    TemplateExpression member();
    TemplateExpression primary();
    TemplateExpression call(std::string name);
    [[noreturn]] void fail(std::string_view wanted) const;

    std::vector<TemplateToken> tokens_;
    std::size_t at_ = 0;
    int depth_;
};

// Variables, and how much may still be done.
class TemplateState {
public:
    TemplateState(const TemplateContext& context, const TemplateLimits& limits)
        : context_(context), limits_(limits), variables_(context.variables), steps_(limits.steps) {}

    [[nodiscard]] const TemplateLimits& limits() const noexcept { return limits_; }
    void spend(std::size_t steps);
    // Gives the old value back.
    TemplateValue set(const std::string& name, TemplateValue value);
    [[nodiscard]] TemplateValue evaluate(const TemplateExpression& expression);

private:
    TemplateValue compute(const TemplateExpression& expression);
    TemplateValue call(const TemplateExpression& expression);

    const TemplateContext& context_;
    const TemplateLimits& limits_;
    TemplateValue::Map variables_;
    std::size_t steps_;
};

} // namespace lxcpp
