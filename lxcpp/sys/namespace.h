// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace lxcpp::sys {

// One row a namespace: LXC's word (as in /proc/PID/ns and lxc.namespace.*), attach's -s word, clone
// flag.
struct NamespaceType {
    std::string_view name;        // "mnt"
    std::string_view attach_name; // "MOUNT"
    std::uint64_t flag;           // CLONE_NEWNS
};
extern const std::array<NamespaceType, 8> kNamespaces; // user mnt pid uts ipc net cgroup time
[[nodiscard]] const NamespaceType* find_namespace(std::string_view name) noexcept;

[[nodiscard]] std::optional<Fd> open_namespace(pid_t pid, std::string_view name);
// setns(2) with one namespace descriptor, or all of flags from a pidfd.
void enter_namespace(FdRef fd, std::uint64_t flags);
void unshare_namespaces(std::uint64_t flags);
[[nodiscard]] bool is_namespace(FdRef fd, std::uint64_t flag); // of that kind; false for any other file
[[nodiscard]] bool is_same_namespace(FdRef one, FdRef other);
// The user namespace that a namespace belongs to, and of a user namespace the one around it; nullopt when it is not ours
// or one below ours. Throws SystemError.
[[nodiscard]] std::optional<Fd> user_namespace_of(FdRef of_another_kind);
[[nodiscard]] std::optional<Fd> user_namespace_around(FdRef user_namespace);
// A process-less user namespace with these maps ("inside outside count" lines), kept by its
// descriptor.
[[nodiscard]] Fd make_user_namespace(const std::string& uid_map, const std::string& gid_map);
// With those that write_maps writes of the process it is given, which exists until it returns. For
// newuidmap and newgidmap.
[[nodiscard]] Fd make_user_namespace(const std::function<void(pid_t)>& write_maps);

} // namespace lxcpp::sys
