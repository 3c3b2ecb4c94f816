// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/step_cache.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kHead = "lxcpp-step 1";
constexpr std::string_view kTree = "step-";
constexpr std::string_view kTrees = "trees"; // of an ImageCache
constexpr std::chrono::hours kPatience{12}; // another build is at the same step

std::optional<std::string> value_of(std::string_view line, std::string_view key) {
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') return std::nullopt;
    return std::string(line.substr(key.size() + 1));
}

// Of finished trees, those that begin so, sorted.
std::vector<std::string> tree_names(const image::ImageCache& cache, std::string_view prefix) {
    std::vector<std::string> names;
    for (std::string& name : sys::list_dir(cache.directory() / kTrees))
        if (name.starts_with(prefix)) names.push_back(std::move(name));
    std::ranges::sort(names);
    return names;
}

// Who has the cache open keeps what is in its scratch directory.
std::optional<sys::FileLock> lock_step(const image::ImageCache& cache, const std::string& key, std::chrono::milliseconds patience) {
    return sys::FileLock::acquire(cache.scratch() / fmt::format("{}{}.lock", kTree, key), patience, true);
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

std::string step_tree_name(std::string_view key, std::string_view instance) { return fmt::format("{}{}-{}", kTree, key, instance); }

std::string new_instance() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    static unsigned count = 0;
    return sha256_hex(fmt::format("{} {} {} {}", now, std::time(nullptr), ::getpid(), ++count)).substr(0, 32);
}

std::optional<StepLayer> StepCache::find(const std::string& key, std::string_view parent, bool uses_network) const {
    std::optional<StepLayer> newest;
    for (const std::string& name : tree_names(cache_, step_tree_name(key, ""))) {
        auto tree = cache_.use_tree(name);
        if (!tree) continue; // somebody takes it away
        auto record = parse_layer_record(tree->sums());
        if (!record || record->parent != parent || name != step_tree_name(key, record->instance))
            continue;
        // "0" takes nothing that was there before this build, also of the same second.
        if (uses_network && std::chrono::seconds(now_ - record->made) >= max_age_) continue;
        if (!newest || record->made > newest->record.made)
            newest.emplace(StepLayer{std::move(*record), std::move(*tree)});
    }
    return newest;
}

PendingLayer StepCache::begin(const std::string& key, const std::function<void()>& tell_waiting) const {
    auto lock = lock_step(cache_, key, std::chrono::milliseconds(0));
    if (!lock) {
        tell_waiting();
        lock = lock_step(cache_, key, kPatience);
    }
    if (!lock) throw StateError(StateProblem::Busy, fmt::format("another build has been at the same step for {} hours", kPatience.count()));
    std::string instance = new_instance();
    image::PendingTree tree = cache_.begin_tree(step_tree_name(key, instance), std::chrono::milliseconds(0));
    return {std::move(*lock), std::move(instance), std::move(tree)};
}

StepLayer StepCache::publish(PendingLayer layer, const std::string& key, LayerRecord record) const {
    record.instance = layer.instance;
    (void)layer.tree.publish(format_layer_record(record));
    const std::string name = step_tree_name(key, record.instance);
    auto used = cache_.use_tree(name);
    if (!used) throw Error("the cache lost " + name);
    remove_replaced(key, record);
    return {std::move(record), std::move(*used)};
}

// Older results on the same layer, and those whose layer below is no more: nobody finds them again.
void StepCache::remove_replaced(const std::string& key, const LayerRecord& by) const {
    const std::vector<std::string> all = tree_names(cache_, kTree);
    const auto is_there = [&](const std::string& instance) {
        return instance.empty() || std::ranges::any_of(all, [&](const std::string& name) { return name.ends_with("-" + instance); });
    };
    for (const std::string& name : tree_names(cache_, step_tree_name(key, ""))) {
        if (name == step_tree_name(key, by.instance)) continue;
        const auto record = [&]() -> std::optional<LayerRecord> {
            const auto tree = cache_.use_tree(name);
            return tree ? parse_layer_record(tree->sums()) : std::nullopt;
        }();
        if (!record || record->parent == by.parent || !is_there(record->parent)) (void)cache_.remove_tree(name);
    }
}

} // namespace lxcpp::distro
