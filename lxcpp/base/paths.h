// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace lxcpp {

// Where things live. Defaults for root: /etc/lxcpp, /var/lib/lxcpp (also the default lxcpath),
// /var/cache/lxcpp, /run/lxcpp, /var/log/lxcpp and the install prefix; for users the XDG ones.
// Each can be moved with an environment variable: LXCPP_CONFIG_DIR, LXCPP_STATE_DIR,
// LXCPP_CACHE_DIR, LXCPP_RUNTIME_DIR, LXCPP_LOG_DIR, LXCPP_LIBEXEC_DIR, LXCPP_DATA_DIR,
// LXCPP_ROOTFS_MOUNT (ignored when the program runs setuid).
struct Paths {
    std::filesystem::path config; // default.conf, lxcpp.conf
    std::filesystem::path state;  // inventory.db; default lxcpath
    std::filesystem::path cache;
    std::filesystem::path runtime; // sockets, locks, state of running containers; 0700
    std::filesystem::path log;
    std::filesystem::path libexec;      // lxcpp-supervisor, lxcpp-cleanup, lxcpp-init
    std::filesystem::path data;         // share/lxcpp: config/, templates/, keyrings/
    std::filesystem::path rootfs_mount; // empty directory on which a rootfs is staged
};

[[nodiscard]] Paths default_paths();

// <runtime>/<16 hex digits of the lxcpath>/<name>
[[nodiscard]] std::filesystem::path
runtime_dir(const Paths& paths, const std::filesystem::path& lxcpath, std::string_view name);

// What excludes two commands that change one container: held with sys::FileLock.
[[nodiscard]] std::filesystem::path container_lock_file(const Paths& paths,
                                                        const std::filesystem::path& lxcpath,
                                                        std::string_view name);

// Accepts 1..64 bytes of [A-Za-z0-9._-] that begin with a letter, a digit or '_'. Throws Error that
// names the rule broken. Every name that comes from outside passes here before it is part of a
// path.
void check_container_name(std::string_view name);

} // namespace lxcpp
