// SPDX-License-Identifier: Apache-2.0
#include "network/nft.h"

#include "base/one_line.h"
#include "network/bridge_rules.h"
#include "network/dnsmasq.h"
#include "sys/file.h"
#include "sys/memory_file.h"
#include "sys/signal.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <chrono>
#include <fmt/format.h>
#include <string_view>

namespace lxcpp {
namespace {

constexpr std::chrono::seconds kPatience{20};

} // namespace

void run_nft(const std::string& ruleset) {
    const auto program = host_program("nft");
    if (!program)
        throw Error(
            "nft is not installed, and the bridge's rules need it: apt-get install nftables");
    const Fd text = sys::memory_file("rules.nft"); // a full disk keeps nobody from taking rules away
    sys::write_all(text, ruleset, "the rules for nft");
    const Fd input = sys::open_file(sys::fd_path(text));
    sys::SpawnOptions options;
    options.argv = {"nft", "-f", "-"};
    options.program = program->string();
    options.standard_input = input;
    const sys::RunResult result = sys::run_and_capture(options, kPatience);
    if (result.status == sys::ExitStatus{}) return;
    const std::string said = one_line(result.output);
    if (result.status.signaled)
        throw Error(fmt::format("nft was ended by {}", sys::signal_name(result.status.value)));
    throw Error(fmt::format("nft: {}", said.empty() ? fmt::format("exit code {}", result.status.value) : said));
}

std::optional<std::string> listed_rules(const BridgeSettings& settings) {
    const auto program = host_program("nft");
    if (!program) return std::nullopt;
    std::string all;
    for (const char* family : {"inet", "bridge"}) { // nft 1.0.6 lists the first of two tables only
        if (family == std::string_view("bridge") && !settings.filter) continue;
        sys::SpawnOptions options;
        options.argv = {"nft", "--stateless", "--terse", "list", "table", family, bridge_table(settings.bridge)};
        options.program = program->string();
        const sys::RunResult result = sys::run_and_capture(options, kPatience);
        if (result.status != sys::ExitStatus{}) return std::nullopt;
        all += result.output;
    }
    return all;
}

} // namespace lxcpp
