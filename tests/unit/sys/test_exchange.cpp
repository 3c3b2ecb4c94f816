// SPDX-License-Identifier: Apache-2.0
#include "sys/exchange.h"

#include "sys/file.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>

using namespace lxcpp;

TEST(Exchange, TwoNamesChangePlaces) {
    const sys::TempDir dir("/tmp", "lxcpp-exchange-");
    sys::make_dirs(dir.path() / "old/a");
    sys::make_dirs(dir.path() / "new/b");
    const Fd fd = sys::open_file(dir.path(), {.directory = true});
    if (!sys::exchange_names(fd, "old", "new")) GTEST_SKIP() << "/tmp is on a file system that cannot exchange names";
    EXPECT_TRUE(sys::exists(dir.path() / "old/b"));
    EXPECT_TRUE(sys::exists(dir.path() / "new/a"));
    EXPECT_THROW((void)sys::exchange_names(fd, "old", "absent"), SystemError);
}
