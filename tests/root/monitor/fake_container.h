// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "monitor/client.h"
#include "monitor/state_file.h"
#include "support/temp_dir.h"
#include "sys/pty.h"

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace lxcpp::test {

// What the fake lxcpp-cleanup does. It is this very test program, run under that name.
enum class CleanupMode { Stop, Reboot };

// A process that plays a container's init, and the real lxcpp-supervisor as its parent, started as
// the starter does it. Everything is killed and reaped at the end.
class FakeContainer {
public:
    struct Options {
        bool console = false;
        int ttys = 0;
        std::function<void(SupervisorState&)> adjust; // the state before it is written
        std::function<void()> before_exec;            // in the starter
        std::function<int(FdRef slave)> init;         // its exit code; default: order() decides
        CleanupMode cleanup = CleanupMode::Stop;
        bool adopt = false;                           // the supervisor is not init's parent
    };
    FakeContainer() : FakeContainer(Options{}) {}
    explicit FakeContainer(Options options);
    FakeContainer(const FakeContainer&) = delete;
    FakeContainer& operator=(const FakeContainer&) = delete;
    ~FakeContainer();

    [[nodiscard]] MonitorClient client(std::chrono::milliseconds timeout = std::chrono::seconds(5)) const;
    [[nodiscard]] pid_t supervisor() const { return supervisor_; }
    [[nodiscard]] pid_t init() const { return init_; }
    [[nodiscard]] const std::filesystem::path& dir() const { return runtime_; }
    [[nodiscard]] std::filesystem::path log() const { return temp_ / "c1.log"; }
    void exit_with(int code); // init's default body obeys
    int wait_supervisor();    // its wait status (waitpid)
    [[nodiscard]] const SupervisorState& state() const { return state_; }

private:
    [[noreturn]] void run_starter();

    Options options_;
    TempDir temp_{"/dev/shm"}; // as /run: no disk whose fsync could take seconds
    std::filesystem::path runtime_;
    SupervisorState state_;
    Fd listener_;
    sys::Pty console_;
    std::vector<sys::Pty> ttys_;
    Fd order_;     // a byte written here is init's exit code
    Fd init_order_;
    Fd waiter_;    // state_.status is the other end
    Fd status_;
    pid_t supervisor_ = -1;
    pid_t init_ = -1;
};

// The next event, or a failed test and an empty one after 5 s.
protocol::Event next_event(MonitorClient& client);

} // namespace lxcpp::test
