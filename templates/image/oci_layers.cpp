// SPDX-License-Identifier: Apache-2.0
#include "image/oci_layers.h"

#include "base/error.h"
#include "base/sha256.h"
#include "image/tree_check.h"
#include "sys/file.h"
#include "sys/overlay.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <fmt/core.h>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace lxcpp::image {
namespace {

using namespace std::chrono_literals;

constexpr auto kWaitForOthers = 2h; // who fetch the same layers; a slow line is no failure

// Ends a download from another thread, at its next sign of life.
class EndableProgress final : public ProgressSink {
public:
    explicit EndableProgress(ProgressSink& sink) : sink_(sink) {}
    void end_all() noexcept { ended_ = true; }

    void begin(std::string_view phase, std::uint64_t total, ProgressUnit unit) override { sink_.begin(phase, total, unit); }
    void show_parts(ProgressParts parts) override { sink_.show_parts(std::move(parts)); }
    void update(std::uint64_t done, std::uint64_t total) override {
        if (ended_) throw OciFetchEnded("ended");
        sink_.update(done, total);
    }
    void end(std::string_view note) override { sink_.end(note); }
    void abandon() noexcept override { sink_.abandon(); }
    void message(std::string_view line) override { sink_.message(line); }

private:
    ProgressSink& sink_;
    std::atomic<bool> ended_ = false;
};

// Fetches layers in a thread of its own; each can be taken as soon as it is there.
class LayerDownloads {
public:
    LayerDownloads(OciSource& source, std::vector<OciLayer> layers, ProgressSink& progress)
        : layers_(std::move(layers)), progress_(progress), thread_([this, &source] { run(source); }) {}
    LayerDownloads(const LayerDownloads&) = delete;
    LayerDownloads& operator=(const LayerDownloads&) = delete;
    ~LayerDownloads() {
        progress_.end_all();
        thread_.join();
    }

    [[nodiscard]] OciBlob take(const OciDigest& digest) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return failure_ || blobs_.contains(digest.text()); });
        if (const auto found = blobs_.find(digest.text()); found != blobs_.end()) return found->second;
        std::rethrow_exception(failure_);
    }
    // Nobody else speaks to the progress any more.
    [[nodiscard]] bool complete() {
        const std::lock_guard lock(mutex_);
        return complete_;
    }
    // Their files are not needed any more.
    void remove_files() {
        for (const auto& [digest, blob] : blobs_)
            if (!blob.path.empty()) sys::remove_file(blob.path);
    }

private:
    void run(OciSource& source) {
        std::exception_ptr failure;
        try {
            source.fetch_layers(layers_, [this](std::size_t i, OciBlob blob) { put(layers_[i], std::move(blob)); }, progress_);
        } catch (...) {
            failure = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        failure_ = failure;
        complete_ = true;
        changed_.notify_all();
    }

    void put(const OciLayer& layer, OciBlob blob) {
        if (blob.size != layer.size)
            throw Error(fmt::format("{}: has {} bytes, expected {}", blob.name, blob.size, layer.size));
        const std::lock_guard lock(mutex_);
        blobs_.emplace(layer.digest.text(), std::move(blob));
        changed_.notify_all();
    }

    std::vector<OciLayer> layers_;
    EndableProgress progress_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, OciBlob> blobs_;
    std::exception_ptr failure_;
    bool complete_ = false;
    std::thread thread_;
};

PendingTree begin(const ImageCache& cache, const std::string& name, ProgressSink& progress) {
    try {
        return cache.begin_tree(name, 0ms);
    } catch (const StateError&) {
        progress.message("waiting for another command that brings the same image");
        return cache.begin_tree(name, kWaitForOthers);
    }
}

std::vector<std::filesystem::path> lowers_of(const LayerStack& stack) {
    std::vector<std::filesystem::path> lowers; // the topmost first
    for (const UsedTree& tree : stack.trees) lowers.insert(lowers.begin(), tree.path());
    return lowers;
}

// An overlay's root looks as that of its upper directory, whatever is below.
void adopt_root(const std::filesystem::path& upper, const std::filesystem::path& below) {
    const auto info = sys::stat_path(below, false);
    if (!info) throw Error(below.string() + ": is gone");
    sys::chown(upper, info->st_uid, info->st_gid);
    sys::chmod(upper, info->st_mode & 07777u);
}

// A directory in place of what may be a subvolume: overlayfs renames from its work directory to the upper one.
void make_plain(const std::filesystem::path& upper) {
    const auto root = sys::RootedDir::open(upper.parent_path());
    root.remove_tree(upper.filename().string());
    root.make_dir(upper.filename().string(), 0700);
}

// Brings the trees of one image into the cache, one after the other.
class StackBuilder {
public:
    StackBuilder(OciSource& source, const OciImage& image, const ImageCache& cache, ProgressSink& progress)
        : source_(source), image_(image), cache_(cache), progress_(progress) {
        stack_.names = layer_tree_names(image.config.diff_ids);
    }

    LayerStack build() {
        take_existing();
        if (complete()) return std::move(stack_);
        // Held all the time, so that two commands with one image do not share the work and get in each other's way.
        // Who waits for a tree holds only ones above it: nobody waits in a circle.
        auto top = begin(cache_, stack_.names.back(), progress_);
        take_existing();
        if (complete()) return std::move(stack_);
        hold_those_above();
        LayerDownloads downloads(source_, missing_layers(), progress_);
        while (!complete()) {
            add_layer(downloads, top);
            tell(downloads);
            take_existing();
        }
        downloads.remove_files();
        if (phase_) phase_->end(fmt::format("{} layer{}", stack_.names.size(), stack_.names.size() == 1 ? "" : "s"));
        if (skipped_devices_ != 0) progress_.message(fmt::format("{} device nodes of the image were left out", skipped_devices_));
        return std::move(stack_);
    }

private:
    [[nodiscard]] bool complete() const { return stack_.trees.size() == stack_.names.size(); }

