// SPDX-License-Identifier: Apache-2.0
#include "container/image_requirements.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ImageRecord image(const std::string& name, const std::string& value) {
    ImageRecord record;
    record.properties["requirements." + name] = value;
    return record;
}

std::string refusal(const ImageRecord& record, bool privileged) {
    return test::error_of([&] { (void)check_image_requirements(record, privileged); });
}

TEST(ImageRequirements, ArePrivilegedOrNot) {
    EXPECT_THAT(refusal(image("privileged", "true"), false), HasSubstr("privileged containers only"));
    EXPECT_EQ(refusal(image("privileged", "true"), true), "");
    EXPECT_THAT(refusal(image("privileged", "false"), true), HasSubstr("unprivileged containers only"));
    EXPECT_EQ(refusal(image("privileged", "false"), false), "");
    EXPECT_EQ(refusal({}, true) + refusal({}, false) + refusal(image("secureboot", "false"), true), "");
}

TEST(ImageRequirements, AreTold) {
    EXPECT_THAT(check_image_requirements(image("nesting", "true"), false), ElementsAre(HasSubstr("nesting.conf")));
    EXPECT_THAT(check_image_requirements(image("nesting", "false"), false), IsEmpty());
    EXPECT_THAT(check_image_requirements(image("cgroup", "v1"), false), ElementsAre(HasSubstr("control groups of v1")));
}

} // namespace
} // namespace lxcpp
