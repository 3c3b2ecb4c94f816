// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/cgroup_layout.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace lxcpp {

// Only for messages: what the kernel can do is found by trying (features.h).
struct KernelVersion {
    int major = 0;
    int minor = 0;
    auto operator<=>(const KernelVersion&) const = default;
};
[[nodiscard]] KernelVersion parse_kernel_version(std::string_view release) noexcept;

// What a start needs to know of the host. A value: the same facts give the same plan.
struct HostFacts {
    std::string kernel_release; // "6.1.0-18-amd64"
    KernelVersion kernel;
    std::string architecture; // uname -m: "x86_64"
    std::string boot_id;
    uid_t euid = 0;
    bool in_user_namespace = false; // we are mapped ourselves: no mknod, no idmapped mounts
    std::uint64_t effective_capabilities = 0;
    std::uint64_t bounding_capabilities = 0;
    std::vector<std::string> lsms; // active ones: "capability", "apparmor", ...
    bool apparmor = false;
    bool selinux = false;
    std::uint32_t personality = 0; // personality(2) of the caller
    CgroupLayout cgroups;
    bool operator==(const HostFacts&) const = default;
};

// A few small reads and no forks: called by every start. Throws SystemError without /proc.
[[nodiscard]] HostFacts probe_host();

} // namespace lxcpp
