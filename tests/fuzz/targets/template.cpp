// SPDX-License-Identifier: Apache-2.0
// Templates that images bring: whatever stands in them, it ends soon, with a bounded text or an error.
#include "fuzz/fuzz.h"

#include "base/template_text.h"

namespace lxcpp::fuzz {
namespace {

TemplateContext some_context() {
    TemplateContext context;
    context.variables = {
        {"trigger", "create"},
        {"instance", TemplateValue::Map{{"name", "c1"}, {"type", "container"}}},
        {"list", TemplateValue::List{"a", std::int64_t{2}, true}},
        {"config", TemplateValue::Map{{"user.x", "1"}}},
    };
    context.functions["config_get"] = [](const TemplateValue::List& arguments) -> TemplateValue {
        if (arguments.size() != 2) throw Error("config_get has two arguments");
        return arguments[1];
    };
    return context;
}

} // namespace

void one_input(std::string_view bytes) {
    static const TemplateContext context = some_context();
    const TemplateLimits limits{.output = 1u << 16, .steps = 10'000, .depth = 32};
    const auto text = accepted([&] { return render_template(bytes, context, "t", limits); });
    if (text) FUZZ_CHECK(text->size() <= limits.output);
    if (bytes.find('{') == bytes.npos && bytes.size() <= limits.output) FUZZ_CHECK(text && *text == bytes);
}

std::vector<std::string> made_seeds() { return {}; }

} // namespace lxcpp::fuzz
