// SPDX-License-Identifier: Apache-2.0
#include "container/halt_signal.h"

#include "base/strings.h"
#include "config/application.h"
#include "sys/file.h"

#include <charconv>
#include <csignal>

namespace lxcpp {
namespace {

constexpr int kSystemdHalt = 37;   // SIGRTMIN+3; the C library keeps the first two for itself
constexpr int kSystemdReboot = 39; // SIGRTMIN+5

std::uint64_t mask_of(std::string_view status, std::string_view field) {
    for (const std::string_view line : split_lines(status)) {
        if (!line.starts_with(field)) continue;
        const std::string_view digits = trim(line.substr(field.size()));
        std::uint64_t mask = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), mask, 16);
        return mask;
    }
    return 0;
}

bool is_systemd(pid_t init) {
    // Early in its boot systemd has not blocked its signals yet; its name tells as well.
    const auto program = sys::read_link("/proc/" + std::to_string(init) + "/exe");
    if (program && program->ends_with("/systemd")) return true;
    const auto status = sys::read_file_if_exists("/proc/" + std::to_string(init) + "/status");
    return status && waits_for_systemd_signals(*status);
}

} // namespace

bool waits_for_systemd_signals(std::string_view status) {
    const std::uint64_t waiting = mask_of(status, "SigBlk:") | mask_of(status, "SigCgt:");
    return (waiting >> (kSystemdHalt - 1) & 1) != 0;
}

int halt_signal(const Config& config, pid_t init) {
    if (config.signals.halt) return *config.signals.halt;
    return is_systemd(init) ? kSystemdHalt : SIGPWR;
}

int reboot_signal(const Config& config, pid_t init) {
    if (config.signals.reboot) return *config.signals.reboot;
    if (is_application(config)) return halt_signal(config, init); // there is nobody in it who would know of reboots
    return is_systemd(init) ? kSystemdReboot : SIGINT;
}

} // namespace lxcpp
