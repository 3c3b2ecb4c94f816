// SPDX-License-Identifier: Apache-2.0
#include "host/architecture.h"

#include "sys/file.h"
#include "sys/host.h"

#include <algorithm>
#include <array>

namespace lxcpp {
namespace {

// One architecture: what it is called, what Linux on a machine that executes it too is called, and qemu's name.
struct Family {
    std::array<std::string_view, 7> names;
    std::string_view also_on;
    std::string_view qemu;
};
constexpr std::array kFamilies{
    Family{{"x86_64", "amd64"}, "", "x86_64"},
    Family{{"i686", "i586", "i486", "i386", "x86", "linux32"}, "x86_64", "i386"},
    Family{{"aarch64", "arm64"}, "", "aarch64"},
    Family{{"armv7l", "armhf", "armv8l", "armv7", "armv6l", "armel", "arm"}, "aarch64", "arm"},
    Family{{"riscv64"}, "", "riscv64"},
    Family{{"ppc64le", "ppc64el"}, "", "ppc64le"},
    Family{{"s390x"}, "", "s390x"},
    Family{{"loongarch64", "loong64"}, "", "loongarch64"},
};

const Family* family_of(std::string_view name) noexcept {
    const auto family = std::ranges::find_if(
        kFamilies, [name](const Family& one) { return !name.empty() && std::ranges::find(one.names, name) != one.names.end(); });
    return family == kFamilies.end() ? nullptr : family;
}

} // namespace

std::string host_architecture() { return sys::system_name().machine; }

bool executes(std::string_view machine, std::string_view architecture) noexcept {
    const Family* own = family_of(machine);
    const Family* wanted = family_of(architecture);
    if (own == nullptr || wanted == nullptr) return machine == architecture;
    return own == wanted || (!wanted->also_on.empty() && family_of(wanted->also_on) == own);
}

bool can_run_architecture(std::string_view architecture) {
    if (executes(host_architecture(), architecture)) return true;
    const Family* wanted = family_of(architecture);
    if (wanted == nullptr) return false;
    const auto registered = sys::read_file_if_exists("/proc/sys/fs/binfmt_misc/qemu-" + std::string(wanted->qemu));
    return registered && registered->starts_with("enabled");
}

} // namespace lxcpp
