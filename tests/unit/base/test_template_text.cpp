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
    EXPECT_EQ(render("{{ flag }} {{ number }} {{ -4 }} {{ \"<&>\"|safe }}"), "True 3 -4 <&>");
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

// What pongo2 4 makes of the same.
TEST(TemplateText, FiltersOfValues) {
    EXPECT_EQ(
        render("{{ number|add:2 }} {{ '1'|add:2 }} {{ trigger|add:'d' }} {{ nothing|add:'x' }}"),
        "5 12 created x");
    EXPECT_EQ(render("{{ number|divisibleby:3 }} {{ '7'|divisibleby:2 }} {{ 1|divisibleby:0 }} {{ "
                     "5|divisibleby:-1 }}"),
              "True False False True");
    EXPECT_EQ(render("{{ 'äbc'|first }}{{ 'abö'|last }}{{ none|first }}{{ nothing|last }}{{ "
                     "number|first }} {{ 'äö'|length }}{{ number|length }}"),
              "äö 20");
    EXPECT_EQ(render("{{ 'äö'|length_is:2 }} {{ list|length_is:'3' }} {{ 'äö'|make_list|join:'.' "
                     "}} {{ 'abc'|join:'-' }} {{ number|join:'-' }}"),
              "True True ä.ö a-b-c 3");
    EXPECT_EQ(render("{{ 'a, b, c'|split:', '|join:'/' }} {{ 'abc'|split:''|join:'/' }} {{ "
                     "''|split:','|length }}"),
              "a/b/c a/b/c 1");
    EXPECT_EQ(render("{{ 'äbcd'|slice:'1:3' }} {{ 'abcd'|slice:':2' }} {{ 'abcd'|slice:'2:' }} {{ "
                     "'abcd'|slice:'3:1' }} {{ 'ab'|slice:'9:99' }}|"),
              "bc ab cd d |");
    EXPECT_EQ(render("{{ list|slice:'1:'|join:'' }} {{ number|slice:'1:' }}"), "bc 3");
    EXPECT_EQ(render("{{ flag|yesno }} {{ none|yesno }} {{ nothing|yesno }} {{ flag|yesno:'a,b' }} "
                     "{{ nothing|yesno:'a,b' }} {{ nothing|yesno:'a,b,c' }}"),
              "yes no maybe a maybe c");
    EXPECT_EQ(render("file{{ number|pluralize }} {{ 1|pluralize }}{{ 1|pluralize:'y,ies' }} {{ "
                     "2|pluralize:'y,ies' }} {{ 2|pluralize:'es' }}"),
              "files y ies es");
    EXPECT_EQ(
        render("{{ 1234|get_digit:2 }} {{ 12|get_digit:9 }} {{ '3.9'|integer }} {{ 'x'|integer }}"),
        "3 12 3 0");
    EXPECT_EQ(error_of("{{ trigger|slice:'1' }}"), "t: line 1: slice: its argument is \"FROM:TO\"");
    EXPECT_EQ(error_of("{{ trigger|slice:'-1:' }}"),
              "t: line 1: slice: it does not count from the end");
    EXPECT_EQ(error_of("{{ trigger|yesno:'a' }}"),
              "t: line 1: yesno: its argument is two or three words, \"YES,NO,NOTHING\"");
    EXPECT_EQ(error_of("{{ trigger|pluralize }}"), "t: line 1: pluralize: it is for numbers");
    EXPECT_EQ(error_of("{{ 9223372036854775807|add:1 }}"), "t: line 1: a number is too large");
}

