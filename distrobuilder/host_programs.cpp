// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/host_programs.h"

#include "base/log.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/core.h>
#include <sys/mount.h>
#include <sys/stat.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;

constexpr std::array kTop{"bin", "sbin", "lib", "lib32", "lib64", "libx32"};
// What programs are configured by, no secrets: which of several programs has a name, and whom to trust.
constexpr std::array kEtc{"etc/alternatives", "etc/ssl", "etc/pki", "etc/crypto-policies", "etc/ca-certificates"};
constexpr std::array kPrograms{"usr/bin", "usr/sbin", "bin", "sbin"};
constexpr std::array kProxies{"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"};
constexpr std::string_view kAccounts = "root:x:0:0:root:/root:/bin/sh\n";
constexpr std::string_view kGroups = "root:x:0:\n";

bool is_link(const fs::path& path) {
    const auto info = sys::stat_path(path, false);
    return info && S_ISLNK(info->st_mode);
}

bool leads_to_directory(const fs::path& path) {
    const auto info = sys::stat_path(path);
    return info && S_ISDIR(info->st_mode);
}

} // namespace

HostPrograms::HostPrograms(const fs::path& directory, const fs::path& host) : path_(directory), host_(host) {
    try {
        add_usr();
        for (const char* name : kTop) add(name);
        sys::make_dir(path_ / "etc", 0755);
        for (const char* name : kEtc) add(name);
        if (const auto cache = sys::read_file_if_exists(host_ / "etc/ld.so.cache")) sys::write_file_atomic(path_ / "etc/ld.so.cache", *cache);
        sys::write_file_atomic(path_ / "etc/passwd", kAccounts);
        sys::write_file_atomic(path_ / "etc/group", kGroups);
        for (const char* name : {"build", "dev", "proc", "root", "rootfs", "run", "sys", "tmp", "var"}) sys::make_dir(path_ / name, 0755);
        sys::make_dir(path_ / "var/tmp", 01777);
    } catch (...) {
        remove();
        throw;
    }
}

// A sandbox writes policy-rc.d beside the system's programs: those are links, in a directory of ours.
void HostPrograms::add_usr() {
    sys::make_dir(path_ / "usr", 0755);
    const auto link = sys::read_link(host_ / "usr/sbin");
    const std::string written = link ? fs::path(*link).filename().string() : "sbin";
    for (const std::string& name : sys::list_dir(host_ / "usr")) {
        if (name == written) add_linked_directory("usr/" + name);
        else if (name != "local" && name != "src" && name != "games") add("usr/" + name);
    }
}

void HostPrograms::add_linked_directory(const std::string& name) {
    const fs::path place(name);
    const std::string hidden = "." + place.filename().string();
    show(host_ / name, path_ / place.parent_path() / hidden);
    sys::make_dir(path_ / name, 0755);
    const auto links = sys::RootedDir::open(path_ / name);
    for (const std::string& program : sys::list_dir(host_ / name)) links.make_symlink(fmt::format("../{}/{}", hidden, program), program);
}

void HostPrograms::add(const std::string& name) {
    if (is_link(host_ / name)) {
        const auto directory = sys::RootedDir::open((path_ / name).parent_path());
        directory.make_symlink(sys::read_link(host_ / name).value(), fs::path(name).filename().string());
    } else if (leads_to_directory(host_ / name)) {
        show(host_ / name, path_ / name);
    }
}

void HostPrograms::show(const fs::path& source, const fs::path& target) {
    sys::make_dir(target, 0755);
    auto tree = sys::MountTree::clone(source, true);
    tree.set_attributes(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0, true);
    tree.attach(target);
    mounted_.push_back(target);
}

void HostPrograms::remove() noexcept {
    for (; !mounted_.empty(); mounted_.pop_back()) {
        try {
            sys::unmount(mounted_.back(), true);
        } catch (const Error& error) {
            log::warn("{}", error.what());
        }
    }
}

HostPrograms::~HostPrograms() { remove(); }

std::vector<std::string> HostPrograms::environment() {
    return {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/root", "SHELL=/bin/sh", "TERM=dumb", "LC_ALL=C", "LANG=C"};
}

std::vector<std::string> with_proxies(std::vector<std::string> environment) {
    for (const char* name : kProxies) {
        const char* value = std::getenv(name);
        const std::string start = fmt::format("{}=", name);
        const bool said = std::ranges::any_of(environment, [&](const std::string& entry) { return entry.starts_with(start); });
        if (value != nullptr && !said) environment.push_back(start + value);
    }
    return environment;
}

bool host_has_program(std::string_view name, const fs::path& host) {
    return std::ranges::any_of(kPrograms, [&](const char* directory) { return sys::exists(host / directory / name); });
}

} // namespace lxcpp::distro
