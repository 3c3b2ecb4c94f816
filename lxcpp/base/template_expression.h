// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/template_parts.h"
#include "base/template_text.h"

#include <functional>
#include <map>
#include <optional>
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
        Calculate, // operands[0] name operands[1]
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
    // "FILTER|FILTER:ARGUMENT", put on value.
    [[nodiscard]] TemplateExpression take_filters(TemplateExpression value);
    [[nodiscard]] bool has_name(std::string_view name) const; // among those that are left

private:
    TemplateExpression either();
    TemplateExpression both();
    TemplateExpression negation();
    TemplateExpression comparison();
    TemplateExpression sum();
    TemplateExpression product();
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
    // In the innermost scope.
    void set(const std::string& name, TemplateValue value);
    [[nodiscard]] TemplateValue* find(const std::string& name); // nullptr: there is none
    // A function of the template's own; what is called must be there as long as it can be.
    void define(const std::string& name, TemplateFunction function) {
        macros_.insert_or_assign(name, std::move(function));
    }
    [[nodiscard]] TemplateValue evaluate(const TemplateExpression& expression);

    // As long as it lives, what is set is forgotten with it.
    class Scope {
    public:
        explicit Scope(TemplateState& state) : state_(state) { state_.scopes_.emplace_back(); }
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;
        ~Scope() { state_.leave_scope(); }

    private:
        TemplateState& state_;
    };
    [[nodiscard]] Scope enter_scope() { return Scope(*this); }

    class Macros {
    public:
        explicit Macros(TemplateState& state) : state_(state), kept_(state.macros_) {}
        Macros(const Macros&) = delete;
        Macros& operator=(const Macros&) = delete;
        ~Macros() { state_.macros_.swap(kept_); }

    private:
        TemplateState& state_;
        std::map<std::string, TemplateFunction, std::less<>> kept_;
    };
    [[nodiscard]] Macros keep_macros() { return Macros(*this); }

private:
    using Before = std::map<std::string, std::optional<TemplateValue>>; // of what a scope has set
    void leave_scope() noexcept;
    TemplateValue compute(const TemplateExpression& expression);
    TemplateValue call(const TemplateExpression& expression);

    const TemplateContext& context_;
    const TemplateLimits& limits_;
    TemplateValue::Map variables_;
    std::map<std::string, TemplateFunction, std::less<>> macros_;
    std::vector<Before> scopes_;
    std::size_t steps_;
};

} // namespace lxcpp
