// SPDX-License-Identifier: Apache-2.0
#include "image/base64.h"

#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace lxcpp::image {
namespace {

TEST(Base64, IsWrittenAndReadAsRfc4648Says) {
    const std::vector<std::pair<std::string, std::string>> vectors{
        {"", ""},           {"f", "Zg=="},         {"fo", "Zm8="},         {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "+/+/"}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(encode_base64(bytes), text);
        EXPECT_EQ(decode_base64(text), bytes);
    }
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    EXPECT_EQ(decode_base64(encode_base64(all)), all);
}

TEST(Base64, IsNothingElse) {
    for (const char* text : {"Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm 9", "Zm9-", "Zm9_", "=Zm9", "Zm=9", "Zh==", "Zm9="})
        EXPECT_EQ(decode_base64(text), std::nullopt) << text;
}

} // namespace
} // namespace lxcpp::image
