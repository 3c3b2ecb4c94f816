// SPDX-License-Identifier: Apache-2.0
#include "download/listing.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp::download;
using namespace lxcpp::image;
using lxcpp::test::error_of;
using testing::ElementsAre;

namespace {

Offer offer(const std::string& distribution, const std::string& release, const std::string& architecture,
            const std::string& variant = "default") {
    Offer one;
    one.distribution = distribution;
    one.release = release;
    one.architecture = architecture;
    one.variant = variant;
    for (const auto* serial : {"20260101_05:24", "20260102_05:24"}) {
        one.versions.push_back({.serial = serial, .files = {}});
        for (const auto role : {FileRole::IncusMetadata, FileRole::RootTar})
            one.versions.back().files.push_back({.role = role, .path = {}, .size = 1'000'000, .sha256 = {}, .combined_tar = {}, .combined_squashfs = {}});
    }
    return one;
}

std::vector<Offer> offers() {
    std::vector<Offer> all{offer("debian", "trixie", "amd64"), offer("debian", "trixie", "amd64", "cloud"),
                           offer("debian", "trixie", "arm64"), offer("alpine", "edge", "amd64")};
    for (Offer& one : all)
        if (one.release == "trixie") one.release_names = {"13"};
    all.back().versions.back().files.clear(); // as the classic index has it
    return all;
}

OfferRequest words(const std::string& distribution = {}, const std::string& release = {}, const std::string& architecture = {},
                   const std::string& variant = {}) {
    return {distribution, release, variant, architecture, {}};
}

// Answers one after the other; remembers the questions.
struct Dialogue {
    std::vector<std::string> answers;
    std::vector<std::string> questions;
    std::optional<std::string> operator()(const std::string& text) {
        questions.push_back(text);
        if (answers.size() < questions.size()) return std::nullopt;
        return answers[questions.size() - 1];
    }
};

} // namespace

TEST(Listing, NewestBuildsSorted) {
    EXPECT_EQ(format_listing(offers(), words()), "DIST    RELEASE  ARCH   VARIANT  BUILD           SIZE\n"
                                                 "alpine  edge     amd64  default  20260102_05:24  -\n"
                                                 "debian  trixie   amd64  cloud    20260102_05:24  2.0 MB\n"
                                                 "debian  trixie   amd64  default  20260102_05:24  2.0 MB\n"
                                                 "debian  trixie   arm64  default  20260102_05:24  2.0 MB\n");
}

TEST(Listing, IsChosenByWords) {
    const std::string one = "DIST    RELEASE  ARCH   VARIANT  BUILD           SIZE\n"
                            "debian  trixie   arm64  default  20260102_05:24  2.0 MB\n";
    EXPECT_EQ(format_listing(offers(), words("Debian", "13", "aarch64")), one);
    EXPECT_EQ(error_of([] { return format_listing(offers(), words("fedora")); }), "the server has no image that this chooses");
}

TEST(Listing, AsksForWhatIsMissing) {
    Dialogue dialogue{{"debian", "trixie", ""}, {}};
    EXPECT_EQ(ask_for_missing(offers(), words(), "amd64", std::ref(dialogue)), words("debian", "trixie", "amd64"));
    EXPECT_THAT(dialogue.questions, ElementsAre("alpine debian\nDistribution: ", "trixie\nRelease: ", "amd64 arm64\nArchitecture [amd64]: "));
}

TEST(Listing, AsksAgainAfterAWrongAnswer) {
    Dialogue dialogue{{"gentoo", "", " debian ", "13", "arm64"}, {}};
    EXPECT_EQ(ask_for_missing(offers(), words(), "riscv64", std::ref(dialogue)), words("debian", "13", "arm64"));
    EXPECT_EQ(dialogue.questions[1], "There is no such one. Distribution: ");
    EXPECT_EQ(dialogue.questions[4], "amd64 arm64\nArchitecture: ") << "the machine's own is not there";
}

TEST(Listing, EndsWithTheAnswers) {
    Dialogue silent;
    EXPECT_EQ(error_of([&] { return ask_for_missing(offers(), words("debian"), "amd64", std::ref(silent)); }), "no Release was chosen");
    Dialogue none;
    EXPECT_EQ(ask_for_missing(offers(), words("gentoo"), "amd64", std::ref(none)), words("gentoo")) << "no question helps";
}
