// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/export.h>
#include <lxcpp/state.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace lxcpp {

// What a listing is to contain beside names and states; each costs reads.
struct ListColumns {
    bool memory = false;
    bool swap = false;
    bool addresses = false;
    bool configuration = false; // autostart, groups, unprivileged
    bool elsewhere = true;      // whether somebody with another runtime directory runs what does not run here
};

struct ListEntry {
    std::string name;
    bool defined = true; // false: runs without a configuration on disk
    State state = State::Stopped;
    std::optional<pid_t> pid;
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> swap_bytes;
    bool autostart = false;
    std::vector<std::string> groups;
    std::vector<std::string> interfaces;
    std::vector<std::string> ipv4;
    std::vector<std::string> ipv6;
    bool unprivileged = false;
    std::string broken; // "config:3: ..." when its configuration does not load
};

// The containers of one directory.
class LXCPP_API Manager {
public:
    explicit Manager(std::filesystem::path lxcpath = {});
    [[nodiscard]] const std::filesystem::path& lxcpath() const noexcept { return lxcpath_; }
    // Sorted by name. Containers whose configuration is broken are listed too.
    [[nodiscard]] std::vector<ListEntry> list(const ListColumns& columns) const;
    [[nodiscard]] std::vector<std::string> names() const; // of defined containers

private:
    std::filesystem::path lxcpath_;
};

} // namespace lxcpp
