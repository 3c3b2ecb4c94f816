// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/cgroup_layout.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

// dirs are the payload's groups, one per hierarchy. A value that this host does not count is empty.
namespace lxcpp {

struct CgroupStats {
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> memory_limit_bytes; // empty also when unlimited
    std::optional<std::uint64_t> swap_bytes;
    std::optional<std::uint64_t> kernel_memory_bytes;
    std::optional<std::uint64_t> cpu_nanoseconds;
    std::optional<std::uint64_t> block_io_bytes; // read + written
    std::optional<std::uint64_t> pids;
    bool operator==(const CgroupStats&) const = default;
};

[[nodiscard]] CgroupStats read_cgroup_stats(const CgroupLayout& layout,
                                            std::span<const std::filesystem::path> dirs);

// Memory of many payloads: which file to read is decided once; then one open and read each.
class MemoryMeter {
public:
    explicit MemoryMeter(const CgroupLayout& layout);
    [[nodiscard]] std::optional<std::uint64_t> usage(std::span<const std::filesystem::path> dirs) const;
    [[nodiscard]] std::optional<std::uint64_t> swap(std::span<const std::filesystem::path> dirs) const;
    // usage() of each; same order.
    [[nodiscard]] std::vector<std::optional<std::uint64_t>>
    usage_of_all(std::span<const std::vector<std::filesystem::path>> payloads) const;

private:
    [[nodiscard]] std::optional<std::uint64_t> read(std::span<const std::filesystem::path> dirs,
                                                    const std::string& file) const;

    std::string prefix_; // mountpoint of the hierarchy that counts memory, with '/'; empty = none
    int version_ = 0;
};

} // namespace lxcpp
