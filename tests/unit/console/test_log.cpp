// SPDX-License-Identifier: Apache-2.0
#include "console/log.h"

#include <lxcpp/error.h>

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace lxcpp {
namespace {

using test::error_of;

TEST(ConsoleLog, AppendsAcrossStarts) {
    const test::TempDir dir;
    EXPECT_TRUE(ConsoleLog({.path = dir / "log"}).append("one\n"));
    EXPECT_TRUE(ConsoleLog({.path = dir / "log"}).append("two\n"));
    EXPECT_EQ(sys::read_file(dir / "log"), "one\ntwo\n");
    EXPECT_EQ(sys::stat_path(dir / "log")->st_mode & 0777, 0600u);
}

TEST(ConsoleLog, FullFileBecomesDotOne) {
    const test::TempDir dir;
    ConsoleLog log({.path = dir / "log", .limit = 10, .rotate = true});
    EXPECT_TRUE(log.append("01234567"));
    EXPECT_TRUE(log.append("89abcd"));
    EXPECT_EQ(sys::read_file(dir / "log.1"), "0123456789");
    EXPECT_EQ(sys::read_file(dir / "log"), "abcd");
    EXPECT_TRUE(log.append("efghijklmnopqrstuvwxyz")); // more than one file in one go
    EXPECT_EQ(sys::read_file(dir / "log.1"), "klmnopqrst");
    EXPECT_EQ(sys::read_file(dir / "log"), "uvwxyz");
}

TEST(ConsoleLog, WithoutRotationTheFileStartsOver) {
    const test::TempDir dir;
    ConsoleLog log({.path = dir / "log", .limit = 4});
    EXPECT_TRUE(log.append("abcdef"));
    EXPECT_EQ(sys::read_file(dir / "log"), "ef");
    EXPECT_FALSE(sys::exists(dir / "log.1"));
}

TEST(ConsoleLog, TheLimitCountsWhatIsThereAlready) {
    const test::TempDir dir;
    sys::write_file_atomic(dir / "log", "12345678");
    ConsoleLog log({.path = dir / "log", .limit = 4, .rotate = true});
    EXPECT_TRUE(log.append("ab"));
    EXPECT_EQ(sys::read_file(dir / "log.1"), "12345678");
    EXPECT_EQ(sys::read_file(dir / "log"), "ab");
}

TEST(ConsoleLog, ALinkIsRefused) {
    const test::TempDir dir;
    sys::write_file_atomic(dir / "victim", "safe");
    std::filesystem::create_symlink("victim", dir / "log");
    EXPECT_EQ(error_of([&] { ConsoleLog({.path = dir / "log"}); }),
              "open " + (dir / "log").string() + ": Too many levels of symbolic links");
    EXPECT_EQ(sys::read_file(dir / "victim"), "safe");
}

TEST(ConsoleLog, AFifoThatNobodyReadsDoesNotBlock) {
    const test::TempDir dir;
    ASSERT_EQ(::mkfifo((dir / "log").c_str(), 0600), 0);
    EXPECT_EQ(error_of([&] { ConsoleLog({.path = dir / "log"}); }),
              "open " + (dir / "log").string() + ": No such device or address");
}

TEST(ConsoleLog, AFullDiskLosesLogAndSaysSo) {
    ConsoleLog log({.path = "/dev/full"});
    EXPECT_FALSE(log.append("x"));
}

TEST(ConsoleLog, AVanishedDirectoryLosesLogAndSaysSo) {
    const test::TempDir dir;
    sys::make_dir(dir / "sub", 0700);
    ConsoleLog log({.path = (dir / "sub") / "log", .limit = 2, .rotate = true});
    std::filesystem::remove_all(dir / "sub");
    EXPECT_FALSE(log.append("abcdef"));
}

} // namespace
} // namespace lxcpp
