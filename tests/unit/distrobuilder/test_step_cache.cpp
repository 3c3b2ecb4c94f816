// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/build_report.h"
#include "distrobuilder/command.h"
#include "distrobuilder/recipe_load.h"
#include "distrobuilder/step_cache.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include "support/error_of.h"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::distro {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::time_t kNow = 1'800'000'000;
const std::string kKey(64, 'a');

TEST(LayerRecords, AreReadAsTheyWereWritten) {
    const LayerRecord record{"0123", "", 17, std::chrono::seconds(3), "install a, b", "one\ntwo\n"};
    EXPECT_EQ(parse_layer_record(format_layer_record(record)), record);
    LayerRecord child = record;
    child.parent = "4567";
    child.notes.clear();
    EXPECT_EQ(parse_layer_record(format_layer_record(child)), child);
    for (const char* text : {"", "lxcpp-step 1\n", "lxcpp-step 2\ninstance a\nparent \nmade 1\ntook 1\ntitle x\n",
                             "lxcpp-step 1\ninstance a\nparent \nmade x\ntook 1\ntitle x\n", "lxcpp-step 1\ninstance a\nparent b\nmade 1\ntook 1\n"})
        EXPECT_EQ(parse_layer_record(text), std::nullopt) << text;
}

class StepCacheTest : public testing::Test {
protected:
    [[nodiscard]] StepCache at(std::time_t now,
                               std::chrono::hours age = std::chrono::hours(24)) const {
        return {images_, age, now};
    }
    StepLayer publish(const std::string& parent, std::time_t made = kNow) {
        StepCache cache = at(made);
        return cache.publish(cache.begin(kKey, [] { FAIL() << "nobody is at it"; }), kKey, {{}, parent, made, std::chrono::seconds(1), "a step", {}});
    }
    [[nodiscard]] std::vector<std::string> trees() const { return sys::list_dir(directory_.path() / "cache/trees"); }

    sys::TempDir directory_{std::filesystem::temp_directory_path(), "lxcpp-steps-"};
    image::ImageCache images_ = image::ImageCache::open(directory_.path() / "cache");
};

TEST_F(StepCacheTest, FindsWhatWasPublished) {
    EXPECT_FALSE(at(kNow).find(kKey, "", true));
    const std::string instance = publish("").record.instance;
    const auto found = at(kNow).find(kKey, "", true);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->record.instance, instance);
    EXPECT_FALSE(at(kNow).find(std::string(64, 'b'), "", true));
}

// The layer hides files of the one that it was made on: of another one it may hide what is new there.
TEST_F(StepCacheTest, ALayerIsForTheRunThatItWasMadeOn) {
    (void)publish("parent");
    EXPECT_TRUE(at(kNow).find(kKey, "parent", true));
    EXPECT_FALSE(at(kNow).find(kKey, "other", true));
    EXPECT_FALSE(at(kNow).find(kKey, "", true));
}

TEST_F(StepCacheTest, WhatServersHadIsTooOldAfterADay) {
    (void)publish("");
    EXPECT_TRUE(at(kNow + 24 * 3600 - 1).find(kKey, "", true));
    EXPECT_FALSE(at(kNow + 24 * 3600).find(kKey, "", true));
    EXPECT_TRUE(at(kNow + 400 * 24 * 3600).find(kKey, "", false));
}

// But what another build made since this one began is as new as what it would make itself.
TEST_F(StepCacheTest, WithoutAnAgeNothingOfBeforeCounts) {
    constexpr std::chrono::hours none{0};
    (void)publish("");
    EXPECT_FALSE(at(kNow + 1, none).find(kKey, "", true));
    EXPECT_FALSE(at(kNow, none).find(kKey, "", true)) << "of the same second";
    EXPECT_TRUE(at(kNow - 1, none).find(kKey, "", true));
    EXPECT_TRUE(at(kNow, none).find(kKey, "", false)) << "no server has a part in it";
}

// A build holds its layers to its end; another one may find the same ones too old meanwhile.
TEST_F(StepCacheTest, WhatABuildWorksOnIsNotReplaced) {
    const StepLayer held = publish("", kNow);
    const StepLayer child = publish(held.record.instance, kNow);
    const StepLayer newer = publish("", kNow + 1);
    EXPECT_TRUE(sys::exists(held.tree.path()));
    EXPECT_TRUE(sys::exists(child.tree.path()));
    const auto found = at(kNow + 1).find(kKey, "", true);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->record, newer.record);
    EXPECT_TRUE(at(kNow).find(kKey, held.record.instance, true));
}

