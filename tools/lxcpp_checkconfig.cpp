// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "host/features.h"

#include "base/paths.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

// lxcpp-checkconfig: what the kernel and the host offer to containers, what each missing feature
// costs, and how to get it.
using namespace lxcpp;
using namespace lxcpp::tools;

namespace {

constexpr std::string_view kCgroupGroup = "Control groups";

std::string_view word_of(Presence presence) {
    switch (presence) {
    case Presence::Available:
        return "ok";
    case Presence::Missing:
        return "missing";
    case Presence::Unknown:
        break;
    }
    return "unknown";
}

bool is_fatal(const FeatureReport& report) {
    return report.required && report.presence == Presence::Missing;
}

void print_line(const FeatureReport& report) {
    fmt::print("{}: {}{}{}\n", report.name, word_of(report.presence),
               is_fatal(report) ? " (required)" : "",
               report.value.empty() ? "" : fmt::format(" ({})", report.value));
    if (report.presence != Presence::Missing) return;
    fmt::print("    without it: {}\n    to get it:  {}\n", report.cost, report.remedy);
}

std::string controllers_of(const Hierarchy& hierarchy) { return fmt::format("{}", fmt::join(hierarchy.controllers, ",")); }

void print_hierarchies(const HostFacts& facts) {
    for (const Hierarchy& hierarchy : facts.cgroups.list)
        fmt::print("Hierarchy v{} {}: {}{}\n", hierarchy.version, hierarchy.mountpoint.string(),
                   hierarchy.controllers.empty() ? "no controllers" : controllers_of(hierarchy),
                   hierarchy.writable ? "" : " (not writable)");
}

void print_table(const HostFacts& facts, const std::vector<FeatureReport>& reports) {
    fmt::print("Kernel {} on {}\n", facts.kernel_release, facts.architecture);
    std::string_view group;
    for (const FeatureReport& report : reports) {
        if (report.group != group) fmt::print("\n--- {} ---\n", report.group);
        if (report.group != group && report.group == kCgroupGroup) print_hierarchies(facts);
        group = report.group;
        print_line(report);
    }
}

void print_json(const HostFacts& facts, const std::vector<FeatureReport>& reports) {
    nlohmann::ordered_json features = nlohmann::ordered_json::array();
    for (const FeatureReport& report : reports) {
        features.push_back({{"id", report.id},
                            {"group", report.group},
                            {"name", report.name},
                            {"state", word_of(report.presence)},
                            {"required", report.required},
                            {"value", report.value},
                            {"without_it", report.cost},
                            {"to_get_it", report.remedy}});
    }
    nlohmann::ordered_json hierarchies = nlohmann::ordered_json::array();
    for (const Hierarchy& hierarchy : facts.cgroups.list) {
        hierarchies.push_back({{"version", hierarchy.version},
                               {"mountpoint", hierarchy.mountpoint.string()},
                               {"controllers", hierarchy.controllers},
                               {"writable", hierarchy.writable}});
    }
    const nlohmann::ordered_json all = {{"kernel", facts.kernel_release},
                                        {"architecture", facts.architecture},
                                        {"cgroups", std::move(hierarchies)},
                                        {"features", std::move(features)}};
    fmt::print("{}\n", all.dump(2));
}

int run(const Cli& cli, const std::string& format) {
    if (format != "table" && format != "json") {
        throw Error(fmt::format("--format {}: expected table or json", format));
    }
    const HostFacts facts = probe_host();
    const auto reports = probe_features(
        facts, cli.lxcpath().empty() ? default_paths().state.string() : cli.lxcpath());
    if (!cli.quiet()) (format == "json" ? print_json : print_table)(facts, reports);
    return std::any_of(reports.begin(), reports.end(), is_fatal) ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    Cli cli("lxcpp-checkconfig", "Check what this kernel and host offer to containers.",
            "[--format table|json] [-q]", Cli::Name::None);
    std::string format = "table";
    cli.option("--format", format, "table or json");
    return run_tool(cli, argc, argv, [&](Cli& parsed) { return run(parsed, format); });
}
