// SPDX-License-Identifier: Apache-2.0
#include "base/paths.h"
#include "base/strings.h"
#include "image/cache.h"
#include "image/progress.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <limits>

namespace lxcpp::tools {

namespace {

using namespace std::chrono_literals;
using image::CacheEntry;
using image::CacheKind;

constexpr unsigned kDefaultDays = 30;

struct Options {
    std::string format = "table";
    bool all = false;
    std::optional<unsigned> older_than_days;
    std::string max_size;
};

std::string size_text(std::uint64_t bytes) {
    return image::format_amount(bytes, image::ProgressUnit::Bytes);
}

std::string day_text(std::time_t time) {
    std::tm parts = {};
    std::array<char, 32> text;
    if (localtime_r(&time, &parts) == nullptr) return "-";
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts)};
}

// "2G", "500M", "1048576": bytes, or with a unit of 1000.
std::uint64_t parse_size(std::string_view text) {
    static constexpr std::string_view kUnits = "KMGT";
    std::uint64_t factor = 1;
    std::string_view digits = text;
    if (!digits.empty() && (digits.back() == 'B' || digits.back() == 'b')) digits.remove_suffix(1);
    if (!digits.empty()) {
        const auto unit = kUnits.find(static_cast<char>(digits.back() & ~0x20));
        if (unit != std::string_view::npos) {
            for (std::size_t i = 0; i <= unit; ++i) factor *= 1000;
            digits.remove_suffix(1);
        }
    }
    const auto number = parse_u64(digits);
    if (!number || *number > std::numeric_limits<std::uint64_t>::max() / factor)
        throw Error(fmt::format("--max-size {}: give a number of bytes, or one with K, M, G or T",
                                printable(text)));
    return *number * factor;
}

// What is in there without a name of its own comes as one row.
struct Group {
    std::string_view label;
    CacheKind kind;
    std::size_t count = 0;
    std::uint64_t size = 0;
    std::time_t last_used = 0;
};

void print_row(std::string_view name, std::string_view kind, std::uint64_t size, std::time_t used) {
    fmt::print("{:<40} {:<10} {:>10}  {}\n", name, kind, size_text(size), day_text(used));
}

void print_table(const std::filesystem::path& directory, const std::vector<CacheEntry>& entries) {
    if (entries.empty()) {
        fmt::print("The image cache {} is empty.\n", directory.string());
        return;
    }
    fmt::print("{:<40} {:<10} {:>10}  {}\n", "NAME", "KIND", "SIZE", "LAST USED");
    std::array<Group, 2> groups = {{{.label = "downloaded", .kind = CacheKind::File},
                                    {.label = "interrupted", .kind = CacheKind::Partial}}};
    std::uint64_t total = 0;
    for (const auto& entry : entries) {
        total += entry.size;
        if (entry.kind == CacheKind::Tree)
            print_row(entry.name, cache_kind_name(entry.kind), entry.size, entry.last_used);
        for (auto& group : groups) {
            if (group.kind != entry.kind) continue;
            ++group.count;
            group.size += entry.size;
            group.last_used = std::max(group.last_used, entry.last_used);
        }
    }
    for (const auto& group : groups)
        if (group.count != 0)
            print_row(fmt::format("{} {}", group.count, group.label), cache_kind_name(group.kind),
                      group.size, group.last_used);
    fmt::print("{} in {}\n", size_text(total), directory.string());
}

nlohmann::json to_json(const std::vector<CacheEntry>& entries) {
    auto list = nlohmann::json::array();
    for (const auto& entry : entries)
        list.push_back({{"name", entry.name},
                        {"kind", std::string(cache_kind_name(entry.kind))},
                        {"size", entry.size},
                        {"last_used", entry.last_used}});
    return list;
}

void show(const std::filesystem::path& directory, const Options& options) {
    std::vector<CacheEntry> entries;
    if (sys::exists(directory)) entries = image::ImageCache::open(directory).list();
    if (options.format == "json")
        fmt::print("{}\n", nlohmann::json{{"directory", directory.string()},
                                          {"entries", to_json(entries)}}
                               .dump(2));
    else
        print_table(directory, entries);
}

void prune(const std::filesystem::path& directory, const Options& options) {
    image::CachePrune wanted = {.all = options.all};
    if (options.older_than_days || (!options.all && options.max_size.empty()))
        wanted.older_than = 24h * options.older_than_days.value_or(kDefaultDays);
    if (!options.max_size.empty()) wanted.max_size = parse_size(options.max_size);
    image::CachePruned pruned;
    if (sys::exists(directory)) pruned = image::ImageCache::open(directory).prune(wanted);
    std::uint64_t freed = 0;
    for (const auto& entry : pruned.removed) freed += entry.size;
    if (options.format == "json")
        fmt::print("{}\n", nlohmann::json{{"removed", to_json(pruned.removed)},
                                          {"freed", freed},
                                          {"kept", pruned.kept_size}}
                               .dump(2));
    else
        fmt::print("Freed {} ({} removed), {} remain.\n", size_text(freed), pruned.removed.size(),
                   size_text(pruned.kept_size));
}

int run(int argc, char** argv) {
    Options options;
    CLI::App app{"Shows or trims what templates keep between creates: downloaded files and finished "
                 "base systems.",
                 "lxcpp-cache"};
    app.set_version_flag("--version", LXCPP_VERSION);
    app.fallthrough();
    app.add_option("--format", options.format, "table or json")
        ->check(CLI::IsMember({"table", "json"}));
    auto* command = app.add_subcommand(
        "prune", "Remove interrupted work and what was not used for 30 days, or as the options say");
    command->add_flag("--all", options.all, "everything");
    command->add_option("--older-than", options.older_than_days, "what was not used for DAYS")
        ->type_name("DAYS");
    command->add_option("--max-size", options.max_size,
                        "what was least recently used, until the cache has at most N bytes (2G, 500M)")
        ->type_name("N");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 1;
    }
    const auto directory = default_paths().cache;
    if (command->parsed())
        prune(directory, options);
    else
        show(directory, options);
    return std::fflush(stdout) == 0 ? 0 : 1;
}

} // namespace

} // namespace lxcpp::tools

int main(int argc, char** argv) {
    try {
        return lxcpp::tools::run(argc, argv);
    } catch (const std::exception& error) {
        fmt::print(stderr, "lxcpp-cache: {}\n", error.what());
        return 1;
    }
}
