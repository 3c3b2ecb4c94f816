// SPDX-License-Identifier: Apache-2.0
#include "host/facts.h"
#include "host/subid.h"
#include "sys/file.h"

#include <gtest/gtest.h>

#include <unistd.h>

using namespace lxcpp;

TEST(ProbeHost, AgreesWithTheMachine) {
    const HostFacts facts = probe_host();
    EXPECT_EQ(facts.euid, ::geteuid());
    EXPECT_GE(facts.kernel, (KernelVersion{5, 0}));
    EXPECT_EQ(facts.boot_id.size(), 36u);
    EXPECT_FALSE(facts.architecture.empty());
    EXPECT_EQ(facts.effective_capabilities & ~facts.bounding_capabilities, 0u);
}

TEST(ProbeHost, EveryHierarchyIsThereAndShowsOurGroup) {
    const CgroupLayout layout = probe_cgroup_layout();
    if (layout.list.empty()) GTEST_SKIP() << "no cgroup file system is mounted";
    for (const Hierarchy& hierarchy : layout.list) {
        if (hierarchy.own_path.empty()) continue;
        const auto procs =
            sys::read_file(hierarchy.mountpoint.native() + hierarchy.own_path + "/cgroup.procs");
        EXPECT_NE(("\n" + procs).find("\n" + std::to_string(::getpid()) + "\n"), std::string::npos)
            << hierarchy.mountpoint;
    }
}

TEST(ProbeHost, TwiceGivesTheSame) {
    EXPECT_EQ(probe_host(), probe_host());
}

TEST(ProbeIdSources, GivesRootAPoolWithoutItsOwnAccounts) {
    const IdSources sources = probe_id_sources(0);
    EXPECT_EQ(sources.user, "root");
    const RangePool pool = choose_range_pool(sources);
    ASSERT_FALSE(pool.ranges.empty());
    for (const IdRange& range : pool.ranges) {
        for (const std::uint32_t id : sources.accounts) EXPECT_FALSE(range.contains(id));
    }
}
