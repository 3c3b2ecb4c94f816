// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/build_report.h"
#include "distrobuilder/sandbox.h"
#include "distrobuilder/step_cache.h"
#include "sys/temp_dir.h"

#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lxcpp::distro {

// How a build keeps what its steps make.
enum class Layering {
    Cached,  // a layer each, in the cache
    Scratch, // a layer each, gone with the build
    Plain,   // one directory that all steps change, without overlayfs
};

// One step as the stack sees it.
struct StackStep {
    std::string title;
    std::string key; // not looked at without a cache
    bool uses_network = false;
    std::string notes; // for the record
};

// A root file system that grows step by step, each one's result on top of those before. Copies share what they have.
class RootStack {
public:
    // scratch: an own directory on the file system of the cache; cache only for Layering::Cached.
    RootStack(Layering layering, std::filesystem::path scratch, const StepCache* cache)
        : layering_(layering), scratch_(std::move(scratch)), cache_(cache) {}

    // A directory that is there already, as the lowest layer, only read (Plain: it is copied, by run()).
    void start_from(std::filesystem::path directory);

    // Whether run() looks at a step's key.
    [[nodiscard]] bool cacheable() const;

    using Work = std::function<void(const std::filesystem::path& root)>;
    // Takes the step's layer from the cache, or has work change the root. What a failed step left is gone afterwards.
    void run(const StackStep& step, BuildReport& report, const Work& work);
    // The same, but never in the cache: what costs nothing to do again. Not reported.
    void change(const Work& work);
    // The whole, to be read.
    void read(const Work& work);
    // What packs the same base in another way; of a Plain stack a copy of all files.
    [[nodiscard]] RootStack fork(image::ProgressSink& progress) const;

private:
    struct Anonymous {
        std::filesystem::path path;
        std::optional<image::PendingTree> tree; // or in scratch
    };
    using Layer = std::variant<std::shared_ptr<StepLayer>, std::shared_ptr<Anonymous>>;

    [[nodiscard]] std::filesystem::path new_directory(std::string_view name) const;
    [[nodiscard]] std::vector<std::filesystem::path> lowers() const;
    [[nodiscard]] std::string base_instance() const; // of the topmost layer that is in the cache
    bool take_cached(const StackStep& step, BuildReport& report);
    void mount_and_work(const std::filesystem::path& upper, const Work& work);
    void run_cached(const StackStep& step, BuildReport& report, const Work& work);
    void run_scratch(const Work& work);

    Layering layering_;
    std::filesystem::path scratch_;
    const StepCache* cache_;
    std::vector<Layer> layers_; // the lowest first
};

} // namespace lxcpp::distro
