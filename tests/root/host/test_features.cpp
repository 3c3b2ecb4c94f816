// SPDX-License-Identifier: Apache-2.0
#include "host/features.h"
#include "sys/file.h"
#include "unit/inventory/inventory_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

using namespace lxcpp;

namespace {

std::vector<std::string> ids_with(const std::vector<FeatureReport>& reports, Presence presence) {
    std::vector<std::string> ids;
    for (const FeatureReport& report : reports) {
        if (report.presence == presence) ids.emplace_back(report.id);
    }
    return ids;
}

// The caller loses its network: each test asks in a child.
bool ask(const std::function<bool(const std::vector<FeatureReport>&)>& judge) {
    return lxcpp::testing::succeeded(lxcpp::testing::in_child(
        [&] { return judge(probe_features(probe_host(), "/var/lib/lxcpp")); }));
}

} // namespace

TEST(Features, EveryRowIsWholeAndItsNameIsUnique) {
    EXPECT_TRUE(ask([](const std::vector<FeatureReport>& reports) {
        std::set<std::string_view> ids;
        for (const FeatureReport& report : reports) {
            if (report.cost.empty() || report.remedy.empty() || report.name.empty()) return false;
            if (!ids.insert(report.id).second) return false;
        }
        return ids.size() > 40;
    }));
}

TEST(Features, RootGetsAnAnswerToEveryQuestion) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: makes namespaces, a cgroup, devices";
    EXPECT_TRUE(ask([](const std::vector<FeatureReport>& reports) {
        for (const std::string& id : ids_with(reports, Presence::Unknown)) {
            // A host may forbid these even to root.
            if (id != "cgroup-kill" && id != "cgroup-devices") {
                ::fprintf(stderr, "unknown: %s\n", id.c_str());
                return false;
            }
        }
        return true;
    }));
}

TEST(Features, AgreeWithWhatIsKnownOtherwise) {
    EXPECT_TRUE(ask([](const std::vector<FeatureReport>& reports) {
        const auto present = ids_with(reports, Presence::Available);
        const auto has = [&](std::string_view id) {
            return std::find(present.begin(), present.end(), id) != present.end();
        };
        return has("tmpfs") && has("ns-mnt") && has("pidfd") &&
               has("ns-time") == sys::exists("/proc/self/ns/time") &&
               has("tun") == sys::exists("/dev/net/tun");
    }));
}

// Devices are made in a network of the child's own, and the cgroup is removed.
TEST(Features, LeaveNothingBehind) {
    const auto network = sys::read_link("/proc/self/ns/net");
    EXPECT_TRUE(ask([&](const auto&) { return sys::read_link("/proc/self/ns/net") != network; }));
    const CgroupLayout layout = probe_cgroup_layout();
    const Hierarchy* unified = layout.unified();
    if (unified == nullptr) return;
    const std::string base = unified->mountpoint.string() + unified->init_path;
    for (const std::string& name : sys::list_dir(base)) {
        EXPECT_FALSE(name.starts_with("lxcpp-checkconfig-")) << name;
    }
}
