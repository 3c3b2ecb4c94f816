// SPDX-License-Identifier: Apache-2.0
#include "common/user_scope.h"

#include <gtest/gtest.h>

using namespace lxcpp::tools;

TEST(UserScope, RunsTheSameCommandByItsFile) {
    const std::vector<std::string> words{"lxcpp-start", "-n", "c1", "--", "-d"};
    EXPECT_EQ(scope_command("c1", 7, "/usr/bin/lxcpp-start", words),
              (std::vector<std::string>{"systemd-run", "--user", "--scope", "--quiet", "--collect", "--property=Delegate=yes", "--unit=lxcpp-c1-7", "--",
                                        "/usr/bin/lxcpp-start", "-n", "c1", "--", "-d"}));
}
