// SPDX-License-Identifier: Apache-2.0
#include "base/program_path.h"

#include <gmock/gmock.h>

namespace lxcpp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ProgramCandidates, APathIsTakenAsItIs) {
    EXPECT_THAT(program_candidates("/bin/sh", {"PATH=/a"}), ElementsAre("/bin/sh"));
    EXPECT_THAT(program_candidates("./x", {"PATH=/a"}), ElementsAre("./x"));
}

TEST(ProgramCandidates, ANameIsLookedForInPath) {
    EXPECT_THAT(program_candidates("sh", {"XPATH=/x", "PATH=/a:/b"}), ElementsAre("/a/sh", "/b/sh"));
    EXPECT_THAT(program_candidates("sh", {"PATH=:/b"}), ElementsAre("./sh", "/b/sh")); // as execvp(3)
    EXPECT_THAT(program_candidates("sh", {}), IsEmpty());
}

} // namespace
} // namespace lxcpp
