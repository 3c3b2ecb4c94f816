// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

// The words of the configuration's enumerations: one table each, used for parse, print and the
// manual page. Of several names with one value the first is the one printed.
namespace lxcpp {

template <typename E>
struct Named {
    std::string_view name;
    E value;
};

template <typename E>
inline constexpr std::array<Named<E>, 0> kNames{};

template <>
inline constexpr auto kNames<Arch> = std::to_array<Named<Arch>>({
    {"i686", Arch::Bits32},        {"arm", Arch::Bits32},       {"armel", Arch::Bits32},
    {"armhf", Arch::Bits32},       {"armv7l", Arch::Bits32},    {"athlon", Arch::Bits32},
    {"i386", Arch::Bits32},        {"i486", Arch::Bits32},      {"i586", Arch::Bits32},
    {"linux32", Arch::Bits32},     {"mips", Arch::Bits32},      {"mipsel", Arch::Bits32},
    {"ppc", Arch::Bits32},         {"powerpc", Arch::Bits32},   {"x32", Arch::Bits32},
    {"x86", Arch::Bits32},         {"x86_64", Arch::Bits64},    {"aarch64", Arch::Bits64},
    {"amd64", Arch::Bits64},       {"arm64", Arch::Bits64},     {"linux64", Arch::Bits64},
    {"loongarch64", Arch::Bits64}, {"loong64", Arch::Bits64},   {"mips64", Arch::Bits64},
    {"mips64el", Arch::Bits64},    {"ppc64", Arch::Bits64},     {"ppc64el", Arch::Bits64},
    {"ppc64le", Arch::Bits64},     {"powerpc64", Arch::Bits64}, {"riscv64", Arch::Bits64},
    {"s390x", Arch::Bits64},
});

template <>
inline constexpr auto kNames<AutoMode> = std::to_array<Named<AutoMode>>({
    {"mixed", AutoMode::Mixed},
    {"ro", AutoMode::ReadOnly},
    {"rw", AutoMode::ReadWrite},
});

template <>
inline constexpr auto kNames<AutoCgroup> = std::to_array<Named<AutoCgroup>>({
    {"cgroup", AutoCgroup::Cgroup},
    {"cgroup-full", AutoCgroup::CgroupFull},
    {"cgroup2", AutoCgroup::Cgroup2},
});

template <>
inline constexpr auto kNames<RestartPolicy> = std::to_array<Named<RestartPolicy>>({
    {"no", RestartPolicy::No},
    {"on-failure", RestartPolicy::OnFailure},
    {"always", RestartPolicy::Always},
    {"unless-stopped", RestartPolicy::UnlessStopped},
});

template <>
inline constexpr auto kNames<NetType> = std::to_array<Named<NetType>>({
    {"empty", NetType::Empty},
    {"none", NetType::None},
    {"veth", NetType::Veth},
    {"macvlan", NetType::Macvlan},
    {"ipvlan", NetType::Ipvlan},
    {"vlan", NetType::Vlan},
    {"phys", NetType::Phys},
    {"user", NetType::User},
});

template <>
inline constexpr auto kNames<VethMode> = std::to_array<Named<VethMode>>({
    {"bridge", VethMode::Bridge},
    {"router", VethMode::Router},
});

template <>
inline constexpr auto kNames<MacvlanMode> = std::to_array<Named<MacvlanMode>>({
    {"private", MacvlanMode::Private},
    {"vepa", MacvlanMode::Vepa},
    {"bridge", MacvlanMode::Bridge},
    {"passthru", MacvlanMode::Passthru},
});

template <>
inline constexpr auto kNames<IpvlanMode> = std::to_array<Named<IpvlanMode>>({
    {"l3", IpvlanMode::L3},
    {"l3s", IpvlanMode::L3s},
    {"l2", IpvlanMode::L2},
});

template <>
inline constexpr auto kNames<IpvlanIsolation> = std::to_array<Named<IpvlanIsolation>>({
    {"bridge", IpvlanIsolation::Bridge},
    {"private", IpvlanIsolation::Private},
    {"vepa", IpvlanIsolation::Vepa},
});

template <>
inline constexpr auto kNames<IdKind> = std::to_array<Named<IdKind>>({
    {"u", IdKind::Uid},
    {"g", IdKind::Gid},
});

// "" for a value without a name.
template <typename E>
[[nodiscard]] std::string_view name_of(E value) noexcept {
    const auto row = std::ranges::find(kNames<E>, value, &Named<E>::value);
    return row == kNames<E>.end() ? std::string_view{} : row->name;
}

// "a, b, c"
template <typename E>
[[nodiscard]] std::string name_list() {
    std::string all;
    for (const auto& row : kNames<E>) {
        if (!all.empty()) all += ", ";
        all += row.name;
    }
    return all;
}

} // namespace lxcpp