TEST(TemplateText, FiltersOfTexts) {
    EXPECT_EQ(render("{{ \"it's a_b 2nd DEBIAN\"|title }} {{ number|title }}|"),
              "It'S A_b 2nd Debian |");
    EXPECT_EQ(render("{{ \"<a href='x'>&\\\"\"|escape }} {{ \"a'b\\\\\"|addslashes }}"),
              "&lt;a href=&#39;x&#39;&gt;&amp;&quot; a\\'b\\\\");
    EXPECT_EQ(
        render("{{ 'a b/c-ä~'|urlencode }} {{ 'a\nb'|linebreaksbr }} {{ 'a\nb'|linenumbers }}"),
        "a+b%2Fc-%C3%A4~ a<br />b 1. a\n2. b");
    EXPECT_EQ(
        render("{{ ' <b>x</b> <i/>y < z'|striptags }}|{{ '<b>x</b> <i>y</i>'|removetags:'b,u' }}"),
        "x y < z|x <i>y</i>");
    EXPECT_EQ(render("[{{ 'ab'|center:5 }}][{{ 'äb'|ljust:4 }}][{{ 'ab'|rjust:'4' }}][{{ "
                     "'abc'|center:2 }}]"),
              "[  ab ][äb  ][  ab][abc]");
    EXPECT_EQ(render("{{ ' a  b c '|wordcount }} {{ 'a b c'|wordwrap:2 }} {{ 'a b "
                     "c'|truncatewords:2 }} {{ 'a b'|truncatewords:2 }}"),
              "3 a b\nc a b ... a b");
    EXPECT_EQ(render("{{ 'äbcdef'|truncatechars:5 }} {{ 'abc'|truncatechars:3 }} {{ "
                     "'abc'|truncatechars:2 }}"),
              "äb... abc ab");
    EXPECT_EQ(render("{{ number|float }} {{ '3.14159'|floatformat:2 }} {{ '3.0'|floatformat }} {{ "
                     "'3.7'|floatformat }} {{ '3'|floatformat:2 }}"),
              "3.000000 3.14 3 3.7 3.00");
    EXPECT_EQ(render("{{ number|stringformat:'%03d' }} {{ trigger|stringformat:'[%-8s]' }} {{ "
                     "trigger|stringformat:'%.3s%%' }} {{ '2.5'|stringformat:'%05.1f' }}"),
              "003 [create  ] cre% 002.5");
    EXPECT_EQ(
        render(
            "{{ 255|stringformat:'%x %%' }} {{ 255|stringformat:'%X' }} {{ 'az'|stringformat:'%X' "
            "}} {{ -5|stringformat:'%04d' }} {{ flag|stringformat:'%v' }}"),
        "ff % FF 617A -005 True");
    EXPECT_EQ(error_of("{{ trigger|stringformat:'%d' }}"),
              "t: line 1: stringformat: %d is for numbers: integer makes one of a text");
    EXPECT_EQ(error_of("{{ trigger|stringformat:'x' }}"),
              "t: line 1: stringformat: its argument has no place for the value, as %s is");
    EXPECT_EQ(error_of("{{ trigger|stringformat:'%s%s' }}"),
              "t: line 1: stringformat: there is one value only");
    EXPECT_EQ(error_of("{{ trigger|stringformat:'%' }}"),
              "t: line 1: stringformat: nothing comes after \"%\"");
    EXPECT_EQ(error_of("{{ trigger|stringformat:'%T' }}"),
              "t: line 1: stringformat: %T is not known");
}

TEST(TemplateText, WhatIsNotThereIsToldBeforeItIsReached) {
    EXPECT_EQ(error_of("\n{% if nothing %}{{ trigger|uper }}{% endif %}"),
              "t: line 2: there is no filter uper; did you mean upper?");
    EXPECT_EQ(error_of("{{ trigger|replace:'a' }}"), "t: line 1: there is no filter replace");
    EXPECT_EQ(error_of("{% wiht a=1 %}{% endwith %}"),
              "t: line 1: there is no tag wiht; did you mean with?");
}

TEST(TemplateText, Calculations) {
    EXPECT_EQ(render("{{ number + 2 * 3 - 1 }} {{ (1 + 2) * 3 }} {{ 7 / 2 }} {{ 7 % 4 }} {{ '4' + "
                     "1 }} {{ number-1 }}"),
              "8 9 3 3 5 2");
    EXPECT_EQ(render("{% if number + 1 == 4 and 1 <> 2 %}y{% endif %}"), "y");
    EXPECT_EQ(error_of("{{ 1 / 0 }}"), "t: line 1: there is nothing to divide by");
    EXPECT_EQ(error_of("{{ 1 % nothing }}"), "t: line 1: there is nothing to divide by");
    EXPECT_EQ(error_of("{{ 9223372036854775807 * 2 }}"), "t: line 1: a number is too large");
    EXPECT_EQ(render("{{ (0 - 9223372036854775807 - 1) % -1 }}"), "0");
}

