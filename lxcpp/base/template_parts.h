// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// A template taken apart: text and marks, and what stands between the marks as words.
namespace lxcpp {

enum class TemplatePartKind { Text, Output, Tag }; // Output: {{ }}, Tag: {% %}; comments are gone

struct TemplatePart {
    TemplatePartKind kind = TemplatePartKind::Text;
    std::string_view text; // without the marks
    int line = 1;          // where it begins
};
// Throws Error "line 3: ...". The views point into text.
[[nodiscard]] std::vector<TemplatePart> template_parts(std::string_view text);

enum class TemplateTokenKind { Name, Text, Number, Sign, End };

struct TemplateToken {
    TemplateTokenKind kind = TemplateTokenKind::End;
    std::string text;        // the name, the text without quotes, or the sign ("==")
    std::int64_t number = 0;
};
// Always with End at the end. Throws Error.
[[nodiscard]] std::vector<TemplateToken> template_tokens(std::string_view expression);

} // namespace lxcpp
