// SPDX-License-Identifier: Apache-2.0
#include "sys/lock.h"

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/clone.h"
#include "sys/file.h"
#include "sys/pidfd.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fcntl.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace lxcpp;
using namespace std::chrono_literals;
using sys::FileLock;
using test::TempDir;

TEST(FileLock, ExcludesASecondHolderUntilReleased) {
    const TempDir dir;
    auto first = FileLock::acquire(dir / "lock", 0ms);
    ASSERT_TRUE(first);
    EXPECT_FALSE(FileLock::acquire(dir / "lock", 0ms));
    EXPECT_FALSE(FileLock::acquire(dir / "lock", 5ms));
    first.reset();
    EXPECT_TRUE(FileLock::acquire(dir / "lock", 0ms));
    EXPECT_TRUE(sys::exists(dir / "lock"));
}

TEST(FileLock, MovingHandsTheLockOver) {
    const TempDir dir;
    auto a = FileLock::acquire(dir / "a", 0ms, true);
    auto b = FileLock::acquire(dir / "b", 0ms, true);
    *a = std::move(*b);
    EXPECT_FALSE(sys::exists(dir / "a")); // released with its file
    EXPECT_FALSE(FileLock::acquire(dir / "b", 0ms));
    b.reset();
    EXPECT_FALSE(FileLock::acquire(dir / "b", 0ms));
    a.reset();
    EXPECT_FALSE(sys::exists(dir / "b"));
}

TEST(FileLock, AHolderThatDiesLetsGo) {
    const TempDir dir;
    int ready[2];
    ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    const Fd read_end(ready[0]);
    Fd write_end(ready[1]);
    const sys::Cloned child = sys::clone_process({});
    if (child.pid == 0) { // takes the lock as any process does, says so, waits to be killed
        const int fd = ::open((dir / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        struct flock range {};
        range.l_type = F_WRLCK;
        char ok = ::fcntl(fd, F_OFD_SETLK, &range) == 0 ? 'y' : 'n';
        if (::write(write_end.raw(), &ok, 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }
    char ok = 0;
    ASSERT_EQ(::read(read_end.raw(), &ok, 1), 1);
    EXPECT_EQ(ok, 'y');
    EXPECT_FALSE(FileLock::acquire(dir / "lock", 0ms));
    sys::send_signal(child.pidfd, SIGKILL);
    (void)sys::reap(child.pidfd);
    EXPECT_TRUE(FileLock::acquire(dir / "lock", 0ms));
}

// Threads have descriptions of their own, so they exclude each other as processes do.
TEST(FileLock, RemovedFilesNeverLetTwoIn) {
    const TempDir dir;
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    std::atomic<int> done = 0;
    const auto work = [&] {
        for (int i = 0; i < 200; ++i) {
            const auto lock =
                FileLock::acquire(dir / "lock", std::chrono::milliseconds::max(), true);
            const int now = ++inside;
            if (now > most) most = now;
            std::this_thread::yield();
            --inside;
            ++done;
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(most, 1);
    EXPECT_EQ(done, 800);
    EXPECT_FALSE(sys::exists(dir / "lock"));
}

TEST(FileLock, ALinkIsRefused) {
    const TempDir dir;
    std::filesystem::create_symlink("/dev/null", dir / "lock");
    EXPECT_EQ(test::error_of([&] { (void)FileLock::acquire(dir / "lock", 0ms); }),
              "open lock file " + (dir / "lock").native() + ": Too many levels of symbolic links");
}

TEST(FileLock, ADirectoryIsLockedWithoutAFile) {
    const TempDir dir;
    auto first = FileLock::acquire_directory(dir.path(), 0ms);
    ASSERT_TRUE(first);
    EXPECT_FALSE(FileLock::acquire_directory(dir.path(), 5ms));
    first.reset();
    EXPECT_TRUE(FileLock::acquire_directory(dir.path(), 0ms));
    EXPECT_TRUE(sys::list_dir(dir.path()).empty());
    EXPECT_FALSE(FileLock::acquire_directory(dir / "none", 0ms));
}
