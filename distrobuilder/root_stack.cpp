// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/root_stack.h"

#include "base/scope_exit.h"
#include "image/tree_copy.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <atomic>
#include <fmt/core.h>
#include <ranges>
#include <sys/stat.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;

std::atomic<unsigned> g_directories{0};

// What the root directory itself is like comes from the topmost layer.
void look_like(const fs::path& upper, const struct stat& root) {
    const auto directory = sys::RootedDir::open(upper);
    directory.chown("", root.st_uid, root.st_gid);
    directory.chmod("", root.st_mode & 07777);
}

struct stat stat_of(const fs::path& directory) { return *sys::stat_path(directory, false); }

void remove_directory(const fs::path& directory) {
    sys::RootedDir::open(directory.parent_path()).remove_tree(directory.filename().string());
}

} // namespace

fs::path RootStack::new_directory(std::string_view name) const {
    fs::path path = scratch_ / fmt::format("{}-{}", name, ++g_directories);
    sys::make_dir(path, 0755);
    return path;
}

std::vector<fs::path> RootStack::lowers() const {
    std::vector<fs::path> paths;
    for (const Layer& layer : layers_) {
        if (const auto* cached = std::get_if<std::shared_ptr<StepLayer>>(&layer)) paths.push_back((*cached)->tree.path());
        else paths.push_back(std::get<std::shared_ptr<Anonymous>>(layer)->path);
    }
    return paths;
}

std::string RootStack::base_instance() const {
    for (const Layer& layer : std::views::reverse(layers_))
        if (const auto* cached = std::get_if<std::shared_ptr<StepLayer>>(&layer)) return (*cached)->record.instance;
    return {};
}

// On top of a layer that nobody can find again nothing can be found either. The files of an image are such a layer, but
// follow from the key of what comes after them.
bool RootStack::cacheable() const { return layering_ == Layering::Cached && (layers_.empty() || !base_instance().empty()); }

void RootStack::start_from(fs::path directory) {
    auto layer = std::make_shared<Anonymous>();
    layer->path = std::move(directory);
    layers_.emplace_back(std::move(layer));
}

void RootStack::mount_and_work(const fs::path& upper, const Work& work) {
    const std::vector<fs::path> below = lowers();
    if (!below.empty()) look_like(upper, stat_of(below.back()));
    const fs::path inner = new_directory("work");
    const fs::path at = new_directory("root");
    {
        const LayeredRoot root(below, upper, inner, at);
        work(root.path());
    }
    remove_directory(inner);
    remove_directory(at);
}

bool RootStack::take_cached(const StackStep& step, BuildReport& report) {
    auto found = cache_->find(step.key, base_instance(), step.uses_network);
    if (!found) return false;
    report.cached(step.title, found->record.took);
    layers_.emplace_back(std::make_shared<StepLayer>(std::move(*found)));
    return true;
}

void RootStack::run_cached(const StackStep& step, BuildReport& report, const Work& work) {
    if (take_cached(step, report)) return;
    PendingLayer layer = cache_->begin(step.key, [&] { report.message(fmt::format("another build is at '{}': waiting for it", step.title)); });
    if (take_cached(step, report)) return; // somebody else was at it
    report.begin(step.title);
    const auto start = std::chrono::steady_clock::now();
    mount_and_work(layer.tree.path(), work);
    const auto took = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
    const LayerRecord record{{}, base_instance(), std::time(nullptr), took, step.title, step.notes};
    layers_.emplace_back(std::make_shared<StepLayer>(cache_->publish(std::move(layer), step.key, record)));
    report.done();
}

void RootStack::run_scratch(const Work& work) {
    auto layer = std::make_shared<Anonymous>();
    if (layering_ == Layering::Plain && !layers_.empty()) {
        work(lowers().back());
        return;
    }
    layer->path = new_directory("layer");
    mount_and_work(layer->path, work);
    layers_.emplace_back(std::move(layer));
}

void RootStack::run(const StackStep& step, BuildReport& report, const Work& work) {
    if (cacheable()) {
        run_cached(step, report, work);
        return;
    }
    report.begin(step.title);
    run_scratch(work);
    report.done();
}

void RootStack::change(const Work& work) { run_scratch(work); }

void RootStack::read(const Work& work) {
    const std::vector<fs::path> below = lowers();
    const fs::path at = new_directory("root");
    {
        const LayeredRoot root(below, {}, {}, at);
        work(root.path());
    }
    remove_directory(at);
}

RootStack RootStack::fork(image::ProgressSink& progress) const {
    RootStack copy(layering_, scratch_, cache_);
    copy.layers_ = layers_;
    if (layering_ != Layering::Plain || layers_.empty()) return copy;
    auto layer = std::make_shared<Anonymous>();
    layer->path = new_directory("layer");
    const fs::path from = lowers().back();
    look_like(layer->path, stat_of(from));
    (void)image::copy_tree(sys::RootedDir::open(from), sys::RootedDir::open(layer->path), progress, {.phase = "Copying the tree", .sums = false});
    copy.layers_ = {std::move(layer)};
    return copy;
}

} // namespace lxcpp::distro
