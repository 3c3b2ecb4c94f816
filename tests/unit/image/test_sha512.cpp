// SPDX-License-Identifier: Apache-2.0
#include "image/sha512.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

std::string hash_of(std::string_view text, std::size_t piece) {
    Sha512 hash;
    for (std::size_t at = 0; at < text.size(); at += piece) hash.update(text.substr(at, piece));
    return hash.finish_hex();
}

// FIPS 180-4's examples, and what coreutils' sha512sum says of lengths around a block's.
TEST(Sha512, KnownDigests) {
    EXPECT_EQ(hash_of("", 1), "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                              "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
    EXPECT_EQ(hash_of("abc", 1), "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    EXPECT_EQ(hash_of(std::string(111, 'a'), 50), "fa9121c7b32b9e01733d034cfc78cbf67f926c7ed83e82200ef8681819692176"
        "0b4beff48404df811b953828274461673c68d04e297b0eb7b2b4d60fc6b566a2");
    EXPECT_EQ(hash_of(std::string(112, 'a'), 112), "c01d080efd492776a1c43bd23dd99d0a2e626d481e16782e75d54c2503b5dc32"
        "bd05f0f1ba33e568b88fd2d970929b719ecbb152f58f130a407c8830604b70ca");
    EXPECT_EQ(hash_of(std::string(128, 'a'), 7), "b73d1929aa615934e61a871596b3f3b33359f42b8175602e89f7e06e5f658a24"
        "3667807ed300314b95cacdd579f3e33abdfbe351909519a846d465c59582f321");
    for (const std::size_t piece : {1u, 127u, 128u, 129u, 100'000u})
        EXPECT_EQ(hash_of(std::string(1'000'000, 'a'), piece), "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
                                                               "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b") << piece;
}

TEST(Sha512, StartsOver) {
    Sha512 hash;
    hash.update(std::string_view("x"));
    hash.reset();
    hash.update(std::string_view("abc"));
    EXPECT_EQ(hash.finish_hex(), hash_of("abc", 3));
    EXPECT_EQ(hash.finish_hex(), hash_of("", 1));
}

} // namespace
} // namespace lxcpp::image
