// SPDX-License-Identifier: Apache-2.0
#include "network/dnsmasq.h"

#include "base/one_line.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <fmt/format.h>

namespace lxcpp {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kStartPatience{10};
constexpr std::chrono::seconds kEndPatience{5};

std::string conf_argument(const BridgeFiles& files) {
    return "--conf-file=" + files.dnsmasq_conf().string();
}

struct Account {
    std::string name;
    std::string gid;
};

std::optional<Account> account(std::string_view name) {
    const std::string text = sys::read_file_if_exists("/etc/passwd").value_or("");
    for (const std::string_view line : split_lines(text)) {
        const auto fields = split(line, ':');
        if (fields.size() > 3 && fields[0] == name)
            return Account{std::string(name), std::string(fields[3])};
    }
    return std::nullopt;
}

std::string group_name(std::string_view gid) {
    const std::string text = sys::read_file_if_exists("/etc/group").value_or("");
    for (const std::string_view line : split_lines(text)) {
        const auto fields = split(line, ':');
        if (fields.size() > 2 && fields[2] == gid) return std::string(fields[0]);
    }
    return "nogroup";
}

// "PID/ns/net" of another process may be gone already.
bool in_our_network(pid_t pid) {
    const auto theirs = sys::read_link(fmt::format("/proc/{}/ns/net", pid));
    return theirs && theirs == sys::read_link("/proc/self/ns/net");
}

// A process of that number, which may be another's by now.
bool is_of_bridge(const BridgeFiles& files, pid_t pid) {
    const auto command = sys::read_file_if_exists(fmt::format("/proc/{}/cmdline", pid));
    if (!command) return false;
    return std::ranges::count(split(*command, '\0'), conf_argument(files)) != 0 && in_our_network(pid);
}

// Of the bridge, without a file that tells its number: somebody has removed the records.
std::optional<pid_t> lost_dnsmasq(const BridgeFiles& files) {
    for (const std::string& name : sys::list_dir("/proc")) {
        const auto pid = parse_u64(name);
        if (!pid || trim(sys::read_file_if_exists("/proc/" + name + "/comm").value_or("")) != "dnsmasq") continue;
        if (is_of_bridge(files, static_cast<pid_t>(*pid))) return static_cast<pid_t>(*pid);
    }
    return std::nullopt;
}

std::filesystem::path require_dnsmasq() {
    if (const auto program = host_program("dnsmasq")) return *program;
    throw Error("dnsmasq is not installed, and containers get their addresses and names from it: "
                "apt-get install dnsmasq-base");
}

// It goes into the background by itself once it serves; what keeps it from that is on its standard
// error.
void start(const BridgeFiles& files) {
    sys::SpawnOptions options;
    options.argv = {"dnsmasq", conf_argument(files)};
    options.program = require_dnsmasq().string();
    const sys::RunResult result = sys::run_and_capture(options, kStartPatience);
    if (result.status == sys::ExitStatus{}) return;
    std::string why = one_line(result.output);
    if (why.find("in use") != why.npos)
        why += "; another name server of the host listens on all addresses (bind-interfaces in its "
               "configuration)";
    throw Error(
        fmt::format("start dnsmasq: {}",
                    why.empty() ? fmt::format("exit code {}", result.status.shell_code()) : why));
}

// A file of the administrator that has changed makes it another configuration.
std::string wanted_configuration(const BridgeSettings& settings, const BridgeFiles& files) {
    std::string text = dnsmasq_configuration(settings, files, dnsmasq_user());
    if (!settings.dnsmasq_file.empty()) {
        const std::string more = sys::read_file_if_exists(settings.dnsmasq_file).value_or("");
        text += fmt::format("# {} as of {}\n", settings.dnsmasq_file, sha256_hex(more));
    }
    return text;
}

bool is_configured_so(const BridgeFiles& files, const std::string& text) {
    return sys::read_file_if_exists(files.dnsmasq_conf()) == text;
}

// What was there before comes back when the new one does not start.
void exchange(const BridgeFiles& files, const std::string& text, bool ran) {
    const auto before = sys::read_file_if_exists(files.dnsmasq_conf());
    sys::write_file_atomic(files.dnsmasq_conf(), text, 0644);
    try {
        start(files);
    } catch (const Error&) {
        if (before && ran) {
            sys::write_file_atomic(files.dnsmasq_conf(), *before, 0644);
            start(files);
        }
        throw;
    }
}

} // namespace

