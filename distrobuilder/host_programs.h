// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::distro {

// The programs of this machine, for sources that need them: a tree for a sandbox, with the machine's /usr (and what of /etc its
// programs need) as read-only mounts, and nothing else of the machine. /build and /rootfs in it are empty directories.
// Mounts, so it wants a mount namespace of our own; they end with it.
class HostPrograms {
public:
    // directory: an empty one of ours. host: the machine's root, another one for tests.
    explicit HostPrograms(const std::filesystem::path& directory, const std::filesystem::path& host = "/");
    HostPrograms(const HostPrograms&) = delete;
    HostPrograms& operator=(const HostPrograms&) = delete;
    ~HostPrograms();

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    // For what runs in it.
    [[nodiscard]] static std::vector<std::string> environment();

private:
    void add_usr();
    void add_linked_directory(const std::string& name);
    void add(const std::string& name);          // a link of the machine as it is, a directory as a mount
    void show(const std::filesystem::path& source, const std::filesystem::path& target);
    void remove() noexcept;

    std::filesystem::path path_;
    std::filesystem::path host_;
    std::vector<std::filesystem::path> mounted_;
};

// The variables of our environment by which programs find their way to servers (http_proxy and its like), added to environment
// where that does not say otherwise.
[[nodiscard]] std::vector<std::string> with_proxies(std::vector<std::string> environment);

// Whether the machine has a program, as those in the tree find it. host as above.
[[nodiscard]] bool host_has_program(std::string_view name, const std::filesystem::path& host = "/");

} // namespace lxcpp::distro
