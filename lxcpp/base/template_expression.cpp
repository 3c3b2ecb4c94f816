// SPDX-License-Identifier: Apache-2.0
#include "base/template_expression.h"

#include "base/strings.h"
#include "base/template_filters.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp {
namespace {

using Expression = TemplateExpression;
using Kind = TemplateExpression::Kind;
using Token = TemplateTokenKind;

constexpr std::size_t kBytesOfAStep = 256;

Expression two(Kind kind, Expression left, Expression right) {
    Expression made{.kind = kind};
    made.operands.push_back(std::move(left));
    made.operands.push_back(std::move(right));
    return made;
}

Expression negated(Expression inner) {
    Expression made{.kind = Kind::Not};
    made.operands.push_back(std::move(inner));
    return made;
}

TemplateValue member_of(const TemplateValue& whole, const TemplateValue& which) {
    if (const auto* map = std::get_if<TemplateValue::Map>(&whole.value)) {
        const auto found = map->find(value_text(which));
        return found == map->end() ? TemplateValue() : found->second;
    }
    const auto* list = std::get_if<TemplateValue::List>(&whole.value);
    const auto* index = std::get_if<std::int64_t>(&which.value);
    if (list == nullptr || index == nullptr || static_cast<std::uint64_t>(*index) >= list->size()) return {};
    return (*list)[static_cast<std::size_t>(*index)];
}

// Goes one level deeper for as long as it lives.
class Deeper {
public:
    explicit Deeper(int& left) : left_(left) {
        if (--left_ < 0) throw Error("nested too deeply");
    }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    ~Deeper() { ++left_; }

private:
    int& left_;
};

} // namespace

TemplateToken TemplateTokens::take() {
    TemplateToken token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
}

bool TemplateTokens::take_if(TemplateTokenKind kind, std::string_view text) {
    if (next().kind != kind || next().text != text) return false;
    take();
    return true;
}

void TemplateTokens::fail(std::string_view wanted) const {
    const std::string got = next().kind == Token::End ? "nothing" : '"' + printable(next().text) + '"';
    throw Error(fmt::format("{} is expected instead of {}", wanted, got));
}

std::string TemplateTokens::take_name() {
    if (next().kind != Token::Name) fail("a name");
    return take().text;
}

void TemplateTokens::require_end() const {
    if (next().kind != Token::End) fail("the end");
}

TemplateExpression TemplateTokens::take_expression() { return either(); }

Expression TemplateTokens::either() {
    const Deeper deeper(depth_);
    Expression left = both();
    for (int words = 0; take_if(Token::Name, "or") || take_if(Token::Sign, "||"); ++words) {
        if (words > depth_) throw Error("nested too deeply"); // each makes the tree of operands deeper
        left = two(Kind::Or, std::move(left), both());
    }
    return left;
}

Expression TemplateTokens::both() {
    Expression left = negation();
    for (int words = 0; take_if(Token::Name, "and") || take_if(Token::Sign, "&&"); ++words) {
        if (words > depth_) throw Error("nested too deeply");
        left = two(Kind::And, std::move(left), negation());
    }
    return left;
}

Expression TemplateTokens::negation() {
    const Deeper deeper(depth_);
    if (take_if(Token::Name, "not") || take_if(Token::Sign, "!")) return negated(negation());
    return comparison();
}

Expression TemplateTokens::comparison() {
    Expression left = sum();
    if (take_if(Token::Sign, "==")) return two(Kind::Equal, std::move(left), sum());
    if (take_if(Token::Sign, "!=") || take_if(Token::Sign, "<>"))
        return negated(two(Kind::Equal, std::move(left), sum()));
    if (take_if(Token::Sign, "<")) return two(Kind::Less, std::move(left), sum());
    if (take_if(Token::Sign, ">")) return two(Kind::Less, sum(), std::move(left));
    if (take_if(Token::Sign, ">=")) return negated(two(Kind::Less, std::move(left), sum()));
    if (take_if(Token::Sign, "<=")) return negated(two(Kind::Less, sum(), std::move(left)));
    if (take_if(Token::Name, "in")) return two(Kind::In, std::move(left), sum());
    if (!take_if(Token::Name, "not")) return left;
    if (!take_if(Token::Name, "in")) fail("in");
    return negated(two(Kind::In, std::move(left), sum()));
}

Expression TemplateTokens::sum() {
    Expression left = product();
    for (int signs = 0; next().kind == Token::Sign && (next().text == "+" || next().text == "-");
         ++signs) {
        if (signs > depth_) throw Error("nested too deeply");
        std::string sign = take().text;
        left = two(Kind::Calculate, std::move(left), product());
        left.name = std::move(sign);
    }
    return left;
}

Expression TemplateTokens::product() {
    Expression left = filtered();
    for (int signs = 0; next().kind == Token::Sign &&
                        (next().text == "*" || next().text == "/" || next().text == "%");
         ++signs) {
        if (signs > depth_) throw Error("nested too deeply");
        std::string sign = take().text;
        left = two(Kind::Calculate, std::move(left), filtered());
        left.name = std::move(sign);
    }
    return left;
}

Expression TemplateTokens::filtered() {
    Expression whole = member();
    return take_if(Token::Sign, "|") ? take_filters(std::move(whole)) : whole;
}