TEST_F(StepCacheTest, WhatNobodyFindsAgainGoes) {
    std::string first = publish("", kNow).record.instance;
    (void)publish(first, kNow);
    const std::string second = publish("", kNow + 1).record.instance; // first goes, and with the next one what was on it
    const std::string third = publish(second, kNow + 1).record.instance;
    EXPECT_THAT(trees(), testing::UnorderedElementsAre(step_tree_name(kKey, second), step_tree_name(kKey, third)));
}

TEST_F(StepCacheTest, OneBuildIsAtAStepAndOthersAreTold) {
    StepCache cache = at(kNow);
    std::optional<PendingLayer> here = cache.begin(kKey, [] { FAIL() << "nobody is at it"; });
    unsigned told = 0;
    const auto release = [&] {
        ++told;
        here.reset();
    };
    (void)cache.begin(kKey, release);
    EXPECT_EQ(told, 1u);
    EXPECT_THAT(trees(), ElementsAre());
}

TEST(MatrixTest, IsExpandedWithoutWhatIsExcluded) {
    Matrix matrix{{"1", "2"}, {}, {"a", "b"}, {{"2", "", "b"}}};
    EXPECT_THAT(expand_matrix(matrix), ElementsAre(MatrixImage{"1", "", "a"}, MatrixImage{"1", "", "b"}, MatrixImage{"2", "", "a"}));
    EXPECT_THAT(expand_matrix({}), ElementsAre(MatrixImage{}));
    EXPECT_THAT((MatrixImage{"1", "", "a"}.options()), ElementsAre("\"image.release=1\"", "\"image.variant=a\""));
    EXPECT_THAT(split_options((MatrixImage{"a\",b", "", ""}.options()[0])), ElementsAre("image.release=a\",b"));
    matrix.releases.resize(101, "x");
    matrix.architectures.resize(100, "x");
    EXPECT_EQ(error_of([&] { (void)expand_matrix(matrix); }), "matrix: more than 10000 images");
}

TEST(BuildTimeTest, IsWhatTheEnvironmentSays) {
    ::setenv("SOURCE_DATE_EPOCH", "1767225600", 1);
    EXPECT_EQ(build_time(), 1767225600);
    ::setenv("SOURCE_DATE_EPOCH", "yesterday", 1);
    EXPECT_THAT(error_of([] { (void)build_time(); }), HasSubstr("expected seconds since 1970"));
    ::unsetenv("SOURCE_DATE_EPOCH");
}

// Of one command: the clock may go on between its images.
TEST(RecipeReadingTest, IsOfOneTimeAndWarnsOnce) {
    const sys::TempDir directory{std::filesystem::temp_directory_path(), "lxcpp-recipe-"};
    const auto file = directory.path() / "recipe.yaml";
    sys::write_file_atomic(file, "image: {distribution: a}\nsource: {downloader: debootstrap}\ntargets: {lxd: {}}\npackages: {manager: apt}\n");
    ::setenv("SOURCE_DATE_EPOCH", "1767225600", 1);
    const CommandOptions options;
    RecipeReading reading(file.string(), options);
    ::setenv("SOURCE_DATE_EPOCH", "1767312000", 1);
    testing::internal::CaptureStderr();
    const std::string serial = reading.read().read.recipe.image.serial;
    EXPECT_EQ(reading.read(MatrixImage{"1", "", "a"}.options()).read.recipe.image.serial, serial);
    EXPECT_THAT(serial, testing::StartsWith("20260101_"));
    EXPECT_EQ(reading.now(), 1767225600);
    const std::string told = testing::internal::GetCapturedStderr();
    ::unsetenv("SOURCE_DATE_EPOCH");
    EXPECT_THAT(told, HasSubstr("targets.lxd"));
    EXPECT_EQ(told.find("warning:"), told.rfind("warning:"));
}

TEST(LastLines, AreThoseOfTheEnd) {
    const sys::TempDir directory{std::filesystem::temp_directory_path(), "lxcpp-lines-"};
    const auto file = directory.path() / "log";
    EXPECT_THAT(last_lines(file, 3), ElementsAre());
    sys::write_file_atomic(file, "one\ntwo\n10%\r50%\r100%\nred \x1b[31m\n\n\n");
    EXPECT_THAT(last_lines(file, 3), ElementsAre("two", "100%", testing::Not(HasSubstr("\x1b"))));
    sys::write_file_atomic(file, std::string(100'000, 'x') + "\nend\n");
    EXPECT_EQ(last_lines(file, 1).front(), "end");
}

} // namespace
} // namespace lxcpp::distro
