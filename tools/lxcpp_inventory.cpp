// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/rows.h"
#include "common/say.h"
#include "container/inventory_scan.h"
#include "container/record.h"
#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/container.h>
#include <lxcpp/error.h>
#include <lxcpp/manager.h>

#include <algorithm>
#include <ctime>
#include <fmt/core.h>
#include <map>

// lxcpp-inventory: the index over the containers: what happened to them, whether it agrees with the
// directories, and making it agree again.
using namespace lxcpp;
using namespace lxcpp::tools;

namespace {

struct Options {
    std::string name;
    std::string format = "table";
    std::size_t limit = 100;
};

std::string label(const ContainerKey& key) {
    return key.lxcpath + '/' + key.name;
}

std::string local_time(std::int64_t milliseconds) {
    const std::time_t seconds = milliseconds / 1000;
    std::tm fields{};
    if (::localtime_r(&seconds, &fields) == nullptr) return "-";
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &fields)};
}

Cell optional_text(const std::string& text) {
    if (text.empty()) return std::monostate{};
    return text;
}

std::vector<Cell> event_row(const Event& event, Format format) {
    std::vector<Cell> row;
    // Programs get numbers, people a date.
    if (format == Format::Table) {
        row.emplace_back(local_time(event.time_ms));
    } else {
        row.emplace_back(event.time_ms);
    }
    row.emplace_back(event.key.name);
    row.emplace_back(event.event);
    row.push_back(event.state ? Cell(std::string(state_name(*event.state))) : Cell());
    row.emplace_back(std::int64_t{event.uid});
    row.push_back(event.exit_status ? Cell(std::int64_t{*event.exit_status}) : Cell());
    row.push_back(optional_text(event.detail));
    row.emplace_back(event.key.lxcpath);
    return row;
}

// Nothing has happened to it: that is only true of one that is there, and that we may see.
void require_there(const Cli& cli, const Options& options) {
    const Manager manager(cli.lxcpath());
    const std::string where = manager.lxcpath().string();
    if (!options.name.empty()) {
        if (Container(options.name, cli.lxcpath()).is_defined()) return;
        throw StateError(StateProblem::NotFound, fmt::format("{}: there is no such container in {}, and nothing is noted of one", printable(options.name), where));
    }
    if (cli.lxcpath().empty()) return;
    if (!sys::exists(where)) throw StateError(StateProblem::NotFound, where + ": there is no such directory, and nothing is noted of its containers");
    (void)manager.names(); // throws for who may not look
}

int print_events(const Cli& cli, const Options& options) {
    const Format format = parse_format(options.format);
    Rows rows{.columns = {{format == Format::Table ? "TIME" : "TIME_MS"},
                          {"NAME"},
                          {"EVENT"},
                          {"STATE"},
                          {"UID"},
                          {"EXIT"},
                          {"DETAIL"},
                          {"LXCPATH"}},
              .rows = {}};
    EventFilter filter{.limit = options.limit};
    if (!options.name.empty()) filter.name = options.name;
    if (!cli.lxcpath().empty()) filter.lxcpath = Manager(cli.lxcpath()).lxcpath().string();
    if (const auto inventory = Inventory::open_read_only(inventory_file(default_paths()))) {
        for (const Event& event : inventory->events(filter)) {
            rows.rows.push_back(event_row(event, format));
        }
    }
    if (rows.rows.empty()) require_there(cli, options);
    fmt::print("{}", print_rows(rows, format));
    return 0;
}

// Damage that opening did not show is found here, and the file moved aside.
Inventory open_sound(const std::filesystem::path& file, bool quiet) {
    bool sound = false;
    std::string said;
    try {
        sound = Inventory::open(file).check().empty();
    } catch (const InventoryError& error) {
        if (error.problem() != InventoryProblem::Corrupt) throw;
        said = error.what();
    }
    if (!sound) {
        const auto moved = Inventory::quarantine(file);
        if (moved) said = fmt::format("the damaged file is now {}", moved->string());
        if (!quiet && !said.empty()) tools::say("lxcpp-inventory: {}\n", said);
    }
    return Inventory::open(file);
}

std::vector<std::string> given_lxcpaths(const Cli& cli) {
    if (cli.lxcpath().empty()) return {};
    return {cli.lxcpath()};
}

