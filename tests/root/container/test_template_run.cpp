// SPDX-License-Identifier: Apache-2.0
#include "container/construction.h"
#include "container/template_run.h"

#include "sys/file.h"

#include "support/error_of.h"
#include "support/temp_dir.h"

#include <chrono>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using test::error_of;
using testing::HasSubstr;
using testing::Not;

// Calls of small shell scripts as templates.
class RunTemplate : public testing::Test {
protected:
    void SetUp() override {
        sys::make_dirs(lxcpath_, 0755);
        impl_.emplace("c1", lxcpath_);
        construction_.emplace(*impl_);
    }
    std::string run(const std::string& script, TemplateRun run = {}) {
        const std::filesystem::path program = dir_ / "lxcpp-test";
        sys::write_file_atomic(program, "#!/bin/sh\n" + script + "\n", 0755);
        run.program = program;
        sys::SignalFd signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
        return error_of([&] { run_template(*impl_, construction_->directory(), run, signals); });
    }
    [[nodiscard]] std::string made(const std::string& file) const {
        return sys::read_file_if_exists(construction_->directory() / file).value_or("(no " + file + ")");
    }

    test::TempDir dir_;
    std::filesystem::path lxcpath_ = dir_ / "containers";
    std::optional<Container::Impl> impl_;
    std::optional<Construction> construction_;
};

TEST_F(RunTemplate, HasLxcsArguments) {
    TemplateRun call;
    call.arguments = {"--release", "a b"};
    EXPECT_EQ(run("for word; do echo \"$word\"; done > " + (lxcpath_ / "c1/args").string(), call), "");
    EXPECT_EQ(made("args"), "--path=" + (lxcpath_ / "c1").string() + "\n--name=c1\n--rootfs=" +
                                (lxcpath_ / "c1/rootfs").string() + "\n--release\na b\n");
}

TEST_F(RunTemplate, AMappedOneLearnsItsIdsAndHasThem) {
    TemplateRun call;
    call.idmap = {{IdKind::Uid, 0, 100000, 65536}, {IdKind::Gid, 0, 100000, 65536}};
    std::filesystem::permissions(dir_.path(), std::filesystem::perms::all);
    std::filesystem::permissions(construction_->directory(), std::filesystem::perms::all);
    const std::string file = (lxcpath_ / "c1/said").string();
    EXPECT_EQ(run("{ shift 3; echo \"$@\"; id -u; cat /proc/self/uid_map; } > " + file, call), "");
    EXPECT_THAT(made("said"), HasSubstr("--mapped-uid 0 --mapped-gid 0\n0\n"));
    EXPECT_THAT(made("said"), HasSubstr("100000"));
}

// It is alone with the directory under construction, at its final place.
TEST_F(RunTemplate, SeesNoOtherContainer) {
    sys::make_dirs(lxcpath_ / "other", 0755);
    sys::write_file_atomic(lxcpath_ / "other/config", "secret", 0644);
    EXPECT_EQ(run("ls -A " + lxcpath_.string() + " > " + (lxcpath_ / "c1/ls").string() + "; rm -rf " +
                  (lxcpath_ / "other").string() + "; : > " + (lxcpath_ / "stray").string()),
              "");
    EXPECT_EQ(made("ls"), "c1\n");
    EXPECT_EQ(sys::read_file(lxcpath_ / "other/config"), "secret");
    EXPECT_FALSE(sys::exists(lxcpath_ / "stray"));
    EXPECT_FALSE(sys::exists(lxcpath_ / "c1"));
}

TEST_F(RunTemplate, AFailureNamesItAndItsCode) {
    EXPECT_EQ(run("exit 7"), "template lxcpp-test failed with exit code 7");
    EXPECT_EQ(run("kill -KILL $$"), "template lxcpp-test was killed by SIGKILL");
}

// The end of file of this pipe says that nothing of the template runs any more.
class Pipe {
public:
    explicit Pipe(const std::filesystem::path& path) {
        if (::mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
        fd_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() { ::close(fd_); }
    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] std::string rest() const {
        std::string text;
        for (;;) {
            pollfd wait{fd_, POLLIN, 0};
            if (::poll(&wait, 1, 10000) != 1) return text + "(still open)";
            char data[64];
            const ssize_t size = ::read(fd_, data, sizeof data);
            if (size <= 0) return text;
            text.append(data, static_cast<std::size_t>(size));
        }
    }

private:
    int fd_ = -1;
};

TEST_F(RunTemplate, WhatItLeavesRunningIsKilled) {
    const Pipe pipe(dir_ / "pipe");
    EXPECT_EQ(run("exec 9>" + (dir_ / "pipe").string() + "; echo up >&9; sleep 1000 & exit 0"), "");
    EXPECT_EQ(pipe.rest(), "up\n");
}

// Sends us SIGINT when something comes through the pipe. The template cannot: it does not see us.
class Interrupter {
public:
    explicit Interrupter(const Pipe& pipe) : pid_(::fork()) {
        if (pid_ != 0) return;
        pollfd wait{pipe.fd(), POLLIN, 0};
        if (::poll(&wait, 1, 60000) == 1) ::kill(::getppid(), SIGINT);
        ::_exit(0);
    }
    Interrupter(const Interrupter&) = delete;
    Interrupter& operator=(const Interrupter&) = delete;
    ~Interrupter() { ::waitpid(pid_, nullptr, 0); }

private:
    pid_t pid_;
};

TEST_F(RunTemplate, AnInterruptEndsItAtOnceAndAllThatItStarted) {
    const Pipe pipe(dir_ / "pipe");
    const auto start = std::chrono::steady_clock::now();
    const Pipe up(dir_ / "up");
    const Interrupter interrupter(up);
    EXPECT_EQ(run("exec 9>" + (dir_ / "pipe").string() + "; echo up >&9; sleep 1000 & echo up >" + (dir_ / "up").string() +
                  "; sleep 1000"),
              "interrupted by SIGINT; nothing was created");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4)); // 5 are for one that does not listen
    EXPECT_EQ(pipe.rest(), "up\n");
}

} // namespace
} // namespace lxcpp
