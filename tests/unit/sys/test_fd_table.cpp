// SPDX-License-Identifier: Apache-2.0
#include "sys/fd_table.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

using namespace lxcpp;

TEST(FdTable, ADuplicateIsCloseOnExecAndNoStandardOne) {
    const Fd copy = sys::duplicate(FdRef(STDOUT_FILENO));
    EXPECT_GT(copy.raw(), STDERR_FILENO);
    EXPECT_EQ(::fcntl(copy.raw(), F_GETFD), FD_CLOEXEC);
}

TEST(FdTable, ADuplicateThatCannotBeMadeIsAnError) {
    EXPECT_THROW((void)sys::duplicate(FdRef(-1)), SystemError);
}