void print_report(const RebuildReport& report) {
    const std::pair<const char*, const std::vector<ContainerKey>*> parts[] = {
        {"added", &report.added}, {"corrected", &report.updated}, {"removed", &report.removed}};
    for (const auto& [word, keys] : parts) {
        for (const ContainerKey& key : *keys) fmt::print("{} {}\n", word, label(key));
    }
    fmt::print("{} added, {} corrected, {} removed\n", report.added.size(), report.updated.size(),
               report.removed.size());
}

int rebuild(const Cli& cli) {
    const Paths paths = default_paths();
    Inventory inventory = open_sound(inventory_file(paths), cli.quiet());
    std::vector<std::string> problems;
    const auto lxcpaths = lxcpaths_to_scan(inventory, paths, given_lxcpaths(cli));
    const RebuildReport report = rebuild_inventory(inventory, paths, lxcpaths, problems);
    if (cli.quiet()) return 0;
    for (const std::string& problem : problems) tools::say("warning: {}\n", problem);
    print_report(report);
    return 0;
}

std::string ranges_text(const std::vector<IdRange>& ranges) {
    std::string text;
    for (const IdRange& range : ranges) {
        text += fmt::format("{}{}-{}", text.empty() ? "" : ",", range.first, range.end() - 1);
    }
    return text.empty() ? "none" : text;
}

using Known = std::map<std::string, ContainerRecord>;

void compare(const ContainerRecord& found, Known& known, std::vector<std::string>& problems) {
    const auto row = known.find(label(found.key));
    if (row == known.end()) {
        problems.push_back(label(found.key) + ": not in the inventory");
        return;
    }
    if (row->second.ranges != found.ranges) {
        problems.push_back(fmt::format("{}: maps the host ids {}, the inventory says {}",
                                       label(found.key), ranges_text(found.ranges),
                                       ranges_text(row->second.ranges)));
    }
    known.erase(row);
}

void compare_with_disk(const Inventory& inventory, const Paths& paths, const std::string& lxcpath,
                       std::vector<std::string>& problems) {
    Known known;
    for (ListedContainer& row : inventory.list(lxcpath)) {
        known.emplace(label(row.container.key), std::move(row.container));
    }
    const Scan scan = scan_containers(lxcpath, paths);
    problems.insert(problems.end(), scan.problems.begin(), scan.problems.end());
    for (const ContainerRecord& found : scan.containers) compare(found, known, problems);
    for (const auto& [name, record] : known) {
        problems.push_back(name + (record.ready
                                       ? ": in the inventory, but there is no such container"
                                       : ": its create has not finished"));
    }
}

int check(const Cli& cli) {
    const Paths paths = default_paths();
    const auto inventory = Inventory::open_read_only(inventory_file(paths));
    if (!inventory) throw Error("there is no inventory yet: lxcpp-inventory rebuild makes it");
    std::vector<std::string> problems = inventory->check();
    for (const std::string& lxcpath : lxcpaths_to_scan(*inventory, paths, given_lxcpaths(cli))) {
        compare_with_disk(*inventory, paths, lxcpath, problems);
    }
    for (const RangeConflict& conflict : inventory->conflicts()) {
        problems.push_back(fmt::format("{} and {} share the host ids {}", label(conflict.first),
                                       label(conflict.second), ranges_text({conflict.range})));
    }
    if (!cli.quiet()) {
        for (const std::string& problem : problems) fmt::print("{}\n", problem);
        if (problems.empty()) fmt::print("ok: {} containers\n", inventory->list().size());
    }
    return problems.empty() ? 0 : 1;
}

int run(const Cli& cli, const Options& options) {
    const std::vector<std::string>& words = cli.words();
    if (words.size() != 1) throw Error("expected one of: rebuild, check, events");
    if (words[0] == "events") return print_events(cli, options);
    if (words[0] == "rebuild") return rebuild(cli);
    if (words[0] == "check") return check(cli);
    throw Error(fmt::format("{}: no such command; expected rebuild, check or events", words[0]));
}

} // namespace

int main(int argc, char** argv) {
    Cli cli("lxcpp-inventory", "Show, check and restore the index of containers.",
            "rebuild|check|events [-n NAME] [-P PATH] [--format table|json|csv|yaml]",
            Cli::Name::None);
    Options options;
    cli.option("-n,--name", options.name, "events of this container only");
    cli.option("--format", options.format, "table, json, csv or yaml (events)");
    cli.option("--limit", options.limit, "the newest N events, 0 = all (100)");
    return run_tool(cli, argc, argv, [&](Cli& parsed) { return run(parsed, options); });
}
