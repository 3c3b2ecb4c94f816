// SPDX-License-Identifier: Apache-2.0
#include "network/nft.h"

#include "base/one_line.h"
#include "network/bridge_rules.h"
#include "network/dnsmasq.h"
#include "sys/file.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <chrono>
#include <fmt/format.h>
#include <string_view>

namespace lxcpp {
namespace {

constexpr std::chrono::seconds kPatience{20};

} // namespace

void run_nft(const BridgeFiles& files, const std::string& ruleset) {
    const auto program = host_program("nft");
    if (!program)
        throw Error(
            "nft is not installed, and the bridge's rules need it: apt-get install nftables");
    const std::filesystem::path file = files.runtime / "rules.nft";
    sys::make_private_dirs(files.runtime); // another one may have taken the bridge down just before
    sys::write_file_atomic(file, ruleset, 0600);
    sys::SpawnOptions options;
    options.argv = {"nft", "-f", file.string()};
    options.program = program->string();
    const sys::RunResult result = sys::run_and_capture(options, kPatience);
    if (result.status != sys::ExitStatus{})
        throw Error(fmt::format("nft: {}", one_line(result.output)));
    sys::remove_file(file);
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
