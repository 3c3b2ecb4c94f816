// SPDX-License-Identifier: Apache-2.0
#include "image/architecture.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::array<Architecture, 12> kArchitectures = {{
    {"amd64", "x86_64", "amd64", ""},
    {"arm64", "aarch64", "arm64", ""},
    {"armel", "armv6l", "arm", "v6"},
    {"armhf", "armv7l", "arm", "v7"},
    {"i386", "i686", "386", ""},
    {"loong64", "loongarch64", "loong64", ""},
    {"mips64el", "mips64", "mips64le", ""},
    {"powerpc", "ppc", "ppc", ""},
    {"ppc64", "ppc64", "ppc64", ""},
    {"ppc64el", "ppc64le", "ppc64le", ""},
    {"riscv64", "riscv64", "riscv64", ""},
    {"s390x", "s390x", "s390x", ""},
}};

// Further names that people and distributions write; the second is Debian's.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kOtherNames = {{
    {"x86", "i386"},
    {"i486", "i386"},
    {"i586", "i386"},
    {"armv8l", "armhf"},
    {"armv7", "armhf"},
    {"armv7hl", "armhf"},
    {"armv5tel", "armel"},
    {"armv6hl", "armel"},
    {"armv8", "arm64"},
    {"arm64v8", "arm64"},
}};

template <typename Matches>
std::optional<Architecture> first(Matches matches) noexcept {
    const auto* row = std::find_if(kArchitectures.begin(), kArchitectures.end(), matches);
    if (row == kArchitectures.end()) return std::nullopt;
    return *row;
}

std::string_view without_other_name(std::string_view name) noexcept {
    for (const auto& [other, debian] : kOtherNames)
        if (other == name) return debian;
    return name;
}

} // namespace

std::optional<Architecture> find_architecture(std::string_view name) noexcept {
    const std::string_view wanted = without_other_name(name);
    return first(
        [&](const Architecture& row) { return row.debian == wanted || row.machine == wanted; });
}

std::optional<Architecture> find_oci_architecture(std::string_view architecture,
                                                  std::string_view variant) noexcept {
    // 32 bit ARM alone has variants that are other ABIs; without one it is v7, as docker has it.
    const bool arm = architecture == "arm";
    const std::string_view wanted = !arm ? "" : variant.empty() || variant == "v8" ? "v7" : variant;
    const std::string_view abi = wanted == "v5" ? "v6" : wanted; // both are armel
    return first(
        [&](const Architecture& row) { return row.oci == architecture && row.variant == abi; });
}

std::string debian_architecture(std::string_view name) {
    const auto known = find_architecture(name);
    return std::string(known ? known->debian : name);
}

} // namespace lxcpp::image
