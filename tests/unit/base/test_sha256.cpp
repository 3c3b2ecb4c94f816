// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"
#include "base/sha256_compress.h"

#include <gtest/gtest.h>

#include <vector>

using namespace lxcpp;

// Vectors of FIPS 180-4 and NIST's examples.
TEST(Sha256, KnownVectors) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesGiveTheSameDigestAsTheWhole) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
    for (std::size_t size = 0; size <= 200; ++size) {
        const std::string_view part(text.data(), size);
        for (const std::size_t cut : {std::size_t{0}, size / 3, size / 2, size}) {
            Sha256 hash;
            hash.update(part.substr(0, cut));
            hash.update(part.substr(cut));
            EXPECT_EQ(hash.finish_hex(), sha256_hex(part)) << size << " cut at " << cut;
        }
    }
}

TEST(Sha256, StartsOverAfterFinish) {
    Sha256 hash;
    hash.update("abc");
    const auto first = hash.finish();
    hash.update("abc");
    EXPECT_EQ(first, hash.finish());
}

TEST(Sha256, ProcessorInstructionsAgreeWithThePortableCode) {
    if (!detail::sha256_has_x86()) GTEST_SKIP() << "the processor has no SHA instructions";
    std::vector<std::uint8_t> blocks(64 * 9);
    for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = static_cast<std::uint8_t>(i * 31 + 5);
    detail::Sha256State portable = {1, 2, 3, 4, 5, 6, 7, 0xffffffff};
    auto fast = portable;
    detail::sha256_compress_portable(portable, blocks.data(), 9);
    detail::sha256_compress_x86(fast, blocks.data(), 9);
    EXPECT_EQ(portable, fast);
}
