// SPDX-License-Identifier: Apache-2.0
#include "sys/file.h"

#include "support/error_of.h"
#include "support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace lxcpp;
using test::error_of;
using test::TempDir;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

TEST(File, DescriptorsAreCloseOnExecFromBirth) {
    const Fd fd = sys::open_file("/dev/null");
    EXPECT_NE(::fcntl(fd.raw(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(File, AbsenceIsNotAnErrorWhereItIsExpected) {
    const TempDir dir;
    sys::write_file_atomic(dir / "file", "");
    EXPECT_FALSE(sys::read_file_if_exists(dir / "none"));
    EXPECT_FALSE(sys::read_file_if_exists(dir / "file/none")); // ENOTDIR
    EXPECT_FALSE(sys::stat_path(dir / "none"));
    EXPECT_FALSE(sys::read_link(dir / "none"));
    EXPECT_EQ(error_of([&] { (void)sys::read_file(dir / "none"); }),
              "open " + (dir / "none").native() + ": No such file or directory");
    sys::remove_file(dir / "none");
    sys::remove_dir(dir / "none");
}

TEST(File, ReadsFilesOfAnySizeUpToTheLimit) {
    const TempDir dir;
    const std::string content(100'000, 'x');
    sys::write_file_atomic(dir / "file", content);
    EXPECT_EQ(sys::read_file(dir / "file"), content);
    EXPECT_EQ(sys::read_file(dir / "file", 100'000), content);
    EXPECT_EQ(error_of([&] { (void)sys::read_file(dir / "file", 99'999); }),
              "read " + (dir / "file").native() + ": it is larger than 99999 bytes");
    EXPECT_THAT(sys::read_file("/proc/self/status"), StartsWith("Name:")); // size 0 for stat(2)
}

TEST(File, AtomicWriteReplacesWithTheGivenModeAndLeavesNothingElse) {
    const TempDir dir;
    sys::write_file_atomic(dir / "file", "old", 0644);
    sys::write_file_atomic(dir / "file", "new", 0600);
    EXPECT_EQ(sys::read_file(dir / "file"), "new");
    EXPECT_EQ(sys::stat_path(dir / "file")->st_mode & 07777u, 0600u);
    EXPECT_THAT(sys::list_dir(dir.path()), ElementsAre("file"));
}

TEST(File, AtomicWriteThatCannotRenameLeavesNothing) {
    const TempDir dir;
    sys::make_dirs(dir / "target/in");
    EXPECT_EQ(error_of([&] { sys::write_file_atomic(dir / "target", "x"); }),
              "write " + (dir / "target").native() + ": Is a directory");
    EXPECT_THAT(sys::list_dir(dir.path()), ElementsAre("target"));
}

TEST(File, AtomicWriteTakesTheLongestName) {
    const TempDir dir;
    const std::string name(255, 'n');
    sys::write_file_atomic(dir / name, "x");
    EXPECT_EQ(sys::read_file(dir / name), "x");
}

TEST(File, WriteExistingNeverCreates) {
    const TempDir dir;
    EXPECT_EQ(sys::try_write_existing(dir / "none", "x"), -ENOENT);
    EXPECT_THAT(sys::list_dir(dir.path()), IsEmpty());
    EXPECT_EQ(error_of([] { sys::write_existing("/proc/sys/kernel/none", "1"); }),
              "write /proc/sys/kernel/none: No such file or directory");
    EXPECT_EQ(sys::try_write_existing("/dev/full", "x"), -ENOSPC);
}

TEST(File, WriteAllReportsAFullDevice) {
    const Fd full = sys::open_file("/dev/full", {.access = sys::Access::Write});
    EXPECT_EQ(error_of([&] { sys::write_all(full, "x", "the log"); }),
              "write the log: No space left on device");
}

TEST(File, MakeDirsMakesParentsAndAcceptsWhatIsThere) {
    const TempDir dir;
    sys::make_dirs(dir / "a/b/c/", 0700);
    EXPECT_EQ(sys::stat_path(dir / "a/b/c")->st_mode & 0777u, 0700u);
    sys::make_dirs(dir / "a/b/c");
    sys::write_file_atomic(dir / "file", "");
    EXPECT_EQ(error_of([&] { sys::make_dirs(dir / "file"); }),
              "create directory " + (dir / "file").native() + ": Not a directory");
}

TEST(File, PrivateDirectoriesMustBeOurOwn) {
    const TempDir dir;
    sys::make_private_dirs(dir / "a/b");
    EXPECT_EQ(sys::stat_path(dir / "a/b")->st_mode & 0777u, 0700u);
    sys::make_private_dirs(dir / "a/b");

    const std::string link = dir / "link";
    std::filesystem::create_symlink("a/b", link);
    for (const std::string& path : {link, link + "/"}) {
        EXPECT_EQ(error_of([&] { sys::make_private_dirs(path); }),
                  link + " must be a directory of ours, and it is a link or a file: remove it");
    }
    // What lies above may be the system's: /var/tmp, or /var/cache seen from a user namespace.
    sys::chmod(dir / "a", 01777);
    sys::make_private_dirs(dir / "a/b");
    sys::chmod(dir / "a/b", 0770);
    EXPECT_EQ(error_of([&] { sys::make_private_dirs(dir / "a/b"); }),
              (dir / "a/b").native() +
                  " must not be writable by others (its mode is 0770): chmod go-w it");
}

TEST(File, RenameNoreplaceKeepsWhatIsThere) {
    const TempDir dir;
    sys::write_file_atomic(dir / "a", "a");
    sys::write_file_atomic(dir / "b", "b");
    EXPECT_EQ(error_of([&] { sys::rename_noreplace(dir / "a", dir / "b"); }),
              "rename " + (dir / "a").native() + " to " + (dir / "b").native() + ": File exists");
    sys::rename_noreplace(dir / "a", dir / "c");
    EXPECT_THAT(sys::list_dir(dir.path()), ElementsAre("b", "c"));
}

TEST(File, ReadLinkTakesAnyLengthAndOnlyLinks) {
    const TempDir dir;
    const std::string target(3000, 't');
    std::filesystem::create_symlink(target, dir / "link");
    EXPECT_EQ(sys::read_link(dir / "link"), target);
    sys::write_file_atomic(dir / "file", "");
    EXPECT_FALSE(sys::read_link(dir / "file"));
}

TEST(File, WhatAProcessThatEndedHadIsAbsent) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    const Fd stat = sys::open_file("/proc/" + std::to_string(child) + "/stat");
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_FALSE(sys::read_file_if_exists("/proc/self/fd/" + std::to_string(stat.raw())));
}
