// SPDX-License-Identifier: Apache-2.0
#include "image/offer_cache.h"

#include "support/temp_dir.h"
#include "sys/file.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

class OfferCacheTest : public testing::Test {
protected:
    OfferCacheTest() { sys::make_dir(file_.parent_path(), 0700); }

    // With every field, and bytes of each kind in them.
    static std::vector<Offer> some_offers() {
        Offer offer{.product = "debian:trixie:amd64:default\n1:", .distribution = "debian", .release = "trixie", .release_names = {"13", ""},
                    .variant = "default", .architecture = "amd64", .aliases = {"debian/13", "debian/trixie"},
                    .requirements = {{"cgroup", "v2"}, {"secureboot", "false"}}, .support_eol = "2030-01-01", .versions = {}};
        offer.versions.push_back({.serial = "20260101_05:24",
                                  .files = {{.role = FileRole::IncusMetadata, .path = "a/incus.tar.xz", .size = 4, .sha256 = "aa", .combined_tar = "bb", .combined_squashfs = "cc"},
                                            {.role = FileRole::Combined, .path = "a/b", .size = {}, .sha256 = "", .combined_tar = "", .combined_squashfs = ""}}});
        offer.versions.push_back({.serial = "20260102_05:24", .files = {}});
        return {offer, Offer{}};
    }

    test::TempDir dir_;
    ImageCache cache_ = ImageCache::open(dir_ / "cache");
    std::filesystem::path file_ = dir_ / "cache/indexes/x";
    OfferCache known_{cache_};
};

TEST_F(OfferCacheTest, GivesBackWhatItWasGiven) {
    EXPECT_EQ(known_.find("url", "text"), std::nullopt);
    known_.keep("url", "text", some_offers());
    EXPECT_EQ(known_.find("url", "text"), some_offers());
    known_.keep("url", "none", {});
    EXPECT_EQ(known_.find("url", "none"), std::vector<Offer>());
}

TEST_F(OfferCacheTest, OnlyForExactlyThatText) {
    known_.keep("url", "text", some_offers());
    EXPECT_EQ(known_.find("url", "text "), std::nullopt);
    EXPECT_EQ(known_.find("other url", "text"), std::nullopt);
    known_.keep("url", "newer text", some_offers());
    EXPECT_EQ(known_.find("url", "text"), std::nullopt) << "one file for each document";
    EXPECT_EQ(sys::list_dir(file_.parent_path()).size(), 1u);
}

TEST_F(OfferCacheTest, DamageCountsAsNotThere) {
    known_.keep("url", "text", some_offers());
    const auto file = file_.parent_path() / sys::list_dir(file_.parent_path()).at(0);
    const std::string good = sys::read_file(file);
    for (const std::size_t place : {std::size_t{0}, good.find('\n') + 1, good.rfind('\n') + 1, good.size() - 1}) {
        std::string bad = good;
        bad[place] = static_cast<char>(bad[place] ^ 1);
        sys::write_file_atomic(file, bad);
        EXPECT_EQ(known_.find("url", "text"), std::nullopt) << place;
        sys::write_file_atomic(file, good.substr(0, place));
        EXPECT_EQ(known_.find("url", "text"), std::nullopt) << place;
    }
    sys::write_file_atomic(file, good);
    EXPECT_EQ(known_.find("url", "text"), some_offers());
}

} // namespace
} // namespace lxcpp::image
