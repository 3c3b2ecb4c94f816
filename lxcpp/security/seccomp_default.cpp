// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_policy.h"

#include <array>
#include <cerrno>
#include <span>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/mount.h>

namespace lxcpp {
namespace {

constexpr std::uint64_t kLinuxTerminalIoctl = 0x541c; // TIOCLINUX, of the kernel's header only

// Calls refused whatever their arguments are.
struct Group {
    std::span<const std::string_view> names;
    SeccompVerdict verdict;
};

constexpr std::array<std::string_view, 5> kHostKernel = {"kexec_load", "open_by_handle_at", "init_module",
                                                         "finit_module", "delete_module"};
constexpr std::array kGroups = {Group{kHostKernel, {SeccompAction::Errno, EPERM}}};

// Calls refused for some value of a 32-bit argument. The upper half of the register is masked out,
// because the kernel ignores it: comparing all 64 bits would be passed by setting one there.
struct Special {
    std::string_view name;
    unsigned argument;
    std::uint64_t mask;
    std::uint64_t value;
    int error;
};

constexpr std::array kSpecials = {
    Special{"umount2", 1, MNT_FORCE, MNT_FORCE, EACCES},
    Special{"ioctl", 1, 0xffffffff, TIOCSTI, EPERM}, // types into the terminal of who looks at it
    Special{"ioctl", 1, 0xffffffff, kLinuxTerminalIoctl, EPERM},
};

} // namespace

SeccompPolicy default_policy() {
    SeccompPolicy policy;
    for (const Group& group : kGroups) {
        for (const std::string_view name : group.names) {
            policy.rules.push_back({std::string(name), SeccompArch::All, group.verdict, {}});
        }
    }
    for (const Special& special : kSpecials) {
        policy.rules.push_back({std::string(special.name), SeccompArch::All,
                                {SeccompAction::Errno, special.error},
                                {{special.argument, SeccompOp::MaskedEqual, special.value, special.mask}}});
    }
    return policy;
}

} // namespace lxcpp
