// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/architecture_map.h"

#include "base/strings.h"

#include <algorithm>
#include <array>

namespace lxcpp::distro {
namespace {

constexpr std::array kArchitectures{
    RecipeArchitecture{"i686", "i386 i586 386 x86 generic_32", "linux32"},
    RecipeArchitecture{"x86_64", "amd64 generic_64 x86_64_v1 x86_64_v2 x86_64_v3 x86_64_v4", "linux64"},
    RecipeArchitecture{"armv6l", "armel arm", "linux32"},
    RecipeArchitecture{"armv7l", "armhf armhfp armv7a_hardfp armv7 armv7a_vfpv3_hardfp", "linux32"},
    RecipeArchitecture{"armv8l", "", "linux32"},
    RecipeArchitecture{"aarch64", "arm64 arm64_generic", "linux64"},
    RecipeArchitecture{"ppc", "powerpc", "linux32"},
    RecipeArchitecture{"ppc64", "powerpc64", "linux64"},
    RecipeArchitecture{"ppc64le", "ppc64el", "linux64"},
    RecipeArchitecture{"s390x", "", "linux64"},
    RecipeArchitecture{"mips", "mipsel mipsle", "linux32"},
    RecipeArchitecture{"mips64", "mips64el mips64le", "linux64"},
    RecipeArchitecture{"riscv32", "", "linux32"},
    RecipeArchitecture{"riscv64", "", "linux64"},
    RecipeArchitecture{"loongarch64", "loong64", "linux64"},
};

constexpr std::array<std::string_view, 12> kMapNames{"almalinux", "alpinelinux", "altlinux", "archlinux", "centos",     "debian",
                                                     "funtoo",    "gentoo",      "openwrt",  "plamolinux", "slackware", "voidlinux"};

struct MapRow {
    std::string_view map;
    std::string_view architecture;
    std::string_view name;
};

// Only what is not called as it is anyway.
constexpr std::array kRows{
    MapRow{"debian", "i686", "i386"},
    MapRow{"debian", "x86_64", "amd64"},
    MapRow{"debian", "armv7l", "armhf"},
    MapRow{"debian", "aarch64", "arm64"},
    MapRow{"debian", "ppc", "powerpc"},
    MapRow{"debian", "ppc64", "powerpc64"},
    MapRow{"debian", "ppc64le", "ppc64el"},
    MapRow{"alpinelinux", "i686", "x86"},
    MapRow{"alpinelinux", "x86_64", "x86_64"},
    MapRow{"alpinelinux", "armv7l", "armv7"},
    MapRow{"altlinux", "i686", "i586"},
    MapRow{"altlinux", "x86_64", "x86_64"},
    MapRow{"altlinux", "aarch64", "aarch64"},
    MapRow{"archlinux", "x86_64", "x86_64"},
    MapRow{"archlinux", "armv7l", "armv7"},
    MapRow{"archlinux", "aarch64", "aarch64"},
    MapRow{"centos", "i686", "i386"},
    MapRow{"gentoo", "i686", "i686"},
    MapRow{"gentoo", "x86_64", "amd64"},
    MapRow{"gentoo", "armv7l", "armv7a_hardfp"},
    MapRow{"gentoo", "ppc", "ppc"},
    MapRow{"gentoo", "ppc64", "ppc64"},
    MapRow{"gentoo", "ppc64le", "ppc64le"},
    MapRow{"gentoo", "s390x", "s390x"},
    MapRow{"openwrt", "x86_64", "x86-64"},
    MapRow{"openwrt", "armv7l", "armsr-armv7"},
    MapRow{"openwrt", "aarch64", "armsr-armv8"},
    MapRow{"plamolinux", "i686", "x86"},
    MapRow{"voidlinux", "i686", "i686"},
    MapRow{"voidlinux", "x86_64", "x86_64"},
    MapRow{"voidlinux", "armv7l", "armv7l"},
    MapRow{"voidlinux", "aarch64", "aarch64"},
    MapRow{"funtoo", "i686", "generic_32"},
    MapRow{"funtoo", "x86_64", "generic_64"},
    MapRow{"funtoo", "armv7l", "armv7a_vfpv3_hardfp"},
    MapRow{"funtoo", "aarch64", "arm64_generic"},
    MapRow{"slackware", "i686", "i586"},
    MapRow{"slackware", "x86_64", "x86_64"},
};

} // namespace

std::optional<RecipeArchitecture> find_recipe_architecture(std::string_view name) noexcept {
    for (const RecipeArchitecture& one : kArchitectures) {
        if (one.name == name) return one;
        for (const std::string_view alias : split_words(one.aliases))
            if (alias == name) return one;
    }
    return std::nullopt;
}

std::span<const std::string_view> architecture_map_names() noexcept { return kMapNames; }

std::optional<std::string> map_architecture(std::string_view map, std::string_view architecture) {
    if (std::ranges::find(kMapNames, map) == kMapNames.end()) return std::nullopt;
    if (architecture == "armel") return "armel"; // as armv6l it would have no name of its own
    const auto known = find_recipe_architecture(architecture);
    const std::string_view canonical = known ? known->name : architecture;
    for (const MapRow& row : kRows)
        if (row.map == map && row.architecture == canonical) return std::string(row.name);
    return std::string(architecture);
}

} // namespace lxcpp::distro
