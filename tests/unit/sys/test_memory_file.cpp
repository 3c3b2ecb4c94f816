// SPDX-License-Identifier: Apache-2.0
#include "sys/memory_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string_view>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

long put(FdRef file, std::string_view text) {
    const ssize_t count = ::write(file.raw(), text.data(), text.size());
    return count < 0 ? -errno : count;
}

TEST(SizedMemoryFile, GivesBackWhatWasWritten) {
    const Fd file = sized_memory_file("test", 8192);
    EXPECT_EQ(read_text(file, 8192), "");
    EXPECT_EQ(put(file, "hello"), 5);
    EXPECT_EQ(read_text(file, 8192), "hello"); // wherever the writer's offset is
    EXPECT_EQ(read_text(file, 3), "hel");
}

TEST(SizedMemoryFile, TakesNoMoreThanItsSize) {
    const Fd file = sized_memory_file("test", 8192);
    const std::string much(100'000, 'x');
    EXPECT_EQ(put(file, much), 8192);
    EXPECT_EQ(put(file, much), -EPERM);
    EXPECT_LT(::ftruncate(file.raw(), 1 << 20), 0);
    EXPECT_LT(::ftruncate(file.raw(), 0), 0); // nor can the reader be surprised by a smaller one
    EXPECT_EQ(read_text(file, 8192).size(), 8192U);
}

} // namespace
} // namespace lxcpp::sys
