// SPDX-License-Identifier: Apache-2.0
#include "base/kernel_names.h"

#include "base/strings.h"

#include <algorithm>
#include <array>
#include <sys/resource.h>
#include <syslog.h>

namespace lxcpp {
namespace {

// The index is the number (capabilities(7)).
constexpr std::array<std::string_view, kLastCapability + 1> kCapabilities = {"chown",
                                                                             "dac_override",
                                                                             "dac_read_search",
                                                                             "fowner",
                                                                             "fsetid",
                                                                             "kill",
                                                                             "setgid",
                                                                             "setuid",
                                                                             "setpcap",
                                                                             "linux_immutable",
                                                                             "net_bind_service",
                                                                             "net_broadcast",
                                                                             "net_admin",
                                                                             "net_raw",
                                                                             "ipc_lock",
                                                                             "ipc_owner",
                                                                             "sys_module",
                                                                             "sys_rawio",
                                                                             "sys_chroot",
                                                                             "sys_ptrace",
                                                                             "sys_pacct",
                                                                             "sys_admin",
                                                                             "sys_boot",
                                                                             "sys_nice",
                                                                             "sys_resource",
                                                                             "sys_time",
                                                                             "sys_tty_config",
                                                                             "mknod",
                                                                             "lease",
                                                                             "audit_write",
                                                                             "audit_control",
                                                                             "setfcap",
                                                                             "mac_override",
                                                                             "mac_admin",
                                                                             "syslog",
                                                                             "wake_alarm",
                                                                             "block_suspend",
                                                                             "audit_read",
                                                                             "perfmon",
                                                                             "bpf",
                                                                             "checkpoint_restore"};

struct Name {
    std::string_view name;
    int number;
};

constexpr std::array kResourceLimits = {
    Name{"as", RLIMIT_AS},
    Name{"core", RLIMIT_CORE},
    Name{"cpu", RLIMIT_CPU},
    Name{"data", RLIMIT_DATA},
    Name{"fsize", RLIMIT_FSIZE},
    Name{"locks", RLIMIT_LOCKS},
    Name{"memlock", RLIMIT_MEMLOCK},
    Name{"msgqueue", RLIMIT_MSGQUEUE},
    Name{"nice", RLIMIT_NICE},
    Name{"nofile", RLIMIT_NOFILE},
    Name{"nproc", RLIMIT_NPROC},
    Name{"rss", RLIMIT_RSS},
    Name{"rtprio", RLIMIT_RTPRIO},
    Name{"rttime", RLIMIT_RTTIME},
    Name{"sigpending", RLIMIT_SIGPENDING},
    Name{"stack", RLIMIT_STACK},
};

constexpr std::array kFacilities = {
    Name{"daemon", LOG_DAEMON}, Name{"local0", LOG_LOCAL0}, Name{"local1", LOG_LOCAL1},
    Name{"local2", LOG_LOCAL2}, Name{"local3", LOG_LOCAL3}, Name{"local4", LOG_LOCAL4},
    Name{"local5", LOG_LOCAL5}, Name{"local6", LOG_LOCAL6}, Name{"local7", LOG_LOCAL7},
};

template <typename Table>
std::optional<int> find_number(const Table& table, std::string_view name) noexcept {
    const auto row = std::ranges::find(table, name, &Name::name);
    if (row == table.end()) return std::nullopt;
    return row->number;
}

} // namespace

std::optional<int> capability_number(std::string_view text) noexcept {
    const auto row = std::ranges::find(kCapabilities, text);
    if (row != kCapabilities.end()) return static_cast<int>(row - kCapabilities.begin());
    const auto number = parse_u64(text);
    if (!number || *number > kLastCapability) return std::nullopt;
    return static_cast<int>(*number);
}

std::string_view capability_name(int number) noexcept {
    if (number < 0 || number > kLastCapability) return {};
    return kCapabilities[static_cast<std::size_t>(number)];
}

std::optional<int> rlimit_number(std::string_view name) noexcept {
    return find_number(kResourceLimits, name);
}

std::optional<int> syslog_facility(std::string_view name) noexcept {
    return find_number(kFacilities, name);
}

} // namespace lxcpp
