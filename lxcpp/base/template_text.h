// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/template_value.h"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

// Texts with places to be filled in, as images bring them: a part of the language that Django, pongo2 and with it Incus
// know. Pure: a text and values in, a text out.
//   {{ a.b|default:"x" }}  {{ f("key", "x") }}  {% if a == "b" and not c in d %} {% elif .. %} {% else %} {% endif %}
//   {% for x in list %} {% for k, v in map %} {% empty %} {% endfor %}  {% set x = a %}  {# comment #}  {%- trims -%}
// Names that are not there are worth nothing; nothing is escaped. Tags that read other files are refused, but include
// where the context has it.
namespace lxcpp {

struct TemplateContext {
    TemplateValue::Map variables;
    std::map<std::string, TemplateFunction, std::less<>> functions;
    // The text behind a name, for {% include NAME %}; without it that tag is refused. May throw Error.
    std::function<std::string(const std::string& name)> include;
};

// For texts that strangers wrote.
struct TemplateLimits {
    std::size_t output = 16u << 20; // bytes, also of any value
    std::size_t steps = 1'000'000;  // of evaluation
    int depth = 64;                 // of blocks and of parentheses
};

// Throws Error "NAME: line 3: ...".
[[nodiscard]] std::string render_template(std::string_view text, const TemplateContext& context, std::string_view name,
                                          const TemplateLimits& limits = {});

} // namespace lxcpp
