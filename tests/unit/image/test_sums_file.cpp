// SPDX-License-Identifier: Apache-2.0
#include "image/sums_file.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

using namespace lxcpp::image;
using lxcpp::test::error_of;

namespace {
const std::string kA(64, 'a');
const std::string kB(64, 'b');

std::string refused(const std::string& text) {
    return error_of([&] { return parse_sums_file(text, "SHA256SUMS"); });
}
} // namespace

TEST(SumsFile, ReadsWhatSha256sumWrites) {
    const auto sums = parse_sums_file("# comment\n\n" + kA + "  rootfs.tar.xz\n" + kB + " *meta.tar.xz\r\n" + kA + "  ../passwd\n", "S");
    ASSERT_EQ(sums.size(), 2u);
    EXPECT_EQ(sums.at("rootfs.tar.xz"), kA);
    EXPECT_EQ(sums.at("meta.tar.xz"), kB);
}

TEST(SumsFile, RefusesOtherLines) {
    const std::string wrong = "SHA256SUMS: line 2: expected a sha256 in lower case, two blanks and a name";
    for (const auto& line : {std::string("rootfs.tar.xz"), kA, kA + "  ", kA + " rootfs", kA + "rootfs", std::string(64, 'A') + "  rootfs",
                             std::string(63, 'a') + "  rootfs"})
        EXPECT_EQ(refused("\n" + line + "\n"), wrong) << line;
    EXPECT_EQ(refused(kA + "  x\n" + kA + "  x\n"), "");
    EXPECT_EQ(refused(kA + "  x\n" + kB + "  x\n"), "SHA256SUMS: line 2: a second digest of x");
}
