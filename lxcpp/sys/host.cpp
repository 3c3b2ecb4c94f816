// SPDX-License-Identifier: Apache-2.0
#include "sys/host.h"

#include <lxcpp/error.h>

#include <ctime>
#include <fcntl.h>
#include <sys/personality.h>
#include <sys/vfs.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

constexpr unsigned long kAsk = 0xffffffff; // changes nothing

} // namespace

SystemName system_name() {
    struct utsname name {};
    if (::uname(&name) != 0) throw SystemError("ask for the kernel's name");
    return {.release = name.release, .machine = name.machine};
}

std::uint64_t seconds_since_boot() noexcept {
    timespec now{};
    (void)::clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec);
}

std::uint32_t current_personality() noexcept {
    const int persona = ::personality(kAsk);
    return persona < 0 ? 0 : static_cast<std::uint32_t>(persona);
}

bool may_write(const std::filesystem::path& path) noexcept {
    return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

std::uint64_t free_bytes(const std::filesystem::path& path) {
    struct statfs info {};
    if (::statfs(path.c_str(), &info) != 0) throw SystemError("ask for the room in " + path.string());
    return static_cast<std::uint64_t>(info.f_bavail) * static_cast<std::uint64_t>(info.f_bsize);
}

} // namespace lxcpp::sys
