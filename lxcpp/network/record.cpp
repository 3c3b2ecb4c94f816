// SPDX-License-Identifier: Apache-2.0
#include "network/record.h"

#include "base/strings.h"

#include <lxcpp/error.h>

namespace lxcpp {
namespace {

constexpr std::string_view kTaken = "link";
constexpr std::string_view kProxy = "proxy";
constexpr std::string_view kScript = "script";
constexpr std::string_view kPort = "port";
constexpr std::string_view kUser = "user";
constexpr std::size_t kTakenWords = 10;

using Words = std::vector<std::string>;

struct Print {
    std::string nic;
    std::string operator()(const TakenLink& one) const {
        Words words{std::string(kTaken),
                    nic,
                    one.name,
                    one.inside,
                    std::to_string(one.index),
                    std::to_string(one.mtu),
                    one.mac,
                    one.permanent_mac,
                    one.kind,
                    one.device};
        words.insert(words.end(), one.other_names.begin(), one.other_names.end());
        return quote_command(words);
    }
    std::string operator()(const HostProxy& one) const {
        return quote_command(Words{std::string(kProxy), nic, one.link, std::to_string(one.family),
                                   one.address, one.route ? "1" : "0"});
    }
    std::string operator()(const ScriptRun& one) const {
        return quote_command(Words{std::string(kScript), nic, one.link, one.peer});
    }
    std::string operator()(const ManagedPort& one) const {
        return quote_command(Words{std::string(kPort), nic, one.bridge, one.port});
    }
    std::string operator()(const UserProcess& one) const {
        return quote_command(Words{std::string(kUser), nic, std::to_string(one.process.pid),
                                   std::to_string(one.process.start_time), one.process.boot_id,
                                   one.program});
    }
};

int small_number(const std::string& text) {
    const auto number = parse_u64(text);
    if (!number || *number > 0x7fff'ffff) throw Error("no number: " + printable(text));
    return static_cast<int>(*number);
}

TakenLink taken_of(const Words& words) {
    TakenLink one{.name = words[2], .inside = words[3], .index = small_number(words[4])};
    one.mtu = static_cast<std::uint32_t>(small_number(words[5]));
    one.mac = words[6];
    one.permanent_mac = words[7];
    one.kind = words[8];
    one.device = words[9];
    one.other_names.assign(words.begin() + kTakenWords, words.end());
    return one;
}

UserProcess user_process_of(const Words& words) {
    const auto start = parse_u64(words[3]);
    const pid_t pid = small_number(words[2]);
    if (!start || pid < 2) throw Error("no process: " + printable(words[2]));
    return {{pid, *start, words[4]}, words[5]};
}

std::optional<NicRecord> record_of(const Words& words) {
    if (words.size() < 2) return std::nullopt;
    const auto nic = static_cast<unsigned>(small_number(words[1]));
    if (words[0] == kTaken && words.size() >= kTakenWords) return NicRecord{nic, taken_of(words)};
    if (words[0] == kProxy && words.size() == 6)
        return NicRecord{nic,
                         HostProxy{words[2], small_number(words[3]), words[4], words[5] == "1"}};
    if (words[0] == kScript && words.size() == 4)
        return NicRecord{nic, ScriptRun{words[2], words[3]}};
    if (words[0] == kPort && words.size() == 4)
        return NicRecord{nic, ManagedPort{words[2], words[3]}};
    if (words[0] == kUser && words.size() == 6) return NicRecord{nic, user_process_of(words)};
    return std::nullopt;
}

} // namespace

std::string print_record(const NicRecord& record) {
    return std::visit(Print{std::to_string(record.nic)}, record.what);
}

std::optional<NicRecord> parse_record(std::string_view line) noexcept {
    try {
        return record_of(split_command(line));
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

} // namespace lxcpp
