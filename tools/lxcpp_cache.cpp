// SPDX-License-Identifier: Apache-2.0
#include "base/paths.h"
#include "base/strings.h"
#include "common/cli.h"
#include "common/rows.h"
#include "image/cache.h"
#include "host/own_ids.h"
#include "image/progress.h"
#include "store/image_store.h"
#include "sys/cred.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <array>
#include <fmt/core.h>
#include <limits>
#include <unistd.h>

using namespace lxcpp;
using namespace lxcpp::tools;
using namespace std::chrono_literals;
using image::CacheEntry;
using image::CacheKind;

namespace {

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

// What has no name of its own comes as one line.
std::vector<std::string> sum_line(const std::vector<CacheEntry>& entries, CacheKind kind,
                                  std::string_view label) {
    std::size_t count = 0;
    std::uint64_t size = 0;
    std::time_t used = 0;
    for (const auto& entry : entries) {
        if (entry.kind != kind) continue;
        ++count;
        size += entry.size;
        used = std::max(used, entry.last_used);
    }
    if (count == 0) return {};
    return {fmt::format("{} {}", count, label), std::string(cache_kind_name(kind)), size_text(size),
            day_text(used)};
}

void print_summary(const std::filesystem::path& directory, const std::vector<CacheEntry>& entries) {
    if (entries.empty()) {
        fmt::print("The image cache {} is empty.\n", directory.string());
        return;
    }
    std::vector<std::vector<std::string>> lines = {{"NAME", "KIND", "SIZE", "LAST_USED"}};
    std::uint64_t total = 0;
    for (const auto& entry : entries) {
        total += entry.size;
        if (entry.kind == CacheKind::Tree)
            lines.push_back({entry.name, std::string(cache_kind_name(entry.kind)),
                             size_text(entry.size), day_text(entry.last_used)});
    }
    for (auto& line : {sum_line(entries, CacheKind::File, "downloaded"),
                       sum_line(entries, CacheKind::Partial, "interrupted")})
        if (!line.empty()) lines.push_back(line);
    fmt::print("{}{} in {}\n", print_table(lines), size_text(total), directory.string());
}

Rows make_rows(const std::vector<CacheEntry>& entries) {
    Rows rows = {.columns = {{"NAME"}, {"KIND"}, {"SIZE"}, {"LAST_USED"}}, .rows = {}};
    for (const auto& entry : entries)
        rows.rows.push_back({entry.name, std::string(cache_kind_name(entry.kind)),
                             static_cast<std::int64_t>(entry.size),
                             static_cast<std::int64_t>(entry.last_used)});
    return rows;
}

// A user's templates that are root of a container keep theirs apart, with its ids ("as-FIRST"). Who is one of them from
// now on can read what is the user's too. nullopt when there is none.
std::optional<std::filesystem::path> go_to_part_of_root(const std::filesystem::path& directory) {
    if (::geteuid() == 0 || !sys::exists(directory)) return std::nullopt;
    for (const std::string& name : sys::list_dir(directory)) {
        if (!name.starts_with("as-")) continue;
        const IdRange ids = own_ids_of(ImageStore::open(directory).directory());
        const auto part = directory / fmt::format("as-{}", ids.first);
        if (!sys::exists(part)) continue;
        enter_own_namespace(ids);
        sys::become_root_inside();
        return part;
    }
    return std::nullopt;
}

void show(const std::filesystem::path& directory, Format format) {
    std::vector<CacheEntry> entries;
    if (sys::exists(directory)) entries = image::ImageCache::open(directory).list();
    if (const auto part = go_to_part_of_root(directory)) {
        for (CacheEntry& entry : image::ImageCache::open(*part).list()) entries.push_back(std::move(entry));
    }
    if (format == Format::Table)
        print_summary(directory, entries);
    else
        fmt::print("{}", print_rows(make_rows(entries), format));
}

// Prints what went away, or a sentence about it.
void prune(const std::filesystem::path& directory, const Options& options, Format format) {
    image::CachePrune wanted = {.all = options.all, .older_than = {}, .max_size = {}};
    if (options.older_than_days || (!options.all && options.max_size.empty()))
        wanted.older_than = 24h * options.older_than_days.value_or(kDefaultDays);
    if (!options.max_size.empty()) wanted.max_size = parse_size(options.max_size);
    image::CachePruned pruned;
    if (sys::exists(directory)) pruned = image::ImageCache::open(directory).prune(wanted);
    if (const auto part = go_to_part_of_root(directory)) {
        image::CachePruned more = image::ImageCache::open(*part).prune(wanted);
        for (CacheEntry& entry : more.removed) pruned.removed.push_back(std::move(entry));
        pruned.kept_size += more.kept_size;
    }
    if (format != Format::Table) {
        fmt::print("{}", print_rows(make_rows(pruned.removed), format));
        return;
    }
    std::uint64_t freed = 0;
    for (const auto& entry : pruned.removed) freed += entry.size;
    fmt::print("Freed {} ({} removed), {} remain.\n", size_text(freed), pruned.removed.size(),
               size_text(pruned.kept_size));
}

int run(const Cli& cli, const Options& options) {
    const auto directory = default_paths().cache;
    const auto format = parse_format(options.format);
    const bool trims = options.all || options.older_than_days || !options.max_size.empty();
    const auto& words = cli.words();
    const std::string command = words.empty() ? "show" : words.front();
    if (words.size() > 1) throw Error(fmt::format("{}: one command is enough", printable(words[1])));
    if (command == "prune")
        prune(directory, options, format);
    else if (command != "show")
        throw Error(fmt::format("{}: the commands are 'show' and 'prune'", printable(command)));
    else if (trims)
        throw Error("--all, --older-than and --max-size are options of 'lxcpp-cache prune'");
    else
        show(directory, format);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    Cli cli("lxcpp-cache",
            "show what templates keep between creates (downloads and finished base systems); "
            "'prune' removes interrupted work and what was not used for 30 days, or as the options say",
            "[--format=FORMAT] [show | prune [--all] [--older-than=DAYS] [--max-size=N]]", Cli::Name::None);
    Options options;
    cli.option("--format", options.format, "table (default), json, csv or yaml");
    cli.flag("--all", options.all, "prune: everything");
    cli.option("--older-than", options.older_than_days, "prune: what was not used for so many days");
    cli.option("--max-size", options.max_size,
               "prune: what was least recently used, until at most N bytes are left (2G, 500M)");
    return run_tool(cli, argc, argv, [&](Cli& parsed) { return run(parsed, options); });
}
