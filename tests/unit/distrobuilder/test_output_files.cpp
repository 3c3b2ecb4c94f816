// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/output_files.h"

#include "distrobuilder/publication.h"

#include "killed_in.h"
#include "output_fixture.h"
#include "support/error_of.h"

#include <gmock/gmock.h>

namespace lxcpp::distro {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

class PublishedFiles : public Outputs {
protected:
    PublishedFiles() {
        put("out/a", "old");
        put("out/b", "old");
    }

    // Both files of an image, not yet in their places.
    OutputFiles written() {
        OutputFiles written = output_files();
        for (const char* name : {"a", "b"}) written.add_text(name, "new");
        return written;
    }
};

// Else an image would have one file of this build and one of that.
TEST_F(PublishedFiles, GoToTheirPlacesOneBuildAfterTheOther) {
    OutputFiles build = written();
    {
        const auto other = sys::FileLock::acquire_directory(top / "out", {});
        ASSERT_TRUE(other);
        EXPECT_THAT(error_of([&] { (void)build.publish(std::chrono::milliseconds(0)); }),
                    HasSubstr("another build is putting its files there"));
        EXPECT_EQ(text("out/a") + text("out/b"), "oldold");
    }
    (void)build.publish(std::chrono::milliseconds(0));
    EXPECT_EQ(text("out/a") + text("out/b"), "newnew");
}

// The first two change places with the old ones, and the third would come to where nothing was.
TEST_F(PublishedFiles, WhatWasBegunIsFinishedByWhoFindsIt) {
    const auto publish = [&] {
        OutputFiles build = written();
        build.add_text("c", "new");
        test::no_new_names();
        (void)build.publish(std::chrono::milliseconds(0));
    };
    EXPECT_TRUE(test::killed_in(publish));
    EXPECT_EQ(text("out/a") + text("out/b"), "newnew");
    EXPECT_FALSE(sys::exists(top / "out/c"));
    remove_left_outputs(top / "out");
    EXPECT_THAT(left(), ElementsAre("a", "b", "c"));
    EXPECT_EQ(text("out/a") + text("out/b") + text("out/c"), "newnewnew");
}

TEST_F(PublishedFiles, WhatAnotherBuildIsDoingStaysAsItIs) {
    put("out/.lxcpp-output-abcdef/a", "new");
    note_publication(top / "out/.lxcpp-output-abcdef",
                     {.from = {},
                      .root = false,
                      .put = {{"a", sys::stat_path(top / "out/.lxcpp-output-abcdef/a")->st_ino}},
                      .take = {}});
    {
        const auto other = sys::FileLock::acquire_directory(top / "out", {});
        remove_left_outputs(top / "out");
        EXPECT_EQ(text("out/a"), "old");
        EXPECT_THAT(left(), testing::SizeIs(3));
    }
    remove_left_outputs(top / "out");
    EXPECT_EQ(text("out/a"), "new");
    EXPECT_THAT(left(), ElementsAre("a", "b"));
}

TEST(Publications, AreReadAsTheyWereWritten) {
    const Publication some{.from = "root",
                           .root = true,
                           .put = {{"a b", 17}, {"c", 18}},
                           .take = {{"rootfs.tar.gz", 19}}};
    EXPECT_EQ(parse_publication(format_publication(some)), some);
    EXPECT_EQ(parse_publication(format_publication({})), Publication{});
    for (const char* text :
         {"", "lxcpp-publication 1\n", "lxcpp-publication 1\nput 1 a\n",
          "lxcpp-publication 1\nput 1 ../a\nend\n", "lxcpp-publication 1\nput x a\nend\n",
          "lxcpp-publication 1\nput 1 ..\nend\n", "lxcpp-publication 1\nfrom ..\nend\n",
          "lxcpp-publication 1\nfrom a/b\nend\n", "lxcpp-publication 1\nend",
          "lxcpp-publication 2\nend\n"})
        EXPECT_EQ(parse_publication(text), std::nullopt) << text;
}

TEST(SummedUp, ADirectoryIsOneResult) {
    EXPECT_THAT(summed_up({{"a.tar", 1, "x"},
                           {"b.oci/oci-layout", 2, "y"},
                           {"b.oci/blobs/sha256/1", 3, "z"},
                           {"c", 4, "w"}}),
                ElementsAre(OutputFile{"a.tar", 1, "x"}, OutputFile{"b.oci/", 5, ""},
                            OutputFile{"c", 4, "w"}));
}

TEST_F(PublishedFiles, WhatIsLeftOfOthersIsTakenAway) {
    put("out/.lxcpp-output-abcdef/a", "half");
    put("elsewhere/file", "mine");
    std::filesystem::create_symlink(top / "elsewhere", top / "out/.lxcpp-output-link");
    put("out/.lxcpp-output-file", "a file");
    put("out/.hidden/file", "mine");
    {
        const OutputFiles build = written(); // at work
        remove_left_outputs(top / "out");
        EXPECT_THAT(left(), testing::SizeIs(6));
    }
    EXPECT_THAT(left(),
                ElementsAre(".hidden", ".lxcpp-output-file", ".lxcpp-output-link", "a", "b"));
    EXPECT_EQ(text("elsewhere/file"), "mine");
    EXPECT_EQ(error_of([&] { remove_left_outputs(top / "none"); }), "");
}

} // namespace
} // namespace lxcpp::distro
