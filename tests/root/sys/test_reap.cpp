// SPDX-License-Identifier: Apache-2.0
#include "sys/reap.h"

#include "sys/file.h"
#include "sys/pipe.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using namespace std::chrono_literals;

// In a process of its own: who adopts orphans does so for good.
int in_child(int (*work)()) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A child that dies at once, and its child, which ends when the pipe is closed.
pid_t orphan(sys::Pipe& pipe) {
    sys::Pipe number = sys::make_pipe();
    const pid_t child = ::fork();
    if (child == 0) {
        const pid_t below = ::fork();
        if (below == 0) {
            pipe.write.reset();
            char byte = 0;
            ::_exit(static_cast<int>(::read(pipe.read.raw(), &byte, 1)));
        }
        sys::write_all(number.write,
                       std::string_view(reinterpret_cast<const char*>(&below), sizeof below),
                       "a pipe");
        ::_exit(0);
    }
    (void)::waitpid(child, nullptr, 0);
    pid_t below = 0;
    return ::read(number.read.raw(), &below, sizeof below) == sizeof below ? below : -1;
}

TEST(Reap, WaitsForOrphansToo) {
    EXPECT_EQ(in_child([] {
                  sys::adopt_orphans();
                  sys::Pipe pipe = sys::make_pipe();
                  const pid_t below = orphan(pipe);
                  if (sys::reap_all(0ms)) return 1; // it is there, and ours
                  pipe.write.reset();
                  if (!sys::reap_all(30s)) return 2;
                  return ::kill(below, 0) == 0 ? 3 : 0;
              }),
              0);
}

TEST(Reap, IsDoneWhenNobodyIsThere) {
    EXPECT_EQ(in_child([] { return sys::reap_all(0ms) ? 0 : 1; }), 0);
}

} // namespace
} // namespace lxcpp
