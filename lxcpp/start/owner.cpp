// SPDX-License-Identifier: Apache-2.0
#include "start/owner.h"

#include "base/log.h"
#include "base/strings.h"
#include "sys/file.h"
#include "sys/own_file.h"

#include <fmt/core.h>

#include <csignal>
#include <cstdint>
#include <limits>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr std::string_view kLauncher = "launcher";
constexpr std::string_view kStarter = "starter";
constexpr std::size_t kMaxOwner = 4096;

} // namespace

void save_owner(const std::filesystem::path& runtime, OwnerKind kind) {
    const pid_t pid = ::getpid();
    const std::string text = fmt::format("{} {} {} {}\n", kind == OwnerKind::Launcher ? kLauncher : kStarter, pid,
                                         sys::start_time(pid).value_or(0), sys::boot_id());
    sys::write_file_atomic(runtime / "owner", text, 0600);
}

std::optional<RuntimeOwner> load_owner(const std::filesystem::path& runtime) {
    const auto text = sys::read_own_file_if_exists(runtime / "owner", kMaxOwner);
    if (!text) return std::nullopt;
    const auto words = split_words(trim(*text));
    if (words.size() != 4 || (words[0] != kLauncher && words[0] != kStarter)) return std::nullopt;
    const auto pid = parse_u64(words[1]);
    const auto start = parse_u64(words[2]);
    // What does not fit would be another process, and 0 or below it a group of processes or all of them.
    if (!pid || *pid == 0 || *pid > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max()) || !start) {
        return std::nullopt;
    }
    return RuntimeOwner{words[0] == kLauncher ? OwnerKind::Launcher : OwnerKind::Starter,
                        {static_cast<pid_t>(*pid), *start, std::string(words[3])}};
}

bool is_owned(const std::filesystem::path& runtime) {
    const auto owner = load_owner(runtime);
    return owner && sys::is_working(owner->process, sys::boot_id());
}

bool keep_owner_going(const std::filesystem::path& runtime) {
    const auto owner = load_owner(runtime);
    if (!owner || !sys::is_working(owner->process, sys::boot_id())) return false;
    // A launcher is a tool at somebody's terminal, and theirs to stop.
    if (owner->kind != OwnerKind::Starter || !sys::is_stopped(owner->process)) return true;
    log::warn("process {}, in charge of {}, was stopped and is told to go on", owner->process.pid, runtime.string());
    if (const auto process = sys::open_pidfd(owner->process)) (void)sys::try_send_signal(*process, SIGCONT);
    return true;
}

} // namespace lxcpp
