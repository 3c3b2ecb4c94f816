// SPDX-License-Identifier: Apache-2.0
#include "base/template_text.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp;
using ::testing::HasSubstr;

namespace {

TemplateContext context() {
    TemplateContext made;
    made.variables = {
        {"trigger", "create"},
        {"instance", TemplateValue::Map{{"name", "c1"}, {"privileged", "false"}}},
        {"config", TemplateValue::Map{{"user.x", "1"}, {"user.y", "2"}}},
        {"list", TemplateValue::List{"a", "b", "c"}},
        {"none", TemplateValue::List{}},
        {"number", std::int64_t{3}},
        {"flag", true},
    };
    made.functions["config_get"] = [](const TemplateValue::List& arguments) -> TemplateValue {
        if (arguments.at(0) == TemplateValue("user.x")) return "1";
        return arguments.at(1);
    };
    return made;
}

std::string render(std::string_view text, const TemplateLimits& limits = {}) {
    return render_template(text, context(), "t", limits);
}

std::string error_of(std::string_view text, const TemplateLimits& limits = {}) {
    try {
        return "no error: " + render(text, limits);
    } catch (const Error& error) {
        return error.what();
    }
}

} // namespace

TEST(TemplateText, WhatIncusImagesTemplate) {
    EXPECT_EQ(render("{{ container.name }}{{ instance.name }}\n"), "c1\n");
    EXPECT_EQ(render("127.0.1.1\t{{ instance.name }}\n"), "127.0.1.1\tc1\n");
    EXPECT_EQ(render("{{ config_get(\"user.user-data\", properties.default) }}"), "");
    EXPECT_EQ(render("{% if config_get(\"user.x\", \"\") == \"\" %}none{% elif trigger == 'copy' %}copy{% else %}#cloud{% endif %}\n"),
              "#cloud\n");
}

TEST(TemplateText, Values) {
    EXPECT_EQ(render("plain { } text"), "plain { } text");
    EXPECT_EQ(render("{{ nothing }}{{ nothing.at.all }}"), "");
    EXPECT_EQ(render("{{ nothing|default:\"x\" }} {{ trigger|default:\"x\" }}"), "x create");
    EXPECT_EQ(render("{{ trigger|upper }} {{ 'ABC'|lower }} {{ trigger|capfirst }}"), "CREATE abc Create");
    EXPECT_EQ(render("{{ list|join:\", \" }} {{ list|length }} {{ list.1 }} {{ list|first }}{{ list|last }}"), "a, b, c 3 b ac");
    EXPECT_EQ(render("{{ \"a:b\"|split:\":\"|join:\"-\" }}{{ 'xaxb'|cut:'x' }}"), "a-bab");
    EXPECT_EQ(render("{{ flag }} {{ number }} {{ -4 }} {{ \"<&>\"|safe|escape }}"), "True 3 -4 <&>");
    EXPECT_EQ(render("{{ config[\"user.x\"] }}"), "1");
    EXPECT_EQ(render("{{ \"a\\tz\"|toHex }}"), "61097a");
    EXPECT_EQ(render("{{ \"a}}b\\\"\\n\" }}"), "a}}b\"\n");
}

TEST(TemplateText, Conditions) {
    const auto when = [](const std::string& condition) { return render("{% if " + condition + " %}y{% else %}n{% endif %}"); };
    EXPECT_EQ(when("flag and number == 3"), "y");
    EXPECT_EQ(when("not flag or number != 3"), "n");
    EXPECT_EQ(when("not trigger == \"copy\""), "y");
    EXPECT_EQ(when("'a' in list and 'z' not in list and 'rea' in trigger and 'user.x' in config"), "y");
    EXPECT_EQ(when("number < 4 and number > 2 and number <= 3 and number >= 3"), "y");
    EXPECT_EQ(when("'10' > 9 and '10' > '9' and '3.9' > '3.18' and 'b' > 'a' and 'bookworm' < 1 and nothing < 1"), "y")
        << "what looks like a number is one; what does not is nothing beside one";
    EXPECT_EQ(when("'10' <= '9'"), "n");
    EXPECT_EQ(error_of("{% if list < 3 %}{% endif %}"), "t: line 1: only two numbers, or two texts, have an order");
    EXPECT_EQ(when("none"), "n");
    EXPECT_EQ(when("instance.privileged"), "y") << "a text that is not empty, as in pongo2";
    EXPECT_EQ(when("(flag || nothing) && !nothing"), "y");
    EXPECT_EQ(render("{% if nothing %}a{% endif %}"), "");
}

