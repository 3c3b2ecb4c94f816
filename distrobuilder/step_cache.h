// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"
#include "sys/lock.h"

#include <chrono>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::distro {

// What is known of a layer: kept beside its tree.
struct LayerRecord {
    std::string instance; // of this very run of the step
    std::string parent;   // the instance below it; empty for a source
    std::time_t made = 0;
    std::chrono::seconds took{0};
    std::string title;
    std::string notes; // of a source: what was verified

    bool operator==(const LayerRecord&) const = default;
};
[[nodiscard]] std::string format_layer_record(const LayerRecord& record);
// nullopt for what format_layer_record() has not written.
[[nodiscard]] std::optional<LayerRecord> parse_layer_record(std::string_view text);

// A finished layer, which stays as long as this object lives.
struct StepLayer {
    LayerRecord record;
    image::UsedTree tree;
};

// One that is being made: nobody else is at that step meanwhile.
struct PendingLayer {
    sys::FileLock lock;
    std::string instance;
    image::PendingTree tree;
};

// The results of steps, trees "step-KEY-INSTANCE" of an ImageCache: each run of a step is a tree of its own, for what another
// build works on stays as it is.
class StepCache {
public:
    // max_age: results that depend on what servers had must be younger at the time now.
    StepCache(const image::ImageCache& cache, std::chrono::hours max_age, std::time_t now)
        : cache_(cache), max_age_(max_age), now_(now) {}

    // The newest result of the step on top of the layer parent ("" for a source). A layer that was made on another run of what
    // is below it is none: its files may hide other ones than were there.
    [[nodiscard]] std::optional<StepLayer> find(const std::string& key, std::string_view parent, bool uses_network) const;
    // Waits for another build that is at that step, after telling it; look again after it. StateError Busy after half a day.
    [[nodiscard]] PendingLayer begin(const std::string& key, const std::function<void()>& tell_waiting) const;
    // The record without its instance. Takes away results that this one replaces, unless somebody uses them.
    [[nodiscard]] StepLayer publish(PendingLayer layer, const std::string& key, LayerRecord record) const;

private:
    void remove_replaced(const std::string& key, const LayerRecord& by) const;

    const image::ImageCache& cache_;
    std::chrono::hours max_age_;
    std::time_t now_;
};

[[nodiscard]] std::string step_tree_name(std::string_view key, std::string_view instance);
// A name for one run.
[[nodiscard]] std::string new_instance();

} // namespace lxcpp::distro
