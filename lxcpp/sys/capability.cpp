// SPDX-License-Identifier: Apache-2.0
#include "sys/capability.h"

#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <array>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

using CapData = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

constexpr CapMask joined(std::uint32_t low, std::uint32_t high) noexcept {
    return (CapMask{high} << 32) | low;
}
constexpr std::uint32_t low(CapMask mask) noexcept {
    return static_cast<std::uint32_t>(mask);
}
constexpr std::uint32_t high(CapMask mask) noexcept {
    return static_cast<std::uint32_t>(mask >> 32);
}

} // namespace

int last_capability() {
    const auto number = parse_u64(trim(read_file("/proc/sys/kernel/cap_last_cap")));
    if (!number || *number > 63)
        throw Error("read /proc/sys/kernel/cap_last_cap: unexpected content");
    return static_cast<int>(*number);
}

CapMask all_capabilities() {
    return ~CapMask{0} >> (63 - last_capability());
}

CapSets capabilities(pid_t pid) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, pid};
    CapData data{};
    if (::syscall(SYS_capget, &header, data.data()) != 0) {
        throw SystemError(fmt::format("read the capabilities of process {}", pid));
    }
    return {joined(data[0].effective, data[1].effective),
            joined(data[0].permitted, data[1].permitted),
            joined(data[0].inheritable, data[1].inheritable)};
}

void set_capabilities(const CapSets& sets) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const CapData data{{{low(sets.effective), low(sets.permitted), low(sets.inheritable)},
                        {high(sets.effective), high(sets.permitted), high(sets.inheritable)}}};
    if (::syscall(SYS_capset, &header, data.data()) != 0) throw SystemError("set capabilities");
}

bool has_capability(int capability) {
    return (capabilities().effective & cap_bit(capability)) != 0;
}

CapMask bounding_set() {
    CapMask result = 0;
    // The kernel answers EINVAL past its last capability.
    for (int i = 0, held = 0; i < 64 && (held = ::prctl(PR_CAPBSET_READ, i, 0, 0, 0)) >= 0; ++i) {
        if (held == 1) result |= cap_bit(i);
    }
    return result;
}

void limit_bounding_set(CapMask keep) {
    const CapMask drop = bounding_set() & ~keep;
    for (int i = 0; i < 64; ++i) {
        if ((drop & cap_bit(i)) == 0) continue;
        if (::prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0) {
            throw SystemError(fmt::format("drop capability {} from the bounding set", i));
        }
    }
}

void set_ambient(CapMask ambient) {
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
        throw SystemError("clear the ambient capabilities");
    }
    for (int i = 0; i < 64; ++i) {
        if ((ambient & cap_bit(i)) == 0) continue;
        if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) != 0) {
            throw SystemError(fmt::format("raise ambient capability {}", i));
        }
    }
}

} // namespace lxcpp::sys
