// SPDX-License-Identifier: Apache-2.0
#include "image/yaml_text.h"

#include "image/yaml_document.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

// What an image or a recipe has in it is shown on terminals.
TEST(YamlText, HasNoControlCharactersAsTheyAre) {
    for (const std::string text : {"a\x1b[2J", "a\x7f", "clear \xc2\x9b 2J", "two\nlines \xc2\x9b\n", "\xc2", "umlaut \xc3\xbc \xc2\xa9"}) {
        const std::string yaml = yaml_scalar(text, 2);
        EXPECT_EQ(yaml.find("\xc2\x9b"), yaml.npos);
        EXPECT_EQ(yaml.find_first_of("\x1b\x7f"), yaml.npos);
        if (text != "\xc2") {
            EXPECT_EQ(parse_yaml("key: " + yaml + "\n", "t").find("key")->text, text);
        }
    }
    EXPECT_EQ(yaml_quoted("\xc2\x9b"), "\"\\x9b\"");
}

} // namespace
} // namespace lxcpp::image