TEST(TemplateText, OtherTags) {
    EXPECT_EQ(render("{% with a=1 b=trigger|upper %}{{ a }}{{ b }}{% endwith %}{{ a }}{% with "
                     "number as n 'x' as m %}{{ n }}{{ m }}{% endwith %}"),
              "1CREATE3x");
    EXPECT_EQ(render("{% with trigger='x' %}{% set y = 1 %}{{ trigger }}{{ y }}{% endwith %}{{ "
                     "trigger }}{{ y }}"),
              "x1create");
    EXPECT_EQ(
        render("{% ifequal trigger 'create' %}a{% else %}b{% endifequal %}{% ifnotequal number 3 "
               "%}a{% else %}b{% endifnotequal %}"
               "{% ifnotequal number '3' %}c{% endifnotequal %}{% ifequal 1 2 %}d{% endifequal %}"),
        "abc");
    EXPECT_EQ(render("{% firstof nothing none trigger 'x' %}{% firstof nothing %}"), "create");
    EXPECT_EQ(render("{% filter upper|cut:'B' %}a{{ 'b' }}c{% endfilter %}"), "AC");
    EXPECT_EQ(render("{% spaceless %} <p>\n <b>x </b> </p> a > b {% endspaceless %}"),
              " <p><b>x </b></p> a > b ");
    EXPECT_EQ(render("{% templatetag openvariable %} {% templatetag closeblock %}"), "{{ %}");
    EXPECT_EQ(render("{% macro hi(who, mark='!') %}hi {{ who }}{{ mark }}{% endmacro %}{{ hi('a') "
                     "}} {{ hi('b', '?')|upper }}{{ who }}"),
              "hi a! HI B?");
    EXPECT_EQ(render("{% for x in list reversed %}{{ x }}{{ forloop.Revcounter }}{% endfor %} {% "
                     "for x in 'b,a'|split:',' sorted %}{{ x }}{% endfor %}"),
              "c3b2a1 ab");
    EXPECT_EQ(render("{% for x in list %}{% for y in list %}{{ forloop.Parentloop.Counter }}{% "
                     "endfor %}{% set z = x %}{% endfor %}{{ z }}"),
              "111222333");
    EXPECT_EQ(error_of("{% with a %}{% endwith %}"), "t: line 1: \"with NAME=VALUE\" is expected");
    EXPECT_EQ(error_of("{% macro a %}{% endmacro %}"),
              "t: line 1: \"macro NAME(ARGUMENTS)\" is expected");
    EXPECT_EQ(error_of("{% macro a(b) %}{% endmacro %}{{ a(1, 2) }}"),
              "t: line 1: a takes 1 arguments at most");
    EXPECT_EQ(error_of("{% filter none_such %}{% endfilter %}"),
              "t: line 1: there is no filter none_such");
    EXPECT_EQ(error_of("{% ifequal 1 2 %}"), "t: line 1: a block is not closed with endifequal");
}

// A macro of a text that is gone must not be called.
TEST(TemplateText, AnIncludeKeepsItsNamesForItself) {
    TemplateContext here = context();
    here.include = [](const std::string&) {
        return "{% macro m() %}in{% endmacro %}{% set x = 1 %}{{ m() }}";
    };
    EXPECT_EQ(render_template("{% include 'a' %}{{ x }}", here, "t"), "in");
    EXPECT_THROW((void)render_template("{% include 'a' %}{{ m() }}", here, "t"), Error);
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
    EXPECT_THAT(error_of("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}"),
                HasSubstr("macros call each other too deeply"));
    EXPECT_THAT(error_of("{{ 'a'|center:999999 }}", small), HasSubstr("more than 1000 bytes"));
    EXPECT_THAT(error_of("{{ 'a'|stringformat:'%9999s' }}", small),
                HasSubstr("more than 1000 bytes"));
    std::string sums = "{{ 1";
    for (int i = 0; i < 100'000; ++i) sums += "+1";
    EXPECT_THAT(error_of(sums + " }}"), HasSubstr("nested too deeply"));
    std::string ands = "{% if a";
    for (int i = 0; i < 100'000; ++i) ands += " and a";
    EXPECT_THAT(error_of(ands + " %}{% endif %}"), HasSubstr("nested too deeply"));
}
