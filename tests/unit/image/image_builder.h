// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/file.h"
#include "tar_builder.h"

#include <filesystem>
#include <string>

// Archives as image servers have them, to be spoilt by tests.
namespace lxcpp::image {

inline constexpr const char* kSomeMetadata = R"(architecture: x86_64
creation_date: 1700000000
expiry_date: 1800000000
properties:
  os: Debian
  release: bookworm
  variant: default
  serial: "20231114_05:24"
  description: Debian bookworm
  requirements.cgroup: v2
templates:
  /etc/hostname:
    when: [create, copy]
    template: hostname.tpl
  /etc/hosts:
    when:
      - create
    template: hosts.tpl
    create_only: true
    uid: "3"
    gid: 4
    mode: "0600"
    properties: {who: me}
)";

inline std::string incus_members(const std::string& metadata) {
    return tar_member({.name = "metadata.yaml", .data = metadata}) + tar_member({.name = "templates/", .type = '5'}) +
           tar_member({.name = "templates/hostname.tpl", .data = "{{ container.name }}\n"}) +
           tar_member({.name = "templates/hosts.tpl", .data = "127.0.1.1 {{ container.name }}\n"});
}

inline std::string incus_archive(const std::string& metadata = kSomeMetadata) { return incus_members(metadata) + tar_end(); }

inline std::string root_members(const std::string& below = "./") {
    return tar_member({.name = below, .type = '5', .mode = "0000755"}) + tar_member({.name = below + "etc/", .type = '5', .mode = "0000755"}) +
           tar_member({.name = below + "etc/motd", .data = "welcome\n"}) +
           tar_member({.name = below + "etc/issue", .type = '1', .link = below + "etc/motd"}) +
           tar_member({.name = below + "dev/", .type = '5', .mode = "0000755"}) + tar_member({.name = below + "dev/stray", .data = "x"});
}

inline std::string root_archive() { return root_members() + tar_end(); }

inline std::string combined_archive() { return incus_members(kSomeMetadata) + root_members("rootfs/") + tar_end(); }

// A file of that content, open at its beginning.
inline Fd file_of(const std::filesystem::path& path, const std::string& content) {
    sys::write_file_atomic(path, content);
    return sys::open_file(path);
}

} // namespace lxcpp::image
