// SPDX-License-Identifier: Apache-2.0
#include "base/paths.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <cstdlib>
#include <unistd.h>

namespace lxcpp {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxNameLength = 64;

// secure_getenv(3): nothing from the environment counts when the program runs with raised rights.
const char* variable(const char* name) noexcept {
    const char* value = ::secure_getenv(name);
    return value != nullptr && *value != '\0' ? value : nullptr;
}

fs::path home() {
    const char* value = variable("HOME");
    if (value == nullptr || *value != '/') {
        throw Error("HOME is not set to an absolute path: lxcpp needs it to find your containers");
    }
    return value;
}

// The XDG base directory specification: relative values are to be ignored.
fs::path xdg(const char* name, const char* below_home) {
    const char* value = variable(name);
    if (value != nullptr && *value == '/') return fs::path(value) / "lxcpp";
    return home() / below_home / "lxcpp";
}

fs::path user_runtime() {
    const char* value = variable("XDG_RUNTIME_DIR");
    // It may be another user's (su), or that of a login which is over.
    if (value != nullptr && *value == '/' && ::access(value, W_OK | X_OK) == 0) return fs::path(value) / "lxcpp";
    const fs::path login = fmt::format("/run/user/{}", ::geteuid());
    if (::access(login.c_str(), W_OK) == 0) return login / "lxcpp";
    return home() / ".cache/lxcpp/run";
}

Paths root_paths() {
    Paths paths;
    paths.config = "/etc/lxcpp";
    paths.state = "/var/lib/lxcpp";
    paths.cache = "/var/cache/lxcpp";
    paths.runtime = "/run/lxcpp";
    paths.log = "/var/log/lxcpp";
    return paths;
}

Paths user_paths() {
    Paths paths;
    paths.config = xdg("XDG_CONFIG_HOME", ".config");
    paths.state = xdg("XDG_DATA_HOME", ".local/share");
    paths.cache = xdg("XDG_CACHE_HOME", ".cache");
    paths.runtime = user_runtime();
    paths.log = xdg("XDG_STATE_HOME", ".local/state");
    return paths;
}

void override_with(fs::path& path, const char* name) {
    const char* value = variable(name);
    if (value == nullptr) return;
    if (*value != '/') {
        throw Error(fmt::format("{} must be an absolute path, not \"{}\"", name, printable(value)));
    }
    path = value;
}

bool is_alphanumeric(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

Paths default_paths() {
    Paths paths = ::geteuid() == 0 ? root_paths() : user_paths();
    paths.libexec = LXCPP_PREFIX_LIBEXEC;
    paths.data = LXCPP_PREFIX_DATA;
    paths.rootfs_mount = fs::path(LXCPP_PREFIX_LIB) / "rootfs";
    override_with(paths.config, "LXCPP_CONFIG_DIR");
    override_with(paths.state, "LXCPP_STATE_DIR");
    override_with(paths.cache, "LXCPP_CACHE_DIR");
    override_with(paths.runtime, "LXCPP_RUNTIME_DIR");
    override_with(paths.log, "LXCPP_LOG_DIR");
    override_with(paths.libexec, "LXCPP_LIBEXEC_DIR");
    override_with(paths.data, "LXCPP_DATA_DIR");
    override_with(paths.rootfs_mount, "LXCPP_ROOTFS_MOUNT");
    return paths;
}

fs::path runtime_dir(const Paths& paths, const fs::path& lxcpath, std::string_view name) {
    // "/x" and "/x/" are one lxcpath.
    std::string normal = lxcpath.lexically_normal().string();
    while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
    return paths.runtime / fmt::format("{:016x}", fnv1a(normal)) / name;
}

fs::path container_lock_file(const Paths& paths, const fs::path& lxcpath, std::string_view name) {
    return runtime_dir(paths, lxcpath, name).parent_path() / fmt::format(".{}.lock", name);
}

void check_container_name(std::string_view name) {
    const auto refuse = [name](std::string_view rule) {
        throw Error(fmt::format("\"{}\" is not a container name: {}",
                                printable(name.substr(0, kMaxNameLength)), rule));
    };
    if (name.empty()) refuse("it is empty");
    if (name.size() > kMaxNameLength)
        refuse(fmt::format("it is longer than {} bytes", kMaxNameLength));
    if (!is_alphanumeric(name.front()) && name.front() != '_') {
        refuse("it must begin with a letter, a digit or '_'");
    }
    for (const char c : name) {
        if (!is_alphanumeric(c) && c != '.' && c != '_' && c != '-') {
            refuse("only letters, digits, '.', '_' and '-' are allowed");
        }
    }
}

} // namespace lxcpp