TEST(TemplateText, Loops) {
    EXPECT_EQ(render("{% for x in list %}{{ x }}{% if not forloop.Last %},{% endif %}{% endfor %}"), "a,b,c");
    EXPECT_EQ(render("{% for k, v in config %}{{ k }}={{ v }};{% endfor %}{{ k }}"), "user.x=1;user.y=2;");
    EXPECT_EQ(render("{% for x in none %}x{% empty %}empty{% endfor %}"), "empty");
    EXPECT_EQ(render("{% for x in list %}{% for y in list %}{{ forloop.counter }}{% endfor %}{{ forloop.counter0 }} {% endfor %}"),
              "1230 1231 1232 ");
    EXPECT_EQ(render("{% set y = \"z\" %}{{ y }}{% autoescape off %}{{ '<' }}{% endautoescape %}"), "z<");
}

TEST(TemplateText, CommentsAndTrimming) {
    EXPECT_EQ(render("a{# {{ x }} \" #}b{% comment %}{{ c }}{% endcomment %}c"), "abc");
    EXPECT_EQ(render("a \n{%- if flag -%} \n b \n{%- endif -%}\n c"), "abc");
    EXPECT_EQ(render("a {{- number -}} b"), "a3b");
}

TEST(TemplateText, ErrorsNameTheLine) {
    EXPECT_EQ(error_of("\n\n{{ a"), "t: line 3: {{ is not closed with }}");
    EXPECT_EQ(error_of("\n{% include \"/etc/shadow\" %}"), "t: line 2: not allowed here: the tag include");
    for (const char* tag : {"extends", "import", "ssi"}) {
        EXPECT_THAT(error_of(std::string("{% ") + tag + " \"x\" %}"), HasSubstr("not allowed"));
    }
    EXPECT_EQ(error_of("{% endif %}"), "t: line 1: there is no tag endif");
    EXPECT_EQ(error_of("a\n{% if flag %}\nb"), "t: line 2: a block is not closed with endif");
    EXPECT_EQ(error_of("{% if flag %}{% else %}{% else %}{% endif %}"), "t: line 1: after else comes endif");
    EXPECT_EQ(error_of("{{ trigger|unknown }}"), "t: line 1: there is no filter unknown");
    EXPECT_EQ(error_of("{{ system(\"x\") }}"), "t: line 1: there is no function system");
    EXPECT_EQ(error_of("{{ trigger trigger }}"), "t: line 1: the end is expected instead of \"trigger\"");
    EXPECT_EQ(error_of("{{ }}"), "t: line 1: a value is expected instead of nothing");
    EXPECT_EQ(error_of("{{ list }}"), "t: line 1: a list or a map is no text: use join, or a loop");
    EXPECT_EQ(error_of("{% for a, b in list %}{% endfor %}"), "t: line 1: only a map can be gone through that way");
    EXPECT_THAT(error_of("{{ 99999999999999999999 }}"), HasSubstr("neither a name nor a number"));
    EXPECT_THAT(error_of("{{ 'a }}"), HasSubstr("is not closed"));
}

TEST(TemplateText, NothingGrowsWithoutABound) {
    const TemplateLimits small{.output = 1000, .steps = 2000, .depth = 16};
    std::string loops;
    for (int i = 0; i < 10; ++i) loops += "{% for x" + std::to_string(i) + " in list %}";
    for (int i = 0; i < 10; ++i) loops += "{% endfor %}";
    EXPECT_THAT(error_of(loops, small), HasSubstr("more than 2000 steps"));
    EXPECT_THAT(error_of("{% for x in list %}" + std::string(400, 'a') + "{% endfor %}", small), HasSubstr("longer than 1000 bytes"));
    std::string squares = "{% set x = \"" + std::string(60, ',') + "\" %}";
    squares += "{% set x = x|split:\",\"|join:x %}{{ x }}";
    EXPECT_THAT(error_of(squares, small), HasSubstr("more than 1000 bytes"));
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "{% if flag %}";
    EXPECT_THAT(error_of(deep), HasSubstr("nested too deeply"));
    EXPECT_THAT(error_of("{{ " + std::string(100'000, '(') + " }}"), HasSubstr("nested too deeply"));
    EXPECT_THAT(error_of("{{ " + std::string(100'000, '!') + "a }}"), HasSubstr("nested too deeply"));
    std::string filters = "{{ a";
    std::string members = "{{ a";
    for (int i = 0; i < 100'000; ++i) filters += "|safe", members += ".a";
    EXPECT_THAT(error_of(filters + " }}"), HasSubstr("too many filters"));
    EXPECT_THAT(error_of(members + " }}"), HasSubstr("nested too deeply"));
    std::string ands = "{% if a";
    for (int i = 0; i < 100'000; ++i) ands += " and a";
    EXPECT_THAT(error_of(ands + " %}{% endif %}"), HasSubstr("nested too deeply"));
}