Expression TemplateTokens::take_filters(Expression whole) {
    int filters = 0;
    do {
        if (filters++ == depth_) throw Error("too many filters");
        const std::string name = take_name();
        (void)require_filter(name);
        Expression argument;
        if (take_if(Token::Sign, ":")) argument = member();
        whole = two(Kind::Filter, std::move(whole), std::move(argument));
        whole.name = name;
    } while (take_if(Token::Sign, "|"));
    return whole;
}

bool TemplateTokens::has_name(std::string_view name) const {
    return std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(at_), tokens_.end(),
                       [&](const TemplateToken& token) {
                           return token.kind == Token::Name && token.text == name;
                       });
}

Expression TemplateTokens::member() {
    Expression whole = primary();
    for (int members = 0;; ++members) {
        if (members > depth_) throw Error("nested too deeply");
        if (take_if(Token::Sign, ".")) {
            if (next().kind != Token::Name && next().kind != Token::Number) fail("a name");
            const TemplateToken token = take();
            Expression which;
            which.value = token.kind == Token::Name ? TemplateValue(token.text) : TemplateValue(token.number);
            whole = two(Kind::Member, std::move(whole), std::move(which));
        } else if (take_if(Token::Sign, "[")) {
            whole = two(Kind::Member, std::move(whole), either());
            if (!take_if(Token::Sign, "]")) fail("]");
        } else {
            return whole;
        }
    }
}

Expression TemplateTokens::primary() {
    if (take_if(Token::Sign, "(")) {
        Expression inner = either();
        if (!take_if(Token::Sign, ")")) fail(")");
        return inner;
    }
    const bool minus = take_if(Token::Sign, "-");
    const TemplateToken token = next();
    if (minus && token.kind != Token::Number) fail("a number");
    if (token.kind == Token::Sign || token.kind == Token::End) fail("a value");
    take();
    if (token.kind == Token::Text) return {.value = token.text};
    if (token.kind == Token::Number) return {.value = minus ? -token.number : token.number};
    if (token.text == "true" || token.text == "True") return {.value = true};
    if (token.text == "false" || token.text == "False") return {.value = false};
    if (take_if(Token::Sign, "(")) return call(token.text);
    return {.kind = Kind::Name, .name = token.text};
}

Expression TemplateTokens::call(std::string name) {
    Expression made{.kind = Kind::Call, .name = std::move(name)};
    if (take_if(Token::Sign, ")")) return made;
    do made.operands.push_back(either());
    while (take_if(Token::Sign, ","));
    if (!take_if(Token::Sign, ")")) fail(")");
    return made;
}

void TemplateState::spend(std::size_t steps) {
    if (steps > steps_) throw Error(fmt::format("it takes more than {} steps", limits_.steps));
    steps_ -= steps;
}

void TemplateState::set(const std::string& name, TemplateValue value) {
    const auto there = variables_.find(name);
    std::optional<TemplateValue> before;
    if (there != variables_.end())
        before = std::exchange(there->second, std::move(value));
    else
        variables_.emplace(name, std::move(value));
    if (!scopes_.empty()) scopes_.back().emplace(name, std::move(before)); // the first time only
}

TemplateValue* TemplateState::find(const std::string& name) {
    const auto there = variables_.find(name);
    return there == variables_.end() ? nullptr : &there->second;
}

void TemplateState::leave_scope() noexcept {
    for (auto& [name, before] : scopes_.back()) {
        if (before)
            variables_.find(name)->second = std::move(*before);
        else
            variables_.erase(name);
    }
    scopes_.pop_back();
}

// Values are copied, so that a large one costs more.
TemplateValue TemplateState::evaluate(const TemplateExpression& expression) {
    TemplateValue value = compute(expression);
    const std::size_t size = value_size(value);
    spend(1 + (std::holds_alternative<std::string>(value.value) ? size / kBytesOfAStep : size));
    return value;
}

TemplateValue TemplateState::compute(const TemplateExpression& expression) {
    const auto operand = [&](std::size_t number) { return evaluate(expression.operands[number]); };
    switch (expression.kind) {
    case Kind::Value: return expression.value;
    case Kind::Name: {
        const auto found = variables_.find(expression.name);
        return found == variables_.end() ? TemplateValue() : found->second;
    }
    case Kind::Member:
        return member_of(operand(0), operand(1));
    case Kind::Call:
        return call(expression);
    case Kind::Filter:
        return apply_filter(expression.name, operand(0), operand(1), limits_.output);
    case Kind::Not:
        return !is_true(operand(0));
    case Kind::And:
        return is_true(operand(0)) && is_true(operand(1));
    case Kind::Or:
        return is_true(operand(0)) || is_true(operand(1));
    case Kind::Equal:
        return operand(0) == operand(1);
    case Kind::Less:
        return value_less(operand(0), operand(1));
    case Kind::In:
        return value_contains(operand(1), operand(0));
    case Kind::Calculate:
        return calculated(expression.name, operand(0), operand(1));
    }
    return {};
}

TemplateValue TemplateState::call(const TemplateExpression& expression) {
    TemplateValue::List arguments;
    if (const auto macro = macros_.find(expression.name); macro != macros_.end()) {
        const TemplateFunction function = macro->second; // it may be defined anew meanwhile
        for (const TemplateExpression& one : expression.operands)
            arguments.push_back(evaluate(one));
        return function(arguments);
    }
    const auto function = context_.functions.find(expression.name);
    if (function == context_.functions.end())
        throw Error("there is no function " + printable(expression.name));
    for (const TemplateExpression& one : expression.operands) arguments.push_back(evaluate(one));
    return function->second(arguments);
}

} // namespace lxcpp