std::optional<std::filesystem::path> host_program(std::string_view name) {
    for (const char* directory :
         {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}) {
        const std::filesystem::path path = std::filesystem::path(directory) / name;
        if (sys::exists(path)) return path;
    }
    return std::nullopt;
}

DnsmasqUser dnsmasq_user() {
    for (const char* name : {"dnsmasq", "nobody"}) {
        if (const auto found = account(name)) return {found->name, group_name(found->gid)};
    }
    throw Error("there is neither a user dnsmasq nor nobody for dnsmasq to run as");
}

void make_dnsmasq_files(const BridgeFiles& files, const DnsmasqUser& user) {
    const std::string text = sys::read_file_if_exists("/etc/group").value_or("");
    gid_t gid = 0;
    for (const std::string_view line : split_lines(text)) {
        const auto fields = split(line, ':');
        if (fields.size() > 2 && fields[0] == user.group)
            gid = static_cast<gid_t>(parse_u64(fields[2]).value_or(0));
    }
    // The names of containers are nobody else's business.
    sys::make_dirs(files.state.parent_path().parent_path(), 0711);
    for (const auto& path : {files.state.parent_path(), files.state}) {
        sys::make_dirs(path, 0750);
        sys::chown(path, 0, gid);
        sys::chmod(path, 0750);
    }
    for (const auto& path : {files.addresses(), files.dhcp_hosts(), files.names()})
        sys::make_dirs(path, 0755);
}

std::optional<pid_t> running_dnsmasq(const BridgeFiles& files) {
    // dnsmasq gives the file to its own user. Whatever that writes there, only a dnsmasq of this
    // bridge is believed.
    const auto file = sys::try_open_file(files.dnsmasq_pid(), {.follow = false, .nonblock = true});
    const auto text =
        file ? std::optional(sys::read_all(*file, "dnsmasq's process number", 64)) : std::nullopt;
    const auto pid = text ? parse_u64(trim(*text)) : std::nullopt;
    if (!pid || *pid == 0 || *pid > 0x7fff'ffff) return std::nullopt;
    if (!is_of_bridge(files, static_cast<pid_t>(*pid))) return std::nullopt;
    return static_cast<pid_t>(*pid);
}

void check_dnsmasq(const BridgeSettings& settings, const BridgeFiles& files) {
    const std::string text = wanted_configuration(settings, files);
    if (is_configured_so(files, text) && running_dnsmasq(files)) return;
    const std::filesystem::path draft = files.dnsmasq_conf().string() + ".draft";
    sys::write_file_atomic(draft, text, 0644);
    sys::SpawnOptions options;
    options.argv = {"dnsmasq", "--test", "--conf-file=" + draft.string()};
    options.program = require_dnsmasq().string();
    const sys::RunResult result = sys::run_and_capture(options, kStartPatience);
    sys::remove_file(draft);
    if (result.status == sys::ExitStatus{}) return;
    const std::string why = one_line(result.output);
    if (settings.dnsmasq_file.empty()) throw Error(fmt::format("dnsmasq refuses: {}", why));
    throw Error(fmt::format("dnsmasq.file = {}: dnsmasq refuses it, and nothing was changed: {}",
                            settings.dnsmasq_file, why));
}

bool ensure_dnsmasq(const BridgeSettings& settings, const BridgeFiles& files) {
    make_dnsmasq_files(files, dnsmasq_user());
    const std::string text = wanted_configuration(settings, files);
    const bool runs = running_dnsmasq(files).has_value();
    if (runs && is_configured_so(files, text)) return false;
    stop_dnsmasq(files);
    exchange(files, text, runs);
    return true;
}

void stop_dnsmasq(const BridgeFiles& files) {
    auto pid = running_dnsmasq(files);
    if (!pid) pid = lost_dnsmasq(files);
    const auto process = pid ? sys::open_pidfd(*pid) : std::nullopt;
    if (process && is_of_bridge(files, *pid) && sys::try_send_signal(*process, SIGTERM) == 0 &&
        !sys::wait_exited(*process, kEndPatience)) {
        (void)sys::try_send_signal(*process, SIGKILL);
        (void)sys::wait_exited(*process, kEndPatience);
    }
    sys::remove_file(files.dnsmasq_pid());
}

void restart_dnsmasq(const BridgeFiles& files) {
    start(files);
}

void reload_dnsmasq(const BridgeFiles& files) {
    const auto pid = running_dnsmasq(files);
    const auto process = pid ? sys::open_pidfd(*pid) : std::nullopt;
    if (process && running_dnsmasq(files) == pid) (void)sys::try_send_signal(*process, SIGHUP);
}

} // namespace lxcpp
