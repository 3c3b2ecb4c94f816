// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "base/template_expression.h"

#include <fmt/core.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A template as a tree of what is put out, and when.
namespace lxcpp {

struct TemplateNode;
using TemplateBlock = std::vector<TemplateNode>;

struct TemplateBranch { // condition empty: else
    std::optional<TemplateExpression> condition;
    TemplateBlock block;
};

// "NAME = VALUE": of with, and of macro, where the value may be missing.
struct TemplateBinding {
    std::string name;
    std::optional<TemplateExpression> value;
};

// Text, output, or one of the tags.
struct TemplateNode {
    enum class Kind {
        Text,
        Output,
        If,
        For,
        Set,
        With,
        FirstOf,
        Filter,
        Spaceless,
        Macro,
        Include
    };
    Kind kind = Kind::Text;
    int line = 1;
    std::string_view text = {};
    std::vector<std::string> names = {};          // of For, Set and Macro
    std::vector<TemplateBinding> bindings = {};   // of With and Macro
    std::vector<TemplateExpression> choices = {}; // of FirstOf
    std::optional<TemplateExpression> expression =
        {}; // of Output, For, Set and Include; of Filter: what is done to kFilteredText
    bool reversed = false; // of For
    bool sorted = false;
    std::vector<TemplateBranch> branches =
        {}; // of If; of For: its block, and that for an empty list; else the block
};

// Stands for the text of the block of a filter; no name that a template can have.
inline constexpr auto kFilteredText = "";

// The views point into text. Throws Error "line 3: ...", also for tags and filters that there are
// not.
[[nodiscard]] TemplateBlock parse_template(std::string_view text, const TemplateLimits& limits,
                                           bool may_include);

template <typename Body>
decltype(auto) at_template_line(int line, Body&& body) {
    return with_context(fmt::format("line {}", line), std::forward<Body>(body));
}

} // namespace lxcpp
