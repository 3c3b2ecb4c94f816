// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/output_files.h"

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
