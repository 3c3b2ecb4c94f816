// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/step_cache.h"

#include "base/sha256.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <unistd.h>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kHead = "lxcpp-step 1";
constexpr std::chrono::hours kPatience{12}; // another build is at the same step

std::optional<std::string> value_of(std::string_view line, std::string_view key) {
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') return std::nullopt;
    return std::string(line.substr(key.size() + 1));
}

} // namespace

std::string format_layer_record(const LayerRecord& record) {
    return fmt::format("{}\ninstance {}\nparent {}\nmade {}\ntook {}\ntitle {}\n{}", kHead, record.instance, record.parent, record.made,
                       record.took.count(), printable(record.title), record.notes);
}

std::optional<LayerRecord> parse_layer_record(std::string_view text) {
    const auto lines = split_lines(text);
    if (lines.size() < 6 || lines[0] != kHead) return std::nullopt;
    const auto instance = value_of(lines[1], "instance");
    const auto parent = value_of(std::string(lines[2]) + " ", "parent"); // may be empty
    const auto made = value_of(lines[3], "made");
    const auto took = value_of(lines[4], "took");
    const auto title = value_of(lines[5], "title");
    if (!instance || !parent || !made || !took || !title) return std::nullopt;
    const auto made_at = parse_u64(*made);
    const auto seconds = parse_u64(*took);
    if (!made_at || !seconds) return std::nullopt;
    LayerRecord record{*instance, std::string(trim(*parent)), static_cast<std::time_t>(*made_at),
                       std::chrono::seconds(static_cast<std::int64_t>(*seconds)), *title, {}};
    for (std::size_t i = 6; i < lines.size(); ++i) record.notes += std::string(lines[i]) + "\n";
    return record;
}

std::string step_tree_name(std::string_view key) { return fmt::format("step-{}", key); }

std::string new_instance() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    static unsigned count = 0;
    return sha256_hex(fmt::format("{} {} {} {}", now, std::time(nullptr), ::getpid(), ++count)).substr(0, 32);
}

std::optional<StepLayer> StepCache::find(const std::string& key, std::string_view parent, bool uses_network) const {
    auto tree = cache_.use_tree(step_tree_name(key));
    if (!tree) return std::nullopt;
    auto record = parse_layer_record(tree->sums());
    if (!record || record->parent != parent) return std::nullopt;
    const auto age = std::chrono::seconds(now_ - record->made);
    if (uses_network && age > max_age_) return std::nullopt;
    return StepLayer{std::move(*record), std::move(*tree)};
}

image::PendingTree StepCache::begin(const std::string& key) const { return cache_.begin_tree(step_tree_name(key), kPatience); }

StepLayer StepCache::publish(image::PendingTree tree, const std::string& key, LayerRecord record) const {
    (void)tree.publish(format_layer_record(record));
    auto used = cache_.use_tree(step_tree_name(key));
    if (!used) throw Error("the cache lost " + step_tree_name(key));
    return {std::move(record), std::move(*used)};
}

} // namespace lxcpp::distro
