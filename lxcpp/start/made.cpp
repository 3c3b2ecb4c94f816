// SPDX-License-Identifier: Apache-2.0
#include "start/made.h"

#include "base/strings.h"
#include "sys/file.h"
#include "sys/own_file.h"

#include <fmt/core.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace lxcpp {
namespace {

constexpr std::string_view kPayload = "payload ";
constexpr std::string_view kOther = "other ";
constexpr std::string_view kMount = "mount ";
constexpr std::string_view kNic = "nic ";
constexpr std::string_view kInit = "init ";

void append(std::string& text, std::string_view kind, const std::filesystem::path& path) {
    text += kind;
    text += path.native();
    text += '\n';
}

std::string print_init(const sys::ProcessId& init) {
    return fmt::format("{}{} {} {}\n", kInit, init.pid, init.start_time, init.boot_id);
}

// A number that does not fit would be another process, or all of them.
std::optional<sys::ProcessId> parse_init(std::string_view text) {
    const auto words = split_words(text);
    if (words.size() != 3) return std::nullopt;
    const auto pid = parse_u64(words[0]);
    const auto start = parse_u64(words[1]);
    if (!pid || *pid <= 1 || *pid > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max()) || !start) return std::nullopt;
    return sys::ProcessId{static_cast<pid_t>(*pid), *start, std::string(words[2])};
}

} // namespace

void save_made(const std::filesystem::path& runtime, const Made& made) {
    std::string text;
    for (const std::filesystem::path& group : made.payload) append(text, kPayload, group);
    for (const std::filesystem::path& group : made.others) append(text, kOther, group);
    if (!made.shared_mount.empty()) append(text, kMount, made.shared_mount);
    for (const NicRecord& nic : made.nics) text += std::string(kNic) + print_record(nic) + '\n';
    if (made.init) text += print_init(*made.init);
    sys::write_file_atomic(runtime / "made", text, 0600);
}

void note_init(const std::filesystem::path& runtime, const sys::ProcessId& init) {
    const Fd file = sys::open_file(runtime / "made", {.access = sys::Access::Append, .create = true, .follow = false, .mode = 0600});
    sys::write_all(file, print_init(init), "the container's first process");
}

Made load_made(const std::filesystem::path& runtime) {
    Made made;
    const auto text = sys::read_own_file_if_exists(runtime / "made", 1u << 20);
    if (!text) return made;
    std::string_view rest = *text;
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        if (line.starts_with(kPayload)) made.payload.emplace_back(line.substr(kPayload.size()));
        if (line.starts_with(kOther)) made.others.emplace_back(line.substr(kOther.size()));
        if (line.starts_with(kNic)) {
            if (auto record = parse_record(line.substr(kNic.size()))) made.nics.push_back(std::move(*record));
        }
        if (line.starts_with(kInit)) made.init = parse_init(line.substr(kInit.size()));
        if (line.starts_with(kMount)) made.shared_mount = line.substr(kMount.size());
    }
    return made;
}

} // namespace lxcpp
