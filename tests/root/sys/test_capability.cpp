// SPDX-License-Identifier: Apache-2.0
#include "sys/capability.h"

#include "base/strings.h"
#include "support/error_of.h"
#include "sys/clone.h"
#include "sys/cred.h"
#include "sys/file.h"
#include "sys/pidfd.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace lxcpp;
using sys::cap_bit;
using sys::CapMask;

namespace {

// Capabilities cannot be had back: a process of its own. True when body says so.
bool in_child(const std::function<bool()>& body) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        bool good = false;
        try {
            good = body();
        } catch (...) {
        }
        ::_exit(good ? 0 : 1);
    }
    int status = -1;
    return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

CapMask status_field(std::string_view name) {
    const std::string status = sys::read_file("/proc/self/status");
    for (const std::string_view line : split_lines(status)) {
        if (line.starts_with(name)) {
            return std::stoull(std::string(trim(line.substr(name.size()))), nullptr, 16);
        }
    }
    return 0;
}

} // namespace

TEST(Capabilities, AreThoseThatTheKernelShows) {
    const sys::CapSets sets = sys::capabilities();
    EXPECT_EQ(sets.effective, status_field("CapEff:"));
    EXPECT_EQ(sets.permitted, status_field("CapPrm:"));
    EXPECT_EQ(sets.inheritable, status_field("CapInh:"));
    EXPECT_EQ(sys::bounding_set(), status_field("CapBnd:"));
    EXPECT_GE(sys::last_capability(), CAP_CHECKPOINT_RESTORE);
    EXPECT_EQ(sys::all_capabilities(), (CapMask{1} << (sys::last_capability() + 1)) - 1);
    EXPECT_TRUE(sys::has_capability(CAP_SETPCAP));
    EXPECT_EQ(test::error_of([] { (void)sys::capabilities(1 << 30); }),
              "read the capabilities of process 1073741824: No such process");
}

TEST(Capabilities, BoundingSetIsLimitedToWhatIsKept) {
    EXPECT_TRUE(in_child([] {
        sys::limit_bounding_set(cap_bit(CAP_CHOWN) | cap_bit(CAP_CHECKPOINT_RESTORE));
        return sys::bounding_set() == (cap_bit(CAP_CHOWN) | cap_bit(CAP_CHECKPOINT_RESTORE));
    }));
}

TEST(Capabilities, SetsAndAmbientAreExact) {
    EXPECT_TRUE(in_child([] {
        const CapMask two = cap_bit(CAP_CHOWN) | cap_bit(CAP_PERFMON); // one in each half
        sys::set_capabilities({two, two, two});
        if (sys::capabilities() != sys::CapSets{two, two, two}) return false;
        sys::set_ambient(two);
        if (status_field("CapAmb:") != two) return false;
        sys::set_ambient(0);
        return status_field("CapAmb:") == 0;
    }));
}

TEST(Credentials, AllThreeIdsAndGroupsChange) {
    EXPECT_TRUE(in_child([] {
        const std::vector<gid_t> wanted{5, 7};
        sys::set_groups(wanted);
        if (sys::groups() != wanted) return false;
        sys::set_groups({});
        sys::set_ids(1000, 1001);
        uid_t r = 0, e = 0, s = 0;
        if (::getresuid(&r, &e, &s) != 0 || r != 1000 || e != 1000 || s != 1000) return false;
        if (::getresgid(&r, &e, &s) != 0 || r != 1001 || e != 1001 || s != 1001) return false;
        return sys::groups().empty() && test::error_of([] { sys::set_ids(0, 0); }) ==
                                            "become gid 0: Operation not permitted";
    }));
}

TEST(Credentials, UmaskReturnsWithItsScope) {
    const mode_t before = ::umask(022);
    {
        const sys::ScopedUmask mask(077);
        EXPECT_EQ(::umask(077), 077u);
    }
    EXPECT_EQ(::umask(before), 022u);
}

TEST(Clone, GivesAPidfdAndReportsErrors) {
    const sys::Cloned child = sys::clone_process({});
    if (child.pid == 0) ::_exit(11);
    EXPECT_EQ(sys::reap(child.pidfd), (sys::ExitStatus{false, 11}));
    int pidfd = -1;
    EXPECT_EQ(sys::try_clone_process({.flags = CLONE_VM}, pidfd), -EINVAL);
    EXPECT_EQ(
        test::error_of([] { (void)sys::clone_process({.into_cgroup = sys::open_file("/tmp")}); }),
        "create a process: Bad file descriptor");
    EXPECT_EQ(pidfd, -1);
}
