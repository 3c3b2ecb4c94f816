// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cgroup/cgroup_plan.h"
#include "cgroup/remove.h"
#include "host/cgroup_layout.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp::test {

// Groups of this test process in the hierarchies of the real host, all removed at the end.
class RealCgroups : public ::testing::Test {
protected:
    void SetUp() override {
        if (layout_.list.empty()) GTEST_SKIP() << "no cgroup hierarchy is mounted";
        for (const Hierarchy& hierarchy : layout_.list) {
            if (!hierarchy.writable) GTEST_SKIP() << hierarchy.mountpoint << " is not writable";
        }
    }

    void TearDown() override {
        for (const CgroupGroups& groups : plan().groups) {
            const std::filesystem::path dirs[] = {groups.payload};
            EXPECT_TRUE(remove_cgroups(dirs, std::chrono::seconds(5)).empty()) << groups.payload;
        }
    }

    [[nodiscard]] CgroupWish wish() const {
        CgroupWish result;
        result.name = name_;
        return result;
    }
    [[nodiscard]] CgroupPlan plan() const { return plan_cgroups(layout_, wish()); }

    CgroupLayout layout_ = probe_cgroup_layout();
    std::string name_ = "lxcpp-test-" + std::to_string(::getpid());
};

// A child that is killed and reaped at the end of the scope.
class Sleeper {
public:
    explicit Sleeper(pid_t pid) : pid_(pid) {}
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;
    ~Sleeper() { end(); }

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Waits for its end; the wait status.
    int end(bool kill_it = true) {
        if (pid_ <= 0) return -1;
        if (kill_it) ::kill(pid_, SIGKILL);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return status;
    }

private:
    pid_t pid_;
};

} // namespace lxcpp::test
