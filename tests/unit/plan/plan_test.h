// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/load.h"
#include "plan/planner.h"

#include "support/error_of.h"

#include <string>
#include <string_view>

namespace lxcpp::test {

using Host = PlanHost;

inline Host any_host() {
    Host host;
    host.bounding_set = 0x2000ff; // CAP_SYS_ADMIN is 21
    host.staging = "/stage";
    host.boot_id = "8f2a5c0e-0000-4000-8000-000000000001";
    return host;
}

// Every controller in a v1 hierarchy, and an empty v2 one beside them.
inline Host hybrid_host() {
    Host host = any_host();
    host.cgroup_v1 = {"cpu,cpuacct", "memory", "name=systemd"};
    host.cgroup_v1_mounts = {"/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/systemd"};
    host.cgroup_v2 = true;
    host.cgroup_v2_mount = "/sys/fs/cgroup/unified";
    host.time_namespaces = true;
    return host;
}

inline Host unified_host() {
    Host host = any_host();
    host.unified_cgroups = true;
    host.cgroup_v2 = true;
    host.cgroup_v2_mount = "/sys/fs/cgroup";
    host.time_namespaces = true;
    return host;
}

inline StartRequest any_request() {
    StartRequest request;
    request.name = "c1";
    request.lxcpath = "/var/lib/lxcpp";
    return request;
}

inline Config config_of(std::string_view text) { return load_config_text(text, "test.conf").config; }

inline constexpr std::string_view kRootfs = "lxc.rootfs.path = dir:/var/lib/lxcpp/c1/rootfs\n";
inline constexpr std::string_view kUnprivileged = "lxc.rootfs.path = dir:/var/lib/lxcpp/c1/rootfs\n"
                                                  "lxc.rootfs.options = idmap=container\n"
                                                  "lxc.idmap = u 0 100000 65536\n"
                                                  "lxc.idmap = g 0 100000 65536\n";

inline StartPlan plan_of(std::string_view text, const Host& host = hybrid_host(),
                         const StartRequest& request = any_request()) {
    return plan_start(request, config_of(text), host);
}

// The same with a root file system, which most of the plan depends on.
inline StartPlan plan_with_root(const std::string& text, const Host& host = hybrid_host(),
                                const StartRequest& request = any_request()) {
    return plan_of(std::string(kRootfs) + text, host, request);
}

inline std::string plan_error(const std::string& text, const Host& host = hybrid_host()) {
    return error_of([&] { (void)plan_with_root(text, host); });
}

// The steps of one kind, in order.
template <typename Kind>
std::vector<Kind> steps_of(const StartPlan& plan) {
    std::vector<Kind> steps;
    for (const Step& step : plan.child.steps) {
        if (const Kind* found = std::get_if<Kind>(&step)) steps.push_back(*found);
    }
    return steps;
}

// Where the only step of a kind stands.
template <typename Kind>
std::size_t index_of(const StartPlan& plan) {
    for (std::size_t i = 0; i < plan.child.steps.size(); ++i) {
        if (std::holds_alternative<Kind>(plan.child.steps[i])) return i;
    }
    return plan.child.steps.size();
}

} // namespace lxcpp::test
