// SPDX-License-Identifier: Apache-2.0
#include "sys/minder.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using namespace std::chrono_literals;

// A daemon as they come: its own session, its parent gone, deaf to all but SIGKILL. It holds standard output.
const std::string kDaemon = "trap '' TERM INT HUP; (setsid sh -c 'echo up; exec sleep 1000' &); ";

// Everything that has the write end is gone at the end of file.
class Held {
public:
    Held() {
        if (::pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() {
        close_ours();
        ::close(ends_[0]);
    }
    void close_ours() {
        if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
    }
    [[nodiscard]] FdRef writer() const { return FdRef(ends_[1]); }
    // The next bytes; "" at the end, "(open)" when nothing comes.
    [[nodiscard]] std::string next() const {
        pollfd wait{ends_[0], POLLIN, 0};
        if (::poll(&wait, 1, 60000) != 1) return "(open)";
        char data[64];
        const ssize_t size = ::read(ends_[0], data, sizeof data);
        return {data, size > 0 ? static_cast<std::size_t>(size) : 0};
    }

private:
    int ends_[2];
};

sys::SpawnOptions shell(const std::string& script, FdRef output = {}) {
    sys::SpawnOptions options;
    options.argv = {"/bin/sh", "-c", script};
    options.standard_output = output;
    return options;
}

TEST(MindedProgram, TellsHowItEnded) {
    EXPECT_EQ(sys::MindedProgram(shell("exit 7")).wait(), (sys::ExitStatus{false, 7}));
    EXPECT_EQ(sys::MindedProgram(shell("kill -KILL $$")).wait(), (sys::ExitStatus{true, SIGKILL}));
    EXPECT_THAT(test::error_of([] { sys::MindedProgram program({.argv = {"/no/such/program"}}); }),
                testing::HasSubstr("run /no/such/program: No such file or directory"));
}

TEST(MindedProgram, ADaemonOfItsDoesNotOutliveIt) {
    Held held;
    sys::MindedProgram program(shell(kDaemon + "exec 1>&-; exit 0", held.writer()));
    held.close_ours();
    EXPECT_EQ(program.wait(), sys::ExitStatus{});
    const std::string said = held.next();
    if (said == "up\n") EXPECT_EQ(held.next(), "");
    else EXPECT_EQ(said, ""); // killed before it could say so
}

TEST(MindedProgram, NothingOutlivesAKilledCaller) {
    Held held;
    const pid_t caller = ::fork();
    if (caller == 0) {
        try {
            sys::MindedProgram program(shell(kDaemon + "wait; exec sleep 1000", held.writer()));
            ::pause();
        } catch (...) {
        }
        ::_exit(1);
    }
    held.close_ours();
    EXPECT_EQ(held.next(), "up\n");
    ::kill(caller, SIGKILL);
    ASSERT_EQ(::waitpid(caller, nullptr, 0), caller);
    EXPECT_EQ(held.next(), "");
}

TEST(MindedProgram, IsTerminatedThenKilled) {
    Held held;
    sys::MindedProgram program(shell("trap 'echo told; exit 0' TERM; " + kDaemon.substr(kDaemon.find('(')) + "sleep 1000 & wait",
                                     held.writer()));
    held.close_ours();
    EXPECT_EQ(held.next(), "up\n");
    program.terminate(20s);
    EXPECT_EQ(held.next(), "told\n");
    EXPECT_EQ(held.next(), "");
}

TEST(MindedProgram, ADeafOneIsKilled) {
    Held held;
    sys::MindedProgram program(shell("trap '' TERM; echo up; exec sleep 1000", held.writer()));
    held.close_ours();
    EXPECT_EQ(held.next(), "up\n");
    program.terminate(10ms);
    EXPECT_EQ(held.next(), "");
}

} // namespace
} // namespace lxcpp
