// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/contained.h"
#include "debian/keys.h"
#include "sys/rooted_dir.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::debian {

// Takes away what must not be shared by copies of a freshly installed tree (machine id, host keys,
// logs, package files) and sets what is the same for all containers: locale, fstab, network by DHCP.
void finish_base(const sys::RootedDir& root);

// What apt in the guest is told.
struct GuestSources {
    std::string mirror;
    std::string codename;
    std::vector<std::string> components;
    bool updates = false;                // CODENAME-updates exists on the mirror
    std::optional<std::string> security; // URL of the mirror with CODENAME-security
    std::string signed_by;               // path inside the guest
    bool allow_expired = false;          // the mirror is known to be a frozen one
};
[[nodiscard]] std::string format_sources(const GuestSources& sources);

struct GuestSettings {
    std::string name;
    GuestSources sources;
    std::optional<std::string> keyring;  // content for sources.signed_by
    std::optional<std::string> auth_key; // content of a further key,
    KeyKind auth_kind = KeyKind::OpenPgp; // which apt trusts too, or may log in as root
};

// Makes a copy of the base tree this container's own: name, hosts, apt sources, ssh host keys.
void personalize(const sys::RootedDir& root, const GuestSettings& settings);
// New host keys, made inside the guest, when it has an ssh server.
void make_ssh_keys(const std::filesystem::path& rootfs, const sys::RootedDir& root,
                   const RunContained& run, const std::filesystem::path& log);

} // namespace lxcpp::debian
