// SPDX-License-Identifier: Apache-2.0
#include "network/foreign_firewall.h"

#include "base/log.h"
#include "base/strings.h"
#include "network/dnsmasq.h"
#include "sys/file.h"
#include "sys/own_file.h"
#include "sys/pipe.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <chrono>
#include <fmt/format.h>

namespace lxcpp {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kLargestList = 64 << 20;

// What it prints, without its errors; "" when it is not installed or fails.
std::string output_of(std::string_view program, const std::vector<std::string>& arguments) {
    const auto path = host_program(program);
    if (!path) return "";
    sys::SpawnOptions options;
    options.argv = {std::string(program)};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.program = path->string();
    sys::Pipe pipe = sys::make_pipe();
    options.standard_output = pipe.write;
    const auto nothing = sys::open_file("/dev/null", {.access = sys::Access::Write});
    options.standard_error = nothing;
    sys::Child child = sys::spawn(options);
    pipe.write.reset();
    std::string output = sys::drain_pipe(pipe.read, kLargestList);
    const auto status = child.wait_for(kPatience);
    return status == sys::ExitStatus{} ? output : "";
}

bool succeeds(std::string_view program, const std::vector<std::string>& arguments) {
    const auto path = host_program(program);
    if (!path) return false;
    sys::SpawnOptions options;
    options.argv = {std::string(program)};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.program = path->string();
    const sys::RunResult result = sys::run_and_capture(options, kPatience);
    if (result.status != sys::ExitStatus{})
        log::info("{}: {}", join(options.argv, " "), printable(trim(result.output)));
    return result.status == sys::ExitStatus{};
}

// Asking iptables-legacy makes its tables; the list names those that there are.
std::string legacy_rules(std::string_view family) {
    const bool ipv6 = family == "ip6";
    const std::string names = sys::read_file_if_exists(ipv6 ? "/proc/self/net/ip6_tables_names"
                                                            : "/proc/self/net/ip_tables_names")
                                  .value_or("");
    if (names.find("filter") == names.npos) return "";
    return output_of(ipv6 ? "ip6tables-legacy" : "iptables-legacy", {"-w", "5", "-S"});
}

// A repair, as the words of a command that undoes it.
struct Repair {
    std::string program;
    std::vector<std::string> undo;
};

void note_repair(const BridgeFiles& files, const Repair& repair) {
    std::string text = sys::read_own_file_if_exists(files.repairs(), kLargestList).value_or("");
    std::string line = repair.program;
    for (const std::string& word : repair.undo) line += " " + word;
    line += "\n";
    if (text.find(line) == text.npos) sys::write_file_atomic(files.repairs(), text + line, 0600);
}

void repair_docker(const BridgeFiles& files, const Obstacle& obstacle, const std::string& bridge) {
    const std::string program =
        fmt::format("{}-{}", obstacle.family == "ip6" ? "ip6tables" : "iptables",
                    obstacle.legacy ? "legacy" : "nft");
    for (const char* direction : {"-i", "-o"}) {
        const auto arguments = [&](const char* action) {
            return std::vector<std::string>{"-w",      "5",    action, "DOCKER-USER",
                                            direction, bridge, "-j",   "ACCEPT"};
        };
        if (succeeds(program, arguments("-C"))) continue;
        note_repair(files, {program, arguments("-D")});
        (void)succeeds(program, arguments("-I"));
    }
}

void repair_firewalld(const BridgeFiles& files, const std::string& bridge) {
    note_repair(files, {"firewall-cmd", {"--zone=trusted", "--remove-interface=" + bridge}});
    (void)succeeds("firewall-cmd", {"--zone=trusted", "--add-interface=" + bridge});
}

} // namespace

std::vector<Obstacle> find_obstacles(std::string_view bridge) {
    std::vector<Obstacle> found = obstacles_in(output_of("nft", {"list", "ruleset"}), bridge);
    for (const char* family : {"ip", "ip6"}) {
        for (Obstacle& obstacle : obstacles_in_legacy(legacy_rules(family), family, bridge))
            found.push_back(std::move(obstacle));
    }
    return found;
}

bool others_forward(std::string_view bridge) {
    return others_forward(output_of("nft", {"list", "ruleset"}), bridge) ||
           !legacy_rules("ip").empty();
}

std::vector<Obstacle> repair_obstacles(const BridgeFiles& files, std::string_view bridge) {
    bool repaired = false;
    std::vector<Obstacle> found = find_obstacles(bridge);
    for (const Obstacle& obstacle : found) {
        if (obstacle.passes) continue;
        if (obstacle.owner == Firewall::Docker && obstacle.hook == "forward") {
            repair_docker(files, obstacle, std::string(bridge));
            repaired = true;
        } else if (obstacle.owner == Firewall::Firewalld) {
            repair_firewalld(files, std::string(bridge));
            repaired = true;
        }
    }
    if (repaired) found = find_obstacles(bridge);
    std::erase_if(found, [](const Obstacle& obstacle) { return obstacle.passes; });
    return found;
}

void undo_repairs(const BridgeFiles& files) {
    const std::string text =
        sys::read_own_file_if_exists(files.repairs(), kLargestList).value_or("");
    for (const std::string_view line : split_lines(text)) {
        std::vector<std::string> words;
        for (const std::string_view word : split_words(line)) words.emplace_back(word);
        if (words.empty()) continue;
        const std::string program = words.front();
        words.erase(words.begin());
        (void)succeeds(program, words);
    }
    sys::remove_file(files.repairs());
}

} // namespace lxcpp
