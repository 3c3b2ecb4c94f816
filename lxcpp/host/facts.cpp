// SPDX-License-Identifier: Apache-2.0
#include "host/facts.h"

#include "base/strings.h"
#include "sys/capability.h"
#include "sys/file.h"
#include "sys/host.h"
#include "sys/pidfd.h"

#include <algorithm>
#include <charconv>
#include <unistd.h>

namespace lxcpp {
namespace {

// The initial user namespace maps every id to itself.
bool maps_everything(std::string_view uid_map) {
    const auto words = split_words(trim(uid_map));
    return words.size() == 3 && words[0] == "0" && words[1] == "0" && words[2] == "4294967295";
}

std::vector<std::string> active_lsms() {
    std::vector<std::string> names;
    // securityfs need not be mounted: then each is looked for on its own.
    if (const auto text = sys::read_file_if_exists("/sys/kernel/security/lsm")) {
        for (const std::string_view name : split(trim(*text), ',')) names.emplace_back(name);
        return names;
    }
    const auto apparmor = sys::read_file_if_exists("/sys/module/apparmor/parameters/enabled");
    if (apparmor && apparmor->starts_with('Y')) names.emplace_back("apparmor");
    if (sys::exists("/sys/fs/selinux/enforce")) names.emplace_back("selinux");
    return names;
}

} // namespace

KernelVersion parse_kernel_version(std::string_view release) noexcept {
    KernelVersion version;
    const char* end = release.data() + release.size();
    const auto major = std::from_chars(release.data(), end, version.major);
    if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') return version;
    std::from_chars(major.ptr + 1, end, version.minor);
    return version;
}

HostFacts probe_host() {
    HostFacts facts;
    sys::SystemName name = sys::system_name();
    facts.kernel_release = std::move(name.release);
    facts.kernel = parse_kernel_version(facts.kernel_release);
    facts.architecture = std::move(name.machine);
    facts.boot_id = sys::boot_id();
    facts.euid = ::geteuid();
    facts.in_user_namespace = !maps_everything(sys::read_file("/proc/self/uid_map"));
    facts.effective_capabilities = sys::capabilities().effective;
    facts.bounding_capabilities = sys::bounding_set();
    facts.lsms = active_lsms();
    const auto has = [&](std::string_view lsm) {
        return std::find(facts.lsms.begin(), facts.lsms.end(), lsm) != facts.lsms.end();
    };
    facts.apparmor = has("apparmor");
    facts.selinux = has("selinux");
    facts.personality = sys::current_personality();
    facts.cgroups = probe_cgroup_layout();
    return facts;
}

} // namespace lxcpp