    void take_existing() {
        while (!complete()) {
            auto tree = cache_.use_tree(stack_.names[stack_.trees.size()]);
            if (!tree) return;
            stack_.trees.push_back(*std::move(tree));
        }
    }

    // One below them is lost or damaged. What they are named after covers that one: they are right above the one made anew.
    void hold_those_above() {
        for (std::size_t i = stack_.trees.size() + 1; i < stack_.names.size(); ++i)
            if (auto tree = cache_.use_tree(stack_.names[i])) above_.emplace(i, *std::move(tree));
    }

    // Many images have the same empty layer several times.
    [[nodiscard]] std::vector<OciLayer> missing_layers() const {
        std::vector<OciLayer> missing;
        for (std::size_t i = stack_.trees.size(); i < stack_.names.size(); ++i) {
            if (above_.contains(i)) continue;
            const OciLayer& layer = image_.manifest.layers[i];
            const bool twice = std::ranges::any_of(missing, [&](const OciLayer& other) { return other.digest == layer.digest; });
            if (!twice) missing.push_back(layer);
        }
        return missing;
    }

    void add_layer(LayerDownloads& downloads, PendingTree& top) {
        const std::size_t place = stack_.trees.size();
        const std::string& name = stack_.names[place];
        if (place + 1 == stack_.names.size()) return unpack(downloads.take(image_.manifest.layers[place].digest), top);
        auto pending = cache_.begin_tree(name, kWaitForOthers);
        const auto before = stack_.trees.size();
        take_existing(); // another image's command may have been faster
        if (stack_.trees.size() == before) unpack(downloads.take(image_.manifest.layers[place].digest), pending);
    }

    void unpack(const OciBlob& blob, PendingTree& pending) {
        const std::size_t place = stack_.trees.size();
        const LayerBlob layer{.blob = blob,
                              .digest = source_.layers_have_digests() ? std::optional(image_.manifest.layers[place].digest) : std::nullopt,
                              .diff_id = image_.config.diff_ids[place]};
        try {
            if (place == 0) unpack_first(layer, pending);
            else unpack_on_top(layer, pending);
        } catch (SystemError& error) { // a full disk, say: which one
            error.add_context("unpack into " + cache_.directory().string());
            throw;
        }
        const auto root = sys::RootedDir::open(pending.path());
        SilentProgress silent; // the download may have the line
        pending.publish(sum_tree(root, "Checking", silent));
        auto tree = cache_.use_tree(stack_.names[place]);
        if (!tree) throw Error("a layer was taken away as soon as it was there");
        stack_.trees.push_back(*std::move(tree));
    }

    void unpack_first(const LayerBlob& layer, const PendingTree& pending) {
        sys::chmod(pending.path(), 0755);
        skipped_devices_ += apply_oci_layer(layer, sys::RootedDir::open(pending.path()), false).skipped_devices;
    }

    // The kernel keeps the books: what the layer takes away, changes and links to is written to the upper directory.
    void unpack_on_top(const LayerBlob& layer, const PendingTree& pending) {
        make_plain(pending.path());
        adopt_root(pending.path(), stack_.trees.back().path());
        const sys::TempDir work(cache_.scratch(), "layer-");
        auto mount = sys::mount_overlay({.lowers = lowers_of(stack_), .upper = pending.path(), .work = work.path()});
        const sys::RootedDir merged(std::move(mount).take(), "the layer");
        skipped_devices_ += apply_oci_layer(layer, merged, true).skipped_devices;
    }

    void tell(LayerDownloads& downloads) {
        if (!downloads.complete()) return;
        if (!phase_) phase_.emplace(progress_, "Unpacking layers", stack_.names.size());
        phase_->update(stack_.trees.size());
    }

    OciSource& source_;
    const OciImage& image_;
    const ImageCache& cache_;
    ProgressSink& progress_;
    LayerStack stack_;
    std::map<std::size_t, UsedTree> above_; // by their places: they stay, and are taken once what is below is there
    std::optional<ProgressPhase> phase_;
    std::uint64_t skipped_devices_ = 0;
};

} // namespace

std::vector<std::string> layer_tree_names(const std::vector<OciDigest>& diff_ids) {
    std::vector<std::string> names;
    std::string chain;
    for (const OciDigest& diff_id : diff_ids) {
        chain = chain.empty() ? diff_id.text() : "sha256:" + sha256_hex(chain + " " + diff_id.text());
        names.push_back(sha256_hex("oci-layer " + chain));
    }
    return names;
}

LayerStack store_layers(OciSource& source, const OciImage& image, const ImageCache& cache, ProgressSink& progress) {
    if (image.config.diff_ids.empty()) throw Error("the image has no layers");
    return StackBuilder(source, image, cache, progress).build();
}

sys::RootedDir merged_view(const LayerStack& stack) {
    if (stack.trees.size() == 1) return sys::RootedDir::open(stack.trees.front().path());
    return {sys::mount_overlay({.lowers = lowers_of(stack), .upper = {}, .work = {}}).take(), "the image"};
}

} // namespace lxcpp::image
