// SPDX-License-Identifier: Apache-2.0
#include "cgroup/stats.h"

#include "base/strings.h"
#include "cgroup/locate.h"
#include "cgroup/wait.h"
#include "sys/file.h"

#include <array>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;
using Number = std::optional<std::uint64_t>;

// v1 says "no limit" with the largest multiple of a page.
constexpr std::uint64_t kNoLimit = 0x7fff'ffff'ffff'0000;

// The payload's group for a controller, in whichever version manages it.
class Source {
public:
    Source(const CgroupLayout& layout, std::span<const fs::path> dirs, std::string_view v1,
           std::string_view v2) {
        const Hierarchy* hierarchy = layout.with(v1);
        if (hierarchy == nullptr) hierarchy = layout.with(v2);
        if (hierarchy == nullptr) return;
        version_ = hierarchy->version;
        group_ = group_in(*hierarchy, dirs);
    }

    [[nodiscard]] bool v1() const noexcept { return version_ == 1; }

    [[nodiscard]] std::optional<std::string> text(const char* file) const {
        if (group_ == nullptr) return std::nullopt;
        return sys::read_file_if_exists(*group_ / file);
    }

    [[nodiscard]] Number number(const char* v1_file, const char* v2_file) const {
        const auto content = text(v1() ? v1_file : v2_file);
        return content ? parse_u64(trim(*content)) : std::nullopt;
    }

private:
    const fs::path* group_ = nullptr;
    int version_ = 0;
};

Number value_of(const std::optional<std::string>& text, std::string_view key) {
    return text ? parse_u64(flat_value(*text, key)) : std::nullopt;
}

Number limit_of(const Source& memory) {
    const Number limit = memory.number("memory.limit_in_bytes", "memory.max"); // "max" is no number
    return limit && *limit < kNoLimit ? limit : std::nullopt;
}

Number swap_of(const Source& memory, Number usage) {
    if (!memory.v1()) return memory.number("", "memory.swap.current");
    const Number both = memory.number("memory.memsw.usage_in_bytes", "");
    if (!both || !usage) return std::nullopt;
    return *both > *usage ? *both - *usage : 0; // two reads, not one moment
}

Number kernel_memory_of(const Source& memory) {
    if (memory.v1()) return memory.number("memory.kmem.usage_in_bytes", "");
    return value_of(memory.text("memory.stat"), "kernel");
}

// v2 counts processor time without the controller too.
Number cpu_of(const CgroupLayout& layout, std::span<const fs::path> dirs) {
    const Source v1(layout, dirs, "cpuacct", "cpu");
    if (v1.v1()) return v1.number("cpuacct.usage", "");
    const Hierarchy* unified = layout.unified();
    const fs::path* group = unified == nullptr ? nullptr : group_in(*unified, dirs);
    if (group == nullptr) return std::nullopt;
    const Number microseconds = value_of(sys::read_file_if_exists(*group / "cpu.stat"), "usage_usec");
    if (!microseconds) return std::nullopt;
    return *microseconds * 1000;
}

Number field(std::string_view line, std::string_view name) {
    for (const std::string_view word : split_words(line)) {
        if (word.starts_with(name)) return parse_u64(word.substr(name.size()));
    }
    return std::nullopt;
}

Number block_io_v2(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    std::uint64_t total = 0;
    for (const std::string_view line : split_lines(*text)) {
        total += field(line, "rbytes=").value_or(0) + field(line, "wbytes=").value_or(0);
    }
    return total;
}

Number block_io_of(const Source& blkio) {
    if (!blkio.v1()) return block_io_v2(blkio.text("io.stat"));
    // The recursive file counts what the payload's own groups did too.
    constexpr std::array kFiles = {"blkio.throttle.io_service_bytes_recursive",
                                   "blkio.throttle.io_service_bytes"};
    for (const char* file : kFiles) {
        if (const Number total = value_of(blkio.text(file), "Total")) return total;
    }
    return std::nullopt;
}

} // namespace

CgroupStats read_cgroup_stats(const CgroupLayout& layout, std::span<const fs::path> dirs) {
    const Source memory(layout, dirs, "memory", "memory");
    CgroupStats stats;
    stats.memory_bytes = memory.number("memory.usage_in_bytes", "memory.current");
    stats.memory_limit_bytes = limit_of(memory);
    stats.swap_bytes = swap_of(memory, stats.memory_bytes);
    stats.kernel_memory_bytes = kernel_memory_of(memory);
    stats.cpu_nanoseconds = cpu_of(layout, dirs);
    stats.block_io_bytes = block_io_of(Source(layout, dirs, "blkio", "io"));
    stats.pids = Source(layout, dirs, "pids", "pids").number("pids.current", "pids.current");
    return stats;
}

MemoryMeter::MemoryMeter(const CgroupLayout& layout) {
    const Hierarchy* hierarchy = layout.with("memory");
    if (hierarchy == nullptr) return;
    prefix_ = hierarchy->mountpoint.native() + '/';
    version_ = hierarchy->version;
}

Number MemoryMeter::read(std::span<const fs::path> dirs, const std::string& file) const {
    if (prefix_.empty()) return std::nullopt;
    for (const fs::path& dir : dirs) {
        if (!dir.native().starts_with(prefix_)) continue;
        const auto text = sys::read_file_if_exists(dir / file, 64);
        return text ? parse_u64(trim(*text)) : std::nullopt;
    }
    return std::nullopt;
}

Number MemoryMeter::usage(std::span<const fs::path> dirs) const {
    return read(dirs, version_ == 1 ? "memory.usage_in_bytes" : "memory.current");
}

Number MemoryMeter::swap(std::span<const fs::path> dirs) const {
    if (version_ == 2) return read(dirs, "memory.swap.current");
    const Number both = read(dirs, "memory.memsw.usage_in_bytes");
    const Number memory = usage(dirs);
    if (!both || !memory) return std::nullopt;
    return *both > *memory ? *both - *memory : 0;
}

std::vector<Number> MemoryMeter::usage_of_all(std::span<const std::vector<fs::path>> payloads) const {
    std::vector<Number> all;
    all.reserve(payloads.size());
    for (const std::vector<fs::path>& dirs : payloads) all.push_back(usage(dirs));
    return all;
}

} // namespace lxcpp
